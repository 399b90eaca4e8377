"""Judge one expectation over a DataFrame: which rows fail, and how many could be judged at all."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_helpers.governance import values
from mlops_helpers.governance.duplicates import duplicate_mask
from mlops_helpers.governance.errors import InvalidSetting, MissingColumn, NaiveTimestamp
from mlops_helpers.governance.expectations import (
    AgreesWith,
    ColumnsExactly,
    Expectation,
    Fresh,
    Informative,
    InRange,
    InSet,
    Matches,
    NotNull,
    RowCount,
    RowRule,
    TypeIs,
    Unique,
)
from mlops_helpers.governance.profiling import count_levels
from mlops_helpers.governance.rules_pandas import judge

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SPELLINGS = {
    "integer": values.INTEGER,
    "number": values.NUMBER,
    "boolean": values.BOOLEAN,
    "date": values.DATE,
    "instant": values.INSTANT,
}
SUITABLE = {"number": ("number", "integer")}  # families that satisfy a type besides the family of the same name


@dataclass(frozen=True)
class Context:
    """What a judgement may need besides the data: the moment of the check and the trusted tables, by name."""

    as_of: datetime.datetime | None = None
    references: Mapping[str, object] = field(default_factory=dict)

    def moment(self, expectation: Expectation) -> datetime.datetime:
        """Return the aware moment of the check. Raises InvalidSetting if none was given, NaiveTimestamp if naive."""
        if self.as_of is None:
            raise InvalidSetting(
                f"no as_of for {expectation.id}", "the moment of the check", "pass as_of=an aware datetime"
            )
        if self.as_of.tzinfo is None:
            raise NaiveTimestamp(f"as_of={self.as_of.isoformat()}")
        return self.as_of.astimezone(datetime.UTC)

    def reference(self, expectation: AgreesWith) -> object:
        """Return the trusted table. Raises InvalidSetting, with the names given, if it is not among them."""
        if expectation.reference not in self.references:
            given = f"one of the references given: {', '.join(sorted(self.references))}"
            raise InvalidSetting(
                f"no reference {expectation.reference!r} for {expectation.id}",
                given if self.references else "a trusted table of that name; no reference was given",
                f"pass references={{{expectation.reference!r}: table}}",
            )
        return self.references[expectation.reference]


@dataclass(frozen=True)
class Verdict:
    """The outcome for one expectation: a boolean per row (or one for the table), and how many were judged."""

    failed: np.ndarray | bool
    checked: int


def verdict(expectation: Expectation, frame: pd.DataFrame, context: Context) -> Verdict:
    """Judge one expectation; `failed` has one boolean per row, or is one boolean if the table is judged as a whole."""
    match expectation:
        case RowCount():
            return Verdict(not expectation.holds_for(len(frame)), 1)
        case ColumnsExactly():
            return Verdict(not expectation.holds_for(tuple(frame.columns)), 1)
        case Informative():
            return Verdict(not _informs(expectation, frame[expectation.column]), 1)
        case Unique():
            return _unique(expectation, frame)
        case RowRule(rule):
            outcome = judge(rule, frame)
            return Verdict(outcome.false, int((outcome.true | outcome.false).sum()))
        case AgreesWith():
            return _agrees(expectation, frame, context.reference(expectation))
        case Fresh():
            return _fresh(expectation, frame[expectation.column], context.moment(expectation))
    return _column_verdict(expectation, frame[expectation.column])


def _column_verdict(expectation: Expectation, column: pd.Series) -> Verdict:
    match expectation:
        case NotNull():
            return Verdict(_missing(column, blank=expectation.blank_is_missing), len(column))
        case InRange(_, minimum, maximum):
            return _in_range(values.as_numbers(column), minimum, maximum)
        case InSet(_, accepted):
            return _in_set(column, accepted, expectation.reading)
        case Matches(_, pattern):
            return _matches(values.as_texts(column), pattern)
        case TypeIs(_, type_name):
            return _type_is(column, type_name)
    raise TypeError(f"{type(expectation).__name__} is not an expectation of this package")


def _missing(column: pd.Series, *, blank: bool) -> np.ndarray:
    missing = column.isna().to_numpy()
    if blank and values.family_of(column) == "text":
        return missing | values.is_blank(values.as_texts(column))
    return missing


def _in_range(numbers: np.ndarray, minimum: float | None, maximum: float | None) -> Verdict:
    """Comparisons with NaN are false, so that missing numbers do not fail."""
    import numpy as np

    failed = np.zeros(len(numbers), dtype=bool)
    if minimum is not None:
        failed |= numbers < minimum
    if maximum is not None:
        failed |= numbers > maximum
    return Verdict(failed, len(numbers) - _count_nan(numbers))


def _in_set(column: pd.Series, accepted: tuple, reading: str) -> Verdict:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if reading == "number":
        numbers = values.as_numbers(column)
        known = ~np.isnan(numbers)
        return Verdict(known & ~np.isin(numbers, np.array(accepted, dtype="float64")), int(known.sum()))
    texts = values.as_texts(column)
    found = pc.is_in(texts, value_set=pa.array(accepted, texts.type))
    return Verdict(_unless(texts, found), len(texts) - texts.null_count)


def _matches(texts: object, pattern: str) -> Verdict:
    return Verdict(~values.full_match(texts, pattern) & _present(texts), len(texts) - texts.null_count)


def _type_is(column: pd.Series, type_name: str) -> Verdict:
    """Judge text by its spelling and typed columns as a whole: a column of floats holds no dates."""
    import numpy as np

    family, missing = values.family_of(column), column.isna().to_numpy()
    checked = len(column) - int(missing.sum())
    if family == "text":
        texts = values.as_texts(column)
        spelled, blank = values.full_match(texts, SPELLINGS[type_name]), values.is_blank(texts)
        return Verdict(~spelled & ~blank & _present(texts), checked - int(blank.sum()))
    suits = family in SUITABLE.get(type_name, (type_name,))
    return Verdict(np.zeros(len(column), dtype=bool) if suits else ~missing, checked)


def _unique(expectation: Unique, frame: pd.DataFrame) -> Verdict:
    names = list(expectation.columns or frame.columns)
    empty = frame[names[0]].isna().to_numpy()
    for name in names[1:]:
        if not empty.any():
            break
        empty = empty & frame[name].isna().to_numpy()
    return Verdict(duplicate_mask(frame, tuple(names)) & ~empty, len(frame) - int(empty.sum()))


def _fresh(expectation: Fresh, column: pd.Series, as_of: datetime.datetime) -> Verdict:
    instants = values.as_instants(column)
    too_old = instants < as_of - datetime.timedelta(days=expectation.days)
    return Verdict((too_old | (instants > as_of)).to_numpy(), int(instants.notna().sum()))


def _agrees(expectation: AgreesWith, frame: pd.DataFrame, trusted: pd.DataFrame) -> Verdict:
    """Look each row's key up among the keys that the trusted table holds once, then judge like a row rule."""
    from mlops_helpers.governance.rules import Close, Column, Comparison

    require_columns(trusted, expectation.columns, f"reference {expectation.reference!r}")
    once = trusted[~trusted[expectation.key].duplicated(keep=False) & trusted[expectation.key].notna()]
    partner = once.set_index(expectation.key)[expectation.column].reindex(frame[expectation.key])
    both = frame[[expectation.column]].assign(trusted=partner.to_numpy())
    ours, theirs = Column(expectation.column, expectation.reading), Column("trusted", expectation.reading)
    near = expectation.reading == "number"
    outcome = judge(Close(ours, theirs, expectation.within) if near else Comparison("==", ours, theirs), both)
    return Verdict(outcome.false, int((outcome.true | outcome.false).sum()))


def _informs(expectation: Informative, column: pd.Series) -> bool:
    size = count_levels(column).size
    return informs(expectation, levels=len(size), top=int(size.max(initial=0)), rows=int(size.sum()))


def informs(expectation: Informative, *, levels: int, top: int, rows: int) -> bool:
    """Decide from three counts: distinct levels, rows of the most frequent level, rows with a value."""
    if rows == 0 or levels < expectation.min_levels:
        return False
    return top <= expectation.max_top_share * rows and levels <= expectation.max_distinct_share * rows


def require_columns(frame: pd.DataFrame, names: tuple[str, ...], where: str) -> None:
    """Raise MissingColumn, with all absent names at once, unless the table has these columns."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise MissingColumn(
            f"no column {', '.join(map(repr, absent))} in {where}", f"one of: {', '.join(map(str, frame.columns))}"
        )


def _count_nan(numbers: np.ndarray) -> int:
    import numpy as np

    return int(np.isnan(numbers).sum()) if numbers.dtype.kind == "f" else 0


def _present(texts: object) -> np.ndarray:
    return texts.is_valid().to_numpy(zero_copy_only=False)


def _unless(texts: object, passes: object) -> np.ndarray:
    return ~passes.to_numpy(zero_copy_only=False) & _present(texts)
