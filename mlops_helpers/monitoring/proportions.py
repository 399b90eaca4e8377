"""Shares of categories: are two tables of counts from the same distribution, and did a share change?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .distances import shares
from .errors import InvalidSetting

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ENOUGH = 5  # an expected count below this makes the limiting law of chi-squared and z doubtful (Cochran, 1954)


@dataclass(frozen=True)
class ChiSquared:
    """Pearson's test of homogeneity of two windows over k levels.

    statistic, p_value, freedom (k - 1)     after levels with an expected count below 5 were put together
    cramers_v   effect size from 0 to 1: the square root of statistic / rows (two windows have one degree of freedom)
    pooled      how many levels were put together
    """

    statistic: float
    p_value: float
    freedom: int
    cramers_v: float
    pooled: int


def chi_squared(reference: ArrayLike, production: ArrayLike) -> ChiSquared:
    """Test counts of the same levels in both windows, without Yates' correction.

    Levels expected less than 5 times in either window are pooled into one; if that one is still expected too rarely,
    the next rarest level joins it. One level left means nothing to test: statistic 0, p-value 1.
    Raises InvalidSetting for tables of different length, EmptyWindow for a window without counts.
    """
    counts = [np.asarray(column, np.float64) for column in (reference, production)]
    if counts[0].shape != counts[1].shape:
        found = f"{counts[0].size} and {counts[1].size} counts"
        raise InvalidSetting(found, "the same levels in both windows", "Give a level that is absent the count 0.")
    for column in counts:
        shares(column)  # refuses negative counts and empty windows
    both = counts[0] + counts[1]
    smaller = min(counts[0].sum(), counts[1].sum()) / both.sum()
    groups = _pool_rare(both, smaller)
    observed = np.array([np.bincount(groups, weights=column) for column in counts])
    freedom, pooled = observed.shape[1] - 1, len(both) - observed.shape[1]
    if not freedom:
        return ChiSquared(0.0, 1.0, 0, 0.0, pooled + (pooled > 0))
    from scipy.special import chdtrc

    expected = np.outer(observed.sum(axis=1), shares(observed.sum(axis=0)))
    statistic = float((np.square(observed - expected) / expected).sum())
    v = float(np.sqrt(statistic / observed.sum()))
    return ChiSquared(statistic, float(chdtrc(freedom, statistic)), freedom, v, pooled + (pooled > 0))


def _pool_rare(both: np.ndarray, smaller: float) -> np.ndarray:
    """Return the group of each level; the rare ones share group 0. `smaller` is the smaller window's share of rows."""
    order = np.argsort(both, kind="stable")
    rising = both[order] * smaller
    rare = int((rising < ENOUGH).sum())
    if rare:
        while rare < len(both) and rising[:rare].sum() < ENOUGH:
            rare += 1
    groups = np.empty(len(both), np.intp)
    groups[order] = np.maximum(np.arange(len(both)) - max(rare - 1, 0), 0)
    return groups


def share_change(reference: tuple[int, int], production: tuple[int, int]) -> float:
    """Return the two-sided p-value that a share is the same in two windows, each given as (hits, rows).

    The pooled two-proportion z-test; Fisher's exact test where an expected count is below 5. Two shares of 0, or two
    of 1, give 1. Raises InvalidSetting unless 0 <= hits <= rows and rows >= 1.
    """
    (hits, rows), (other_hits, other_rows) = reference, production
    if not (0 <= hits <= rows and 0 <= other_hits <= other_rows and rows and other_rows):
        found = f"{reference} and {production}"
        raise InvalidSetting(found, "0 <= hits <= rows and at least one row", "Pass (hits, rows) of each window.")
    pooled = (hits + other_hits) / (rows + other_rows)
    if pooled in (0.0, 1.0):
        return 1.0
    if min(pooled, 1 - pooled) * min(rows, other_rows) < ENOUGH:
        from scipy.stats import fisher_exact

        table = [[hits, rows - hits], [other_hits, other_rows - other_hits]]
        return float(fisher_exact(table).pvalue)
    from scipy.special import erfc

    deviation = np.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / other_rows))
    return float(erfc(abs(hits / rows - other_hits / other_rows) / deviation / np.sqrt(2)))
