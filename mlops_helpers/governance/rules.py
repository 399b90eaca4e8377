"""Rules between columns, as data: built with operators, stored as JSON, understood by pandas and by BigQuery.

    total = number("total_charges")
    rule = total.close_to(number("monthly_charges") * number("tenure_months"), share=0.2)

A rule is a tree of small frozen objects. Nothing is evaluated while it is built and no text is ever executed:
`rules_pandas.py` walks the tree over a DataFrame, `sql_rules.py` writes the same tree as SQL.
Missing values follow SQL's three-valued logic: where a value is missing, the outcome is *unknown*, not *false*.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from mlops_helpers.governance.errors import InvalidSetting, NaiveTimestamp, require_one_of
from mlops_helpers.governance.values import READINGS

ARITHMETIC = ("+", "-", "*", "/")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
Scalar = int | float | str | datetime.date | datetime.datetime


class Expression:
    """Something with a value in each row. `reading` says which kind of value."""

    reading: str

    def __add__(self, other: Expression | Scalar) -> Arithmetic:
        """Return the sum."""
        return Arithmetic("+", self, lift(other))

    def __sub__(self, other: Expression | Scalar) -> Arithmetic:
        """Return the difference."""
        return Arithmetic("-", self, lift(other))

    def __mul__(self, other: Expression | Scalar) -> Arithmetic:
        """Return the product."""
        return Arithmetic("*", self, lift(other))

    def __truediv__(self, other: Expression | Scalar) -> Arithmetic:
        """Return the quotient; missing where the divisor is zero."""
        return Arithmetic("/", self, lift(other))

    def __radd__(self, other: Scalar) -> Arithmetic:
        """Return the sum, where the plain value stands on the left: `16 + number("age")`."""
        return Arithmetic("+", lift(other), self)

    def __rsub__(self, other: Scalar) -> Arithmetic:
        """Return the plain value minus this."""
        return Arithmetic("-", lift(other), self)

    def __rmul__(self, other: Scalar) -> Arithmetic:
        """Return the product, where the plain value stands on the left."""
        return Arithmetic("*", lift(other), self)

    def __rtruediv__(self, other: Scalar) -> Arithmetic:
        """Return the plain value divided by this; missing where this is zero."""
        return Arithmetic("/", lift(other), self)

    def __lt__(self, other: Expression | Scalar) -> Comparison:
        """Hold where this is smaller."""
        return Comparison("<", self, lift(other))

    def __le__(self, other: Expression | Scalar) -> Comparison:
        """Hold where this is smaller or equal."""
        return Comparison("<=", self, lift(other))

    def __gt__(self, other: Expression | Scalar) -> Comparison:
        """Hold where this is greater."""
        return Comparison(">", self, lift(other))

    def __ge__(self, other: Expression | Scalar) -> Comparison:
        """Hold where this is greater or equal."""
        return Comparison(">=", self, lift(other))

    def equals(self, other: Expression | Scalar) -> Comparison:
        """Hold where both are equal (a method: `==` compares rules with each other)."""
        return Comparison("==", self, lift(other))

    def differs_from(self, other: Expression | Scalar) -> Comparison:
        """Hold where both differ."""
        return Comparison("!=", self, lift(other))

    def close_to(self, other: Expression | Scalar, *, within: float = 0.0, share: float = 0.0) -> Close:
        """Hold where the two differ by at most `within` + `share` × |other|."""
        return Close(self, lift(other), within, share)


class Condition:
    """Something that is true, false or unknown in each row."""

    def __and__(self, other: Condition) -> Both:
        """Hold where both hold."""
        return Both(self, other)

    def __or__(self, other: Condition) -> Either:
        """Hold where at least one holds."""
        return Either(self, other)

    def __invert__(self) -> Negation:
        """Hold where this is false; unknown stays unknown."""
        return Negation(self)

    def __bool__(self) -> bool:
        """Refuse `18 <= age <= 110` and `a and b`, of which Python would silently drop one half."""
        raise InvalidSetting("a condition used as true or false", "two conditions joined by & or |, in brackets")


@dataclass(frozen=True)
class Column(Expression):
    """The values of one column, read as number, text, date or instant."""

    name: str
    reading: str = "number"

    def __post_init__(self) -> None:
        """Refuse a reading that does not exist."""
        require_one_of(self.reading, READINGS, "reading")


@dataclass(frozen=True)
class Value(Expression):
    """The same value in every row."""

    value: Scalar

    def __post_init__(self) -> None:
        """Refuse values that are no number, text, date or aware datetime."""
        if isinstance(self.value, bool) or not isinstance(self.value, Scalar):
            raise InvalidSetting(f"{self.value!r} in a rule", "a number, text, date or aware datetime")
        if isinstance(self.value, datetime.datetime) and self.value.tzinfo is None:
            raise NaiveTimestamp(f"{self.value.isoformat()} in a rule")

    @property
    def reading(self) -> str:
        """Return the reading that this value can be compared with."""
        if isinstance(self.value, datetime.datetime):
            return "instant"
        if isinstance(self.value, datetime.date):
            return "date"
        return "text" if isinstance(self.value, str) else "number"


@dataclass(frozen=True)
class Arithmetic(Expression):
    """A sum, difference, product or quotient of numbers."""

    operator: str
    left: Expression
    right: Expression
    reading = "number"

    def __post_init__(self) -> None:
        """Refuse unknown operators and operands that are not numbers."""
        require_one_of(self.operator, ARITHMETIC, "arithmetic operator")
        _same_reading(self.operator, self.left, self.right, only="number")


@dataclass(frozen=True)
class Comparison(Condition):
    """Two values of one reading, compared."""

    operator: str
    left: Expression
    right: Expression

    def __post_init__(self) -> None:
        """Refuse unknown operators and values that cannot be compared."""
        require_one_of(self.operator, COMPARISONS, "comparison")
        _same_reading(self.operator, self.left, self.right)


@dataclass(frozen=True)
class Close(Condition):
    """|left − right| ≤ within + share × |right|, for numbers."""

    left: Expression
    right: Expression
    within: float = 0.0
    share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse negative tolerances and values that are not numbers."""
        if self.within < 0 or self.share < 0:
            raise InvalidSetting(f"tolerances within={self.within}, share={self.share}", "tolerances of at least 0")
        _same_reading("close_to", self.left, self.right, only="number")


@dataclass(frozen=True)
class Both(Condition):
    """Two conditions of which both must hold."""

    left: Condition
    right: Condition


@dataclass(frozen=True)
class Either(Condition):
    """Two conditions of which one suffices."""

    left: Condition
    right: Condition


@dataclass(frozen=True)
class Negation(Condition):
    """The opposite of a condition."""

    part: Condition


@dataclass(frozen=True)
class Missing(Condition):
    """Holds where the column has no value under its reading; never unknown."""

    column: Column


def number(name: str) -> Column:
    """Read a column as numbers."""
    return Column(name, "number")


def text(name: str) -> Column:
    """Read a column as text."""
    return Column(name, "text")


def date(name: str) -> Column:
    """Read a column as calendar days."""
    return Column(name, "date")


def instant(name: str) -> Column:
    """Read a column as points in time, in UTC."""
    return Column(name, "instant")


def lift(value: Expression | Scalar) -> Expression:
    """Return expressions as they are and wrap plain values in `Value`."""
    return value if isinstance(value, Expression) else Value(value)


def columns_of(rule: Expression | Condition) -> tuple[str, ...]:
    """Return the names of the columns a rule reads, each once, in order of appearance."""
    if isinstance(rule, Column):
        return (rule.name,)
    parts = [getattr(rule, name, None) for name in ("left", "right", "part", "column")]
    names = [name for part in parts if isinstance(part, Expression | Condition) for name in columns_of(part)]
    return tuple(dict.fromkeys(names))


def _same_reading(operator: str, left: Expression, right: Expression, *, only: str | None = None) -> None:
    if left.reading != right.reading or (only and left.reading != only):
        raise InvalidSetting(
            f"a {left.reading} and a {right.reading} as operands of {operator!r}",
            f"two values read as {only}" if only else "two values of the same reading",
            "name the reading with number('…'), text('…'), date('…') or instant('…')",
        )
