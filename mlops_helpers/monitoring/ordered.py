"""All distances of two small samples, exactly, from their sorted values.

Up to some ten thousand values, sorting is as fast as sketching. The rules are those of `distances`, with the same bins.
"""

from __future__ import annotations

import numpy as np

from .distances import OWN_BIN, TENTHS, Distances, jensen_shannon_distance, population_stability_index

ORDERED_ROWS = 20_000


def compare_ordered(a: np.ndarray, b: np.ndarray) -> Distances:
    """Return the distances of sorted, finite numbers (at least one each): reference `a` and production `b`."""
    edges = bin_edges(a)
    counts_a, counts_b = (np.diff(x.searchsorted(edges), prepend=0, append=len(x)) for x in (a, b))
    ks, area = _gap(a, b)
    return Distances(
        ks=ks,
        ks_error=0.0,
        psi=population_stability_index(counts_a, counts_b),
        jensen_shannon=jensen_shannon_distance(counts_a, counts_b),
        wasserstein=area,
        edges=edges,
        shares=(counts_a / len(a), counts_b / len(b)),
    )


def bin_edges(a: np.ndarray) -> np.ndarray:
    """Return the edges of the bins for PSI: just above each decile, and around each value with its own bin."""
    deciles = a[-(-np.arange(1, TENTHS) * len(a) // TENTHS) - 1]  # the smallest value with k tenths at or below it
    # A value that often is met at least once by a walk in steps of its share.
    often = np.unique(a[:: max(1, int(OWN_BIN * len(a)))])
    often = often[a.searchsorted(often, "right") - a.searchsorted(often) >= OWN_BIN * len(a)]
    return np.unique(np.concatenate([np.nextafter(deciles, np.inf), often, np.nextafter(often, np.inf)]))


def _gap(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Return the largest distance of both distribution functions (KS) and the area between them (Wasserstein)."""
    both = np.concatenate([a, b])
    order = both.argsort(kind="stable")  # merges the two sorted halves
    upto_a = (order < len(a)).cumsum()
    upto_b = np.arange(1, len(both) + 1) - upto_a
    gap = np.abs(upto_a / len(a) - upto_b / len(b))[:-1]
    step = np.diff(both[order])
    area = float((gap * step).sum())  # BLAS would wake its threads for `gap @ step`, which takes far longer
    return float(gap.max(where=step > 0, initial=0.0)), area
