"""The rows of INFORMATION_SCHEMA: one function for each view, each yields dicts by column name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..names import TableKey
from ..types import Field, literal, quoted

if TYPE_CHECKING:
    from .scene import Scene

Row = dict[str, Any]
NEWER_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}


TABLE_TYPES = {"TABLE": "BASE TABLE", "MATERIALIZED_VIEW": "MATERIALIZED VIEW"}


def _at(milliseconds: str | int) -> str:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat()


def type_text(field: Field) -> str:
    """A column type as DDL writes it: `ARRAY<STRUCT<a INT64>>`."""
    if field["type"] == "RECORD":
        text = "STRUCT<" + ", ".join(f"{part['name']} {type_text(part)}" for part in field["fields"]) + ">"
    else:
        text = NEWER_NAMES.get(field["type"], field["type"])
        if field.get("maxLength"):
            text += f"({field['maxLength']})"
        elif field.get("precision"):
            text += f"({field['precision']}{', ' + str(field['scale']) if field.get('scale') else ''})"
    return f"ARRAY<{text}>" if field["mode"] == "REPEATED" else text


def _tables(scene: Scene, project: str, dataset: str | None) -> Iterator[tuple[TableKey, dict, Row]]:
    scene.warehouse.expiry.sweep()
    for key, meta in sorted(scene.warehouse.tables.items()):
        if key.project == project and dataset in (None, key.dataset):
            names = {"table_catalog": key.project, "table_schema": key.dataset, "table_name": key.table}
            yield key, meta, names


def schemata(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Datasets."""
    for (owner, name), meta in sorted(scene.warehouse.datasets.items()):
        if owner == project:
            yield {
                "catalog_name": owner,
                "schema_name": name,
                "creation_time": _at(meta["creationTime"]),
                "last_modified_time": _at(meta["lastModifiedTime"]),
                "location": meta["location"],
                "ddl": f"CREATE SCHEMA `{owner}.{name}`;",
            }


def tables(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Tables, views and snapshots."""
    for key, meta, names in _tables(scene, project, dataset):
        columns = ", ".join(f"{field['name']} {type_text(field)}" for field in scene.warehouse.fields(key))
        yield {
            **names,
            "table_type": TABLE_TYPES.get(meta["type"], meta["type"]),
            "is_insertable_into": "YES" if meta["type"] == "TABLE" else "NO",
            "is_typed": "NO",
            "creation_time": _at(meta["creationTime"]),
            "ddl": f"CREATE {meta['type']} `{'.'.join(key)}` ({columns});",
        }


def columns(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Columns, with partitioning and clustering."""
    for key, meta, names in _tables(scene, project, dataset):
        layout = meta.get("timePartitioning") or meta.get("rangePartitioning") or {}
        clustered = [name.lower() for name in (meta.get("clustering") or {}).get("fields", [])]
        for place, field in enumerate(scene.warehouse.fields(key), 1):
            lower = field["name"].lower()
            yield {
                **names,
                "column_name": field["name"],
                "ordinal_position": place,
                "is_nullable": "NO" if field["mode"] == "REQUIRED" else "YES",
                "data_type": type_text(field),
                "is_generated": "NEVER",
                "is_hidden": "NO",
                "is_system_defined": "NO",
                "is_partitioning_column": "YES" if str(layout.get("field", "")).lower() == lower else "NO",
                "clustering_ordinal_position": clustered.index(lower) + 1 if lower in clustered else None,
                "column_default": field.get("defaultValueExpression") or "NULL",
            }


def column_field_paths(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Columns and the fields inside them, with descriptions."""
    for key, _, names in _tables(scene, project, dataset):
        for field in scene.warehouse.fields(key):
            for path, inner in _paths(field, field["name"]):
                text = type_text(inner)
                about = inner.get("description")
                yield {
                    **names,
                    "column_name": field["name"],
                    "field_path": path,
                    "data_type": text,
                    "description": about,
                }


def _paths(field: Field, path: str) -> Iterator[tuple[str, Field]]:
    yield path, field
    for part in field.get("fields", ()):
        yield from _paths(part, f"{path}.{part['name']}")


def table_options(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Descriptions, labels, expirations."""
    for _, meta, names in _tables(scene, project, dataset):
        for option in _options(meta, "expirationTime", "expiration_timestamp"):
            yield {**names, **option}
        if meta.get("requirePartitionFilter"):
            yield {**names, "option_name": "require_partition_filter", "option_type": "BOOL", "option_value": "true"}


def _options(meta: dict, expiry: str, expiry_name: str) -> Iterator[Row]:
    if meta.get("description"):
        yield {"option_name": "description", "option_type": "STRING", "option_value": f'"{meta["description"]}"'}
    if meta.get("labels"):
        pairs = ", ".join(f'STRUCT("{name}", "{value}")' for name, value in sorted(meta["labels"].items()))
        kind = "ARRAY<STRUCT<STRING, STRING>>"
        yield {"option_name": "labels", "option_type": kind, "option_value": f"[{pairs}]"}
    if meta.get(expiry):
        value = f'TIMESTAMP "{_at(meta[expiry])}"'
        yield {"option_name": expiry_name, "option_type": "TIMESTAMP", "option_value": value}


def schemata_options(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Descriptions and labels of datasets."""
    for (owner, name), meta in sorted(scene.warehouse.datasets.items()):
        if owner == project:
            for option in _options(meta, "-", "-"):
                yield {"catalog_name": owner, "schema_name": name, **option}


def table_storage(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Rows and bytes of each table."""
    for key, meta, names in _tables(scene, project, dataset):
        if not scene.warehouse.is_view(key):
            size = scene.warehouse.size(key)
            yield {
                **names,
                "project_id": key.project,
                "creation_time": _at(meta["creationTime"]),
                "deleted": False,
                "total_rows": scene.warehouse.rows(key),
                "total_logical_bytes": size,
                "active_logical_bytes": size,
                "long_term_logical_bytes": 0,
                "table_type": TABLE_TYPES.get(meta["type"], meta["type"]),
            }


PARTITION_FORMATS = {"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}


def partitions(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Rows and bytes of each partition."""
    for key, meta, names in _tables(scene, project, dataset):
        if scene.warehouse.is_view(key):
            continue
        label = _partition_label(meta)
        query = f"SELECT {label}, count(*) FROM {scene.warehouse.relation(key)} GROUP BY 1 ORDER BY 1"
        for name, rows in scene.warehouse.con.execute(query).fetchall():
            where = f"{label} IS NOT DISTINCT FROM {literal(name)}" if name is not None else ""
            yield {
                **names,
                "partition_id": name,
                "total_rows": rows,
                "total_logical_bytes": scene.warehouse.size(key, None, where),
                "last_modified_time": _at(meta["lastModifiedTime"]),
                "storage_tier": "ACTIVE",
            }


def _partition_label(meta: dict) -> str:
    if time := meta.get("timePartitioning"):
        form = PARTITION_FORMATS[time["type"]]
        return f"coalesce(strftime(CAST({quoted(time['field'])} AS TIMESTAMP), {literal(form)}), '__NULL__')"
    if ranges := meta.get("rangePartitioning"):
        bounds, column = ranges["range"], quoted(ranges["field"])
        start, end, step = (int(bounds[name]) for name in ("start", "end", "interval"))
        inside = f"{column} >= {start} AND {column} < {end}"
        value = f"CAST({start} + ({column} - {start}) // {step} * {step} AS VARCHAR)"
        return f"CASE WHEN {column} IS NULL THEN '__NULL__' WHEN {inside} THEN {value} ELSE '__UNPARTITIONED__' END"
    return "CAST(NULL AS VARCHAR)"


def views(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """The queries of views."""
    for _, meta, names in _tables(scene, project, dataset):
        if meta.get("view"):
            yield {**names, "view_definition": meta["view"]["query"], "use_standard_sql": "YES"}


def table_snapshots(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Snapshots and what they were taken of."""
    for _, meta, names in _tables(scene, project, dataset):
        if base := meta.get("snapshotDefinition"):
            reference = base["baseTableReference"]
            yield {
                **names,
                "base_table_catalog": reference["projectId"],
                "base_table_schema": reference["datasetId"],
                "base_table_name": reference["tableId"],
                "snapshot_time": base["snapshotTime"],
            }


def routines(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """SQL functions."""
    for key, routine in sorted(scene.routines.items()):
        if len(key) == 3 and key[0] == project and dataset in (None, key[1]):
            names = {f"{way}_{part}": value for way in ("specific", "routine") for part, value in _named(key)}
            kind = "TABLE FUNCTION" if routine.is_table else "FUNCTION"
            body = {"routine_type": kind, "routine_body": "SQL", "routine_definition": routine.body}
            yield {**names, **body, "data_type": routine.returns}


def _named(key: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return zip(("catalog", "schema", "name"), key, strict=True)


def jobs(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """Jobs that are done, oldest first."""
    service = scene.warehouse.cloud.service("bigquery")
    for job in reversed(service.jobs.newest_first(project)):
        statistics, configuration = job.statistics, job.configuration
        query = statistics.get("query", {})
        asked = configuration.get("query", {})
        error = job.resource["status"].get("errorResult")
        target = (asked or configuration.get("load", {}) or {}).get("destinationTable")
        named = {"project_id": "projectId", "dataset_id": "datasetId", "table_id": "tableId"}
        yield {
            "creation_time": _at(statistics["creationTime"]),
            "project_id": project,
            "user_email": job.resource.get("user_email"),
            "job_id": job.reference["jobId"],
            "job_type": configuration["jobType"],
            "statement_type": query.get("statementType"),
            "priority": asked.get("priority", "INTERACTIVE"),
            "start_time": _at(statistics["startTime"]),
            "end_time": _at(statistics["endTime"]),
            "query": asked.get("query"),
            "state": "DONE",
            "total_bytes_processed": statistics.get("totalBytesProcessed"),
            "total_bytes_billed": query.get("totalBytesBilled"),
            "total_slot_ms": statistics.get("totalSlotMs"),
            "cache_hit": False if asked else None,
            "labels": [{"key": name, "value": value} for name, value in (configuration.get("labels") or {}).items()],
            "error_result": error and {"reason": error.get("reason"), "message": error.get("message")},
            "destination_table": target and {name: target.get(there) for name, there in named.items()},
        }


def old_tables(scene: Scene, project: str, dataset: str | None) -> Iterator[Row]:
    """`dataset.__TABLES__`."""
    for key, meta, _ in _tables(scene, project, dataset):
        yield {
            "project_id": key.project,
            "dataset_id": key.dataset,
            "table_id": key.table,
            "creation_time": meta["creationTime"],
            "last_modified_time": meta["lastModifiedTime"],
            "row_count": scene.warehouse.rows(key),
            "size_bytes": scene.warehouse.size(key),
            "type": {"TABLE": 1, "VIEW": 2}.get(meta["type"], 1),
        }


ROWS = {
    "SCHEMATA": schemata,
    "SCHEMATA_OPTIONS": schemata_options,
    "TABLES": tables,
    "COLUMNS": columns,
    "COLUMN_FIELD_PATHS": column_field_paths,
    "TABLE_OPTIONS": table_options,
    "TABLE_STORAGE": table_storage,
    "PARTITIONS": partitions,
    "VIEWS": views,
    "TABLE_SNAPSHOTS": table_snapshots,
    "ROUTINES": routines,
    "JOBS": jobs,
    "__TABLES__": old_tables,
}
