"""PARTITION BY, CLUSTER BY and OPTIONS(...) of DDL statements as the REST resource has them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...clock import millis
from ...errors import unsupported
from .dialect import invalid_query

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene

DAY_MS = 86_400_000
IGNORED = (
    "TemporaryProperty",
    "LikeProperty",
    "PartitionedByProperty",
    "Cluster",
    "ClusterProperty",
    "ReturnsProperty",
)


def layout_of(properties: list[exp.Expression], scene: Scene) -> dict:
    """`timePartitioning` or `rangePartitioning`, and `clustering`."""
    from sqlglot import exp

    layout: dict = {}
    for part in properties:
        if isinstance(part, exp.PartitionedByProperty):
            layout |= _partitioning(part.this)
        elif type(part).__name__ in ("Cluster", "ClusterProperty"):
            layout["clustering"] = {"fields": [column.name for column in part.expressions]}
    return layout


def _partitioning(by: exp.Expression) -> dict:
    from sqlglot import exp

    if isinstance(by, (exp.Schema, exp.Tuple)) and len(by.expressions) == 1:
        by = by.expressions[0]
    name = by.name.upper() if isinstance(by, exp.Anonymous) else ""
    if isinstance(by, (exp.Column, exp.Identifier)):
        if by.name.upper().startswith("_PARTITION"):
            raise unsupported("Ingestion-time partitioning (PARTITION BY _PARTITIONDATE)")
        return {"timePartitioning": {"type": "DAY", "field": by.name}}
    if name == "DATE":
        return {"timePartitioning": {"type": "DAY", "field": by.expressions[0].name}}
    if name in ("DATE_TRUNC", "TIMESTAMP_TRUNC", "DATETIME_TRUNC"):
        column, unit = by.expressions
        return {"timePartitioning": {"type": unit.name.upper(), "field": column.name}}
    if name == "RANGE_BUCKET":
        column, array = by.expressions
        start, end, *step = [part.name for part in array.expressions]
        bounds = {"start": start, "end": end, "interval": step[0] if step else "1"}
        return {"rangePartitioning": {"field": column.name, "range": bounds}}
    raise invalid_query(
        f"PARTITION BY expression must be a column, DATE(column), *_TRUNC or RANGE_BUCKET: {by.sql('bigquery')}"
    )


def options_of(properties: list[exp.Expression], scene: Scene) -> dict[str, Any]:
    """The entries of OPTIONS(...) with their values: text, numbers, booleans, times, lists of pairs, None."""
    from sqlglot import exp

    found = {}
    for part in properties:
        if isinstance(part, exp.LocationProperty):
            found["location"] = part.this.name
        elif isinstance(part, exp.Property) and type(part) is exp.Property:
            found[part.name.lower()] = _value(part.args["value"], scene)
        elif isinstance(part, exp.Properties):
            found |= options_of(part.expressions, scene)
        elif hasattr(exp, "SchemaCommentProperty") and isinstance(part, exp.SchemaCommentProperty):
            found["description"] = part.this.name
        elif type(part).__name__ not in IGNORED:
            raise unsupported(f"BigQuery SQL: {type(part).__name__} in DDL")
    return found


def _value(node: exp.Expression, scene: Scene) -> Any:
    from sqlglot import exp

    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Array):
        return [tuple(part.unalias().name for part in pair.expressions) for pair in node.expressions]
    if isinstance(node, (exp.Literal, exp.RawString)):
        return node.name if node.is_string or isinstance(node, exp.RawString) else float(node.name)
    return scene.moment(node)


def table_options(properties: list[exp.Expression], scene: Scene) -> dict:
    """Table OPTIONS as REST fields. Raises ApiError 400 for an option that does not exist."""
    resource: dict = {}
    for name, value in options_of(properties, scene).items():
        if name == "description":
            resource["description"] = value
        elif name == "friendly_name":
            resource["friendlyName"] = value
        elif name == "labels":
            resource["labels"] = dict(value)
        elif name == "expiration_timestamp":
            resource["expirationTime"] = millis(value) if isinstance(value, datetime) else value
        elif name == "require_partition_filter":
            resource["requirePartitionFilter"] = value
        elif name == "partition_expiration_days":
            resource["partitionExpirationMs"] = str(int(value * DAY_MS))
        else:
            raise _unknown(name)
    return resource


def dataset_options(properties: list[exp.Expression], scene: Scene) -> dict:
    """Schema OPTIONS as REST fields. Raises ApiError 400 for an option that does not exist."""
    resource: dict = {}
    for name, value in options_of(properties, scene).items():
        if name in ("description", "location"):
            resource[name] = value.upper() if name == "location" else value
        elif name == "friendly_name":
            resource["friendlyName"] = value
        elif name == "labels":
            resource["labels"] = dict(value)
        elif name == "default_table_expiration_days":
            resource["defaultTableExpirationMs"] = str(int(value * DAY_MS))
        elif name == "default_partition_expiration_days":
            resource["defaultPartitionExpirationMs"] = str(int(value * DAY_MS))
        else:
            raise _unknown(name)
    return resource


def _unknown(name: str) -> Exception:
    if name in ("kms_key_name", "default_kms_key_name", "max_staleness", "enable_refresh", "default_collation"):
        return unsupported(f"BigQuery SQL: option {name}")
    return invalid_query(f"Unknown option: {name}")
