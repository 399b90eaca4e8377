"""Aggregates and window functions: DISTINCT, IGNORE NULLS, ORDER BY, HAVING MAX and LIMIT inside the parentheses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import unsupported
from .build import case, cast, fn, null, number, text
from .dialect import invalid_query
from .kinds import is_kind

if TYPE_CHECKING:
    from sqlglot import exp

    from .rewrite import Call

# Same meaning in DuckDB, possibly under another name.
RENAMED = {
    "COUNT": "count",
    "MIN": "min",
    "MAX": "max",
    "LOGICAL_AND": "bool_and",
    "LOGICAL_OR": "bool_or",
    "BIT_AND": "bit_and",
    "BIT_OR": "bit_or",
    "BIT_XOR": "bit_xor",
    "STDDEV": "stddev_samp",
    "STDDEV_SAMP": "stddev_samp",
    "STDDEV_POP": "stddev_pop",
    "VARIANCE": "var_samp",
    "VAR_SAMP": "var_samp",
    "VAR_POP": "var_pop",
    "COVAR_POP": "covar_pop",
    "COVAR_SAMP": "covar_samp",
    "MAX_BY": "arg_max",
    "MIN_BY": "arg_min",
    "GROUPING": "grouping",
    "ROW_NUMBER": "row_number",
    "RANK": "rank",
    "DENSE_RANK": "dense_rank",
    "PERCENT_RANK": "percent_rank",
    "CUME_DIST": "cume_dist",
    "NTILE": "ntile",
    "LAG": "lag",
    "LEAD": "lead",
    "FIRST_VALUE": "first_value",
    "LAST_VALUE": "last_value",
    "NTH_VALUE": "nth_value",
}
ONLY_OVER = frozenset(
    ("ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD", "FIRST_VALUE",
     "LAST_VALUE", "NTH_VALUE", "PERCENTILE_CONT", "PERCENTILE_DISC")
)  # fmt: skip


@dataclass
class Input:
    """The first argument of an aggregate, taken apart."""

    value: exp.Expression
    distinct: bool = False
    ignore_nulls: bool = False
    having: tuple[exp.Expression, bool] | None = None  # (the column, whether MAX)
    order: list | None = None
    limit: exp.Expression | None = None


def taken_apart(arguments: list[exp.Expression]) -> tuple[Input, list[exp.Expression]]:
    """The aggregate's input and its other arguments. ORDER BY and LIMIT hang on the last argument."""
    from sqlglot import exp

    first, rest = arguments[0], list(arguments[1:])
    parts = Input(first)
    holder = rest[-1] if rest else first
    if isinstance(holder, exp.Limit):
        parts.limit, holder = holder.expression, holder.this
    if isinstance(holder, exp.Order):
        parts.order, holder = holder.expressions, holder.this
    if rest:
        rest[-1] = holder
    else:
        first = holder
    while isinstance(first, (exp.IgnoreNulls, exp.RespectNulls, exp.HavingMax)):
        if isinstance(first, exp.HavingMax):
            parts.having = (first.expression, bool(first.args.get("max")))
        parts.ignore_nulls |= isinstance(first, exp.IgnoreNulls)
        first = first.this
    if isinstance(first, exp.Distinct):
        rest = [*first.expressions[1:], *rest]  # DISTINCT holds the separator too
        parts.distinct, first = True, first.expressions[0]
    parts.value = first
    return parts, rest


def renamed(call: Call) -> exp.Expression:
    """An aggregate or window function that only has another name in DuckDB."""
    from sqlglot import exp

    if call.name in ONLY_OVER and not call.over:
        raise invalid_query(f"Analytic function {call.name} cannot be called without an OVER clause", at=call.node)
    if call.arguments and isinstance(call.arguments[0], exp.RespectNulls):
        call.node.set("expressions", [call.arguments[0].this, *call.arguments[1:]])
    if call.over and call.arguments and isinstance(call.arguments[0], exp.IgnoreNulls):
        return _ignoring_nulls(call)
    whole = fn(RENAMED[call.name], *call.arguments)
    if call.name in ("BIT_AND", "BIT_OR", "BIT_XOR", "GROUPING"):
        return call.finish(whole, "BIGINT")
    if call.arguments and isinstance(call.arguments[0], exp.IgnoreNulls):
        raise invalid_query(f"IGNORE NULLS and RESPECT NULLS are not allowed for aggregate function {call.name}")
    return whole


def _ignoring_nulls(call: Call) -> exp.Expression:
    """LAST_VALUE(x IGNORE NULLS) and its kin."""
    from sqlglot import exp

    makers = {"FIRST_VALUE": exp.FirstValue, "LAST_VALUE": exp.LastValue, "LAG": exp.Lag, "LEAD": exp.Lead}
    if call.name not in makers or (call.name.endswith("VALUE") and len(call.arguments) > 1):
        raise unsupported(f"BigQuery SQL: {call.name} with IGNORE NULLS")
    return exp.IgnoreNulls(this=makers[call.name].from_arg_list([call.arguments[0].this, *call.arguments[1:]]))


def correlated(call: Call) -> exp.Expression:
    """CORR(x, y): NULL with fewer than two pairs (DuckDB says NaN, as for columns that do not vary)."""
    from sqlglot import exp

    whole = fn("corr", *call.arguments)
    if call.over:
        return whole
    pairs = fn("regr_count", *(part.copy() for part in call.arguments))
    return case((exp.GT(this=pairs, expression=number(1)), whole))


def summed(call: Call) -> exp.Expression:
    """SUM: of INT64 is INT64 (DuckDB widens), of NUMERIC is NUMERIC."""
    whole = fn("sum", *call.arguments)
    return call.finish(whole, "BIGINT") if is_kind(call.kinds[0], "INTEGER") else whole


def averaged(call: Call) -> exp.Expression:
    """AVG: FLOAT64, or NUMERIC for NUMERIC."""
    kind = "DECIMAL(38, 9)" if is_kind(call.kinds[0], "NUMERIC", "BIGNUMERIC") else None
    whole = fn("avg", *call.arguments)
    return call.finish(whole, kind) if kind else whole


def counted_if(call: Call) -> exp.Expression:
    """COUNTIF(condition)."""
    parts, _ = taken_apart(call.arguments)
    if parts.distinct:
        raise invalid_query("COUNTIF(DISTINCT ...) is not what you want: COUNT(DISTINCT IF(condition, x, NULL))")
    return fn("count", case((parts.value, number(1))))


def any_value(call: Call) -> exp.Expression:
    """ANY_VALUE(x [HAVING MAX|MIN y])."""
    parts, _ = taken_apart(call.arguments)
    if parts.having:
        return fn("arg_max" if parts.having[1] else "arg_min", parts.value, parts.having[0])
    return fn("any_value", parts.value)


def distinct_counted(call: Call) -> exp.Expression:
    """APPROX_COUNT_DISTINCT: counted exactly here."""
    from sqlglot import exp

    return fn("count", exp.Distinct(expressions=[call.arguments[0]]))


def collected(parts: Input, *, drop_nulls: bool) -> exp.Expression:
    """A DuckDB list of an aggregate's input, in order, without repetitions or NULLs as asked."""
    from sqlglot import exp

    inside: exp.Expression = exp.Distinct(expressions=[parts.value]) if parts.distinct else parts.value
    if parts.order:
        inside = exp.Order(this=inside, expressions=parts.order)
    whole: exp.Expression = fn("list", inside)
    if drop_nulls:
        keep = exp.Not(this=exp.Is(this=parts.value.copy(), expression=null()))
        whole = exp.Filter(this=whole, expression=exp.Where(this=keep))
    return whole


def array_agg(call: Call) -> exp.Expression:
    """ARRAY_AGG([DISTINCT] x [IGNORE NULLS] [ORDER BY ...] [LIMIT n])."""
    parts, _ = taken_apart(call.arguments)
    whole = collected(parts, drop_nulls=parts.ignore_nulls)
    return call.wrap(whole, lambda node: fn("list_slice", node, number(1), parts.limit)) if parts.limit else whole


def string_agg(call: Call) -> exp.Expression:
    """STRING_AGG([DISTINCT] x[, separator] [ORDER BY ...] [LIMIT n]): NULLs are left out."""
    parts, rest = taken_apart(call.arguments)
    separator = rest[0] if rest else text(",")
    whole = collected(parts, drop_nulls=True)
    if parts.limit:
        return call.wrap(
            whole, lambda node: fn("array_to_string", fn("list_slice", node, number(1), parts.limit), separator)
        )
    return call.wrap(whole, lambda node: fn("array_to_string", node, separator))


def array_concat_agg(call: Call) -> exp.Expression:
    """ARRAY_CONCAT_AGG(array [ORDER BY ...])."""
    parts, _ = taken_apart(call.arguments)
    return call.wrap(collected(parts, drop_nulls=True), lambda node: fn("flatten", node))


def quantiles(call: Call) -> exp.Expression:
    """APPROX_QUANTILES(x, n): n + 1 boundaries, computed exactly here."""
    parts, rest = taken_apart(call.arguments)
    if not rest or not rest[0].name.isdigit() or not int(rest[0].name):
        raise invalid_query("The second argument of APPROX_QUANTILES must be a positive INT64 literal")
    from sqlglot import exp

    known = fn("count", exp.Distinct(expressions=[parts.value.copy()]) if parts.distinct else parts.value.copy())
    return fn("bq_quantiles", collected(parts, drop_nulls=True), known, number(int(rest[0].name)))


def top_count(call: Call) -> exp.Expression:
    """APPROX_TOP_COUNT(x, n): the n most frequent values with their counts, counted exactly here."""
    return fn("bq_top_count", fn("histogram", call.arguments[0]), call.arguments[1])


def percentile(call: Call) -> exp.Expression:
    """PERCENTILE_CONT(x, p) OVER (...) and PERCENTILE_DISC: NULLs are ignored."""
    if not call.over:
        raise invalid_query(f"Analytic function {call.name} cannot be called without an OVER clause", at=call.node)
    parts, rest = taken_apart(call.arguments)
    share = rest[0].this if type(rest[0]).__name__ in ("IgnoreNulls", "RespectNulls") else rest[0]
    if call.name == "PERCENTILE_CONT":
        return fn("quantile_cont", cast(parts.value, "DOUBLE"), share)
    return fn("quantile_disc", parts.value, share)


def weighted_top(call: Call) -> exp.Expression:
    """Refused: APPROX_TOP_SUM."""
    raise unsupported("BigQuery function APPROX_TOP_SUM")


RULES = {
    **dict.fromkeys(RENAMED, renamed),
    "CORR": correlated,
    "SUM": summed,
    "AVG": averaged,
    "COUNTIF": counted_if,
    "ANY_VALUE": any_value,
    "APPROX_COUNT_DISTINCT": distinct_counted,
    "APPROX_QUANTILES": quantiles,
    "APPROX_TOP_COUNT": top_count,
    "APPROX_TOP_SUM": weighted_top,
    "ARRAY_AGG": array_agg,
    "ARRAY_CONCAT_AGG": array_concat_agg,
    "STRING_AGG": string_agg,
    "PERCENTILE_CONT": percentile,
    "PERCENTILE_DISC": percentile,
}
