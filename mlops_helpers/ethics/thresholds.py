"""Mitigation after training: a threshold for each group, found exactly on the groups' ROC curves.

Whatever the model, its scores stay; only where the line is drawn differs by group (the idea: Hardt, Price and Srebro,
NeurIPS 2016, who draw lots where no thresholds are equal; here nobody's case is decided by lot). Among all thresholds
that keep the criterion's rates within `tolerance` of each other, those with the most right decisions are taken.

How: rates rise as a threshold falls. So the thresholds that put a rate between r and r + tolerance are neighbours, and
the best of neighbours is looked up in a table of maxima. Every r that could be the lowest rate is tried. Equalized odds
bind two rates, and trying all pairs would take too long: there the search is near to exact, around 600 points of each
group's curve, which stand at the lower end, in the middle and at the upper end of either rate's span.

Treating groups by different thresholds is treating people differently because of their group. Where that is unlawful,
as for credit in many countries, this is a measuring rod and no remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops_helpers.ethics.checks import (
    names_of,
    require_between,
    require_columns,
    require_equal,
    require_rows,
    require_same_index,
    unit_scores,
    zero_one,
)
from mlops_helpers.ethics.criteria import require_criterion
from mlops_helpers.ethics.errors import InvalidSetting, UndefinedRate
from mlops_helpers.ethics.groups import groups_from, groups_of, require_several

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

MOST = 5000  # thresholds tried per group; of more different scores, so many evenly spaced ones
ANCHORS = 600  # points of each curve around which two rates are tried together
BOUND = ("demographic parity", "equal opportunity", "predictive equality", "equalized odds")
SLACK = 1e-12  # rates are fractions of whole numbers: equal ones may differ by rounding


@dataclass(frozen=True)
class GroupThresholds:
    """One threshold per group: a row is selected if its score is at least that of its group.

    thresholds   by group, "Female" or "Female & 40+"; infinite where nobody is selected
    criterion, tolerance   what was asked for
    accuracy, difference   share of right decisions and largest difference, on the rows it was found on
    """

    attributes: tuple[str, ...]
    thresholds: dict[str, float]
    criterion: str
    tolerance: float
    accuracy: float
    difference: float

    def decide(self, score: npt.ArrayLike, groups: pd.DataFrame | pd.Series | npt.ArrayLike) -> np.ndarray:
        """Return decisions, 0 and 1, shape (n,); of several attributes pass a table in the order of `attributes`.

        Raises InvalidSetting for a group that has no threshold, BadLabels for a score outside 0..1 or a missing one,
        UnequalLengths for scores and groups of different rows.
        """
        require_same_index({"scores": score, "groups": groups})
        scores, grouped = unit_scores(score, "the score"), groups_from(groups)
        require_equal({"scores": len(scores), "groups": len(grouped.codes)})
        missing = [grouped.labels[place] for place in grouped.present if grouped.labels[place] not in self.thresholds]
        if missing:
            found = f"the groups {missing}, which have no threshold"
            raise InvalidSetting(found, f"only {list(self.thresholds)}", "Find thresholds on rows that have them.")
        limits = np.array([self.thresholds.get(label, np.inf) for label in grouped.labels])
        return (scores >= limits[grouped.codes]).astype(np.int64)


@dataclass(frozen=True)
class Curve:
    """The ROC curve of one group: for each threshold, falling, the rates and the number of right decisions."""

    thresholds: np.ndarray
    rates: dict[str, np.ndarray]
    right: np.ndarray
    maxima: list[np.ndarray]

    @classmethod
    def of(cls, score: np.ndarray, label: np.ndarray) -> Curve:
        """Sort the scores once; the first threshold selects nobody, the last everybody."""
        order = np.argsort(-score, kind="stable")
        score, label = score[order], label[order].astype(np.int64)
        last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # equal scores stay together
        if len(last) > MOST:
            last = last[np.linspace(0, len(last) - 1, MOST).round().astype(int)]
        hits = np.append(0, np.cumsum(label)[last])
        alarms = np.append(0, last + 1) - hits
        positives, negatives = int(label.sum()), int(len(label) - label.sum())
        rates = {
            "selection_rate": (hits + alarms) / len(label),
            "tpr": hits / positives if positives else np.full(len(hits), np.nan),
            "fpr": alarms / negatives if negatives else np.full(len(hits), np.nan),
        }
        right = hits + negatives - alarms
        return cls(np.append(np.inf, score[last]), rates, right, _maxima(right))

    def within(self, low: dict[str, np.ndarray], tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and last threshold that put each rate between `low` and `low` + tolerance."""
        first, last = 0, len(self.right) - 1
        for name, values in low.items():
            first = np.maximum(first, np.searchsorted(self.rates[name], values - SLACK, side="left"))
            above = np.searchsorted(self.rates[name], values + tolerance + SLACK, side="right")
            last = np.minimum(last, above - 1)
        return first, last

    def best(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the most right decisions between two thresholds, -1 where there is none between them."""
        length = last - first + 1
        level = np.frexp(np.maximum(length, 1))[1] - 1  # the largest power of two that fits
        table = np.array(self.maxima)
        found = np.maximum(table[level, np.minimum(first, len(self.right) - 1)], table[level, last - (1 << level) + 1])
        return np.where(length > 0, found, -1)


def group_thresholds(
    data: pd.DataFrame,
    *,
    label: str,
    score: str,
    groups: str | Sequence[str],
    criterion: str = "equal opportunity",
    tolerance: float = 0.0,
) -> GroupThresholds:
    """Find the thresholds with the most right decisions among all that keep the criterion within `tolerance`.

    criterion   "demographic parity", "equal opportunity", "predictive equality" or "equalized odds"

    Find them on rows that the model was not trained on, and measure them on others again.
    Raises MissingColumn, EmptyData, BadLabels, BadGroups, OneGroup, InvalidSetting, and UndefinedRate for a group
    without the rate, such as one without positives.
    """
    names, curves = curves_of(data, label, score, groups, criterion)
    chosen = search(curves, criterion, tolerance)
    return _named(tuple(names_of(groups, "groups")), names, curves, chosen, (criterion, tolerance))


def curves_of(
    data: pd.DataFrame, label: str, score: str, groups: str | Sequence[str], criterion: str
) -> tuple[list[str], list[Curve]]:
    """Return the groups that have rows and their curves, after a look at everything that `group_thresholds` refuses."""
    rates = require_criterion(criterion)
    if criterion not in BOUND:
        raise InvalidSetting(f"criterion={criterion!r}", f"one of {BOUND}", "A threshold cannot be searched for it.")
    by = names_of(groups, "groups")
    require_columns(data.columns, [label, score, *by])
    require_rows(data)
    y, scores, grouped = zero_one(data[label], "the label"), unit_scores(data[score], "the score"), groups_of(data, by)
    require_several(grouped)
    names, curves = [], []
    for place in grouped.present:
        rows = grouped.codes == place
        names.append(grouped.labels[place])
        curves.append(Curve.of(scores[rows], y[rows]))
        for rate in rates:
            if np.isnan(curves[-1].rates[rate][0]):
                found = f"{names[-1]!r}, where {rate} is undefined: its {rows.sum():,} labels are all alike"
                raise UndefinedRate(found, "both labels in each group", "Join small groups, or leave this one out.")
    return names, curves


def search(curves: list[Curve], criterion: str, tolerance: float) -> list[int]:
    """Return for each curve the place of its threshold. Raises InvalidSetting for a tolerance outside 0..1."""
    require_between(tolerance, 0, 1, name="tolerance")
    low = _lowest(curves, require_criterion(criterion), tolerance)
    spans = [curve.within(low, tolerance) for curve in curves]
    found = np.array([curve.best(*span) for curve, span in zip(curves, spans, strict=True)])
    total = np.where((found >= 0).all(axis=0), found.sum(axis=0), -1)
    where = int(total.argmax())
    return [
        int(first[where] + curve.right[first[where] : last[where] + 1].argmax())
        for curve, (first, last) in zip(curves, spans, strict=True)
    ]


def _lowest(curves: list[Curve], rates: tuple[str, ...], tolerance: float) -> dict[str, np.ndarray]:
    """Return the values to try as the lowest rate of a group, by rate; for two rates in pairs."""
    if len(rates) == 1:
        return {rates[0]: np.unique(np.concatenate([curve.rates[rates[0]] for curve in curves]))}
    some = [np.linspace(0, len(curve.right) - 1, min(ANCHORS, len(curve.right))).astype(int) for curve in curves]
    steps = np.array([0, tolerance / 2, tolerance])
    shifts = [shift.ravel()[:, None] for shift in np.meshgrid(*[steps] * len(rates), indexing="ij")]
    found = {}
    for name, shift in zip(rates, shifts, strict=True):
        values = np.concatenate([curve.rates[name][places] for curve, places in zip(curves, some, strict=True)])
        found[name] = np.maximum(values - shift, 0).ravel()
    return found


def _maxima(values: np.ndarray) -> list[np.ndarray]:
    """Return the largest of 1, 2, 4, … neighbours from each place on (a sparse table), padded to one length."""
    tables, width = [values], 1
    while 2 * width <= len(values):
        before = tables[-1]
        shifted = np.append(before[width:], np.full(width, -1))
        tables.append(np.maximum(before, shifted))
        width *= 2
    return tables


def _named(
    attributes: tuple[str, ...], names: list[str], curves: list[Curve], chosen: list[int], asked: tuple[str, float]
) -> GroupThresholds:
    """Return the result with what it reaches."""
    limits = {name: float(curve.thresholds[k]) for name, curve, k in zip(names, curves, chosen, strict=True)}
    accuracy, difference = reached(curves, chosen, asked[0])
    return GroupThresholds(attributes, limits, *asked, accuracy, difference)


def reached(curves: list[Curve], chosen: list[int], criterion: str) -> tuple[float, float]:
    """Return the share of right decisions and the largest difference at the chosen places."""
    rows = sum(int(curve.right[0] + curve.right[-1]) for curve in curves)  # negatives and positives
    right = sum(int(curve.right[k]) for curve, k in zip(curves, chosen, strict=True))
    gaps = [
        np.ptp([curve.rates[name][k] for curve, k in zip(curves, chosen, strict=True)])
        for name in require_criterion(criterion)
    ]
    return right / rows, float(max(gaps))
