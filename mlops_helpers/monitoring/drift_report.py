"""The report on drift: one row per column, one sentence for all of them, and pictures that a grey printer can print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Unpack

from .comparison import Comparison
from .errors import MissingColumn
from .judgement import CONSTANT, DRIFTED, STABLE, TOO_FEW, UNDECIDED, Judgement, checked_limits, judge, named

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SHOWN = ("column", "kind", "n_production", "missing_production", "statistic", "p_adjusted", "psi", "verdict", "note")


@dataclass(frozen=True, eq=False)
class DriftReport:
    """Verdicts on all columns.

    drifted      names of the columns that drifted
    undecided    names of the columns about which nothing can be said (too few or infinite values, times, columns that
                 only production has). They are not stable: a check that asks for an empty `drifted` alone passes them,
                 so ask for both. `str(report)` names them all
    table        one row per column: see `COLUMNS` in `judgement`. missing_* are shares of rows, p_adjusted is
                 Benjamini–Hochberg over the columns, wasserstein is in standard deviations of the reference
    comparisons  what was measured, with the shares per bin that the figures show
    """

    table: pd.DataFrame
    comparisons: tuple[Comparison, ...] = field(repr=False)
    alpha: float
    limits: dict[str, float | None]

    @property
    def drifted(self) -> list[str]:
        """Return the names of the columns that drifted; what is in neither list was judged and did not."""
        return self._columns(DRIFTED)

    @property
    def undecided(self) -> list[str]:
        """Return the names of the columns about which nothing can be said; they are not stable."""
        return self._columns(*UNDECIDED)

    @property
    def verdict(self) -> str:
        """Return "drifted" if any column did, "insufficient data" if none could be judged, else "stable"."""
        if self.drifted:
            return DRIFTED
        return STABLE if self._columns(STABLE, CONSTANT) else TOO_FEW

    @property
    def sentence(self) -> str:
        """Return what a person has to know: how many columns drifted, the worst, and which could not be judged."""
        columns = "column" if len(self.table) == 1 else "columns"
        worst = self.table[self.table["verdict"] == DRIFTED].sort_values("psi", ascending=False, kind="stable")
        found = [f"{row.column} ({row.note})" for row in worst.itertuples()]
        text = f"{len(found) or 'None'} of {len(self.table)} {columns} drifted"
        text += f": {named(found, most=3)}." if found else "."
        unknown = [f"{row.column} ({row.verdict})" for row in self.table.itertuples() if row.verdict in UNDECIDED]
        return text + (f" Not judged: {', '.join(unknown)}." if unknown else "")

    def column(self, name: str) -> Comparison:
        """Return what was measured for one column. Raises MissingColumn."""
        for comparison in self.comparisons:
            if comparison.column == name:
                return comparison
        found = f"no column {name!r} in the report"
        raise MissingColumn(found, f"one of {', '.join(self.table['column'])}", "Correct the name.")

    def figure(self, column: str | None = None) -> Figure:
        """Return a picture of all columns (PSI and its limit), or of one (shares per bin). Raises MissingColumn."""
        from .drift_figures import bins_figure, overview_figure

        return overview_figure(self) if column is None else bins_figure(self.column(column))

    def alt(self, column: str | None = None) -> str:
        """Return the text alternative of the same figure. Raises MissingColumn."""
        from .drift_figures import bins_alt, overview_alt

        return overview_alt(self) if column is None else bins_alt(self.column(column))

    def _columns(self, *verdicts: str) -> list[str]:
        return self.table.loc[self.table["verdict"].isin(verdicts), "column"].tolist()

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        shown = self.table[list(SHOWN)]
        bold = [f"<b>{escape(v)}</b>" if v == DRIFTED else escape(v) for v in shown["verdict"]]
        shown = shown.assign(verdict=bold, column=shown["column"].map(escape), note=shown["note"].map(escape))
        formats = {"missing_production": "{:.1%}".format} | dict.fromkeys(
            ("statistic", "psi", "p_adjusted"), "{:.3g}".format
        )
        table = shown.to_html(index=False, escape=False, border=0, na_rep="–", formatters=formats)
        return f"<p>{escape(self.sentence)}</p>{table}"


def report_on(comparisons: Sequence[Comparison], **judgement: Unpack[Judgement]) -> DriftReport:
    """Return the report on comparisons, wherever they were made. Raises InvalidSetting for options out of range."""
    alpha = judgement.get("alpha", 0.01)
    limits = checked_limits(alpha, judgement.get("limits"))
    return DriftReport(judge(comparisons, alpha=alpha, limits=limits), tuple(comparisons), alpha, limits)
