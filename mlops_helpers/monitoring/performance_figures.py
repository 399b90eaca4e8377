"""What the model was expected to do, and what it did: estimated and realised performance in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def performance_figure(
    estimated: pd.DataFrame, realised: pd.DataFrame, *, ylabel: str, xlabel: str = "chunk"
) -> Figure:
    """Return a figure of `PerformanceEstimator.estimate` and `realised_performance`, both for one metric.

    Realised values come with their intervals; chunks with too few labels are left out. The estimate's limits are drawn
    where they are the same for all chunks.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(estimated["chunk"], estimated["value"], "--", color="0.5", label="estimated, no labels")
    measured = realised[realised["verdict"] == "measured"]
    reach = (measured["value"] - measured["low"], measured["high"] - measured["value"])
    axes.errorbar(
        measured["chunk"], measured["value"], reach, color="black", marker="o", markersize=3, label="realised"
    )
    if estimated["limit_low"].nunique() == 1:
        axes.axhline(estimated["limit_low"].iloc[0], color="0.7", linewidth=1, label="limit")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.tick_params(axis="x", rotation=45)
    axes.legend()
    return figure
