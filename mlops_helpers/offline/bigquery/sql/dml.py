"""INSERT, UPDATE, DELETE, MERGE, TRUNCATE: all or nothing, with the numbers of rows they changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..types import Field, quoted
from .catalog_rows import type_text
from .dialect import duckdb_sql, invalid_query, parse_expression
from .fields import whole_columns
from .parameters import put_in_parameters
from .queries import translate, weigh
from .resolve import Resolver
from .sources import attach_sources
from .targets import STATISTICS, Target, changed, check_assignment, check_types

if TYPE_CHECKING:
    from sqlglot import exp

    from .outcome import QueryOutcome
    from .scene import Scene

# What may be put into a column of another type without a CAST.
AMBIGUOUS = "UPDATE/MERGE must match at most one source row for each target row"


def run(statement: exp.Expression, scene: Scene) -> QueryOutcome:
    """Run a DML statement (a dry run only translates and weighs it)."""
    return RUNNERS[type(statement).__name__](statement, scene)


def insert(statement: exp.Insert, scene: Scene) -> QueryOutcome:
    """INSERT INTO table [(columns)] VALUES ... or SELECT ...; columns left out take their default or NULL."""
    from sqlglot import exp

    holder = statement.this
    node = holder.this if isinstance(holder, exp.Schema) else holder
    target = Target(node, scene)
    names = [part.name for part in holder.expressions] if isinstance(holder, exp.Schema) else []
    columns = [target.field(name) for name in names] or target.fields
    source = statement.expression
    if statement.args.get("with_"):
        source.set("with_", statement.args["with_"])
    defaults = [field for field in target.fields if field not in columns and field.get("defaultValueExpression")]
    query = _insert_query(source, columns)
    tree, to_read = translate(query, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    sql = duckdb_sql(tree)
    check_types(sql, columns, target)
    extra = [duckdb_sql(_default(field, scene)) for field in defaults]
    listed = ", ".join(quoted(field["name"]) for field in [*columns, *defaults])
    text = f"INSERT INTO {target.source.relation} ({listed}) SELECT {', '.join(['*', *extra])} FROM ({sql}) AS i"
    if scene.context.dry_run:
        return changed("INSERT", weight, scene, {})
    count = target.change(text, how="append")[0][0]
    return changed("INSERT", weight, scene, {"INSERT": count})


def _insert_query(source: exp.Expression, columns: list[Field]) -> exp.Expression:
    from sqlglot import exp

    if not isinstance(source, exp.Values):
        return source
    rows = []
    for row in source.expressions:
        values = row.expressions if isinstance(row, exp.Tuple) else [row]
        if len(values) != len(columns):
            raise invalid_query(f"Inserted row has wrong column count; Has {len(values)}, expected {len(columns)}")
        parts = []
        for value, field in zip(values, columns, strict=True):
            is_default = isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted
            given = (
                parse_expression(field.get("defaultValueExpression") or "NULL") if is_default else _typed(value, field)
            )
            parts.append(exp.alias_(given, field["name"], quoted=True))
        rows.append(exp.Select(expressions=parts))
    whole: exp.Expression = rows[0]
    for row in rows[1:]:
        whole = exp.Union(this=whole, expression=row, distinct=False)
    return whole


def _typed(value: exp.Expression, field: Field) -> exp.Expression:
    """A number written in VALUES has the type of its column: 1.10 is exact in a NUMERIC column."""
    from sqlglot import exp

    if field["type"] == "RECORD":
        return exp.Cast(this=value.copy(), to=exp.DataType.build(type_text(field), dialect="bigquery"))
    inner = value.this if isinstance(value, exp.Neg) else value
    if isinstance(inner, exp.Literal) and not inner.is_string and field["type"] in ("NUMERIC", "BIGNUMERIC"):
        to = exp.DataType.build(field["type"], dialect="bigquery")
        return exp.Cast(this=exp.Literal.string(("-" if inner is not value else "") + inner.name), to=to)
    return value.copy()


def _default(field: Field, scene: Scene) -> exp.Expression:
    from sqlglot import exp

    tree, _ = translate(exp.Select(expressions=[parse_expression(field["defaultValueExpression"])]), scene.fresh())
    return tree.expressions[0]


def _needs_where(statement: exp.Expression, word: str) -> None:
    if statement.args.get("where") is None:
        raise invalid_query(f"{word} must have a WHERE clause (WHERE TRUE for all rows)")


def update(statement: exp.Update, scene: Scene) -> QueryOutcome:
    """UPDATE table SET ... [FROM ...] WHERE ..."""
    from sqlglot import exp

    _needs_where(statement, "UPDATE")
    target = Target(statement.this, scene)
    statement = put_in_parameters(statement, scene.context.parameters)
    attach_sources(statement, scene)
    statement.set("expressions", whole_columns(statement.expressions, target, statement.this.alias_or_name))
    resolver = Resolver()
    for assignment in statement.expressions:
        field = target.field(assignment.this.name)
        value = assignment.expression
        if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted:
            value.replace(parse_expression(field.get("defaultValueExpression") or "NULL"))
        check_assignment(field, assignment.expression, resolver)
    tree, to_read = translate(statement, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    for assignment in tree.expressions:
        name = assignment.this.name
        assignment.this.replace(exp.column(name, quoted=True))
    if scene.context.dry_run:
        scene.warehouse.con.sql(f"EXPLAIN {duckdb_sql(tree)}")
        return changed("UPDATE", weight, scene, {})
    if tree.args.get("from_") or tree.args.get("from"):
        _check_single_match(tree, scene)
    count = target.change(duckdb_sql(tree), how="copy")[0][0]
    return changed("UPDATE", weight, scene, {"UPDATE": count})


def _check_single_match(tree: exp.Update, scene: Scene) -> None:
    alias = quoted(tree.this.alias)
    start = tree.args.get("from_") or tree.args.get("from")
    text = (
        f"SELECT 1 FROM {duckdb_sql(tree.this)}, {duckdb_sql(start.this)} {duckdb_sql(tree.args['where'])} "
        f"GROUP BY {alias}.rowid HAVING count(*) > 1 LIMIT 1"
    )
    if scene.warehouse.con.execute(text).fetchall():
        raise invalid_query(AMBIGUOUS)


def delete(statement: exp.Delete, scene: Scene) -> QueryOutcome:
    """DELETE FROM table WHERE ..."""
    _needs_where(statement, "DELETE")
    if statement.args.get("tables"):  # DELETE without FROM
        statement.set("this", statement.args["tables"][0])
        statement.set("tables", None)
    target = Target(statement.this, scene)
    tree, to_read = translate(statement, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    if scene.context.dry_run:
        return changed("DELETE", weight, scene, {})
    count = target.change(duckdb_sql(tree), how="copy")[0][0]
    return changed("DELETE", weight, scene, {"DELETE": count})


def merge(statement: exp.Merge, scene: Scene) -> QueryOutcome:
    """MERGE INTO table USING source ON ... WHEN ... THEN ..."""
    from sqlglot import exp

    target = Target(statement.this, scene)
    for when in statement.args["whens"].expressions:
        then = when.args["then"]
        if isinstance(then, exp.Insert):
            _spell_out_insert(then, target, statement)
    tree, to_read = translate(statement, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    for assignment in [part for node in tree.find_all(exp.Update) for part in node.expressions]:
        assignment.this.replace(exp.column(target.field(assignment.this.name)["name"], quoted=True))
    if scene.context.dry_run:
        return changed("MERGE", weight, scene, {})
    _check_single_source_row(tree, scene)
    answer = target.change(f"{duckdb_sql(tree)} RETURNING merge_action", how="copy")
    counts = Counter(row[0] for row in answer)
    return changed("MERGE", weight, scene, {name: counts.get(name, 0) for name in STATISTICS})


def _spell_out_insert(then: exp.Insert, target: Target, statement: exp.Merge) -> None:
    """INSERT ROW and INSERT VALUES (...) with the columns written out."""
    from sqlglot import exp

    names = [field["name"] for field in target.fields]
    if isinstance(then.this, exp.Var) or then.this is None:
        if then.expression:
            then.set("this", exp.Tuple(expressions=[exp.to_identifier(name, quoted=True) for name in names]))
            return
        alias = statement.args["using"].alias_or_name
        then.set("this", exp.Tuple(expressions=[exp.to_identifier(name, quoted=True) for name in names]))
        values = [exp.column(name, table=alias, quoted=True) for name in names]
        then.set("expression", exp.Tuple(expressions=values))


def _check_single_source_row(tree: exp.Merge, scene: Scene) -> None:
    from sqlglot import exp

    conditions = [
        when.args.get("condition")
        for when in tree.args["whens"].expressions
        if when.args.get("matched") and not (isinstance(when.args["then"], exp.Var) and not when.args["then"])
    ]
    if not conditions:
        return
    either = " OR ".join(f"({duckdb_sql(part)})" if part is not None else "true" for part in conditions)
    text = (
        f"SELECT 1 FROM {duckdb_sql(tree.this)} JOIN {duckdb_sql(tree.args['using'])} ON {duckdb_sql(tree.args['on'])} "
        f"WHERE {either} GROUP BY {quoted(tree.this.alias)}.rowid HAVING count(*) > 1 LIMIT 1"
    )
    if scene.warehouse.con.execute(text).fetchall():
        raise invalid_query(AMBIGUOUS)


def truncate(statement: exp.TruncateTable, scene: Scene) -> QueryOutcome:
    """TRUNCATE TABLE table."""
    target = Target(statement.expressions[0], scene)
    if scene.context.dry_run:
        return changed("TRUNCATE_TABLE", 0, scene, {})
    count = scene.warehouse.relations.count(target.source.relation)
    target.change(f"DELETE FROM {target.source.relation}", how="replace")
    return changed("TRUNCATE_TABLE", 0, scene, {"DELETE": count})


RUNNERS = {"Insert": insert, "Update": update, "Delete": delete, "Merge": merge, "TruncateTable": truncate}
