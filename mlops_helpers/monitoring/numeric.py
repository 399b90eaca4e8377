"""Compare a numeric column, from two sketches or from the sorted values of both windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .comparison import Comparison
from .distances import Distances, compare_sketches
from .ks import KsTest, ks_p_value, ks_test_of
from .ordered import compare_ordered
from .sketch import Sketch


def compare_numbers(column: str, reference: Sketch, production: Sketch, *, ks: KsTest | None = None) -> Comparison:
    """Return the comparison of two sketches with equal edges; an exact test may take the place of the sketch's KS.

    Without `ks` the statistic is the largest distance at an edge, below the exact one by at most
    `Distances.ks_error`; its p-value is of the limiting or the finite law.
    """
    missing = reference.missing, production.missing
    sizes = reference.total, production.total
    if not all(sizes):
        return _without_values(column, sizes, missing)
    found = compare_sketches(reference, production)
    if ks is None:
        p_value, law = ks_p_value(found.ks, *sizes)
        ks = KsTest(found.ks, p_value, f"{law} law, sketch")
    ends = reference.minimum, reference.maximum, production.minimum, production.maximum
    scale = float(np.sqrt(reference.variance))
    return _comparison(_without_values(column, sizes, missing), found, ks, ends, scale)


def compare_sorted(column: str, a: np.ndarray, b: np.ndarray, *, missing: tuple[int, int]) -> Comparison:
    """Return the comparison of sorted, finite numbers; `missing` are the rows without a value in both windows."""
    nothing = _without_values(column, (len(a), len(b)), missing)
    if not len(a) or not len(b):
        return nothing
    found = compare_ordered(a, b)
    ks = ks_test_of(found.ks, a, b)
    return _comparison(nothing, found, ks, (a[0], a[-1], b[0], b[-1]), float(a.std()))


def _without_values(column: str, sizes: tuple[int, int], missing: tuple[int, int]) -> Comparison:
    """Return what is known before anything is compared."""
    counts = dict(zip(("n_reference", "n_production"), map(int, sizes), strict=True))
    gaps = dict(zip(("missing_reference", "missing_production"), map(int, missing), strict=True))
    return Comparison(column, "numeric", **counts, **gaps)


def _comparison(start: Comparison, found: Distances, ks: KsTest, ends: tuple, scale: float) -> Comparison:
    """Return the comparison; `ends` are smallest and largest value of reference, then of production."""
    return replace(
        start,
        statistic=ks.statistic,
        p_value=ks.p_value,
        test=f"Kolmogorov–Smirnov ({ks.law})",
        psi=found.psi,
        jensen_shannon=found.jensen_shannon,
        wasserstein=found.wasserstein / scale if scale > 0 else None,
        constant=len(set(ends)) == 1,
        bins=_bin_names(found.edges.tolist(), ends[1] - ends[0]),
        shares=(tuple(found.shares[0].tolist()), tuple(found.shares[1].tolist())),
    )


def _bin_names(edges: list[float], spread: float) -> tuple[str, ...]:
    """Return what to write at each bin: "≤ 2.5", "2.5 – 3.1", "= 4" for a single number, "> 7"."""
    digits = int(np.clip(2 - np.floor(np.log10(spread)), 0, 12)) if spread > 0 else 3
    texts = [f"{edge:.{digits}f}" if 1e-6 < abs(edge) < 1e9 or not edge else f"{edge:.4g}" for edge in edges]
    # An edge just above a number that is shorter to write stands for that number, which is below the edge.
    above = [len(repr(float(np.nextafter(edge, -np.inf)))) < len(repr(edge)) for edge in edges]
    inner = [
        f"= {texts[i]}" if edges[i + 1] == np.nextafter(edges[i], np.inf) else f"{texts[i]} – {texts[i + 1]}"
        for i in range(len(edges) - 1)
    ]
    return (f"{'≤' if above[0] else '<'} {texts[0]}", *inner, f"{'>' if above[-1] else '≥'} {texts[-1]}")
