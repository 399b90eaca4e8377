"""PIVOT, TABLESAMPLE and intervals with two parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import unsupported
from .aggregates import RENAMED
from .build import fragment, from_item
from .dialect import duckdb_sql, invalid_query

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene

AGGREGATES = {*RENAMED.values(), "sum", "avg", "list"}


def pivot(node: exp.Pivot, scene: Scene) -> exp.Expression | None:
    """PIVOT as conditional aggregation: one aggregate with a FILTER for each value, grouped by all other columns."""
    from sqlglot import exp

    if node.args.get("unpivot"):
        return _unpivoted(node)
    if len(node.args["fields"]) != 1:
        raise unsupported("BigQuery SQL: PIVOT over several columns")
    field = node.args["fields"][0]
    used = {column.name for part in [*node.expressions, field.this] for column in part.find_all(exp.Column)}
    outputs = [_pivoted(aggregate, field.this, value) for value in field.expressions for aggregate in node.expressions]
    excluded = ", ".join(exp.to_identifier(name, quoted=True).sql("duckdb") for name in sorted(used))
    alias = node.args.get("alias")

    def instead(source: exp.Expression) -> exp.Expression:
        source.set("pivots", None)
        new = from_item(f'(SELECT * EXCLUDE ({excluded}), {", ".join(outputs)} FROM t GROUP BY ALL) AS "~pivot"')
        new.this.find(exp.Table).replace(source)
        new.set(
            "alias",
            alias.copy() if alias is not None else exp.TableAlias(this=exp.to_identifier("~pivot", quoted=True)),
        )
        return new

    node.meta["instead"] = instead
    owner = node.parent
    if isinstance(owner, exp.Subquery):
        owner.replace(instead(owner.copy()))
    return None


def _unpivoted(node: exp.Pivot) -> None:
    """UNPIVOT is DuckDB's, except that BigQuery puts the column of names behind the values."""
    from sqlglot import exp

    name = exp.to_identifier(node.args["fields"][0].this.name, quoted=True).sql("duckdb")
    alias = node.args.get("alias")
    node.set("alias", None)

    def instead(source: exp.Expression) -> exp.Expression:
        new = from_item(f'(SELECT * EXCLUDE ({name}), {name} FROM t) AS "~unpivot"')
        new.this.find(exp.Table).replace(source)
        if alias is not None:
            new.set("alias", alias.copy())
        return new

    node.meta["instead"] = instead
    owner = node.parent
    if isinstance(owner, exp.Subquery):
        owner.replace(instead(owner.copy()))


def _pivoted(aggregate: exp.Expression, column: exp.Expression, value: exp.Expression) -> str:
    from sqlglot import exp

    label = value.alias if isinstance(value, exp.PivotAlias) else _value_label(value)
    label = label.lstrip("_") if aggregate.alias else label
    inner = value.this if isinstance(value, exp.PivotAlias) else value
    name = f"{aggregate.alias}_{label}" if aggregate.alias else label
    condition = exp.Where(this=exp.EQ(this=column.copy(), expression=inner.copy()))
    whole = exp.Alias(this=aggregate.unalias().copy(), alias=exp.to_identifier(name, quoted=True))
    calls = [call for call in whole.find_all(exp.Anonymous) if call.name in AGGREGATES]
    if len(calls) != 1 or isinstance(calls[0].parent, exp.Filter):
        raise unsupported(f"BigQuery SQL: PIVOT with {aggregate.sql('bigquery')}")
    calls[0].replace(exp.Filter(this=calls[0].copy(), expression=condition))
    return duckdb_sql(whole)


def _value_label(value: exp.Expression) -> str:
    inner = value.this if not hasattr(value.this, "lower") and value.this is not None else value
    name = inner.name
    return "_" + name if name[:1].isdigit() else name


def sample(node: exp.TableSample, scene: Scene) -> exp.Expression | None:
    """TABLESAMPLE SYSTEM (n PERCENT): rows instead of blocks, and always the same ones."""
    from sqlglot import exp

    node.set("method", exp.var("BERNOULLI"))
    node.set("seed", exp.Literal.number(1))
    return None


def interval_span(value: str, unit: exp.Expression) -> exp.Expression:
    """`INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1 2:30:0' DAY TO SECOND`. Raises ApiError 400."""
    span = f"{unit.this.name.upper()} TO {unit.expression.name.upper()}"
    shapes = {
        "YEAR TO MONTH": (r"([-+]?\d+)-(\d+)", ("years", "months")),
        "DAY TO SECOND": (r"([-+]?\d+) (\d+):(\d+):(\d+(?:\.\d+)?)", ("days", "hours", "minutes", "seconds")),
        "HOUR TO SECOND": (r"([-+]?\d+):(\d+):(\d+(?:\.\d+)?)", ("hours", "minutes", "seconds")),
        "HOUR TO MINUTE": (r"([-+]?\d+):(\d+)", ("hours", "minutes")),
        "DAY TO HOUR": (r"([-+]?\d+) (\d+)", ("days", "hours")),
        "MINUTE TO SECOND": (r"([-+]?\d+):(\d+(?:\.\d+)?)", ("minutes", "seconds")),
    }
    if span not in shapes:
        raise unsupported(f"BigQuery SQL: INTERVAL {span}")
    found = re.fullmatch(shapes[span][0], value.strip())
    if found is None:
        raise invalid_query(f"Invalid INTERVAL value '{value}': expected the form of {span}")
    sign = "-" if value.strip().startswith("-") else ""
    parts = [part.lstrip("+-") for part in found.groups()]
    return fragment(
        "(" + " + ".join(f"INTERVAL '{sign}{n} {u}'" for n, u in zip(parts, shapes[span][1], strict=True)) + ")"
    )
