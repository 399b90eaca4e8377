"""Values of one column as plain arrays: what is missing leaves, what cannot be judged is refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import BadValue

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def numbers(values: ArrayLike) -> np.ndarray:
    """Return values as float64 in one dimension; pandas' nulls and None become NaN. Raises BadValue for text."""
    try:
        if hasattr(values, "to_numpy"):
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(values, dtype=np.float64).ravel()
    except (TypeError, ValueError) as error:
        remedy = "Convert the column, or compare it as categories."
        raise BadValue(f"values that are no numbers ({error})", "numbers", remedy) from error


def finite_numbers(values: ArrayLike) -> np.ndarray:
    """Return the numbers that are not NaN, without a copy where all are. Raises BadValue for infinite ones or text."""
    found = numbers(values)
    if len(found) and np.isnan(found.min()):
        found = found[~np.isnan(found)]
    if len(found) and not (np.isfinite(found.min()) and np.isfinite(found.max())):
        count = f"{np.isinf(found).sum():,} infinite values"
        raise BadValue(count, "finite numbers or missing ones", "Find the division by zero; treat them as missing.")
    return found
