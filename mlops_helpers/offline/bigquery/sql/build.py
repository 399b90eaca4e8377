"""Small pieces of DuckDB SQL trees, so that the rules read like the SQL they make."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ..types import Field, duck_type

if TYPE_CHECKING:
    from sqlglot import exp


def fn(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    """A call of a DuckDB function."""
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=list(arguments))


def text(value: str) -> exp.Literal:
    """A string literal."""
    from sqlglot import exp

    return exp.Literal.string(value)


def number(value: int) -> exp.Expression:
    """A whole number."""
    from sqlglot import exp

    literal = exp.Literal.number(abs(value))
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def null() -> exp.Null:
    """NULL."""
    from sqlglot import exp

    return exp.Null()


def cast(value: exp.Expression, to: str) -> exp.Cast:
    """CAST(value AS a DuckDB type)."""
    from sqlglot import exp

    return exp.Cast(this=value, to=_data_type(to).copy())


@cache
def _data_type(name: str) -> exp.DataType:
    from sqlglot import exp

    return exp.DataType.build(name, dialect="duckdb")


def cast_to(value: exp.Expression, field: Field) -> exp.Cast:
    """CAST(value AS the DuckDB type of a BigQuery field)."""
    return cast(value, duck_type(field))


def case(*branches: tuple[exp.Expression, exp.Expression], otherwise: exp.Expression | None = None) -> exp.Case:
    """CASE WHEN ... THEN ... ELSE ... END."""
    from sqlglot import exp

    return exp.Case(ifs=[exp.If(this=test, true=result) for test, result in branches], default=otherwise)


def binary(kind: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """An operator between two values in parentheses: `binary("Add", a, b)` is `(a + b)`."""
    from sqlglot import exp

    return exp.Paren(this=getattr(exp, kind)(this=left, expression=right))


def listed(values: list[exp.Expression]) -> exp.Expression:
    """A DuckDB list."""
    return fn("list_value", *values)


def fragment(sql: str) -> exp.Expression:
    """A DuckDB expression from its text."""
    import sqlglot

    return sqlglot.parse_one(sql, read="duckdb")


def from_item(sql: str) -> exp.Expression:
    """What may stand after FROM in DuckDB, from its text."""
    return _from_item(sql).copy()


@lru_cache(maxsize=512)
def _from_item(sql: str) -> exp.Expression:
    import sqlglot

    tree = sqlglot.parse_one(f"SELECT * FROM {sql}", read="duckdb")
    return (tree.args.get("from_") or tree.args.get("from")).this
