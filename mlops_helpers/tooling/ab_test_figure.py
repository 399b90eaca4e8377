"""Pictures of A/B tests. What is told by colour is told by shape too: the limits are dashed, the decision is a star."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .ab_test import AbResult
    from .peeking import Peeking

DARK, LIGHT = "#1b4f72", "#d5d8dc"
HIGHEST = 6.0  # limits of the first looks are far outside; a picture to their scale would show nothing else


def looks_figure(result: AbResult) -> Figure:
    """Return z at each look, the limits of the looks, and 1.96, the limit of a test with one look."""
    from matplotlib.figure import Figure

    table, looks = result.table, np.arange(1, len(result.table) + 1)
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    limit = np.minimum(table["limit"], HIGHEST)
    for sign, label in ((1, "limit of the look"), (-1, None)):
        axes.plot(looks, sign * limit, "--", color="black", label=label)
        axes.axhline(sign * 1.96, color="grey", linestyle=":", label="1.96, for one look only" if label else None)
    axes.plot(looks, table["z"], "o-", color=DARK, label="z")
    if result.decided:
        axes.plot(result.decided, table["z"].iloc[result.decided - 1], "*", color=DARK, ms=16, label="decided")
    axes.axhline(0, color=LIGHT, zorder=0)
    first, second = result.plan.arms
    axes.set_xlabel("look")
    axes.set_ylabel(f"z ({second} minus {first})")
    axes.set_title(f"A/B test: {result.verdict}")
    axes.legend(loc="best", fontsize="small")
    return figure


def peeking_figure(peeking: Peeking) -> Figure:
    """Return how often each way of reading has found a difference up to each look."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    looks = np.arange(1, len(peeking.curves) + 1)
    for name, style in zip(peeking.curves, ("o-", "s--", "^:"), strict=True):
        axes.plot(looks, peeking.curves[name] * 100, style, color=DARK, ms=4, label=name)
    axes.axhline(peeking.plan.size.alpha * 100, color="grey", label=f"α = {peeking.plan.size.alpha:.0%}")
    axes.set_xlabel("look")
    axes.set_ylabel("tests that found a difference (%)")
    axes.set_title(f"{peeking.tests:,} simulated tests, true difference {peeking.lift:+g}")
    axes.legend(fontsize="small")
    return figure
