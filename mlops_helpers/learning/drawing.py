"""Three pictures that the lessons draw again and again, readable in grey and without colours.

    show(lines(scores, xlabel="day", ylabel="area under the ROC curve"), alt="…")
    show(bars(by_region, ylabel="share predicted wrongly"), alt="…")
    show(intervals({"version 1": (0.6, 0.7, 0.8)}, xlabel="share that pass"), alt="…")

Series are told apart by line style, marker and shade, never by colour alone. Each returns a figure, for `show`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Interval = tuple[float, float, float]
Limits = tuple[float | None, float | None] | None
STYLES = (("black", "-", "o"), ("0.45", "--", "s"), ("0.6", ":", "^"), ("0.3", "-.", "v"))
SHADES = ("0.3", "0.75", "0.55", "0.9")


def lines(table: pd.DataFrame, *, xlabel: str, ylabel: str, ylim: Limits = None) -> Figure:
    """Return a figure with one line for each column over the index; values that are missing interrupt a line."""
    figure, axes = _axes(wide=7)
    for (name, column), (shade, style, marker) in zip(table.items(), cycle(STYLES), strict=False):
        axes.plot(column.index, column, style, color=shade, marker=marker, markersize=4, label=str(name))
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=ylim)
    axes.legend()
    return figure


def bars(table: pd.Series | pd.DataFrame, *, ylabel: str, ylim: Limits = None, digits: int = 2) -> Figure:
    """Return a figure with a bar, and its value above it, for each row; a DataFrame gives a group of bars for each."""
    figure, axes = _axes(wide=6)
    columns = table.to_frame() if table.ndim == 1 else table
    columns.plot.bar(
        ax=axes, color=list(SHADES[: columns.shape[1]]), edgecolor="black", rot=0, legend=table.ndim > 1, xlabel=""
    )
    for container in axes.containers:
        axes.bar_label(container, fmt=f"%.{digits}f", fontsize=8)
    axes.set(ylabel=ylabel, ylim=ylim)
    axes.margins(y=0.12)
    return figure


def intervals(rows: Mapping[str, Interval], *, xlabel: str, xlim: Limits = None) -> Figure:
    """Return a figure with one row for each name: its (low, value, high) as a bar with a dot, the first on top."""
    figure, axes = _axes(wide=6, high=0.8 + 0.4 * len(rows))
    for place, (low, value, high) in enumerate(rows.values()):
        axes.plot((low, high), (place, place), color="black")
        axes.plot(value, place, "o", color="black")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set(xlabel=xlabel, xlim=xlim, ylim=(len(rows) - 0.5, -0.5))
    return figure


def _axes(*, wide: float, high: float = 2.8) -> tuple[Figure, Axes]:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(wide, high), layout="constrained")
