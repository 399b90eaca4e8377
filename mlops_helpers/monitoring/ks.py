"""The two-sample Kolmogorov–Smirnov test, exact, without sorting the samples.

D is the largest distance between two empirical distribution functions, F of the reference and G of production. Both
rise, so inside a grid cell F − G cannot exceed F at the cell's end minus G at its start. Almost every cell is ruled out
by that bound; only the values of the few that could hold the largest distance are sorted and looked at one by one.

Ties are counted, not broken: F(x) is the share of values at or below x (Hodges, 1958, gives the test and its laws).
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import EmptyWindow
from .grid import Grid, mixed_cells
from .values import finite_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LOGGER = logging.getLogger(__name__)
EXACT_ROWS = 200  # up to so many values in each sample, all paths are counted,
KSTWO_ROWS = 1000  # up to this effective size n·m/(n+m), the law of a one-sample D of finite size is taken


@dataclass(frozen=True)
class KsTest:
    """`statistic` D between 0 and 1, its `p_value`, and the `law` the p-value was taken from.

    exact law       counts every order the values could come in
    finite law      of D for one sample of the effective size n·m/(n+m), `scipy.stats.kstwo`
    limiting law    Kolmogorov's, corrected so that its error is below 1e-4
    """

    statistic: float
    p_value: float
    law: str


def ks_test(reference: ArrayLike, production: ArrayLike) -> KsTest:
    """Return the two-sided test of two samples of numbers; NaN is left out.

    Raises EmptyWindow if a sample has no value, BadValue for infinite values or text.
    """
    a, b = finite_numbers(reference), finite_numbers(production)
    if not len(a) or not len(b):
        remedy = "Widen the window, or look at the column's missing share."
        raise EmptyWindow(f"{len(a)} and {len(b)} values", "at least one value in each sample", remedy)
    return ks_test_of(ks_statistic(a, b), a, b)


def ks_test_of(statistic: float, a: np.ndarray, b: np.ndarray) -> KsTest:
    """Return the test for a statistic that is known already."""
    if max(len(a), len(b)) <= EXACT_ROWS:
        from scipy.stats import ks_2samp

        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                return KsTest(statistic, float(ks_2samp(a, b, method="exact").pvalue), "exact law")
            except RuntimeWarning as warning:  # rounding may carry scipy's count of the paths beyond 1
                LOGGER.debug("No exact p-value: %s", warning)
    p_value, law = ks_p_value(statistic, len(a), len(b))
    return KsTest(statistic, p_value, f"{law} law")


def ks_statistic(a: np.ndarray, b: np.ndarray) -> float:
    """Return D of two samples of finite numbers, the same as `scipy.stats.ks_2samp` to the last bit."""
    grid = Grid.around(a, b)
    cells_a, cells_b = grid.cells(a), grid.cells(b)
    held_a, held_b = grid.count(cells_a), grid.count(cells_b)
    upto_a, upto_b = held_a.cumsum(), held_b.cumsum()
    best = float(np.abs(upto_a / len(a) - upto_b / len(b)).max())
    above = upto_a / len(a) - (upto_b - held_b) / len(b)
    below = upto_b / len(b) - (upto_a - held_a) / len(a)
    undecided = (np.maximum(above, below) > best) & (held_a > 0) & (held_b > 0)
    if (held_a + held_b)[undecided].sum() > len(a) // 8:
        undecided &= mixed_cells(len(undecided), (a, cells_a), (b, cells_b))[0]
    if not undecided.any():
        return best
    inner = tuple(
        (np.sort(values[undecided[cells]]), np.where(undecided, 0, held).cumsum(), len(values))
        for values, cells, held in ((a, cells_a, held_a), (b, cells_b, held_b))
    )
    points = np.concatenate([inner[0][0], inner[1][0]])
    at = grid.cells(points)
    f, g = ((skipped[at] + np.searchsorted(kept, points, side="right")) / rows for kept, skipped, rows in inner)
    return max(best, float(np.abs(f - g).max(initial=0.0)))


def ks_p_value(statistic: float, n: int, m: int) -> tuple[float, str]:
    """Return the p-value of D for samples of n and m values, and the law used ("finite" or "limiting").

    The limit is Kolmogorov's (1933), its argument corrected for finite samples by Vrbik (2018).
    """
    size = n * m / (n + m)
    if size <= KSTWO_ROWS:
        from scipy.stats import kstwo

        return float(np.clip(kstwo.sf(statistic, round(size)), 0.0, 1.0)), "finite"
    from scipy.special import kolmogorov

    z = np.sqrt(size) * statistic
    corrected = z + 1 / (6 * np.sqrt(size)) + (z - 1) / (4 * size)
    return float(kolmogorov(corrected)), "limiting"
