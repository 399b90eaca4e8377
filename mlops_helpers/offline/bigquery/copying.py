"""Copy jobs: copies, snapshots, clones and restores; a source may be a past state (`table@1767603601000`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import millis, rfc3339
from ..errors import conflict, invalid
from .destinations import LAYOUT, Destination
from .names import TableKey
from .partitions import condition
from .types import EPOCH, Field, quoted

if TYPE_CHECKING:
    from .catalog import Warehouse
    from .jobs import Job
    from .service import BigQuery

LONGEST_MOMENT = 14  # characters: milliseconds since 1970, with a sign
OPERATIONS = ("COPY", "SNAPSHOT", "CLONE", "RESTORE")


@dataclass(frozen=True)
class CopySource:
    """A table, one of its partitions or a past state of it."""

    key: TableKey
    query: str
    fields: list[Field]
    resource: dict
    moment: datetime

    @classmethod
    def of(cls, warehouse: Warehouse, named: TableKey) -> CopySource:
        """What a name with decorators stands for. Raises ApiError 404, or 400 for a decorator that does not fit."""
        key, (_, _, at) = named.plain(), named.table.partition("@")
        if at:
            return cls._past(warehouse, key, at)
        resource = warehouse.table(key)
        if warehouse.is_view(key):
            raise invalid(f"Using table {key} is not allowed for this operation because of its type. Found a VIEW.")
        partition = named.table.partition("$")[2]
        where = f" WHERE {condition(resource, partition)}" if partition else ""
        query = f"(SELECT * FROM {warehouse.relation(key)}{where})"
        return cls(key, query, warehouse.fields(key), resource, warehouse.now())

    @classmethod
    def _past(cls, warehouse: Warehouse, key: TableKey, at: str) -> CopySource:
        if not at.removeprefix("-").isdigit() or len(at) > LONGEST_MOMENT:
            raise invalid(
                f"Invalid time travel decorator @{at}: expected milliseconds since 1970, or minus milliseconds"
            )
        span = timedelta(milliseconds=int(at))
        moment = warehouse.now() + span if at.startswith("-") else EPOCH + span
        query = warehouse.as_of(key, moment)
        fields = warehouse.relations.describe(f"SELECT * FROM {query}")
        resource = warehouse.table(key) if warehouse.has(key) else {"type": "TABLE"}
        known = {field["name"]: field for field in resource.get("schema", {}).get("fields", [])}
        return cls(key, query, [_richer(field, known) for field in fields], resource, moment)

    def select(self) -> str:
        """The rows, columns in order."""
        return f"SELECT {', '.join(quoted(field['name']) for field in self.fields)} FROM {self.query}"


def _richer(field: Field, known: dict[str, Field]) -> Field:
    """The present column (with its description and mode) where name and type are still the same."""
    present = known.get(field["name"], field)
    return present if present["type"] == field["type"] else field


def plan(service: BigQuery, job: Job) -> Callable[[], dict]:
    """Check a copy job's configuration; the function returned runs it. Raises ApiError 400 or 404."""
    config, warehouse = job.configuration["copy"], service.warehouse
    named = config.get("sourceTables") or ([config["sourceTable"]] if config.get("sourceTable") else [])
    if not named:
        raise invalid("Required parameter is missing: sourceTable or sourceTables", reason="required")
    operation = config.get("operationType") or "COPY"
    if operation not in OPERATIONS:
        raise invalid(f"Invalid value for operationType: found {operation!r}, expected one of {', '.join(OPERATIONS)}")
    sources = [CopySource.of(warehouse, TableKey.of(reference, project=job.project)) for reference in named]
    destination = Destination.of(service, job, config)
    _check(operation, sources, destination)
    return lambda: _run(job, operation, sources, destination)


def _check(operation: str, sources: list[CopySource], destination: Destination) -> None:
    if operation != "COPY" and len(sources) > 1:
        raise invalid(f"{operation} takes one source table: found {len(sources)}")
    kind = sources[0].resource["type"]
    if operation == "RESTORE" and kind != "SNAPSHOT":
        raise invalid(f"RESTORE needs a table snapshot as its source: found {sources[0].key}, a {kind}")
    if operation == "SNAPSHOT" and kind != "TABLE":
        raise invalid(f"SNAPSHOT needs a table as its source: found {sources[0].key}, a {kind}")
    first = _shape(sources[0].fields)
    for source in sources[1:]:
        if _shape(source.fields) != first:
            raise invalid(f"Schema mismatch: {source.key} and {sources[0].key} have different columns")


def _shape(fields: list[Field]) -> list[tuple]:
    return [(field["name"].lower(), field["type"], field["mode"] == "REPEATED") for field in fields]


def _run(job: Job, operation: str, sources: list[CopySource], destination: Destination) -> dict:
    config, first = job.configuration["copy"], sources[0]
    select = " UNION ALL ".join(source.select() for source in sources)
    if destination.key in [source.key for source in sources]:  # it may be emptied before it is read
        destination.warehouse.con.execute(f'CREATE OR REPLACE TEMP TABLE "~copy" AS {select}')
        select = 'SELECT * FROM "~copy"'
    if operation in ("SNAPSHOT", "CLONE"):
        if destination.exists:
            raise conflict(f"Already Exists: Table {destination.key}", reason="duplicate")
        resource = _derived(operation, first)
        if expires := config.get("destinationExpirationTime"):
            resource["expirationTime"] = _milliseconds(expires)
        destination.warehouse.create_table(destination.key, resource, select_sql=select)
        rows = destination.warehouse.rows(destination.key)
    else:
        destination.resource = {**_layout(first), **destination.resource}
        rows = destination.receive(select, first.fields)
    size = destination.warehouse.size(destination.key)
    return {"copy": {"copiedRows": str(rows), "copiedLogicalBytes": str(size)}}


def _milliseconds(text: str) -> str:
    try:
        return millis(datetime.fromisoformat(text))
    except (TypeError, ValueError):
        raise invalid(
            f"Invalid destinationExpirationTime: found {text!r}, expected e.g. 2026-01-31T09:00:00Z"
        ) from None


def _layout(source: CopySource) -> dict:
    return {name: source.resource[name] for name in LAYOUT if name in source.resource}


def _derived(operation: str, source: CopySource) -> dict:
    resource = {**_layout(source), "schema": {"fields": source.fields}}
    base = {"baseTableReference": source.key.reference()}
    if operation == "CLONE":
        return {**resource, "cloneDefinition": {**base, "cloneTime": rfc3339(source.moment)}}
    definition = {**base, "snapshotTime": rfc3339(source.moment)}
    return {**resource, "type": "SNAPSHOT", "snapshotDefinition": definition}
