"""INSERT, UPDATE, DELETE, MERGE, TRUNCATE: all or nothing, with the numbers of rows they changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...errors import unsupported
from ..names import TableKey
from ..types import Field, field_of, quoted
from .dialect import duckdb_sql, invalid_query, parse_expression
from .information_schema import NEWER_NAMES, type_text
from .parameters import put_in_parameters
from .queries import translate, weigh
from .resolve import Resolver
from .sources import Source, attach_sources, key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from . import QueryOutcome
    from .scene import Scene

# What may be put into a column of another type without a CAST.
COERCIONS = {
    "INTEGER": ("NUMERIC", "BIGNUMERIC", "FLOAT"),
    "NUMERIC": ("BIGNUMERIC", "FLOAT"),
    "BIGNUMERIC": ("FLOAT", "NUMERIC"),
    "FLOAT": (),
    "STRING": ("DATE", "DATETIME", "TIMESTAMP", "TIME", "JSON", "INTERVAL"),
    "TIMESTAMP": (),
    "DATE": ("DATETIME",),
}
STATISTICS = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}
AMBIGUOUS = "UPDATE/MERGE must match at most one source row for each target row"


class Target:
    """The table that a statement changes: in the catalog, or a temporary one."""

    def __init__(self, node: exp.Table, scene: Scene) -> None:
        from sqlglot import exp

        self.scene = scene
        parts = path_of(node)
        temporary = scene.temporary.get(parts[0].lower()) if len(parts) == 1 else None
        self.key: TableKey | None = None if temporary else key_of(parts, scene)
        if temporary:
            self.source = temporary
        else:
            meta = scene.warehouse.table(self.key)
            if meta["type"] != "TABLE":
                raise invalid_query(f"Cannot modify {self.key}: found a {meta['type']}, expected a TABLE", at=node)
            layout = meta.get("timePartitioning") or meta.get("rangePartitioning") or {}
            divided = {layout["field"].lower()} if layout.get("field") else set()
            fields = scene.warehouse.fields(self.key)
            self.source = Source(scene.warehouse.relation(self.key), fields, [self.key], partitioned_by=divided)
            scene.referenced.append(self.key)
            scene.note_full_name(node, self.key)
        node.meta["source"] = self.source
        if not node.args.get("alias"):
            node.set("alias", exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True)))

    @property
    def fields(self) -> list[Field]:
        """The columns."""
        return self.source.fields

    def field(self, name: str) -> Field:
        """A column by its name. Raises ApiError 400."""
        for field in self.fields:
            if field["name"].lower() == name.lower():
                return field
        raise invalid_query(f"Column {name} is not present in table {self.key or 'temporary'}")

    def change(self, sql: str, *, how: str) -> list[tuple]:
        """Run the statement, all or nothing, and return DuckDB's answer."""
        from ..faults import writing

        con = self.scene.warehouse.con
        if self.key is None:
            return con.execute(sql).fetchall()
        with writing(self.key), self.scene.warehouse.changing(self.key, how=how):
            return con.execute(sql).fetchall()


def run(statement: exp.Expression, scene: Scene) -> QueryOutcome:
    """Run a DML statement (a dry run only translates and weighs it)."""
    return RUNNERS[type(statement).__name__](statement, scene)


def _outcome(kind: str, weight: int, scene: Scene, counts: dict[str, int]) -> QueryOutcome:
    from . import QueryOutcome

    known = {STATISTICS[name]: count for name, count in counts.items()}
    affected = None if scene.context.dry_run else sum(counts.values())
    referenced = list(dict.fromkeys(scene.referenced))
    return QueryOutcome(kind, None, [], weight, affected, known, {}, referenced)


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
    _check_types(sql, columns, target)
    extra = [duckdb_sql(_default(field, scene)) for field in defaults]
    listed = ", ".join(quoted(field["name"]) for field in [*columns, *defaults])
    text = f"INSERT INTO {target.source.relation} ({listed}) SELECT {', '.join(['*', *extra])} FROM ({sql}) AS i"
    if scene.context.dry_run:
        return _outcome("INSERT", weight, scene, {})
    count = target.change(text, how="append")[0][0]
    return _outcome("INSERT", weight, scene, {"INSERT": count})


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


def _check_types(sql: str, columns: list[Field], target: Target) -> None:
    """Refuse what BigQuery refuses and DuckDB would convert: a STRING into an INT64 column, a FLOAT64 into an INT64."""
    relation = target.scene.warehouse.con.sql(sql)
    if len(relation.columns) != len(columns):
        found, expected = len(relation.columns), len(columns)
        raise invalid_query(f"Inserted row has wrong column count; Has {found}, expected {expected}")
    for place, (kind, column) in enumerate(zip(relation.types, columns, strict=True), 1):
        found = field_of("", kind)
        if str(kind).strip('"') in ("NULL", "INTEGER") or column["mode"] == "REPEATED" or found["mode"] == "REPEATED":
            continue
        if found["type"] != column["type"] and column["type"] not in COERCIONS.get(found["type"], ()):
            kinds = [NEWER_NAMES.get(each["type"], each["type"]) for each in (found, column)]
            raise invalid_query(
                f"Query column {place} has type {kinds[0]} which cannot be inserted into column {column['name']}, "
                f"which has type {kinds[1]}"
            )


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
    alias, resolver = statement.this.alias, Resolver()
    for assignment in statement.expressions:
        column = assignment.this
        if isinstance(column, exp.Dot) or (column.table and column.table.lower() != alias.lower()):
            raise unsupported("BigQuery SQL: UPDATE of a single field of a STRUCT (set the whole STRUCT)")
        field = target.field(column.name)
        value = assignment.expression
        if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.this.quoted:
            value.replace(parse_expression(field.get("defaultValueExpression") or "NULL"))
        _check_assignment(field, assignment.expression, resolver)
    tree, to_read = translate(statement, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    for assignment in tree.expressions:
        name = assignment.this.name
        assignment.this.replace(exp.column(name, quoted=True))
    if scene.context.dry_run:
        scene.warehouse.con.sql(f"EXPLAIN {duckdb_sql(tree)}")
        return _outcome("UPDATE", weight, scene, {})
    if tree.args.get("from_") or tree.args.get("from"):
        _check_single_match(tree, scene)
    count = target.change(duckdb_sql(tree), how="copy")[0][0]
    return _outcome("UPDATE", weight, scene, {"UPDATE": count})


def _check_assignment(field: Field, value: exp.Expression, resolver: Resolver) -> None:
    found = resolver.of(value)
    if found is None or "REPEATED" in (found["mode"], field["mode"]) or type(value).__name__ in ("Null", "Literal"):
        wrong = value.is_string and field["type"] not in ("STRING", *COERCIONS["STRING"])
        wrong |= value.is_number and not value.is_int and field["type"] not in ("FLOAT", "NUMERIC", "BIGNUMERIC")
    else:
        wrong = found["type"] != field["type"] and field["type"] not in COERCIONS.get(found["type"], ())
    if wrong:
        kinds = [NEWER_NAMES.get(kind["type"], kind["type"]) for kind in (found or {"type": "STRING"}, field)]
        raise invalid_query(
            f"Value of type {kinds[0]} cannot be assigned to {field['name']}, which has type {kinds[1]}"
        )


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
    target = Target(statement.this, scene)
    tree, to_read = translate(statement, scene)
    weight = weigh(to_read, scene.warehouse, scene.context)
    if scene.context.dry_run:
        return _outcome("DELETE", weight, scene, {})
    count = target.change(duckdb_sql(tree), how="copy")[0][0]
    return _outcome("DELETE", weight, scene, {"DELETE": count})


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
        return _outcome("MERGE", weight, scene, {})
    _check_single_source_row(tree, scene)
    answer = target.change(f"{duckdb_sql(tree)} RETURNING merge_action", how="copy")
    counts = Counter(row[0] for row in answer)
    return _outcome("MERGE", weight, scene, {name: counts.get(name, 0) for name in STATISTICS})


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
        return _outcome("TRUNCATE_TABLE", 0, scene, {})
    count = scene.warehouse.relations.count(target.source.relation)
    target.change(f"DELETE FROM {target.source.relation}", how="replace")
    return _outcome("TRUNCATE_TABLE", 0, scene, {"DELETE": count})


RUNNERS = {"Insert": insert, "Update": update, "Delete": delete, "Merge": merge, "TruncateTable": truncate}
