"""Load jobs: files in, rows out, all or nothing.

A reader per format turns each file into a typed temporary table and reports the records it had to leave out; when
there are more than `maxBadRecords` of them, nothing is written and the job says which record of which file is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import ApiError, invalid, unsupported
from .destinations import Destination
from .sources import Source, matching_uris, staged
from .types import Field, column_sql_list, normal_fields

if TYPE_CHECKING:
    import duckdb

    from .jobs import Job
    from .service import BigQuery

READERS = {"CSV": "load_csv", "NEWLINE_DELIMITED_JSON": "load_json", "PARQUET": "load_parquet"}
REFUSED_FORMATS = ("AVRO", "ORC", "DATASTORE_BACKUP")
REFUSED = {
    "hivePartitioningOptions": "Hive partitioning of source files",
    "copyFilesOnly": "copyFilesOnly loads",
    "jsonExtension": "GeoJSON loads (jsonExtension)",
    "columnNameCharacterMap": "columnNameCharacterMap",
    "projectionFields": "projectionFields",
}
STAGE = '"~stage"'
MOST_ERRORS = 5  # listed one by one in a job's status
MOST_URIS = 10_000


@dataclass
class Loading:
    """A load job on its way: its configuration, its columns so far, the records left out."""

    con: duckdb.DuckDBPyConnection
    config: dict
    fields: list[Field]
    known: bool  # the columns were stated (or are the table's), not detected
    rejected: list[ApiError] = field(default_factory=list)
    rejected_count: int = 0

    def reject(self, message: str, *, source: Source, count: int = 1) -> None:
        """Leave out a record."""
        self.rejected_count += count
        if len(self.rejected) < MOST_ERRORS:
            text = f"Error while reading data, error message: {message} File: {source.name}"
            self.rejected.append(ApiError(400, "invalid", text, location=source.name))


def plan(service: BigQuery, job: Job) -> Callable[[], dict]:
    """Check a load job's configuration; the function returned runs it. Raises ApiError 400, 404 or 501."""
    config = job.configuration["load"]
    form = (config.get("sourceFormat") or "CSV").upper()
    if form in REFUSED_FORMATS:
        raise unsupported(f"Loading {form} files")
    if form not in READERS:
        raise invalid(f"Invalid value for sourceFormat: found {form!r}, expected one of {', '.join(READERS)}")
    for name, what in REFUSED.items():
        if config.get(name):
            raise unsupported(what)
    uris = config.get("sourceUris") or []
    if (job.upload is None) == (not uris):
        raise invalid("A load job reads either an upload or sourceUris: found neither or both")
    if len(uris) > MOST_URIS:
        raise invalid(f"Too many sourceUris: found {len(uris)}, expected at most {MOST_URIS}: use a wildcard")
    destination = Destination.of(service, job, config, write="WRITE_APPEND")
    names = matching_uris(service.cloud, uris)
    fields, known = _columns(config, destination, form)
    loading = Loading(service.warehouse.con, config, fields, known)
    return lambda: _run(service, job, destination, loading, names)


def _columns(config: dict, destination: Destination, form: str) -> tuple[list[Field], bool]:
    stated = normal_fields((config.get("schema") or {}).get("fields"))
    if stated:
        return stated, True
    detect = bool(config.get("autodetect")) or form == "PARQUET"
    replaces = destination.write == "WRITE_TRUNCATE" and not destination.partition
    if destination.present_fields and not (detect and (replaces or destination.updates)):
        return destination.present_fields, True
    if not detect:
        raise invalid("No schema specified on job or table: state one, or set autodetect")
    return [], False


def _run(service: BigQuery, job: Job, destination: Destination, loading: Loading, names: list[str]) -> dict:
    reader = import_module(f".{READERS[(loading.config.get('sourceFormat') or 'CSV').upper()]}", __package__)
    stated = bool(loading.config.get("schema"))
    with staged(service.cloud, names, job.upload) as sources:
        if not loading.known:
            if not any(os.path.getsize(source.path) for source in sources):
                raise invalid(
                    "Error while reading data, error message: cannot detect columns: found an empty file, expected a "
                    "header or rows. State a schema to create an empty table"
                )
            loading.fields = _known_columns(destination, normal_fields(reader.detect(loading, sources)))
        try:
            loading.con.execute(f"CREATE OR REPLACE TEMP TABLE {STAGE} ({column_sql_list(loading.fields)})")
            for source in sources:
                reader.read(loading, source)
            _judge(job, loading)
            rows = destination.receive(f"SELECT * FROM {STAGE}", loading.fields, check_modes=stated)
        finally:
            loading.con.execute(f"DROP TABLE IF EXISTS {STAGE}")
        return {"load": _statistics(destination, loading, sources, rows)}


def _known_columns(destination: Destination, detected: list[Field]) -> list[Field]:
    """The detected columns; where the table that is appended to has one of that name, it decides the type."""
    present = {field["name"].lower(): field for field in destination.present_fields if destination.updates}
    return [present.get(field["name"].lower(), field) for field in detected]


def _judge(job: Job, loading: Loading) -> None:
    job.notes = [problem.detail() for problem in loading.rejected]
    allowed = int(loading.config.get("maxBadRecords") or 0)
    if loading.rejected_count <= allowed:
        return
    first = loading.rejected[0]
    if loading.rejected_count == 1:
        job.notes = []
        raise first
    message = f"{first.message} ({loading.rejected_count} bad records, {allowed} allowed: see the job's errors)"
    raise ApiError(400, "invalid", message, location=first.location)


def _statistics(destination: Destination, loading: Loading, sources: list[Source], rows: int) -> dict:
    return {
        "inputFiles": str(len(sources)),
        "inputFileBytes": str(sum(source.stored_bytes for source in sources)),
        "outputRows": str(rows),
        "outputBytes": str(destination.warehouse.size(destination.key)),
        "badRecords": str(loading.rejected_count),
    }
