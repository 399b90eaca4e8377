"""A timeline of a trace, readable in grey: failed steps are hatched, unfinished ones dotted, and both are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.monitoring import genai_names as names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ROW = 0.38  # inches for a step
# outcome: lightness and hatching of its bar
STYLES = {names.OK: ("#56b4e9", ""), names.FAILED: ("#d55e00", "///"), "not finished": ("#ffffff", "...")}
THINNEST = 0.004  # share of the whole: a step of no length stays visible


def timeline(table: pd.DataFrame) -> Figure:
    """Return one bar for each step of `TracePath.table`: seconds since the first start, names on the left.

    A step that did not finish reaches to the end of the picture.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    begun = (table["start"] - table["start"].min()).dt.total_seconds()
    whole = max(float((begun + table["seconds"].fillna(0)).max()), 1e-6)
    length = table["seconds"].fillna(whole - begun).clip(lower=THINNEST * whole)
    figure = Figure(figsize=(8, 1.2 + ROW * len(table)), layout="constrained")
    axes = figure.subplots()
    for place, (start, long, outcome) in enumerate(zip(begun, length, table["outcome"], strict=True)):
        colour, hatch = STYLES.get(outcome, STYLES["not finished"])
        axes.barh(place, long, left=start, color=colour, hatch=hatch, edgecolor="black", linewidth=0.8)
    labels = [f"{'  ' * depth}{step}" for depth, step in zip(table["depth"], table["step"], strict=True)]
    axes.set_yticks(range(len(table)), labels, ha="left")
    axes.tick_params(axis="y", pad=6 * max(map(len, labels)), length=0)
    axes.invert_yaxis()
    axes.set_xlabel("seconds since the first step began")
    shown = [outcome for outcome in STYLES if outcome in set(table["outcome"])]
    keys = [Patch(facecolor=STYLES[name][0], hatch=STYLES[name][1], edgecolor="black", label=name) for name in shown]
    figure.legend(handles=keys, loc="outside upper center", ncols=len(shown))
    return figure
