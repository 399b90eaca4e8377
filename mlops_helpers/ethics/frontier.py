"""What fairness costs in accuracy: the best accuracy for each difference one is ready to accept.

Every point is a set of thresholds by group, found exactly (`thresholds`). To the left of the curve there is nothing;
whoever is to the right of it gives accuracy away for nothing. Which point to choose is no question of mathematics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops_helpers.ethics.checks import require_between
from mlops_helpers.ethics.thresholds import Curve, curves_of, reached, search

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LINE, MARK = "#0072b2", "#d55e00"  # Okabe and Ito: told apart by colour-blind people


@dataclass(frozen=True)
class Frontier:
    """The accuracy–fairness frontier.

    table     one row per point: `tolerance` asked for, `difference` and `accuracy` reached, `threshold: GROUP` each
    criterion
    one_line  (difference, accuracy) of one threshold for all: the one with the most right decisions
    """

    table: pd.DataFrame
    criterion: str
    one_line: tuple[float, float]

    def figure(self) -> Figure:
        """Return accuracy over difference; the cross is one threshold for all groups."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        axes.plot(self.table["difference"], 100 * self.table["accuracy"], color=LINE, marker=".", label="by group")
        axes.plot(
            self.one_line[0], 100 * self.one_line[1], "X", color=MARK, markersize=12, label="one threshold for all"
        )
        axes.set_xlabel(f"largest difference between two groups: {self.criterion}")
        axes.set_ylabel("right decisions in %")
        axes.set_title("what fairness costs in accuracy", loc="left", fontsize="medium")
        axes.legend(frameon=False)
        return figure

    def alt(self) -> str:
        """Return the picture in words, for whoever does not see it."""
        first, last = self.table.iloc[0], self.table.iloc[-1]
        return (
            f"Right decisions rise from {first['accuracy']:.1%} at a difference of {first['difference']:.3f} to "
            f"{last['accuracy']:.1%} at {last['difference']:.3f} ({self.criterion}); one threshold for all has "
            f"{self.one_line[1]:.1%} at {self.one_line[0]:.3f}."
        )


def fairness_frontier(
    data: pd.DataFrame,
    *,
    label: str,
    score: str,
    groups: str | Sequence[str],
    criterion: str = "equal opportunity",
    points: int = 100,
) -> Frontier:
    """Return the best accuracy for `points` tolerances, up to the difference that one would have without any.

    Tolerances begin at 1/points of that: a difference of exactly 0 is often reached by selecting nobody only.
    Raises as `group_thresholds` does.
    """
    import pandas as pd

    require_between(points, 2, 10_000, name="points")
    names, curves = curves_of(data, label, score, groups, criterion)
    free = reached(curves, [int(curve.right.argmax()) for curve in curves], criterion)[1]
    lines = []
    for tolerance in np.linspace(free / points, free, points):
        chosen = search(curves, criterion, float(tolerance))
        accuracy, difference = reached(curves, chosen, criterion)
        limits = {
            f"threshold: {name}": curve.thresholds[k] for name, curve, k in zip(names, curves, chosen, strict=True)
        }
        lines.append({"tolerance": tolerance, "difference": difference, "accuracy": accuracy, **limits})
    return Frontier(pd.DataFrame(lines), criterion, _one_line(curves, criterion))


def _one_line(curves: list[Curve], criterion: str) -> tuple[float, float]:
    """Return difference and accuracy of the single threshold with the most right decisions."""
    limits = np.unique(np.concatenate([curve.thresholds for curve in curves]))
    places = [np.searchsorted(-curve.thresholds, -limits, side="right") - 1 for curve in curves]
    right = sum(curve.right[place] for curve, place in zip(curves, places, strict=True))
    best = int(np.argmax(right))
    accuracy, difference = reached(curves, [int(place[best]) for place in places], criterion)
    return difference, accuracy
