"""What good data looks like, as data: each expectation is a small frozen object with a dimension and a severity.

The seven dimensions answer seven questions about a data set:

    accuracy      does it agree with the world, or with a table we trust?   AgreesWith
    completeness  is anything missing?                                      NotNull, RowCount
    consistency   do the columns of a row agree with each other?            RowRule
    timeliness    is it recent enough?                                      Fresh
    validity      does it follow the agreed types, ranges and forms?        TypeIs, InRange, InSet, Matches,
                                                                            ColumnsExactly
    uniqueness    is each thing in it once?                                 Unique
    relevance     can it help the model at all?                             Informative

A severity is a decision: `stop` the pipeline, `repair` the rows in a recorded cleaning step, or only `record` them.
Rows without a value are judged by NotNull alone; every other expectation leaves them out, as SQL does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mlops_helpers.governance.errors import InvalidSetting, require_one_of
from mlops_helpers.governance.rules import READINGS, Condition, columns_of

DIMENSIONS = ("accuracy", "completeness", "consistency", "timeliness", "validity", "uniqueness", "relevance")
SEVERITIES = ("record", "repair", "stop")  # rising
TYPES = ("integer", "number", "boolean", "date", "instant")


@dataclass(frozen=True)
class Expectation:
    """What all expectations share: an id (made from kind and columns if not given), a severity and a dimension."""

    kind: ClassVar[str] = ""
    usual_dimension: ClassVar[str] = ""

    severity: str = field(default="stop", kw_only=True)
    dimension: str = field(default="", kw_only=True)
    id: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        """Fill in id and dimension and refuse settings outside their lists."""
        object.__setattr__(self, "dimension", self.dimension or self.usual_dimension)
        object.__setattr__(self, "id", self.id or self._usual_id())
        require_one_of(self.severity, SEVERITIES, "severity")
        require_one_of(self.dimension, DIMENSIONS, "dimension")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns this expectation reads."""
        return (self.column,)

    def _usual_id(self) -> str:
        return f"{self.kind}({', '.join(self.columns)})" if self.columns else self.kind


@dataclass(frozen=True)
class NotNull(Expectation):
    """Every row has a value. Text of nothing but spaces counts as missing unless `blank_is_missing` is false."""

    kind = "not_null"
    usual_dimension = "completeness"
    column: str
    blank_is_missing: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class InRange(Expectation):
    """Numbers lie between `minimum` and `maximum`, both included; one of them may be left open."""

    kind = "in_range"
    usual_dimension = "validity"
    column: str
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        """Refuse a range that nothing can lie in, or that everything lies in."""
        super().__post_init__()
        _require_range(self.minimum, self.maximum, self.id)


@dataclass(frozen=True)
class InSet(Expectation):
    """Values are among those listed: all texts or all numbers."""

    kind = "in_set"
    usual_dimension = "validity"
    column: str
    values: tuple[str | float, ...]

    def __post_init__(self) -> None:
        """Refuse an empty list and a mixture of texts and numbers."""
        object.__setattr__(self, "values", tuple(self.values))
        super().__post_init__()
        if len({isinstance(value, str) for value in self.values}) != 1:
            raise InvalidSetting(
                f"{self.values!r} as values of {self.id}", "one or more values, all texts or all numbers"
            )

    @property
    def reading(self) -> str:
        """Return whether the column is read as text or as number."""
        return "text" if isinstance(self.values[0], str) else "number"


@dataclass(frozen=True)
class Matches(Expectation):
    """The whole text matches a regular expression in RE2 syntax (no look-around, no back-references)."""

    kind = "matches"
    usual_dimension = "validity"
    column: str
    pattern: str

    def __post_init__(self) -> None:
        """Refuse a pattern that RE2, and so BigQuery, cannot read."""
        super().__post_init__()
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            pc.match_substring_regex(pa.array([""]), f"^(?:{self.pattern})$")
        except pa.ArrowInvalid as error:
            raise InvalidSetting(f"pattern {self.pattern!r} ({error})", "a regular expression in RE2 syntax") from error


@dataclass(frozen=True)
class Unique(Expectation):
    """No two rows agree in all of these columns (by default in all columns of the table).

    Every row of a group of equals fails: which of them is right cannot be known. Missing equals missing here, but
    rows with nothing in any of the columns are left out.
    """

    kind = "unique"
    usual_dimension = "uniqueness"
    subset: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Accept one name or several."""
        object.__setattr__(self, "subset", (self.subset,) if isinstance(self.subset, str) else tuple(self.subset))
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns compared; empty means all."""
        return self.subset


@dataclass(frozen=True)
class RowRule(Expectation):
    """The columns of a row agree with each other; see `rules` for how to write the condition."""

    kind = "row_rule"
    usual_dimension = "consistency"
    rule: Condition

    def __post_init__(self) -> None:
        """Refuse anything that is not a condition."""
        if not isinstance(self.rule, Condition):
            raise InvalidSetting(f"{self.rule!r} as a row rule", "a condition such as number('age') <= 110")
        super().__post_init__()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns the rule reads."""
        return columns_of(self.rule)


@dataclass(frozen=True)
class Fresh(Expectation):
    """Timestamps lie within the last `days` before the moment of the check, and not after it."""

    kind = "fresh"
    usual_dimension = "timeliness"
    column: str
    days: float

    def __post_init__(self) -> None:
        """Refuse an age that nothing can have."""
        super().__post_init__()
        if not self.days > 0:
            raise InvalidSetting(f"days={self.days} in {self.id}", "a number of days greater than 0")


@dataclass(frozen=True)
class TypeIs(Expectation):
    """Values are of this type, or text that spells one: integer, number, boolean, date or instant (ISO 8601).

    Blank text is no value, so NotNull reports it and this does not.
    """

    kind = "type_is"
    usual_dimension = "validity"
    column: str
    type: str

    def __post_init__(self) -> None:
        """Refuse types outside the list."""
        super().__post_init__()
        require_one_of(self.type, TYPES, "type")


@dataclass(frozen=True)
class AgreesWith(Expectation):
    """Values agree with a trusted table, row by row on a key; numbers may differ by `within`.

    `reference` is a name; `check_quality(…, references={name: table})` says which table it stands for. Rows without a
    partner, and keys that occur twice in the trusted table, are left out.
    """

    kind = "agrees_with"
    usual_dimension = "accuracy"
    column: str
    reference: str = field(kw_only=True)
    key: str = field(kw_only=True)
    reading: str = field(default="text", kw_only=True)
    within: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse unknown readings and negative tolerances."""
        super().__post_init__()
        require_one_of(self.reading, READINGS, "reading")
        if self.within < 0 or (self.within and self.reading != "number"):
            raise InvalidSetting(
                f"within={self.within} for {self.reading}", "a tolerance of at least 0, for numbers only"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column judged and the key."""
        return (self.column, self.key)


@dataclass(frozen=True)
class Informative(Expectation):
    """The column can tell rows apart: enough levels, and none of them nearly everywhere.

    `max_distinct_share` below 1 refuses columns that are ids in disguise. Shares are of the rows that have a value.
    """

    kind = "informative"
    usual_dimension = "relevance"
    column: str
    min_levels: int = field(default=2, kw_only=True)
    max_top_share: float = field(default=0.99, kw_only=True)
    max_distinct_share: float = field(default=1.0, kw_only=True)


@dataclass(frozen=True)
class RowCount(Expectation):
    """The table has at least `minimum` and at most `maximum` rows."""

    kind = "row_count"
    usual_dimension = "completeness"
    minimum: int | None = 1
    maximum: int | None = None
    columns = ()

    def __post_init__(self) -> None:
        """Refuse a range that nothing can lie in."""
        super().__post_init__()
        _require_range(self.minimum, self.maximum, self.id)

    def holds_for(self, rows: int) -> bool:
        """Return whether a table of so many rows satisfies the expectation."""
        return (self.minimum or 0) <= rows and (self.maximum is None or rows <= self.maximum)


@dataclass(frozen=True)
class ColumnsExactly(Expectation):
    """The table has these columns and no others, in this order if `ordered`."""

    kind = "columns_exactly"
    usual_dimension = "validity"
    names: tuple[str, ...]
    ordered: bool = field(default=False, kw_only=True)
    columns = ()

    def __post_init__(self) -> None:
        """Keep the names as a tuple."""
        object.__setattr__(self, "names", tuple(self.names))
        super().__post_init__()

    def holds_for(self, names: tuple[str, ...]) -> bool:
        """Return whether a table with these column names satisfies the expectation."""
        return names == self.names if self.ordered else sorted(names) == sorted(self.names)


def _require_range(minimum: float | None, maximum: float | None, where: str) -> None:
    if minimum is None and maximum is None:
        raise InvalidSetting(f"no bound in {where}", "a minimum, a maximum or both")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidSetting(f"minimum {minimum} above maximum {maximum} in {where}", "a minimum up to the maximum")
