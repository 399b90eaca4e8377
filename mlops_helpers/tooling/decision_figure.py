"""The sensitivity of a decision as a picture: how far each weight may move until another option wins.

Readable in grey: the range in which the winner wins is a bar, the weight as it is a dot, a bound a vertical tick with
the name of who would win beyond it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decision_matrix import DecisionMatrix
from .decision_sensitivity import NEVER, WeightFlip, weight_flips

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DARK, LIGHT = "#1b4f72", "#d5d8dc"


def sensitivity_figure(matrix: DecisionMatrix) -> Figure:
    """Return one row per criterion, the most sensitive on top; weights in per cent."""
    from matplotlib.figure import Figure

    flips = weight_flips(matrix)[::-1]
    figure = Figure(figsize=(7, 1.2 + 0.45 * len(flips)), layout="constrained")
    axes = figure.subplots()
    for height, flip in enumerate(flips):
        _plot(axes, height, flip)
    axes.set_yticks(range(len(flips)), [flip.criterion for flip in flips])
    axes.set_xlim(-3, 103)
    axes.set_ylim(-0.6, len(flips) - 0.2)
    axes.set_xlabel("weight (%), the other weights in proportion")
    axes.set_title(f"{matrix.winner} wins as long as the weight is in the bar")
    return figure


def sensitivity_alt(matrix: DecisionMatrix) -> str:
    """Return the picture in words, for whoever does not see it."""
    flips = weight_flips(matrix)
    kept = [flip.criterion for flip in flips if not flip.to]
    told = [str(flip) for flip in flips if flip.to]
    return f"Range of each weight in which {matrix.winner} wins. {'; '.join(told) or NEVER}." + (
        f" Whatever their weight: {', '.join(kept)}." if kept else ""
    )


def _plot(axes: Axes, height: int, flip: WeightFlip) -> None:
    low, high = (float(end) * 100 for end in (flip.low or 0, 1 if flip.high is None else flip.high))
    axes.barh(height, high - low, left=low, height=0.5, color=LIGHT)
    axes.plot(float(flip.weight) * 100, height, "o", color=DARK)
    if flip.at is not None:
        axes.plot(float(flip.at) * 100, height, "|", color="black", ms=16, mew=2)
        axes.annotate(" and ".join(flip.to), (float(flip.at) * 100, height), (0, 10), textcoords="offset points")
