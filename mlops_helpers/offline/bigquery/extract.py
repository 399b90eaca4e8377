"""Extract jobs: a table's rows as CSV, JSON or Parquet objects in the offline Cloud Storage."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import invalid, unsupported
from .engine import staging_folder
from .names import TableKey
from .sources import put_object, split_uri
from .types import Field, literal, quoted

if TYPE_CHECKING:
    from .jobs import Job
    from .service import BigQuery

FORMATS = ("CSV", "NEWLINE_DELIMITED_JSON", "PARQUET")
COMPRESSIONS = {"CSV": ("NONE", "GZIP"), "NEWLINE_DELIMITED_JSON": ("NONE", "GZIP")}
COMPRESSIONS["PARQUET"] = ("NONE", "GZIP", "SNAPPY", "ZSTD")
ROWS_PER_FILE = 500_000  # with a wildcard; Google splits at about 1 GB
MOST_BYTES = 2**30  # in one file
SHARD = "000000000000"


def plan(service: BigQuery, job: Job) -> Callable[[], dict]:
    """Check an extract job's configuration; the function returned runs it. Raises ApiError 400, 404 or 501."""
    config, warehouse = job.configuration["extract"], service.warehouse
    if config.get("sourceModel"):
        raise unsupported("Extracting BigQuery ML models")
    form = config.get("destinationFormat") or "CSV"
    if form == "AVRO":
        raise unsupported("Extracting AVRO files")
    if form not in FORMATS:
        raise invalid(f"Invalid value for destinationFormat: found {form!r}, expected one of {', '.join(FORMATS)}")
    compression = (config.get("compression") or "NONE").upper()
    if compression not in COMPRESSIONS[form]:
        raise invalid(f"Invalid compression for {form}: found {compression}, expected {', '.join(COMPRESSIONS[form])}")
    key = TableKey.of(config.get("sourceTable") or {}, project=job.project).plain()
    fields = warehouse.fields(key)
    if warehouse.is_view(key):
        raise invalid(f"{key} is not allowed for this operation because it is currently a VIEW.")
    _check_fields(form, fields)
    uri = _destination(config)
    return lambda: _run(service, job, key, uri)


def _destination(config: dict) -> str:
    uris = config.get("destinationUris") or [config.get("destinationUri")]
    if len(uris) != 1 or not uris[0]:
        raise invalid(f"Extract needs one destination URI: found {len([uri for uri in uris if uri])}")
    if split_uri(uris[0])[1].count("*") > 1:
        raise invalid(f"Invalid destination URI {uris[0]}: expected at most one wildcard")
    return uris[0]


def _check_fields(form: str, fields: list[Field]) -> None:
    nested = [field["name"] for field in fields if field["mode"] == "REPEATED" or field["type"] == "RECORD"]
    if form == "CSV" and nested:
        raise invalid(f"Operation cannot be performed on a nested schema. Field: {nested[0]}. Extract JSON or Parquet.")


def _run(service: BigQuery, job: Job, key: TableKey, uri: str) -> dict:
    warehouse = service.warehouse
    total, size = warehouse.rows(key), warehouse.size(key)
    if "*" not in uri and size > MOST_BYTES:
        raise invalid(f"{key} too large to be exported to a single file. Use a wildcard in the destination URI.")
    step = ROWS_PER_FILE if "*" in uri else max(total, 1)
    starts = range(0, max(total, 1), step)
    path = os.path.join(staging_folder(service.cloud.folder), service.cloud.next_id("staged file"))
    try:
        for number, start in enumerate(starts):
            _write(service, job.configuration["extract"], key, path=path, bounds=(start, step))
            put_object(service.cloud, uri.replace("*", f"{number:0{len(SHARD)}d}"), path)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return {"extract": {"destinationUriFileCounts": [str(len(starts))], "inputBytes": str(size)}}


def _write(service: BigQuery, config: dict, key: TableKey, *, path: str, bounds: tuple[int, int]) -> None:
    form = config.get("destinationFormat") or "CSV"
    compression = (config.get("compression") or "NONE").upper()
    fields = service.warehouse.fields(key)
    columns = ", ".join(_csv_value(field) if form == "CSV" else quoted(field["name"]) for field in fields)
    select = f"SELECT {columns} FROM {service.warehouse.relation(key)} LIMIT {bounds[1]} OFFSET {bounds[0]}"
    if form == "CSV":
        _write_csv(service, config, select, path)
    elif form == "PARQUET":
        codec = {"NONE": "uncompressed"}.get(compression, compression.lower())
        service.warehouse.con.execute(f"COPY ({select}) TO {literal(path)} (FORMAT parquet, COMPRESSION {codec})")
    else:
        _write_json(service, fields, select, path)
    if compression == "GZIP" and form != "PARQUET":
        _compress(path)


def _compress(path: str) -> None:
    with (
        open(path, "rb") as plain,
        open(f"{path}.gz", "wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed,  # equal bytes for equal rows
    ):
        shutil.copyfileobj(plain, packed)
    os.replace(f"{path}.gz", path)


def _write_csv(service: BigQuery, config: dict, select: str, path: str) -> None:
    header = config.get("printHeader", True)
    delimiter = {"tab": "\t", "\\t": "\t"}.get(config.get("fieldDelimiter") or ",", config.get("fieldDelimiter") or ",")
    options = f"FORMAT csv, HEADER {str(header).lower()}, DELIMITER {literal(delimiter)}, COMPRESSION none"
    service.warehouse.con.execute(f"COPY ({select}) TO {literal(path)} ({options})")


def _csv_value(field: Field) -> str:
    name = quoted(field["name"])
    form = {"TIMESTAMP": "%Y-%m-%d %H:%M:%S.%f", "DATETIME": "%Y-%m-%dT%H:%M:%S.%f"}.get(field["type"])
    if form:
        text = f"rtrim(rtrim(strftime({name}, '{form}'), '0'), '.')"
        return f"{text} || ' UTC' AS {name}" if field["type"] == "TIMESTAMP" else f"{text} AS {name}"
    if field["type"] == "BYTES":
        return f"to_base64({name}) AS {name}"
    if field["type"] in ("NUMERIC", "BIGNUMERIC"):
        return f"CASE WHEN {name} IS NOT NULL THEN rtrim(rtrim({name}::VARCHAR, '0'), '.') END AS {name}"
    return name


def _write_json(service: BigQuery, fields: list[Field], select: str, path: str) -> None:
    reader = service.warehouse.con.sql(select).to_arrow_reader(10_000)
    with open(path, "w", encoding="utf-8") as file:
        for batch in reader:
            for row in batch.to_pylist():
                file.write(json.dumps(_members(row, fields), ensure_ascii=False, separators=(",", ":")) + "\n")


def _members(row: dict[str, Any], fields: list[Field]) -> dict[str, Any]:
    """A row as BigQuery exports it: no nulls, INT64 and NUMERIC as text."""
    return {f["name"]: _json_value(row[f["name"]], f) for f in fields if row[f["name"]] is not None}


def _json_value(value: Any, field: Field) -> Any:
    from .types import cell

    if field["mode"] == "REPEATED":
        return [_json_value(item, {**field, "mode": "NULLABLE"}) for item in value]
    if field["type"] == "RECORD":
        return _members(value, field["fields"])
    if field["type"] in ("FLOAT", "BOOLEAN", "STRING"):
        return value
    if field["type"] == "JSON":
        return json.loads(value)
    if field["type"] == "TIMESTAMP":
        return value.strftime("%Y-%m-%d %H:%M:%S") + (f".{value:%f}".rstrip("0") if value.microsecond else "") + " UTC"
    return cell(value, field)
