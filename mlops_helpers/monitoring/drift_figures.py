"""Pictures of drift. Everything told by colour is told by shape too: drifted is filled, the reference is hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .comparison import Comparison
from .judgement import DRIFTED, UNDECIDED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .drift_report import DriftReport

DARK, LIGHT = "#1b4f72", "#d5d8dc"
MOST_BINS = 20


def overview_figure(report: DriftReport) -> Figure:
    """Return the PSI of each column beside its limit, the largest on top; columns not judged are crosses at zero."""
    from matplotlib.figure import Figure

    table = report.table.assign(psi=report.table["psi"].fillna(0.0)).sort_values("psi", kind="stable")
    figure = Figure(figsize=(7, 1.2 + 0.25 * len(table)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(table))
    axes.hlines(place, 0, table["psi"], color=LIGHT, zorder=1)
    drifted, unknown = table["verdict"] == DRIFTED, table["verdict"].isin(UNDECIDED)
    kinds = (
        (drifted, "o", DARK, "drifted"),
        (~drifted & ~unknown, "o", "white", "stable"),
        (unknown, "x", DARK, "not judged"),
    )
    for chosen, marker, face, label in kinds:
        if chosen.any():
            edge = {} if marker == "x" else {"edgecolors": DARK}
            axes.scatter(table["psi"][chosen], place[chosen], marker=marker, c=face, label=label, zorder=2, **edge)
    if report.limits["psi"] is not None:
        axes.axvline(report.limits["psi"], color="black", linestyle="--", label=f"limit {report.limits['psi']:g}")
    axes.set_yticks(place, table["column"].astype(str))
    axes.set_xlabel("population stability index")
    axes.set_title("Drift of production against the reference")
    axes.legend(loc="lower right")
    return figure


def overview_alt(report: DriftReport) -> str:
    """Return the sentence for those who cannot see the overview."""
    return f"Chart of the population stability index of {len(report.table)} columns. {report.sentence}"


def bins_figure(comparison: Comparison) -> Figure:
    """Return the shares of the column's bins or levels in both windows, side by side."""
    from matplotlib.figure import Figure

    bins = comparison.bins[:MOST_BINS]
    place = np.arange(len(bins))
    figure = Figure(figsize=(max(5, 1.5 + 0.45 * len(bins)), 3.5), layout="constrained")
    axes = figure.subplots()
    reference, production = (np.array(shares[:MOST_BINS]) * 100 for shares in comparison.shares)
    axes.bar(place - 0.2, reference, 0.4, color=LIGHT, edgecolor="black", hatch="//", label="reference")
    axes.bar(place + 0.2, production, 0.4, color=DARK, edgecolor="black", label="production")
    axes.set_xticks(place, bins, rotation=45, ha="right")
    axes.set_ylabel("share of values (%)")
    axes.set_title(f"{comparison.column}: {_sizes(comparison)}")
    axes.legend()
    return figure


def bins_alt(comparison: Comparison) -> str:
    """Return the sentence for those who cannot see the bins: sizes, and the bin that changed most."""
    bins = f"{len(comparison.bins)} bins, reference beside production"
    text = f"Bar chart of {comparison.column} in {bins}: {_sizes(comparison)}."
    if not comparison.bins:
        return text
    change = np.subtract(comparison.shares[1], comparison.shares[0])
    most = int(np.abs(change).argmax())
    before, after = (shares[most] for shares in comparison.shares)
    return f"{text} The bin {comparison.bins[most]} changed most, from {before:.1%} to {after:.1%} of the values."


def _sizes(comparison: Comparison) -> str:
    return "nothing to compare" if comparison.psi is None else f"PSI {comparison.psi:.3f}"
