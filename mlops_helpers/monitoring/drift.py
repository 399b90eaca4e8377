"""Did production drift away from the reference? One call for all columns of two tables.

report = detect_drift(january, july)
print(report)                    # "2 of 25 columns drifted: price (PSI 0.31 ≥ 0.1), ..."
report.table, report.drifted, report.figure("price")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .categorical import LevelCounts, compare_levels
from .columns import CATEGORICAL, NUMERIC, check_frames, kind_of_pair
from .comparison import Comparison
from .drift_report import DriftReport, report_on
from .errors import BadValue, InvalidSetting
from .judgement import INFINITE, NOT_COMPARED, Judgement
from .ks import ks_test
from .numeric import compare_numbers, compare_sorted
from .ordered import ORDERED_ROWS
from .sketch import Sketch
from .values import finite_numbers

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

MODES = ("exact", "sketch")


def detect_drift(
    reference: pd.DataFrame | str,
    production: pd.DataFrame | str,
    *,
    columns: Sequence[str] | None = None,
    mode: str = "exact",
    client: bigquery.Client | None = None,
    **judgement: Unpack[Judgement],
) -> DriftReport:
    """Compare the columns of two windows and judge each: drifted, stable, constant, or why nothing can be said.

    columns     which to compare; None means all of the reference (a column only production has is listed, not judged)
    mode        "exact": the KS statistic from all values, up to 20,000 rows the other sizes too; beyond, PSI,
                Jensen–Shannon and Wasserstein are read off a sketch. "sketch": KS too, too small by at most 0.001
    client      for two BigQuery tables `project.dataset.table` in place of DataFrames, which are compared in mode
                "sketch" by SQL: see `bigquery_drift`
    alpha, limits    how to judge: see `Judgement`

    A column drifted only if its adjusted p-value is below alpha (0.01) and an effect size reaches its limit (PSI 0.1),
    or if its missing share changed likewise. Verdicts besides: "stable", "constant" (one value, the same in both
    windows), "insufficient data" (with the number of values needed), "infinite values", "not compared" (times).

    Raises EmptyWindow for a window without rows, MissingColumn, MismatchedColumns where the types of a column differ
    or names occur twice, InvalidSetting for options out of range.
    """
    if isinstance(reference, str) or isinstance(production, str):
        from .bigquery_drift import compare_tables

        return report_on(compare_tables(reference, production, columns=columns, client=client), **judgement)
    return Reference(reference, columns, mode).report(production, **judgement)


@dataclass(frozen=True, eq=False)
class Reference:
    """A reference window that was sketched once and is compared with many production windows."""

    frame: pd.DataFrame = field(repr=False)
    columns: Sequence[str] | None = None
    mode: str = "exact"
    _known: dict = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse an unknown mode. Raises InvalidSetting."""
        if self.mode not in MODES:
            raise InvalidSetting(f"mode {self.mode!r}", f"one of {', '.join(MODES)}", "Correct the mode.")

    def report(self, production: pd.DataFrame, **judgement: Unpack[Judgement]) -> DriftReport:
        """Return the report on one production window. Raises what `detect_drift` raises."""
        return report_on(self.compare(production), **judgement)

    def compare(self, production: pd.DataFrame) -> list[Comparison]:
        """Return what can be measured about each column, without a verdict."""
        names = check_frames(self.frame, production, self.columns)
        found = [self._compared(name, production[name]) for name in names]
        extra = (
            [] if self.columns is not None else [name for name in production.columns if name not in self.frame.columns]
        )
        absent = "only production has this column"
        return found + [Comparison(str(name), "unknown", problem=NOT_COMPARED, note=absent) for name in extra]

    def _compared(self, name: str, column: pd.Series) -> Comparison:
        kind = kind_of_pair(name, self.frame[name], column)
        if kind == CATEGORICAL:
            return compare_levels(str(name), self._cached("levels", name, LevelCounts.of), LevelCounts.of(column))
        if kind == NUMERIC:
            return self._compared_numbers(name, column)
        note = f"values of type {column.dtype} are no quantity; compare a number made from them, such as the hour"
        return Comparison(str(name), kind, problem=NOT_COMPARED, note=note)

    def _compared_numbers(self, name: str, column: pd.Series) -> Comparison:
        exact = self.mode == "exact"
        try:
            a, b = self._cached("values", name, self._values), self._values(column)
        except BadValue as error:
            return Comparison(str(name), NUMERIC, problem=INFINITE, note=f"{error.found}: {error.remedy}")
        if exact and max(len(a), len(b)) <= ORDERED_ROWS:
            missing = len(self.frame) - len(a), len(column) - len(b)
            return compare_sorted(str(name), a, b, missing=missing)
        sketch = self._cached("sketch", name, Sketch.of)
        other = Sketch.of(column, like=sketch)
        return compare_numbers(str(name), sketch, other, ks=ks_test(a, b) if exact and len(a) and len(b) else None)

    def _values(self, column: pd.Series) -> np.ndarray:
        """Return the values that are there, sorted where there are few. Raises BadValue for infinite ones."""
        values = finite_numbers(column)
        return np.sort(values) if self.mode == "exact" and len(values) <= ORDERED_ROWS else values

    def _cached(self, what: str, name: str, make: Callable) -> Any:
        """Return what `make` makes of the reference's column, made at the first call only."""
        if (what, name) not in self._known:
            self._known[what, name] = make(self.frame[name])
        return self._known[what, name]
