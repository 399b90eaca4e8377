"""How far apart two distributions are: population stability index, Jensen–Shannon and Wasserstein distance.

All three are effect sizes: they say how much changed, whatever the number of rows. A p-value says whether chance alone
could have done it. An alarm should need both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadValue, EmptyWindow
from .sketch import Sketch, same_edges

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FLOOR = 1e-4  # a share below one in 10,000 counts as this much in the PSI, whose logarithm knows no zero
TENTHS = 10
OWN_BIN = 0.05  # a single number that makes up so much of the reference is a bin by itself


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of two samples of numbers.

    ks             largest distance of the distribution functions; a sketch finds at most `ks_error` too little
    psi, jensen_shannon   over the ten bins `edges` separates, each with a tenth of the reference where values allow
    wasserstein    in the column's own unit
    edges          upper bounds (excluded) of the bins but the last; `shares` are reference's and production's
    """

    ks: float
    ks_error: float
    psi: float
    jensen_shannon: float
    wasserstein: float
    edges: np.ndarray
    shares: tuple[np.ndarray, np.ndarray]


def shares(counts: ArrayLike) -> np.ndarray:
    """Return counts as shares of their sum. Raises BadValue if one is negative, EmptyWindow if all are zero."""
    found = np.asarray(counts, np.float64)
    if not (found >= 0).all():
        raise BadValue("a negative or missing count", "counts of 0 or more", "Pass counts or shares per bin.")
    if not found.sum():
        raise EmptyWindow("a distribution without a single value", "at least one", "Widen the window.")
    return found / found.sum()


def population_stability_index(reference: ArrayLike, production: ArrayLike) -> float:
    """Return the PSI of counts (or shares) in the same bins: sum of (p − r) · ln(p / r).

    It is Jeffreys' divergence in nats; credit scoring calls less than 0.1 stable, 0.1 to 0.25 worth a look, more a
    shift (Siddiqi, 2006). Shares below 0.0001 count as 0.0001, so that an empty bin adds much, but not infinity.
    """
    r, p = (np.maximum(shares(counts), FLOOR) for counts in (reference, production))
    return float(((p - r) * np.log(p / r)).sum())


def jensen_shannon_divergence(reference: ArrayLike, production: ArrayLike) -> float:
    """Return the Jensen–Shannon divergence in bits, 0 to 1: what a value tells about the window it is from.

    It is the mean of the Kullback–Leibler divergences (logarithm to base 2) of both from their mean (Lin, 1991).
    """
    r, p = shares(reference), shares(production)
    middle = (r + p) / 2
    nats = sum((s[s > 0] * np.log(s[s > 0] / middle[s > 0])).sum() for s in (r, p)) / 2
    return float(min(1.0, max(0.0, nats / np.log(2))))


def jensen_shannon_distance(reference: ArrayLike, production: ArrayLike) -> float:
    """Return the square root of the divergence, which is a metric: `scipy.spatial.distance.jensenshannon(base=2)`."""
    return float(np.sqrt(jensen_shannon_divergence(reference, production)))


def compare_sketches(reference: Sketch, production: Sketch) -> Distances:
    """Return all distances of two sketches with equal edges, in time that does not depend on the rows.

    Raises InvalidSetting if the edges differ, EmptyWindow if a sketch has no values.
    """
    same_edges(reference, production)
    r, p = shares(reference.counts), shares(production.counts)
    ks = float(
        np.abs(reference.counts.cumsum() / reference.total - production.counts.cumsum() / production.total).max()
    )
    cuts = bin_cuts(reference)
    coarse_r, coarse_p = (np.add.reduceat(fine, np.append(0, cuts + 1)) for fine in (r, p))
    return Distances(
        ks=ks,
        ks_error=min(reference.resolution, production.resolution),
        psi=population_stability_index(coarse_r, coarse_p),
        jensen_shannon=jensen_shannon_distance(coarse_r, coarse_p),
        wasserstein=_area_between(reference, production),
        edges=reference.edges[cuts],
        shares=(coarse_r, coarse_p),
    )


def bin_cuts(reference: Sketch) -> np.ndarray:
    """Return which edges separate the ten bins of PSI and Jensen–Shannon: the deciles of the reference.

    A decile is the first edge with at least so many tenths of the values below it. Deciles that fall together make
    fewer bins; a single number that holds a twentieth of the values or more becomes a bin of its own.
    """
    below = reference.counts.cumsum()[:-1]
    deciles = np.searchsorted(below, np.arange(1, TENTHS) * reference.total / TENTHS)
    single = np.flatnonzero(reference.edges[1:] == np.nextafter(reference.edges[:-1], np.inf))
    heavy = single[reference.counts[single + 1] >= OWN_BIN * reference.total]
    return np.unique(np.concatenate([deciles, heavy, heavy + 1]))


def _area_between(a: Sketch, b: Sketch) -> float:
    """Return the Wasserstein-1 distance: the area between both distribution functions, straight between edges."""
    curves = [_curve(sketch) for sketch in (a, b)]
    points = np.union1d(curves[0][0], curves[1][0])
    gap = np.interp(points, *curves[0]) - np.interp(points, *curves[1])
    left, right, width = gap[:-1], gap[1:], np.diff(points)
    height = np.abs(left) + np.abs(right)
    # Where the curves cross inside, two triangles take the place of the trapezium.
    crossed = left * right < 0
    twice = np.divide(left**2 + right**2, height, out=height.copy(), where=crossed)
    return float((width * twice).sum() / 2)


def _curve(sketch: Sketch) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners (value, share below it) of a distribution function that is straight between edges."""
    inside = (sketch.edges > sketch.minimum) & (sketch.edges <= sketch.maximum)
    ends = sketch.minimum, np.nextafter(sketch.maximum, np.inf)
    below = (sketch.counts.cumsum()[:-1] / sketch.total)[inside]
    return np.concatenate([ends[:1], sketch.edges[inside], ends[1:]]), np.concatenate([[0.0], below, [1.0]])
