"""Where is the model wrong? Confusion by slice, and the worst slices found among all values of all columns.

A *slice* is a part of the rows that one or two conditions describe: "contract_type = One year & age in [30, 40)".
Looking at thousands of slices always finds bad ones by chance. So every slice is tested exactly, the p-values are
adjusted for all slices that were looked at, and a slice that repeats what a listed one says is left out
(the idea: Chung et al., Slice Finder, ICDE 2019; the adjustment: Holm, 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from mlops_helpers.debugging.binning import Binned, bin_column
from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.significance import enrichment, holm
from mlops_helpers.debugging.slice_search import Counted, Novelty, count_slices, new_slices, rows_of
from mlops_helpers.debugging.tables import (
    as_yes_no,
    require_between,
    require_columns,
    require_rows,
    require_same_length,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

COLUMNS = ("slice", "n", "errors", "error_rate", "rest_rate", "lift", "p_value", "p_adjusted", "verdict")
WORSE, CHANCE = "worse", "could be chance"
SMALLEST, SHARE = 30, 500  # support by default: 30 rows, or one row in 500
DEEPEST = 3


@dataclass(frozen=True)
class SliceReport:
    """What `worst_slices` found; `table` holds the ten worst slices, `top(n)` as many as wanted.

    rows, errors  of the whole table
    examined      how many slices were tested, each with at least `min_support` rows
    alpha         chance of even one false alarm among the slices called "worse"
    left_out      columns that could not be cut into groups, with the reason
    """

    rows: int
    errors: int
    examined: int
    min_support: int
    alpha: float
    left_out: dict[str, str]
    _search: _Search = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """The ten worst slices."""
        return self.top(10)

    def top(self, limit: int) -> pd.DataFrame:
        """Return up to `limit` slices, those least likely to be chance first.

        slice        conditions, joined by " & "
        n, errors    rows in the slice, and how many of them are wrong
        error_rate, rest_rate, lift   the share of wrong rows inside, outside, and the one divided by the other
        p_value      chance of so many errors in such a slice if errors fell at random; p_adjusted: for all examined
        verdict      "worse", or "could be chance": small p-value, but one of many
        """
        import pandas as pd

        listed = self._search.listed(limit, self.alpha)
        return pd.DataFrame([self._search.line(number, self.alpha) for number in listed], columns=list(COLUMNS))

    def mask(self, slice_: str) -> np.ndarray:
        """Return True for each row of a slice, named as in the table. Raises `InvalidSetting` for other names."""
        return self._search.mask(slice_)

    def __str__(self) -> str:
        """Return the finding in sentences."""
        head = f"{self.errors:,} of {self.rows:,} rows are wrong ({self.errors / self.rows:.1%}); "
        head += f"{self.examined:,} slices of at least {self.min_support} rows examined."
        worse = self.table.query("verdict == @WORSE", local_dict={"WORSE": WORSE})
        lines = [
            f"  {row.slice}: {row.errors:,} of {row.n:,} wrong ({row.error_rate:.1%}, elsewhere {row.rest_rate:.1%})"
            for row in worse.itertuples()
        ]
        return "\n".join([head, *(lines or ["  None of them is worse than chance explains."])])

    def _repr_html_(self) -> str:
        """Show the sentence and the table in a notebook."""
        head = str(self).partition("\n")[0]
        return f"<p>{head}</p>{self.table.to_html(index=False, float_format='{:.3g}'.format)}"


@dataclass(frozen=True)
class _Search:
    """All slices with their p-values, and the order in which they are looked at."""

    binned: Sequence[Binned]
    wrong: np.ndarray
    counted: Counted
    p_value: np.ndarray
    p_adjusted: np.ndarray

    def listed(self, limit: int, alpha: float) -> list[int]:
        """Return the slices for the table: those that stand out and add something, then some that only seem to.

        The latter would stand out had they been the only ones examined; of these each condition is shown once.
        """
        order = self._order()
        clear = order[self.p_adjusted[order] <= alpha]
        novelty = Novelty(self.binned, self.wrong, alpha / max(1, len(order)))
        found = list(islice(new_slices(self.counted, clear, novelty), limit))
        seen = {condition for number in clear for condition in self.counted.conditions(number)}
        for number in order[(self.p_adjusted[order] > alpha) & (self.p_value[order] <= alpha)]:
            conditions = set(self.counted.conditions(number))
            if len(found) < limit and not conditions & seen:
                found.append(int(number))
                seen |= conditions
        return found

    def _order(self) -> np.ndarray:
        """Sort by p-value; where it is too small for a number, by excess of errors; simple slices before others."""
        import numpy as np

        n, errors = self.counted.n, self.counted.errors
        excess = errors - n * self.wrong.mean()
        depth = (self.counted.columns >= 0).sum(axis=1)
        return np.lexsort((depth, -excess, self.p_value))

    def line(self, number: int, alpha: float) -> tuple:
        """Return a row of the table."""
        n, errors = int(self.counted.n[number]), int(self.counted.errors[number])
        rest = (int(self.wrong.sum()) - errors) / (len(self.wrong) - n)
        lift = errors / n / rest if rest else (float("inf") if errors else 1.0)
        p_value, adjusted = float(self.p_value[number]), float(self.p_adjusted[number])
        verdict = WORSE if adjusted <= alpha else CHANCE
        return self.name(number), n, errors, errors / n, rest, lift, p_value, adjusted, verdict

    def name(self, number: int) -> str:
        """Return the conditions as text."""
        pairs = self.counted.conditions(number)
        return " & ".join(self.binned[column].labels[level] for column, level in pairs)

    def mask(self, slice_: str) -> np.ndarray:
        """Return the rows of a slice, looked up by its conditions."""
        known = {
            label: (column, level)
            for column, binned in enumerate(self.binned)
            for level, label in enumerate(binned.labels)
        }
        if slice_ in known:
            return rows_of(self.binned, [known[slice_]])
        parts = slice_.split(" & ")
        if not all(part in known for part in parts):
            raise InvalidSetting(f"slice {slice_!r}", "a slice as the report's table names it", "Copy it from there.")
        return rows_of(self.binned, [known[part] for part in parts])


def worst_slices(
    table: pd.DataFrame,
    *,
    error: str | npt.ArrayLike,
    features: Sequence[str] | None = None,
    depth: int = 2,
    min_support: int | None = None,
    alpha: float = 0.05,
) -> SliceReport:
    """Search all slices of up to `depth` conditions for those where the model errs more often than elsewhere.

    error        a column of 0/1 or False/True, or an array of them: was the row predicted wrongly?
    features     columns to slice by; all but `error` by default
    min_support  fewest rows of a slice; by default 30, or one row in 500 if that is more

    Numbers are cut at quantiles, but values that stand out, such as -999, and missing values are slices of their own.
    Raises MissingColumn, EmptyData, UnequalLengths, InvalidSetting, and OneClass if all rows are wrong, or none.
    """
    require_rows(table)
    require_between(depth, 1, DEEPEST, name="depth")
    require_between(alpha, 0, 1, name="alpha")
    wrong, names = _wrong(table, error), _features(table, error, features)
    support = max(SMALLEST, len(table) // SHARE) if min_support is None else min_support
    require_between(support, 1, len(table), name="min_support")
    binned = [bin_column(table[name], min_rows=support) for name in names]
    useful = [column for column in binned if len(column.labels) > 1]
    left_out = {column.name: f"one level only: {column.labels[0]}" for column in binned if len(column.labels) == 1}
    if not useful:
        raise InvalidSetting("no column that divides the rows", "at least one", f"Left out: {left_out}.")
    counted = count_slices(useful, wrong, depth=min(depth, len(useful)), min_support=support)
    p_value = enrichment(counted.errors, counted.n, int(wrong.sum()), len(wrong))
    search = _Search(useful, wrong, counted, p_value, holm(p_value))
    return SliceReport(len(wrong), int(wrong.sum()), len(p_value), support, alpha, left_out, search)


def _wrong(table: pd.DataFrame, error: str | npt.ArrayLike) -> np.ndarray:
    """Return True for each wrong row."""
    if isinstance(error, str):
        require_columns(table, [error])
        return as_yes_no(table[error], f"column {error!r}")
    require_same_length(table, error, "the table and its errors")
    return as_yes_no(error, "error")


def _features(table: pd.DataFrame, error: object, features: Sequence[str] | None) -> list[str]:
    """Return the columns to slice by."""
    names = list(features) if features is not None else list(table.columns)
    require_columns(table, names)
    return [name for name in names if not (isinstance(error, str) and name == error)]
