"""From BigQuery to a feature view: which row of a table is an entity's latest, and what is served of it.

With a timestamp column the newest value of each feature is taken that is not NULL; of a *dense* group the newest row
as a whole, NULLs included. Without one (a static source) an entity may have one row only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from .errors import bad_field, precondition
from .warehouse import Warehouse, split_table

if TYPE_CHECKING:
    from .service import Vertex

Json = dict[str, Any]
TIMESTAMP = "feature_timestamp"
KINDS = {
    "BOOLEAN": "bool",
    "BOOL": "bool",
    "INTEGER": "int64",
    "INT64": "int64",
    "TIMESTAMP": "int64",
    "FLOAT": "double",
    "FLOAT64": "double",
    "STRING": "string",
    "BYTES": "bytes",
}


@dataclass(frozen=True)
class SourceTable:
    """A table behind a view: its entity ids, its timestamp column (if any), and column -> name of the feature."""

    uri: str
    entity_ids: tuple[str, ...]
    columns: Mapping[str, str]
    timestamp: str = ""
    dense: bool = False


class OnlineValues:
    """What every feature view serves: values by entity."""

    def __init__(self, vertex: Vertex) -> None:
        self._views: dict[str, dict[tuple[str, ...], list[Json]]] = {}

    def get(self, view: str, key: tuple[str, ...]) -> list[Json] | None:
        """The features of an entity, or None."""
        return self._views.get(view, {}).get(key)

    def replace(self, view: str, values: dict[tuple[str, ...], list[Json]]) -> None:
        """Serve these values instead of the ones before."""
        self._views[view] = values

    def forget(self, view: str) -> None:
        """Serve nothing any more."""
        self._views.pop(view, None)


def synced(vertex: Vertex, view: Json) -> Json:
    """Copy a view's values; gives the outcome for its `FeatureViewSync`."""
    location = view["name"].split("/featureOnlineStores/")[0]
    try:
        values = _values(vertex, location, source_tables(vertex, location, view))
    except ApiError as problem:
        return {"finalStatus": {"code": 9, "message": problem.message}}
    vertex.part(OnlineValues).replace(view["name"], values)
    return {"finalStatus": {}, "syncSummary": {"rowSynced": str(len(values))}}


def source_tables(vertex: Vertex, location: str, view: Json) -> list[SourceTable]:
    """The tables behind a view. Raises ApiError 400 or 404 for what does not exist."""
    if "bigQuerySource" in view:
        return [_direct(vertex, location, view["bigQuerySource"])]
    groups = view.get("featureRegistrySource", {}).get("featureGroups", [])
    if not groups:
        raise bad_field("feature_view.source", "none", "a BigQuery source or a feature registry source")
    return [_of_group(vertex, location, group) for group in groups]


def table_columns(vertex: Vertex, name: str, uri: str) -> dict[str, Json]:
    """The columns of a table (`bq://...`) by name. `name` is any resource of the project that asks."""
    fields = Warehouse(vertex.cloud, name.split("/")[1]).schema(uri)
    return {field["name"]: field for field in fields}


def _direct(vertex: Vertex, location: str, source: Json) -> SourceTable:
    uri, entity_ids = source.get("uri", ""), source.get("entityIdColumns", [])
    columns = table_columns(vertex, location, uri)
    if not entity_ids or set(entity_ids) - set(columns):
        raise bad_field("big_query_source.entity_id_columns", entity_ids, f"columns of {uri}: {', '.join(columns)}")
    features = {name: name for name in columns if name not in entity_ids}
    return SourceTable(uri, tuple(entity_ids), features, TIMESTAMP if TIMESTAMP in columns else "", dense=True)


def _of_group(vertex: Vertex, location: str, wanted: Json) -> SourceTable:
    group = vertex.store.get(f"{location}/featureGroups/{wanted['featureGroupId']}")
    source = group["bigQuery"]
    features = {}
    for name in wanted.get("featureIds", []):
        feature = vertex.store.get(f"{group['name']}/features/{name}")
        features[feature.get("versionColumnName") or name] = name
    uri = source["bigQuerySource"]["inputUri"]
    timestamp = source.get("timeSeries", {}).get("timestampColumn") or TIMESTAMP
    if source.get("staticDataSource"):
        timestamp = ""
    elif timestamp not in table_columns(vertex, location, uri):
        raise precondition(f"{uri} has no column {timestamp!r}. Name the timestamp column, or call the source static.")
    entity_ids = tuple(source.get("entityIdColumns") or ["entity_id"])
    return SourceTable(uri, entity_ids, features, timestamp, bool(source.get("dense")))


def _values(vertex: Vertex, location: str, tables: Iterable[SourceTable]) -> dict[tuple[str, ...], list[Json]]:
    """The features of every entity, of all tables together."""
    found: dict[tuple[str, ...], list[Json]] = {}
    for table in tables:
        columns = table_columns(vertex, location, table.uri)
        for key, row in _latest(vertex, location, table, columns).items():
            for column, name in table.columns.items():
                value = feature_value(columns[column], row[column])
                found.setdefault(key, []).append({"name": name, **({"value": value} if value else {})})
    return found


def _latest(vertex: Vertex, location: str, table: SourceTable, columns: dict[str, Json]) -> dict[tuple, Json]:
    """The row of every entity. Raises ApiError 400 when a static source has two for one."""
    found: dict[tuple, Json] = {}
    for row in _rows(vertex, location, table, columns):
        key = tuple(str(row[name]) for name in table.entity_ids)
        before = found.get(key)
        if before is not None and not table.timestamp:
            raise precondition(f"{table.uri} has two rows of the entity {'/'.join(key)}, and no timestamp column.")
        if before is not None and not table.dense:
            row = {name: before[name] if value is None else value for name, value in row.items()}
        found[key] = row
    return found


def _rows(vertex: Vertex, location: str, table: SourceTable, columns: dict[str, Json]) -> Iterable[Json]:
    """The rows, oldest first; times as microseconds."""
    wanted = dict.fromkeys([*table.entity_ids, *table.columns])
    shown = [f"UNIX_MICROS(`{name}`)" if columns[name]["type"] == "TIMESTAMP" else f"`{name}`" for name in wanted]
    order = f" ORDER BY `{table.timestamp}`" if table.timestamp else ""
    sql = f"SELECT {', '.join(shown)} FROM `{'.'.join(split_table(table.uri))}`{order}"
    _, rows = Warehouse(vertex.cloud, location.split("/")[1]).query(sql)
    return [dict(zip(wanted, row, strict=True)) for row in rows]


def feature_value(column: Json, value: Any) -> Json:
    """A value of a column as Feature Store serves it; nothing for NULL. Raises ApiError 400 for other types.

    >>> feature_value({"name": "visits", "type": "INTEGER"}, 3)
    {'int64Value': '3'}
    """
    kind = KINDS.get(column["type"])
    if kind is None or (kind == "bytes" and column.get("mode") == "REPEATED"):
        raise precondition(f"The column {column['name']} has the type {column['type']}, which is not served online.")
    if value is None:
        return {}
    if column.get("mode") == "REPEATED":
        return {f"{kind}ArrayValue": {"values": [_json(kind, item) for item in value]}}
    return {f"{kind}Value": _json(kind, value)}


def _json(kind: str, value: Any) -> Any:
    return str(value) if kind == "int64" else value
