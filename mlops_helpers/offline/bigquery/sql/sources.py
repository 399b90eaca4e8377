"""Which table is meant: names become keys, keys become DuckDB relations with columns.

`project.dataset.table`, `dataset.table`, a name alone with a default dataset, `events_*`, a view, a temporary table,
INFORMATION_SCHEMA, `__TABLES__`, and any of them FOR SYSTEM_TIME AS OF a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import invalid
from ..names import TableKey, missing_table
from ..types import Field, literal, quoted
from .dialect import invalid_query, parse

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene

DEEPEST_VIEWS = 16
SUFFIX = "_TABLE_SUFFIX"


@dataclass
class Source:
    """What a table name in a query stands for: a DuckDB relation, its columns and the tables that are read (billed)."""

    relation: str
    fields: list[Field]
    keys: list[TableKey] = field(default_factory=list)
    suffixes: dict[TableKey, str] = field(default_factory=dict)  # of a wildcard table
    is_past: bool = False
    partitioned_by: set[str] = field(default_factory=set)  # lower case


def path_of(node: exp.Table) -> list[str]:
    """The parts of a table name; backticks may stand around one part or around all."""
    return ".".join(part.name for part in node.parts).split(".")


def key_of(parts: list[str], scene: Scene) -> TableKey:
    """The full name of a table. Raises ApiError 400 when the dataset is missing."""
    if len(parts) == 1:
        home = scene.context.default_dataset
        if home is None:
            message = f'Table "{parts[0]}" must be qualified with a dataset (e.g. dataset.table).'
            raise invalid(message, reason="invalid", location=parts[0])
        return TableKey(*home, parts[0])
    if len(parts) == 2:
        return TableKey(scene.context.project, *parts)
    return TableKey(".".join(parts[:-2]), *parts[-2:])


def attach_sources(tree: exp.Expression, scene: Scene, *, depth: int = 0) -> None:
    """Find the source of every table in a tree and note it beside the node; views are put in as subqueries."""
    from sqlglot import exp

    for node in list(tree.find_all(exp.Table)):
        if isinstance(node.meta.get("source"), Source) or node.meta.get("target"):
            continue
        if isinstance(node.this, (exp.Func, exp.Dot)):
            scene.table_function(node)
        elif len(node.parts) > 1 or not is_cte(node):
            _attach(node, scene, depth)


def is_cte(node: exp.Table) -> bool:
    """Whether the name is that of a WITH query around it."""
    around, name = node.parent, node.name.lower()
    while around is not None:
        clause = around.args.get("with_") or around.args.get("with")
        if clause is not None and any(cte.alias.lower() == name for cte in clause.expressions):
            return True
        around = around.parent
    return False


def _attach(node: exp.Table, scene: Scene, depth: int) -> None:
    parts = path_of(node)
    upper = [part.upper() for part in parts]
    version = node.args.get("version")
    node.set("version", None)
    if len(parts) == 1 and parts[0].lower() in scene.temporary:
        node.meta["source"] = scene.temporary[parts[0].lower()]
    elif "INFORMATION_SCHEMA" in upper or upper[-1] == "__TABLES__":
        node.meta["source"] = scene.information_schema(parts)
    elif parts[-1].endswith("*"):
        node.meta["source"] = _wildcard(key_of(parts, scene), scene)
        query = node.find_ancestor(*_select_types())
        if query is not None:
            query.meta["hide_suffix"] = True
    else:
        _attach_table(node, key_of(parts, scene), version, scene, depth)


def _select_types() -> tuple:
    from sqlglot import exp

    return (exp.Select,)


def _attach_table(node: exp.Table, key: TableKey, version: exp.Expression | None, scene: Scene, depth: int) -> None:
    warehouse = scene.warehouse
    if version is not None:
        moment = scene.moment(version.expression)
        scene.volatile = True
        relation = warehouse.as_of(key, moment)
        node.meta["source"] = Source(relation, scene.described(relation), [key], is_past=True)
        scene.referenced.append(key)
        return
    plain = key.plain()
    if plain != key:
        raise invalid_query(f"Table decorators are not supported in standard SQL: {key.table}")
    if not warehouse.has(key):
        warehouse.dataset(key.project, key.dataset)
        raise missing_table(key)
    scene.referenced.append(key)
    scene.note_full_name(node, key)
    if warehouse.is_view(key):
        _expand_view(node, key, scene, depth)
        return
    layout = warehouse.table(key).get("timePartitioning") or warehouse.table(key).get("rangePartitioning") or {}
    divided = {layout["field"].lower()} if layout.get("field") else set()
    node.meta["source"] = Source(warehouse.relation(key), warehouse.fields(key), [key], partitioned_by=divided)


def _expand_view(node: exp.Table, key: TableKey, scene: Scene, depth: int) -> None:
    from sqlglot import exp

    from .nodes import source_alias

    if depth >= DEEPEST_VIEWS:
        raise invalid_query(f"View {key} is nested more than {DEEPEST_VIEWS} levels deep")
    definition = warehouse_view(scene, key)
    query = parse(definition)[0]
    scene.expand_routines(query)
    alias = exp.TableAlias(this=exp.to_identifier(source_alias(node), quoted=True))
    subquery = exp.Subquery(this=query, alias=alias)
    for part in ("joins", "pivots", "sample"):
        if node.args.get(part):
            subquery.set(part, node.args[part])
    node.replace(subquery)
    attach_sources(query, scene, depth=depth + 1)


def warehouse_view(scene: Scene, key: TableKey) -> str:
    """The query of a view."""
    resource = scene.warehouse.table(key)
    return (resource.get("view") or resource.get("materializedView"))["query"]


def _wildcard(key: TableKey, scene: Scene) -> Source:
    """`prefix*`: all tables whose names start so, with the newest one's columns and `_TABLE_SUFFIX`."""
    warehouse, prefix = scene.warehouse, key.table[:-1]
    warehouse.dataset(key.project, key.dataset)
    keys = sorted(
        found
        for found in warehouse.tables
        if found[:2] == key[:2] and found.table.startswith(prefix) and not warehouse.is_view(found)
    )
    if not keys:
        raise invalid(f"{key} does not match any table.", reason="notFound")
    newest = max(keys, key=lambda found: int(warehouse.table(found)["creationTime"]))
    columns = warehouse.fields(newest)
    names = ", ".join(quoted(column["name"]) for column in columns)
    selects = []
    for found in keys:
        have = {column["name"].lower() for column in warehouse.fields(found)}
        values = ", ".join(
            quoted(column["name"]) if column["name"].lower() in have else f"NULL AS {quoted(column['name'])}"
            for column in columns
        )
        suffix = found.table[len(prefix) :]
        selects.append(f"SELECT {values}, {literal(suffix)} AS {quoted(SUFFIX)} FROM {warehouse.relation(found)}")
    scene.referenced += keys
    suffix_field = {"name": SUFFIX, "type": "STRING", "mode": "NULLABLE"}
    relation = f"(SELECT {names}, {quoted(SUFFIX)} FROM ({' UNION ALL '.join(selects)}))"
    suffixes = {found: found.table[len(prefix) :] for found in keys}
    return Source(relation, [*columns, suffix_field], keys, suffixes)
