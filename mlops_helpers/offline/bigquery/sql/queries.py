"""SELECT: translate, weigh, run; DECLARE and SET."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import ApiError
from ..names import TableKey
from ..types import Field, field_of, quoted
from .checks import check
from .dialect import duckdb_sql, invalid_query
from .parameters import put_in_parameters
from .rewrite import annotate, rewrite
from .scan import Read, check_partition_filters, reads, uses
from .scan import weigh as weigh_reads
from .sources import attach_sources

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp

    from ..catalog import Warehouse
    from .outcome import QueryContext, QueryOutcome
    from .scene import Scene

SMALLEST_BILL = 10 * 2**20
RANDOM_SEED = 0.42


@dataclass
class Prepared:
    """A translated SELECT: it may run again as long as the catalog's version stays the same."""

    sql: str
    reads: list[Read] = field(default_factory=list)
    referenced: list[TableKey] = field(default_factory=list)
    uses_random: bool = False
    fields: list[Field] | None = None  # known after the first run


def translate(statement: exp.Expression, scene: Scene) -> tuple[exp.Expression, list[Read]]:
    """A BigQuery statement as DuckDB's tree, and what it reads."""
    statement = put_in_parameters(statement, scene.context.parameters)
    statement = scene.expand_routines(statement)
    attach_sources(statement, scene)
    resolver = annotate(statement)
    check(statement, resolver)
    found = uses(statement, resolver)
    check_partition_filters(found, scene)
    to_read = reads(found, scene)
    return rewrite(statement, scene), to_read


def prepare(statement: exp.Expression, scene: Scene) -> Prepared:
    """A SELECT ready to run."""
    is_value = isinstance(statement.args.get("kind"), str) and statement.args["kind"].upper() == "VALUE"
    name_columns(statement)
    tree, to_read = translate(statement, scene)
    sql = duckdb_sql(tree)
    if is_value:
        sql = _spread(sql, scene)
    return Prepared(sql, to_read, list(dict.fromkeys(scene.referenced)), scene.uses_random)


def _spread(sql: str, scene: Scene) -> str:
    """SELECT AS VALUE of a STRUCT at the top: its fields are the columns."""
    relation = scene.warehouse.con.sql(sql)
    is_struct = getattr(relation.types[0], "id", "") == "struct"
    return f"SELECT unnest({quoted(relation.columns[0])}) FROM ({sql})" if is_struct else sql


def name_columns(statement: exp.Expression) -> None:
    """Give the columns that have no name BigQuery's: `f0_`, `f1_`, ...; SELECT AS STRUCT is plain at the top."""
    from sqlglot import exp

    query = statement
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Select):
        return
    query.set("kind", None)
    unnamed = 0
    for place, part in enumerate(query.expressions):
        if isinstance(part, (exp.Alias, exp.Star, exp.Column)):
            continue
        plain = isinstance(part, exp.Dot) and not isinstance(part.expression, exp.Func)
        name = part.expression.name if plain else f"f{unnamed}_"
        unnamed += not plain
        query.expressions[place].replace(exp.alias_(part.copy(), name, quoted=True))


def run(prepared: Prepared, warehouse: Warehouse, context: QueryContext) -> QueryOutcome:
    """Run a prepared SELECT (or, for a dry run, only bind and weigh it)."""
    from .outcome import QueryOutcome

    weight = weigh(prepared.reads, warehouse, context)
    if prepared.uses_random:
        warehouse.con.execute(f"SELECT setseed({RANDOM_SEED})").fetchall()
    relation = warehouse.con.sql(prepared.sql)
    if prepared.fields is None:
        relation = _described(prepared, relation, warehouse)
    rows = None if context.dry_run else relation.to_arrow_table()
    fields = [dict(field) for field in prepared.fields or ()]
    return QueryOutcome("SELECT", rows, fields, weight, referenced_tables=prepared.referenced)


def _described(prepared: Prepared, relation: duckdb.DuckDBPyRelation, warehouse: Warehouse) -> duckdb.DuckDBPyRelation:
    """Note the result's columns, once for each translation; sums that DuckDB made wide are INT64 again."""
    prepared.fields = result_fields(relation.columns, relation.types)
    wide = [name for name, kind in zip(relation.columns, relation.types, strict=True) if str(kind) == "HUGEINT"]
    if not wide:
        return relation
    casts = ", ".join(f"CAST({quoted(name)} AS BIGINT) AS {quoted(name)}" for name in wide)
    prepared.sql = f"SELECT * REPLACE ({casts}) FROM ({prepared.sql})"
    return warehouse.con.sql(prepared.sql)


def weigh(to_read: list[Read], warehouse: Warehouse, context: QueryContext) -> int:
    """The bytes a query reads. Raises ApiError 400 when that is more than the request allows."""
    weight = weigh_reads(to_read, warehouse)
    limit = context.maximum_bytes_billed
    billed = max(weight, SMALLEST_BILL) if weight else 0
    if limit is not None and billed > limit and not context.dry_run:
        message = f"Query exceeded limit for bytes billed: {limit}. {billed} or higher required."
        raise ApiError(400, "bytesBilledLimitExceeded", message)
    return weight


def result_fields(names: list[str], kinds: list) -> list[Field]:
    """The BigQuery schema of a result. Raises ApiError 400 when two columns have the same name."""
    seen: set[str] = set()
    twice = [name for name in names if name.lower() in seen or seen.add(name.lower())]
    if twice:
        shown = ", ".join(sorted(set(twice)))
        raise invalid_query(f"Duplicate column names in the result are not supported. Found duplicate(s): {shown}")
    return [field_of(name, kind) for name, kind in zip(names, kinds, strict=True)]


def set_variables(statement: exp.Expression, scene: Scene) -> None:
    """DECLARE x INT64 DEFAULT 1; SET x = 2: the value is computed now and stands wherever the name stands."""
    from sqlglot import exp

    if isinstance(statement, exp.Declare):
        for item in statement.expressions:
            names = item.this if isinstance(item.this, list) else [item.this]
            value = item.args.get("default") or exp.Null()
            kind = item.args.get("kind")
            typed = exp.Cast(this=value.copy(), to=kind.copy()) if isinstance(kind, exp.DataType) else value
            for name in names:
                scene.variables[name.name.lower()] = _computed(typed, scene)
        return
    for target in [each for item in statement.expressions for each in _single(item.this)]:
        if not isinstance(target, exp.EQ) or target.this.name.lower() not in scene.variables:
            raise invalid_query(f"Undeclared variable: {target.sql('bigquery')}")
        before = scene.variables[target.this.name.lower()]
        value = target.expression.copy()
        typed = exp.Cast(this=value, to=before.to.copy()) if isinstance(before, exp.Cast) else value
        scene.variables[target.this.name.lower()] = _computed(typed, scene)


def _single(target: exp.Expression) -> list[exp.Expression]:
    """`(a, b) = (1, 2)` is `a = 1` and `b = 2`."""
    from sqlglot import exp

    if not isinstance(target, exp.EQ) or not isinstance(target.this, exp.Tuple):
        return [target]
    values = target.expression.expressions if isinstance(target.expression, exp.Tuple) else []
    if len(values) != len(target.this.expressions):
        raise invalid_query(f"SET of {len(target.this.expressions)} variables needs as many values in parentheses")
    pairs = zip(target.this.expressions, values, strict=True)
    return [exp.EQ(this=name.copy(), expression=value.copy()) for name, value in pairs]


def _computed(value: exp.Expression, scene: Scene) -> exp.Expression:
    """The value of a variable as a typed literal (arrays and structs keep their expression)."""
    from sqlglot import exp

    fresh = scene.fresh()
    query = exp.Select(expressions=[exp.alias_(value.copy(), "v", quoted=True)])
    prepared = prepare(query, fresh)
    relation = scene.warehouse.con.sql(f"SELECT v, bq_string(v) FROM ({prepared.sql})")
    kind = field_of("v", relation.types[0])
    if kind["mode"] == "REPEATED" or kind["type"] in ("RECORD", "JSON", "BYTES", "INTERVAL"):
        return exp.Paren(this=value)
    text = relation.to_arrow_table().column(1)[0].as_py()
    literal = exp.Null() if text is None else exp.Literal.string(text)
    to = value.to.copy() if isinstance(value, exp.Cast) else exp.DataType.build(_type_name(kind), dialect="bigquery")
    return exp.Cast(this=literal, to=to)


def _type_name(kind: Field) -> str:
    return {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}.get(kind["type"], kind["type"])
