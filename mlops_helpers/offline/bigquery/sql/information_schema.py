"""INFORMATION_SCHEMA and `__TABLES__`: what the warehouse knows about itself, as tables.

Each view is a function that yields rows; its columns are declared beside it, so that an empty view has columns too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import unsupported
from ..types import Field, duck_type, literal, quoted
from .catalog_rows import ROWS, Row
from .dialect import invalid_query
from .sources import Source

if TYPE_CHECKING:
    from .scene import Scene

TABLE_NAMES = "table_catalog:STRING table_schema:STRING table_name:STRING"
COLUMNS = {
    "SCHEMATA": "catalog_name:STRING schema_name:STRING schema_owner:STRING creation_time:TIMESTAMP "
    "last_modified_time:TIMESTAMP location:STRING ddl:STRING",
    "TABLES": f"{TABLE_NAMES} table_type:STRING is_insertable_into:STRING is_typed:STRING creation_time:TIMESTAMP "
    "base_table_catalog:STRING base_table_schema:STRING base_table_name:STRING ddl:STRING",
    "COLUMNS": f"{TABLE_NAMES} column_name:STRING ordinal_position:INTEGER is_nullable:STRING data_type:STRING "
    "is_generated:STRING is_hidden:STRING is_system_defined:STRING is_partitioning_column:STRING "
    "clustering_ordinal_position:INTEGER column_default:STRING",
    "COLUMN_FIELD_PATHS": f"{TABLE_NAMES} column_name:STRING field_path:STRING data_type:STRING description:STRING",
    "TABLE_OPTIONS": f"{TABLE_NAMES} option_name:STRING option_type:STRING option_value:STRING",
    "SCHEMATA_OPTIONS": "catalog_name:STRING schema_name:STRING option_name:STRING option_type:STRING "
    "option_value:STRING",
    "TABLE_STORAGE": "project_id:STRING table_catalog:STRING project_number:INTEGER table_schema:STRING "
    "table_name:STRING creation_time:TIMESTAMP deleted:BOOLEAN total_rows:INTEGER total_partitions:INTEGER "
    "total_logical_bytes:INTEGER active_logical_bytes:INTEGER long_term_logical_bytes:INTEGER table_type:STRING",
    "PARTITIONS": f"{TABLE_NAMES} partition_id:STRING total_rows:INTEGER total_logical_bytes:INTEGER "
    "last_modified_time:TIMESTAMP storage_tier:STRING",
    "VIEWS": f"{TABLE_NAMES} view_definition:STRING check_option:STRING use_standard_sql:STRING",
    "TABLE_SNAPSHOTS": f"{TABLE_NAMES} base_table_catalog:STRING base_table_schema:STRING base_table_name:STRING "
    "snapshot_time:TIMESTAMP",
    "ROUTINES": "specific_catalog:STRING specific_schema:STRING specific_name:STRING routine_catalog:STRING "
    "routine_schema:STRING routine_name:STRING routine_type:STRING data_type:STRING routine_body:STRING "
    "routine_definition:STRING",
    "JOBS": "creation_time:TIMESTAMP project_id:STRING user_email:STRING job_id:STRING job_type:STRING "
    "statement_type:STRING priority:STRING start_time:TIMESTAMP end_time:TIMESTAMP query:STRING state:STRING "
    "total_bytes_processed:INTEGER total_bytes_billed:INTEGER total_slot_ms:INTEGER cache_hit:BOOLEAN "
    "labels:LABELS error_result:ERROR destination_table:TABLE",
    "__TABLES__": "project_id:STRING dataset_id:STRING table_id:STRING creation_time:INTEGER "
    "last_modified_time:INTEGER row_count:INTEGER size_bytes:INTEGER type:INTEGER",
}
NESTED = {
    "LABELS": {"type": "RECORD", "mode": "REPEATED", "of": ("key", "value")},
    "ERROR": {"type": "RECORD", "mode": "NULLABLE", "of": ("reason", "message")},
    "TABLE": {"type": "RECORD", "mode": "NULLABLE", "of": ("project_id", "dataset_id", "table_id")},
}
SAME_VIEWS = {
    "JOBS_BY_PROJECT": "JOBS",
    "JOBS_BY_USER": "JOBS",
    "TABLE_STORAGE_BY_PROJECT": "TABLE_STORAGE",
}


def source(parts: list[str], scene: Scene) -> Source:
    """The rows of `[project.][dataset | region-x.]INFORMATION_SCHEMA.VIEW` or `dataset.__TABLES__` as a source.

    Raises ApiError 404 for an unknown dataset, 400 when a dataset or region is missing, 501 for a view not offered.
    """
    upper = [part.upper() for part in parts]
    cut = upper.index("INFORMATION_SCHEMA") if "INFORMATION_SCHEMA" in upper else len(parts) - 1
    view = upper[-1]
    view = SAME_VIEWS.get(view, view)
    before = parts[:cut]
    if view not in COLUMNS:
        raise unsupported(f"BigQuery INFORMATION_SCHEMA.{parts[-1]}")
    project, dataset = _place(before, view, scene)
    rows = list(ROWS[view](scene, project, dataset))
    fields = [_field(declared) for declared in COLUMNS[view].split()]
    return Source(_values(rows, fields), fields)


def _place(before: list[str], view: str, scene: Scene) -> tuple[str, str | None]:
    project, dataset = scene.context.project, None
    if before and not before[-1].lower().startswith("region-"):
        dataset = before[-1] if len(before) > 1 or view not in ("SCHEMATA", "JOBS", "SCHEMATA_OPTIONS") else None
        project = ".".join(before[:-1]) or (before[0] if dataset is None else project)
    elif len(before) > 1:
        project = ".".join(before[:-1])
    if dataset is None and not before and scene.context.default_dataset and view not in ("SCHEMATA", "JOBS"):
        project, dataset = scene.context.default_dataset
    if dataset is None and not before and view not in ("SCHEMATA", "JOBS", "SCHEMATA_OPTIONS"):
        raise invalid_query(f"INFORMATION_SCHEMA.{view} must be qualified with a dataset or a region")
    if dataset is not None:
        scene.warehouse.dataset(project, dataset)
    return project, dataset


def _field(declared: str) -> Field:
    name, kind = declared.split(":")
    if kind not in NESTED:
        return {"name": name, "type": kind, "mode": "NULLABLE"}
    shape = NESTED[kind]
    inner = [{"name": part, "type": "STRING", "mode": "NULLABLE"} for part in shape["of"]]
    return {"name": name, "type": shape["type"], "mode": shape["mode"], "fields": inner}


def _values(rows: list[Row], fields: list[Field]) -> str:
    names = ", ".join(quoted(field["name"]) for field in fields)
    if not rows:
        empty = ", ".join(f"CAST(NULL AS {duck_type(field)}) AS {quoted(field['name'])}" for field in fields)
        return f"(SELECT {empty} WHERE false)"
    lines = ", ".join(f"({', '.join(_value(row.get(field['name']), field) for field in fields)})" for row in rows)
    return f"(SELECT * FROM (VALUES {lines}) AS v({names}))"


def _value(value: Any, field: Field) -> str:
    kind = duck_type(field)
    if value is None:
        return f"CAST(NULL AS {kind})"
    if field["mode"] == "REPEATED":
        single = {**field, "mode": "NULLABLE"}
        return f"CAST([{', '.join(_value(item, single) for item in value)}] AS {kind})"
    if field["type"] == "RECORD":
        parts = ", ".join(
            f"{quoted(part['name'])} := {_value(value.get(part['name']), part)}" for part in field["fields"]
        )
        return f"struct_pack({parts})"
    return f"CAST({literal(value)} AS {kind})"
