"""Fair by each attribute, and only by each: the mistake that checks of one attribute at a time cannot see.

A tool that keeps a criterion by sex, and by age, may still give one intersection less than all others: whatever one of
its groups gains, another of the same sex loses, and the two averages stay where they are (*fairness gerrymandering*:
Kearns, Neel, Roth and Wu, ICML 2018). This module is such a tool, made to be caught: use `group_thresholds` on all
attributes together instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mlops_helpers.ethics.checks import require_between
from mlops_helpers.ethics.criteria import require_criterion
from mlops_helpers.ethics.errors import BadGroups, InvalidSetting
from mlops_helpers.ethics.thresholds import Curve, GroupThresholds, curves_of, reached

if TYPE_CHECKING:
    import pandas as pd

STEPS = 45  # thresholds tried per intersection, evenly spaced from 0.06 to 0.94
LOWEST, HIGHEST = 0.06, 0.94
BY_FIRST, BY_SECOND = ((0, 1), (2, 3)), ((0, 2), (1, 3))  # the four groups halved by either attribute
ALONG = MappingProxyType({"selection_rate": "n", "tpr": "positives", "fpr": "negatives"})


def thresholds_by_margin(
    data: pd.DataFrame,
    *,
    label: str,
    score: str,
    groups: Sequence[str],
    criterion: str = "equal opportunity",
    tolerance: float = 0.01,
) -> GroupThresholds:
    """Find a threshold for each intersection: the most right decisions that are fair by each attribute alone.

    groups      two columns with two levels each
    criterion   one that binds one rate: "equal opportunity", "demographic parity", "predictive equality"
    tolerance   largest difference by the one attribute, and by the other; intersections are not looked at

    `difference` of the result is that of the intersections: here it may be large. Raises as `group_thresholds` does,
    BadGroups unless there are two times two groups, InvalidSetting where no thresholds on the grid are fair enough.
    """
    rates = require_criterion(criterion)
    require_between(tolerance, 0, 1, name="tolerance")
    names, curves = curves_of(data, label, score, groups, criterion)
    two_by_two = len(groups) == 2 and all(data[name].nunique() == 2 for name in groups)
    if not two_by_two or len(curves) != 4 or len(rates) != 1:
        found = f"{len(groups)} attributes with {len(names)} groups, criterion {criterion!r}"
        raise BadGroups(found, "two attributes of two levels, and one rate", "Cut coarser: `pandas.cut` with two bins.")
    grid = np.linspace(LOWEST, HIGHEST, STEPS).round(2)
    chosen = _search(curves, [_places(curve, grid) for curve in curves], rates[0], tolerance)
    if chosen is None:
        remedy = "Widen the tolerance."
        raise InvalidSetting(f"tolerance={tolerance}", "one that thresholds on the grid can keep", remedy)
    return _result(tuple(groups), names, curves, (criterion, tolerance), [grid[place] for place in chosen])


def _places(curve: Curve, grid: np.ndarray) -> np.ndarray:
    """Return for each threshold of the grid its place on the curve."""
    return np.searchsorted(-curve.thresholds, -grid, side="right") - 1


def _search(curves: list[Curve], places: list[np.ndarray], rate: str, tolerance: float) -> list[int] | None:
    """Try all thresholds of the four groups, those of the first one by one; return the best four places, or None."""
    sizes = [_size(curve, rate) for curve in curves]
    hits = [curve.rates[rate][where] * size for curve, where, size in zip(curves, places, sizes, strict=True)]
    right = [curve.right[where] for curve, where in zip(curves, places, strict=True)]
    others = np.meshgrid(*[np.arange(STEPS)] * 3, indexing="ij")
    rest = sum(values[grid] for values, grid in zip(right[1:], others, strict=True))
    spread = [values[grid] for values, grid in zip(hits[1:], others, strict=True)]
    most, best = -1, None
    for first in range(STEPS):
        selected = [hits[0][first], *spread]
        fair = _apart(selected, sizes, BY_FIRST) <= tolerance
        fair &= _apart(selected, sizes, BY_SECOND) <= tolerance
        total = np.where(fair, right[0][first] + rest, -1)
        where = int(total.argmax())
        if total.flat[where] > most:
            most, best = total.flat[where], [first, *(int(k) for k in np.unravel_index(where, total.shape))]
    return best


def _apart(hits: list[np.ndarray], sizes: list[int], halves: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    """Return how far the rates of two halves of the four groups are apart."""
    one, other = ((hits[a] + hits[b]) / (sizes[a] + sizes[b]) for a, b in halves)
    return np.abs(one - other)


def _size(curve: Curve, rate: str) -> int:
    """Return how many rows of a group the rate is a share of."""
    negatives, positives = int(curve.right[0]), int(curve.right[-1])
    return {"n": negatives + positives, "positives": positives, "negatives": negatives}[ALONG[rate]]


def _result(
    groups: tuple[str, ...], names: list[str], curves: list[Curve], asked: tuple[str, float], limits: list[float]
) -> GroupThresholds:
    """Return the thresholds with what they reach on the rows they were found on."""
    places = [int(_places(curve, np.array([limit]))[0]) for curve, limit in zip(curves, limits, strict=True)]
    accuracy, difference = reached(curves, places, asked[0])
    named = {name: float(limit) for name, limit in zip(names, limits, strict=True)}
    return GroupThresholds(groups, named, *asked, accuracy, difference)
