"""An evaluation as a picture: champion and challenger, for all customers and for each segment.

Readable in grey: the champion is a hollow circle, the challenger a filled one, the line between them dashed where the
challenger is worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.pipeline_evaluation import Evaluation, SegmentScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BETTER, WORSE = "#0072b2", "#d55e00"  # Okabe and Ito: told apart by colour-blind people


def segment_figure(evaluation: Evaluation) -> Figure:
    """Return one row for all customers and one for each segment. Raises InvalidSetting without a champion."""
    from matplotlib.figure import Figure

    scores = _compared(evaluation)
    figure = Figure(figsize=(7, 0.9 + 0.45 * len(scores)), layout="constrained")
    axes = figure.subplots()
    for height, score in enumerate(scores):
        _plot(axes, height, score)
    axes.set_yticks(range(len(scores)), [f"{score.segment} (n = {score.rows:,})" for score in scores])
    axes.set_ylim(len(scores) - 0.5, -0.5)
    axes.set_xlabel("area under the ROC curve, on held-out customers")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def segment_alt(evaluation: Evaluation) -> str:
    """Return the picture in words, for whoever does not see it."""
    told = [f"{one.segment} {one.champion_auc:.2f} to {one.challenger_auc:.2f}" for one in _compared(evaluation)]
    return f"From champion to challenger: {'; '.join(told)}."


def _compared(evaluation: Evaluation) -> list[SegmentScore]:
    """The rows with both numbers."""
    found = [one for one in evaluation.scores if one.champion_auc is not None and one.challenger_auc is not None]
    if not found:
        raise InvalidSetting("an evaluation without a champion", "two models to compare", "Evaluate beside a champion.")
    return found


def _plot(axes: Axes, height: int, score: SegmentScore) -> None:
    first, second = score.champion_auc, score.challenger_auc
    if first is None or second is None:
        return
    worse = second < first
    colour = WORSE if worse else BETTER
    axes.plot([first, second], [height, height], "--" if worse else "-", color=colour, linewidth=2)
    labels = ("champion", "challenger") if height == 0 else (None, None)
    axes.plot(first, height, "o", color=colour, markerfacecolor="white", ms=8, label=labels[0])
    axes.plot(second, height, "o", color=colour, ms=8, label=labels[1])
