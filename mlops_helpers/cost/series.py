"""Series of numbers that a bill or a simulation is made from: checked before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import BadSeries

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def need_series(values: ArrayLike, what: str) -> np.ndarray:
    """Return numbers as floats, shape (n,). Raises BadSeries unless there are some, all finite and none below 0."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadSeries(f"{what}: {error}", "numbers", "Look at the column's type.") from None
    if found.ndim != 1 or not len(found):
        raise BadSeries(f"{what} of shape {found.shape}", "one column with at least one row", "Pass one series.")
    if not np.isfinite(found).all() or found.min() < 0:
        bad = int((~np.isfinite(found) | (found < 0)).argmax())
        raise BadSeries(f"{what}: {found[bad]} in row {bad}", "finite numbers of at least 0", "Clean the series first.")
    return found


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the smallest value with at least `share` of all weight at or below it; NaN without weight.

    `values` and `weights` have shape (n,).
    """
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    if not below[-1]:
        return float("nan")
    return float(values[order][np.searchsorted(below, share * below[-1])])
