"""The REST resources of new datasets and tables: what the server adds to what the client sent."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from ..clock import millis
from ..errors import invalid, unsupported
from .canonical import canonical
from .names import LOCATION, TableKey
from .types import Field, normal_fields

OWNER = "learner@example.com"
DEFAULT_ACCESS = (
    {"role": "WRITER", "specialGroup": "projectWriters"},
    {"role": "OWNER", "specialGroup": "projectOwners"},
    {"role": "OWNER", "userByEmail": OWNER},
    {"role": "READER", "specialGroup": "projectReaders"},
)
PARTITION_TYPES = ("HOUR", "DAY", "MONTH", "YEAR")
PARTITION_COLUMNS = ("DATE", "DATETIME", "TIMESTAMP")
MOST_CLUSTERING_COLUMNS = 4
VIEWS = ("VIEW", "MATERIALIZED_VIEW")
LONGEST_LABEL = 63
FEWEST_HOURS, MOST_HOURS = 48, 168  # of time travel
REFUSED_FOR_DATASETS = {
    "defaultEncryptionConfiguration": "Customer-managed encryption keys",
    "defaultCollation": "Collation",
    "isCaseInsensitive": "Case-insensitive datasets",
    "externalDatasetReference": "External datasets",
    "linkedDatasetSource": "Linked datasets",
}
REFUSED_FOR_TABLES = {
    "externalDataConfiguration": "External tables",
    "materializedView": "Materialized views",
    "biglakeConfiguration": "BigLake tables",
    "model": "BigQuery ML models",
    "encryptionConfiguration": "Customer-managed encryption keys",
    "defaultCollation": "Collation",
}


def etag_of(*parts: object) -> str:
    """An etag that changes with its parts and with nothing else."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:22]


def new_dataset(project: str, dataset: str, resource: dict, moment: datetime) -> dict:
    """A dataset resource as `datasets.get` shows it."""
    check_dataset(resource)
    at = millis(moment)
    return {
        "access": [dict(entry) for entry in DEFAULT_ACCESS],
        "location": LOCATION,
        **canonical("Dataset", resource),
        "kind": "bigquery#dataset",
        "id": f"{project}:{dataset}",
        "datasetReference": {"projectId": project, "datasetId": dataset},
        "type": "DEFAULT",
        "creationTime": at,
        "lastModifiedTime": at,
        "etag": etag_of(project, dataset, at),
    }


def check_dataset(resource: dict) -> None:
    """Refuse settings of a dataset that are wrong (400) or that only Google's BigQuery can honour (501)."""
    check_labels(resource.get("labels"))
    refuse(resource, REFUSED_FOR_DATASETS)
    hours = resource.get("maxTimeTravelHours")
    if hours and not (FEWEST_HOURS <= int(hours) <= MOST_HOURS and int(hours) % 24 == 0):
        expected = f"a multiple of 24 from {FEWEST_HOURS} to {MOST_HOURS}"
        raise invalid(f"Invalid maxTimeTravelHours: found {hours}, expected {expected}")


def refuse(resource: dict, refused: dict[str, str]) -> None:
    """Raises ApiError 501 for the first field that is set and refused by name."""
    for name, what in refused.items():
        if resource.get(name):
            raise unsupported(what)


def new_table(key: TableKey, resource: dict, home: dict, moment: datetime) -> dict:
    """A table resource as `tables.get` shows it; `home` is its dataset. Raises ApiError 400 for a contradiction."""
    check_labels(resource.get("labels"))
    refuse(resource, REFUSED_FOR_TABLES)
    at = millis(moment)
    table = {
        **canonical("Table", resource),
        "kind": "bigquery#table",
        "id": str(key),
        "tableReference": key.reference(),
        "creationTime": at,
        "lastModifiedTime": at,
        "etag": etag_of(key, at),
        "location": home["location"],
    }
    check_expiry(table, moment)
    table.setdefault("type", next((kind for kind in ("VIEW",) if "view" in table), "TABLE"))
    if "schema" in table:
        table["schema"] = {"fields": normal_fields(table["schema"].get("fields"))}
    _add_default_expiry(table, home, moment)
    return table


def check_expiry(table: dict, now: datetime) -> None:
    """Raises ApiError 400 for a table that would expire at once."""
    if table.get("expirationTime") and int(table["expirationTime"]) <= int(millis(now)):
        found = f"found {table['expirationTime']}, now is {millis(now)}"
        raise invalid(f"Invalid value for expirationTime: {found}, expected a time in the future")


def _add_default_expiry(table: dict, home: dict, moment: datetime) -> None:
    if table["type"] != "TABLE":
        return
    lifetime = home.get("defaultTableExpirationMs")
    if lifetime and "expirationTime" not in table and "timePartitioning" not in table:
        table["expirationTime"] = millis(moment + timedelta(milliseconds=int(lifetime)))
    partition_lifetime = home.get("defaultPartitionExpirationMs")
    if partition_lifetime and "timePartitioning" in table:
        table["timePartitioning"].setdefault("expirationMs", str(partition_lifetime))


def given(resource: dict) -> dict:
    """What the client really set: the clients send null for everything else."""
    return {name: value for name, value in resource.items() if value is not None}


def check_labels(labels: dict | None) -> None:
    """Raises ApiError 400 for a label that Google Cloud does not allow."""
    for name, value in (labels or {}).items():
        text = f"{name}{value or ''}"
        allowed = all(
            letter in "_-" or letter.isdigit() or (letter.isalpha() and letter == letter.lower()) for letter in text
        )
        if not name or max(len(name), len(value or "")) > LONGEST_LABEL or not allowed:
            raise invalid(
                f"Invalid label {name!r}: {value!r}. Label keys and values may contain lowercase letters, digits, "
                f"underscores and dashes, and at most {LONGEST_LABEL} characters."
            )


def check_layout(table: dict, fields: list[Field]) -> None:
    """Refuse partitioning and clustering that do not fit the columns. Raises ApiError 400 (501 without a column)."""
    by_name = {field["name"].lower(): field for field in fields}
    if "timePartitioning" in table and "rangePartitioning" in table:
        raise invalid("Cannot specify both timePartitioning and rangePartitioning: a table has one kind of partition")
    if "timePartitioning" in table:
        _check_time_partitioning(table["timePartitioning"], by_name)
    if "rangePartitioning" in table:
        _check_range_partitioning(table["rangePartitioning"], by_name)
    _check_clustering((table.get("clustering") or {}).get("fields") or [], by_name)


def _check_time_partitioning(time: dict, by_name: dict[str, Field]) -> None:
    if time.get("type") not in PARTITION_TYPES:
        raise invalid(f"Invalid partitioning type {time.get('type')!r}: expected one of {', '.join(PARTITION_TYPES)}")
    if not time.get("field"):
        raise unsupported("Ingestion-time partitioning (timePartitioning without field)")
    kind = _partition_column(time["field"], by_name)["type"]
    if kind not in PARTITION_COLUMNS:
        found = f"found {kind}, expected one of {', '.join(PARTITION_COLUMNS)}"
        raise invalid(f"The field specified for partitioning {time['field']} has the wrong type: {found}")
    if kind == "DATE" and time["type"] == "HOUR":
        raise invalid(f"Hourly partitioning needs a DATETIME or TIMESTAMP column: {time['field']} is a DATE")


def _check_range_partitioning(ranges: dict, by_name: dict[str, Field]) -> None:
    if _partition_column(ranges.get("field"), by_name)["type"] != "INTEGER":
        raise invalid(f"The field specified for range partitioning, {ranges['field']}, must be an INTEGER")
    bounds = ranges.get("range") or {}
    start, end, step = (int(bounds.get(name) or 0) for name in ("start", "end", "interval"))
    if step <= 0 or end <= start:
        raise invalid(
            f"Invalid range partitioning: found start={start}, end={end}, interval={step}, expected start < end"
        )


def _partition_column(name: str | None, by_name: dict[str, Field]) -> Field:
    field = by_name.get(str(name).lower())
    if field is None:
        raise invalid(f"The field specified for partitioning cannot be found in the schema: {name}")
    if field["mode"] == "REPEATED":
        raise invalid(f"The field specified for partitioning must not be REPEATED: {name}")
    return field


def _check_clustering(columns: list[str], by_name: dict[str, Field]) -> None:
    if len(columns) > MOST_CLUSTERING_COLUMNS:
        raise invalid(f"Too many clustering fields: found {len(columns)}, expected at most {MOST_CLUSTERING_COLUMNS}")
    for name in columns:
        if name.lower() not in by_name:
            raise invalid(f"The field specified for clustering cannot be found in the schema. Invalid field: {name}.")
