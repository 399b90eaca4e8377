"""Repairs, each small, named and free of surprises: a step returns a new table and says exactly what it changed.

No step renumbers rows. A row keeps its index label for life, so that lineage can follow it back to the raw file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from mlops_helpers.governance.errors import InvalidSetting, MissingColumn, require_one_of
from mlops_helpers.governance.rules import Condition, columns_of

if TYPE_CHECKING:
    import pandas as pd

FILLINGS = ("median", "mean", "most_frequent", "value")
PARSED = ("number", "integer", "date", "instant")


@dataclass(frozen=True)
class Change:
    """A new table; the labels of the rows that were changed or dropped; the cells changed; who stands for whom.

    `merged` maps the label of a dropped duplicate to the label of the row that was kept for it.
    """

    frame: pd.DataFrame
    rows: pd.Index
    cells: int = 0
    merged: Mapping[object, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What all steps share."""

    kind: ClassVar[str] = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns the step needs."""
        where = getattr(self, "where", None)
        return tuple(dict.fromkeys((self.column, *(columns_of(where) if where is not None else ()))))

    def run(self, frame: pd.DataFrame) -> Change:
        """Apply the step. Raises MissingColumn, before anything is done, if the table lacks a column it needs."""
        absent = [name for name in self.columns if name not in frame.columns]
        if absent:
            names = ", ".join(map(str, frame.columns))
            raise MissingColumn(f"no column {', '.join(map(repr, absent))} for step {self.kind}", f"one of: {names}")
        return self.apply(frame)


@dataclass(frozen=True)
class DropDuplicates(Step):
    """Keep the first of rows that agree in all columns, or in those of `subset`."""

    kind = "drop_duplicates"
    subset: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns compared."""
        return self.subset

    def apply(self, frame: pd.DataFrame) -> Change:
        """Drop later copies and remember which row each of them was a copy of."""
        from mlops_helpers.governance.duplicates import duplicate_mask

        names = list(self.subset or frame.columns)
        copies = frame.loc[duplicate_mask(frame, self.subset), names]
        later = copies.duplicated(keep="first")
        first = copies.index[~later]
        group = copies.groupby(names, dropna=False, sort=False, observed=True).ngroup().to_numpy()
        kept = dict(zip(group[~later], first, strict=True))
        merged = {label: kept[number] for label, number in zip(copies.index[later], group[later], strict=True)}
        dropped = copies.index[later]
        return Change(frame.drop(index=dropped), dropped, merged=merged)


@dataclass(frozen=True)
class Parse(Step):
    """Turn text into numbers, integers, dates or instants; blank text becomes missing.

    Other text that does not spell a value is refused, unless `unreadable` is "missing".
    """

    kind = "parse"
    column: str
    type: str = "number"
    unreadable: str = "refuse"

    def __post_init__(self) -> None:
        """Refuse settings outside their lists."""
        require_one_of(self.type, PARSED, "type")
        require_one_of(self.unreadable, ("refuse", "missing"), "unreadable")

    def apply(self, frame: pd.DataFrame) -> Change:
        """Parse; the cells that count as changed are those that became missing."""
        from mlops_helpers.governance.values import parse_column

        before = frame[self.column]
        after = parse_column(before, self.type)
        lost = (before.notna() & after.isna()).to_numpy()
        if self.unreadable == "refuse":
            strange = before[lost][before[lost].astype(str).str.strip() != ""]
            if len(strange):
                raise InvalidSetting(
                    f"{len(strange)} values of {self.column!r} that are no {self.type}, first {strange.iloc[0]!r} "
                    f"in row {strange.index.tolist()[0]!r}",
                    f"text that spells a {self.type}, or blank",
                    "repair or drop these rows first, or pass unreadable='missing'",
                )
        return Change(frame.assign(**{self.column: after}), frame.index[lost], int(lost.sum()))


@dataclass(frozen=True)
class Rescale(Step):
    """Multiply the numbers of a column by `factor` where a condition holds, such as cents that should be euros."""

    kind = "rescale"
    column: str
    factor: float
    where: Condition

    def apply(self, frame: pd.DataFrame) -> Change:
        """Multiply in the chosen rows."""
        chosen = _holds(self.where, frame)
        return _replace(frame, self.column, frame[self.column].where(~chosen, frame[self.column] * self.factor))


@dataclass(frozen=True)
class SetMissing(Step):
    """Forget the values of a column where a condition holds: better no value than one known to be wrong."""

    kind = "set_missing"
    column: str
    where: Condition

    def apply(self, frame: pd.DataFrame) -> Change:
        """Blank the chosen cells; a column of integers becomes one of floats, which can hold a missing value."""
        return _replace(frame, self.column, frame[self.column].mask(_holds(self.where, frame)))


@dataclass(frozen=True)
class Clip(Step):
    """Move numbers that lie outside a range to its nearer end."""

    kind = "clip"
    column: str
    minimum: float | None = None
    maximum: float | None = None

    def apply(self, frame: pd.DataFrame) -> Change:
        """Clip the column."""
        return _replace(frame, self.column, frame[self.column].clip(self.minimum, self.maximum))


@dataclass(frozen=True)
class FillMissing(Step):
    """Fill missing values with the median, the mean or the most frequent value, within groups of `by`, or with `value`.

    A group without any value takes the filling of the whole column.
    """

    kind = "fill_missing"
    column: str
    method: str = "median"
    by: tuple[str, ...] = ()
    value: object = None

    def __post_init__(self) -> None:
        """Refuse methods outside the list, and a value without its method."""
        require_one_of(self.method, FILLINGS, "method")
        if (self.value is not None) != (self.method == "value"):
            raise InvalidSetting(f"method={self.method!r} with value={self.value!r}", "a value for method 'value' only")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column and those that form the groups."""
        return (self.column, *self.by)

    def apply(self, frame: pd.DataFrame) -> Change:
        """Fill by group, then what remains."""
        column = frame[self.column]
        if self.method == "value":
            return _replace(frame, self.column, column.fillna(self.value))
        filled = column
        if self.by:
            groups = frame.groupby(list(self.by), observed=True)[self.column]
            filled = filled.fillna(groups.transform(lambda values: _typical(values, self.method)))
        overall = _typical(column, self.method)
        return _replace(frame, self.column, filled if overall is None else filled.fillna(overall))


@dataclass(frozen=True)
class DropWhere(Step):
    """Drop the rows for which a condition holds; where it is unknown, the row stays."""

    kind = "drop_where"
    where: Condition

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns the condition reads."""
        return columns_of(self.where)

    def apply(self, frame: pd.DataFrame) -> Change:
        """Drop the chosen rows."""
        chosen = _holds(self.where, frame)
        return Change(frame[~chosen], frame.index[chosen])


@dataclass(frozen=True)
class Rename(Step):
    """Give a column another name."""

    kind = "rename"
    column: str
    to: str

    def apply(self, frame: pd.DataFrame) -> Change:
        """Rename the column. Raises InvalidSetting if the new name is taken."""
        if self.to in frame.columns:
            raise InvalidSetting(f"a column {self.to!r} already", "a name that no other column has")
        return Change(frame.rename(columns={self.column: self.to}), frame.index[:0])


@dataclass(frozen=True)
class DropColumn(Step):
    """Leave a column out."""

    kind = "drop_column"
    column: str

    def apply(self, frame: pd.DataFrame) -> Change:
        """Drop the column; all its cells count as changed."""
        return Change(frame.drop(columns=self.column), frame.index[:0], len(frame))


def _holds(where: Condition, frame: pd.DataFrame) -> object:
    from mlops_helpers.governance.rules_pandas import judge

    return judge(where, frame).true


def _replace(frame: pd.DataFrame, name: str, after: pd.Series) -> Change:
    """Return the table with a new column, having counted the cells that differ."""
    before = frame[name]
    same = (before == after).to_numpy(dtype=bool, na_value=False) | (before.isna() & after.isna()).to_numpy()
    return Change(frame.assign(**{name: after}), frame.index[~same], int((~same).sum()))


def _typical(values: pd.Series, method: str) -> object:
    """Return the median, mean or most frequent value (of equals the smallest), or None if there is no value."""
    present = values.dropna()
    if not len(present):
        return None
    return present.mode().iloc[0] if method == "most_frequent" else getattr(present, method)()
