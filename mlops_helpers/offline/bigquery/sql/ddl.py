"""CREATE, DROP, ALTER: tables, views, snapshots, datasets, SQL functions."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import ApiError, conflict, not_found, unsupported
from ..names import missing_table
from ..types import Field, cast_list, quoted
from . import alter
from .copies import Copy, copy_table, kept_layout, occupied, outcome
from .dialect import dialect, duckdb_sql, invalid_query, parse
from .options import dataset_options, layout_of, table_options
from .queries import result_fields, translate, weigh
from .routines import Routine, of_statement
from .sources import Source, key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from .outcome import QueryOutcome
    from .scene import Scene


def run(statement: exp.Expression | Copy, scene: Scene, routines: dict[tuple[str, ...], Routine]) -> QueryOutcome:
    """Run a DDL statement (a dry run only checks it)."""
    from sqlglot import exp

    if isinstance(statement, Copy):
        return copy_table(statement, scene)
    kind = str(statement.args.get("kind") or "").upper()
    if isinstance(statement, exp.Alter):
        return alter.run(statement, scene, outcome)
    action = "CREATE" if isinstance(statement, exp.Create) else "DROP"
    if kind == "FUNCTION":
        return _function(statement, action, scene, routines)
    runner = RUNNERS.get((action, kind))
    if runner is None:
        raise unsupported(f"BigQuery SQL: {action} {kind}")
    return runner(statement, scene)


def create_table(statement: exp.Create, scene: Scene) -> QueryOutcome:
    """CREATE [OR REPLACE] [TEMP] TABLE [IF NOT EXISTS] with columns, AS SELECT or LIKE."""
    from sqlglot import exp

    holder = statement.this
    node = holder.this if isinstance(holder, exp.Schema) else holder
    properties = list((statement.args.get("properties") or exp.Properties()).expressions)
    kind = "CREATE_TABLE_AS_SELECT" if statement.expression is not None else "CREATE_TABLE"
    is_temporary = any(isinstance(part, exp.TemporaryProperty) for part in properties)
    key = None if is_temporary else key_of(path_of(node), scene)
    replace, exists = bool(statement.args.get("replace")), bool(statement.args.get("exists"))
    if key is not None and occupied(key, scene, replace=replace, exists=exists):
        return outcome(kind, scene, "SKIP", key)
    declared = _declared_fields(holder) if isinstance(holder, exp.Schema) else []
    select_sql, fields, weight = _selected(statement.expression, declared, scene)
    if is_temporary:
        return _create_temporary(node.name, fields, select_sql, kind, scene)
    resource = {"schema": {"fields": fields}, **layout_of(properties, scene), **table_options(properties, scene)}
    like = next((part.this for part in properties if isinstance(part, exp.LikeProperty)), None)
    if like is not None:
        source = key_of(path_of(like), scene)
        resource = {
            **kept_layout(source, scene),
            **{name: value for name, value in resource.items() if name != "schema"},
        }
    operation = "REPLACE" if scene.warehouse.has(key) else "CREATE"
    if not scene.context.dry_run:
        scene.warehouse.create_table(key, resource, select_sql=select_sql, replace=replace)
    return outcome(kind, scene, operation, key, weight=weight)


def _declared_fields(schema: exp.Schema) -> list[Field]:
    from sqlglot import exp

    fields = []
    for column in schema.expressions:
        if not isinstance(column, exp.ColumnDef):
            continue  # PRIMARY KEY (...) NOT ENFORCED: accepted, without effect, as in Google's
        fields.append(alter.field_of_column(column))
    return fields


def _selected(query: exp.Expression | None, declared: list[Field], scene: Scene) -> tuple[str | None, list[Field], int]:
    from sqlglot import exp

    if query is None:
        return None, declared, 0
    for place, part in enumerate(query.selects if isinstance(query, exp.Select) else (), 1):
        if not isinstance(part, (exp.Alias, exp.Column, exp.Dot, exp.Star)):
            raise invalid_query(f"CREATE TABLE columns must be named, but column {place} has no name", at=part)
    if isinstance(query, exp.Select):
        query.set("kind", None)
    tree, to_read = translate(query, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    sql = duckdb_sql(tree)
    relation = scene.warehouse.con.sql(sql)
    fields = result_fields(relation.columns, relation.types)
    if declared and len(declared) != len(fields):
        raise invalid_query(
            f"Number of columns in the column definition list does not match: {len(declared)}, {len(fields)}"
        )
    return f"SELECT {cast_list(fields)} FROM ({sql})", declared or fields, weight


def _create_temporary(name: str, fields: list[Field], select_sql: str | None, kind: str, scene: Scene) -> QueryOutcome:
    from ..relations import column_list

    relation = f"temp.{quoted(f'~{name.lower()}')}"
    con = scene.warehouse.con
    con.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(f'~{name.lower()}')} ({column_list(fields)})")
    if select_sql:
        con.execute(f"INSERT INTO {relation} {select_sql}")
    scene.temporary[name.lower()] = Source(relation, fields)
    return outcome(kind, scene, "CREATE")


def drop_temporary(scene: Scene) -> None:
    """Temporary tables end with their script."""
    for source in scene.temporary.values():
        scene.warehouse.con.execute(f"DROP TABLE IF EXISTS {source.relation}")


def create_view(statement: exp.Create, scene: Scene) -> QueryOutcome:
    """CREATE [OR REPLACE] VIEW [IF NOT EXISTS] name [OPTIONS(...)] AS SELECT."""
    from sqlglot import exp

    properties = list((statement.args.get("properties") or exp.Properties()).expressions)
    if any(isinstance(part, exp.MaterializedProperty) for part in properties):
        raise unsupported("BigQuery SQL: CREATE MATERIALIZED VIEW (a VIEW gives the same rows)")
    node = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    key = key_of(path_of(node), scene)
    replace = bool(statement.args.get("replace"))
    if occupied(key, scene, replace=replace, exists=bool(statement.args.get("exists"))):
        return outcome("CREATE_VIEW", scene, "SKIP", key)
    text = _as_written(statement)
    tree, _ = translate(statement.expression, scene)
    sql = duckdb_sql(tree)
    relation = scene.warehouse.con.sql(sql)
    result_fields(relation.columns, relation.types)
    resource = {"type": "VIEW", "view": {"query": text, "useLegacySql": False}, **table_options(properties, scene)}
    operation = "REPLACE" if scene.warehouse.has(key) else "CREATE"
    if not scene.context.dry_run:
        scene.warehouse.create_table(key, resource, select_sql=sql, replace=replace)
    return outcome("CREATE_VIEW", scene, operation, key)


def _as_written(statement: exp.Create) -> str:
    """The query of a view as its author wrote it, with line breaks and comments."""
    for found in re.finditer(r"\bAS\s+(?=[(SW])", statement.meta.get("text", ""), re.IGNORECASE):
        text = statement.meta["text"][found.end() :].strip().rstrip(";").rstrip()
        with suppress(ApiError):
            if parse(text)[0] == statement.expression:
                return text
    return statement.expression.sql(dialect())


def drop_table(statement: exp.Drop, scene: Scene) -> QueryOutcome:
    """DROP TABLE, DROP VIEW, DROP SNAPSHOT TABLE [IF EXISTS]."""
    kind = f"DROP_{statement.args['kind'].upper()}"
    node = _dropped(statement)
    parts = path_of(node)
    if len(parts) == 1 and parts[0].lower() in scene.temporary:
        scene.warehouse.con.execute(f"DROP TABLE {scene.temporary.pop(parts[0].lower()).relation}")
        return outcome(kind, scene, "DROP")
    key = key_of(parts, scene)
    if not scene.warehouse.has(key):
        if statement.args.get("exists"):
            return outcome(kind, scene, "SKIP", key)
        scene.warehouse.dataset(key.project, key.dataset)
        raise missing_table(key)
    is_view = scene.warehouse.is_view(key)
    if is_view != (kind == "DROP_VIEW"):
        found = scene.warehouse.table(key)["type"]
        raise invalid_query(f"Cannot drop {key} with DROP {statement.args['kind'].upper()}: it is a {found}")
    if not scene.context.dry_run:
        scene.warehouse.drop_table(key)
    return outcome(kind, scene, "DROP", key)


def _dropped(statement: exp.Drop) -> exp.Table:
    tables = statement.args.get("tables") or [statement.this]
    return tables[0]


def _dataset_of(node: exp.Table, scene: Scene) -> tuple[str, str]:
    parts = [part for part in path_of(node) if part]
    return (scene.context.project, parts[0]) if len(parts) == 1 else (".".join(parts[:-1]), parts[-1])


def create_schema(statement: exp.Create, scene: Scene) -> QueryOutcome:
    """CREATE SCHEMA [IF NOT EXISTS] name [OPTIONS(...)]."""
    from sqlglot import exp

    project, dataset = _dataset_of(statement.this, scene)
    properties = list((statement.args.get("properties") or exp.Properties()).expressions)
    resource = {"datasetReference": {"projectId": project, "datasetId": dataset}, **dataset_options(properties, scene)}
    there = (project, dataset) in scene.warehouse.datasets
    if not scene.context.dry_run:
        scene.warehouse.add_dataset(project, resource, exists_ok=bool(statement.args.get("exists")))
    return outcome("CREATE_SCHEMA", scene, "SKIP" if there else "CREATE")


def drop_schema(statement: exp.Drop, scene: Scene) -> QueryOutcome:
    """DROP SCHEMA [IF EXISTS] name [CASCADE | RESTRICT]."""
    project, dataset = _dataset_of(_dropped(statement), scene)
    if (project, dataset) not in scene.warehouse.datasets and statement.args.get("exists"):
        return outcome("DROP_SCHEMA", scene, "SKIP")
    scene.warehouse.dataset(project, dataset)
    if not scene.context.dry_run:
        scene.warehouse.drop_dataset(project, dataset, contents=bool(statement.args.get("cascade")))
    return outcome("DROP_SCHEMA", scene, "DROP")


def _function(
    statement: exp.Expression, action: str, scene: Scene, routines: dict[tuple[str, ...], Routine]
) -> QueryOutcome:
    """CREATE and DROP of a SQL function or table function; a TEMP function lives as long as its script."""
    from sqlglot import exp

    if action == "DROP":
        key = scene.routine_key(_dropped(statement))
        if key not in scene.routines and not statement.args.get("exists"):
            raise not_found(f"Not found: Routine {'.'.join(key)}")
        if not scene.context.dry_run:
            scene.routines.pop(key, None)
            routines.pop(key, None)
        return outcome("DROP_FUNCTION", scene, "DROP")
    properties = (statement.args.get("properties") or exp.Properties()).expressions
    is_temporary = any(isinstance(part, exp.TemporaryProperty) for part in properties)
    node = statement.this.this
    key = (node.name.lower(),) if is_temporary else tuple(key_of(path_of(node), scene))
    if not is_temporary:
        scene.warehouse.dataset(key[0], key[1])
    if key in scene.routines and not statement.args.get("replace"):
        if statement.args.get("exists"):
            return outcome("CREATE_FUNCTION", scene, "SKIP")
        raise conflict(f"Already Exists: Routine {'.'.join(key)}", reason="duplicate")
    routine = of_statement(statement, node.name)
    if not scene.context.dry_run:
        scene.routines[key] = routine
        if not is_temporary:
            routines[key] = routine
            scene.warehouse.version += 1
    kind = "CREATE_TABLE_FUNCTION" if routine.is_table else "CREATE_FUNCTION"
    return outcome(kind, scene, "CREATE")


RUNNERS = {
    ("CREATE", "TABLE"): create_table,
    ("CREATE", "VIEW"): create_view,
    ("CREATE", "SCHEMA"): create_schema,
    ("DROP", "TABLE"): drop_table,
    ("DROP", "VIEW"): drop_table,
    ("DROP", "SCHEMA"): drop_schema,
}
