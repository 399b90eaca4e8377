"""Rules evaluated over a DataFrame, with SQL's three-valued logic."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, NamedTuple

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
from mlops_helpers.governance.values import as_dates, as_instants, as_numbers, as_texts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Outcome(NamedTuple):
    """Where a condition is true and where it is false; in the remaining rows it is unknown. Two boolean arrays."""

    true: np.ndarray
    false: np.ndarray


def judge(condition: Condition, frame: pd.DataFrame) -> Outcome:
    """Return where the condition is true and where it is false (Kleene logic: unknown is neither)."""
    match condition:
        case Comparison(sign, left, right):
            return _compare(OPERATORS[sign], values(left, frame), values(right, frame))
        case Close(left, right, within, share):
            expected = values(right, frame)
            return _compare(operator.le, abs(values(left, frame) - expected), within + share * abs(expected))
        case Both(left, right):
            one, two = judge(left, frame), judge(right, frame)
            return Outcome(one.true & two.true, one.false | two.false)
        case Either(left, right):
            one, two = judge(left, frame), judge(right, frame)
            return Outcome(one.true | two.true, one.false & two.false)
        case Negation(part):
            return Outcome(*reversed(judge(part, frame)))
        case Missing(column):
            missing = values(column, frame).isna().to_numpy()
            return Outcome(missing, ~missing)
    raise TypeError(f"{type(condition).__name__} is not a condition")


def values(expression: Expression, frame: pd.DataFrame) -> pd.Series:
    """Return the value of an expression in each row, missing where it has none."""
    match expression:
        case Column(name, reading):
            return _read(frame[name], reading)
        case Value(value):
            return _constant(value, expression.reading, frame.index)
        case Arithmetic("/", left, right):
            divisor = values(right, frame)
            return values(left, frame) / divisor.where(divisor != 0)
        case Arithmetic(sign, left, right):
            return OPERATORS[sign](values(left, frame), values(right, frame))
    raise TypeError(f"{type(expression).__name__} is not an expression")


def _compare(compare: object, left: pd.Series, right: pd.Series) -> Outcome:
    """Compare where both sides are known."""
    known = (left.notna() & right.notna()).to_numpy()
    holds = compare(left, right).to_numpy(dtype=bool, na_value=False)
    return Outcome(holds & known, ~holds & known)


def _read(column: pd.Series, reading: str) -> pd.Series:
    import pandas as pd

    if reading == "date":
        return as_dates(column)
    if reading == "instant":
        return as_instants(column)
    if reading == "text":
        return pd.Series(as_texts(column).to_pandas().array, index=column.index, name=column.name)
    return pd.Series(as_numbers(column), index=column.index, name=column.name).astype("float64")


def _constant(value: object, reading: str, index: pd.Index) -> pd.Series:
    import pandas as pd

    if reading in ("date", "instant"):
        stamp = pd.Timestamp(value)
        value = stamp.tz_convert("UTC") if reading == "instant" else stamp
    return pd.Series(value, index=index, dtype="float64" if reading == "number" else None)
