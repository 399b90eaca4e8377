"""Expectations as SQL conditions: TRUE where a row passes, FALSE where it fails, NULL where there is nothing to judge.

The twin of `verdicts.py` and `rules_pandas.py`. SQL's own three-valued logic does what Kleene logic does there.
"""

from __future__ import annotations

import datetime

from mlops_helpers.governance.expectations import Expectation, Fresh, InRange, InSet, Matches, NotNull, RowRule, TypeIs
from mlops_helpers.governance.rules import (
    Arithmetic,
    Both,
    Close,
    Column,
    Comparison,
    Condition,
    Either,
    Expression,
    Missing,
    Negation,
    Value,
)
from mlops_helpers.governance.sql_values import Parameters, Source, is_blank, matches
from mlops_helpers.governance.verdicts import SPELLINGS, SUITABLE, Context

SIGNS = {"==": "=", "!=": "<>"}


def passes(expectation: Expectation, source: Source, parameters: Parameters, context: Context) -> str:
    """Return the condition under which a row of `source` passes an expectation that judges rows one by one."""
    match expectation:
        case NotNull(column):
            return f"NOT {source.missing(column, blank=expectation.blank_is_missing)}"
        case InRange(column, minimum, maximum):
            number = source.read(column, "number")
            bounds = ((">=", minimum), ("<=", maximum))
            return " AND ".join(f"{number} {sign} {parameters.add(v)}" for sign, v in bounds if v is not None)
        case InSet(column, accepted):
            listed = ", ".join(parameters.add(value) for value in accepted)
            return f"{source.read(column, expectation.reading)} IN ({listed})"
        case Matches(column, pattern):
            return f"REGEXP_CONTAINS({source.read(column, 'text')}, {parameters.add(f'^(?:{pattern})$')})"
        case RowRule(rule):
            return condition_sql(rule, source, parameters)
        case Fresh(column, days):
            as_of = context.moment(expectation)
            oldest = parameters.add(as_of - datetime.timedelta(days=days))
            return f"{source.read(column, 'instant')} BETWEEN {oldest} AND {parameters.add(as_of)}"
        case TypeIs(column, type_name):
            return _type_is(column, type_name, source)
    raise TypeError(f"{type(expectation).__name__} does not judge rows one by one")


def _type_is(column: str, type_name: str, source: Source) -> str:
    family = source.family(column)
    if family == "text":
        raw = source.raw(column)
        return f"IF({is_blank(raw)}, NULL, {matches(raw, SPELLINGS[type_name])})"
    suits = family in SUITABLE.get(type_name, (type_name,))
    return f"IF({source.missing(column, blank=False)}, NULL, {'TRUE' if suits else 'FALSE'})"


def condition_sql(condition: Condition, source: Source, parameters: Parameters) -> str:
    """Return a rule's condition as SQL."""

    def sql(part: Condition) -> str:
        return condition_sql(part, source, parameters)

    def value(part: Expression) -> str:
        return expression_sql(part, source, parameters)

    match condition:
        case Comparison(sign, left, right):
            return f"({value(left)} {SIGNS.get(sign, sign)} {value(right)})"
        case Close(left, right, within, share):
            difference, size = f"ABS({value(left)} - {value(right)})", f"ABS({value(right)})"
            return f"({difference} <= {parameters.add(within)} + {parameters.add(share)} * {size})"
        case Both(left, right):
            return f"({sql(left)} AND {sql(right)})"
        case Either(left, right):
            return f"({sql(left)} OR {sql(right)})"
        case Negation(part):
            return f"(NOT {sql(part)})"
        case Missing(column):
            return f"({value(column)} IS NULL)"
    raise TypeError(f"{type(condition).__name__} is not a condition")


def expression_sql(expression: Expression, source: Source, parameters: Parameters) -> str:
    """Return a rule's expression as SQL; a division by zero is NULL."""
    match expression:
        case Column(name, reading):
            return source.read(name, reading)
        case Value(value):
            return parameters.add(value)
        case Arithmetic(sign, left, right):
            one, two = (expression_sql(part, source, parameters) for part in (left, right))
            return f"SAFE_DIVIDE({one}, {two})" if sign == "/" else f"({one} {sign} {two})"
    raise TypeError(f"{type(expression).__name__} is not an expression")
