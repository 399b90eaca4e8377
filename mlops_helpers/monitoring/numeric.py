"""Compare a numeric column: everything but the exact KS statistic is read from two sketches."""

from __future__ import annotations

import numpy as np

from .comparison import Comparison
from .distances import SketchDistances, compare_sketches
from .ks import KsTest, ks_p_value
from .sketch import Sketch


def compare_numbers(column: str, reference: Sketch, production: Sketch, *, ks: KsTest | None = None) -> Comparison:
    """Return the comparison of two sketches with equal edges; an exact test may take the place of the sketch's KS.

    Without `ks` the statistic is the largest distance at an edge, below the exact one by at most
    `SketchDistances.ks_error`; its p-value is of the limiting or the finite law.
    """
    facts = {
        "n_reference": reference.total,
        "n_production": production.total,
        "missing_reference": reference.missing,
        "missing_production": production.missing,
    }
    if not reference.total or not production.total:
        return Comparison(column, "numeric", **facts)
    found = compare_sketches(reference, production)
    if ks is None:
        p_value, law = ks_p_value(found.ks, reference.total, production.total)
        ks = KsTest(found.ks, p_value, f"{law}, sketch")
    return Comparison(
        column,
        "numeric",
        **facts,
        statistic=ks.statistic,
        p_value=ks.p_value,
        test=f"Kolmogorov–Smirnov ({ks.law})",
        psi=found.psi,
        jensen_shannon=found.jensen_shannon,
        wasserstein=found.wasserstein / np.sqrt(reference.variance) if reference.variance > 0 else None,
        constant=_range(reference) == _range(production) and reference.minimum == reference.maximum,
        bins=_bin_names(found, reference),
        shares=(tuple(found.shares[0].tolist()), tuple(found.shares[1].tolist())),
    )


def _range(sketch: Sketch) -> tuple:
    return sketch.minimum, sketch.maximum


def _bin_names(found: SketchDistances, reference: Sketch) -> tuple[str, ...]:
    """Return what to write at each bin: "< 2.5", "2.5 – 3.1", "= 4" for a single number, "≥ 7"."""
    edges = found.edges.tolist()
    if not edges:
        return ("all",)
    step = (reference.maximum - reference.minimum) or abs(reference.maximum) or 1.0
    digits = max(0, min(12, 2 - int(np.floor(np.log10(step)))))
    texts = [f"{edge:.{digits}f}" if 1e-6 < abs(edge) < 1e9 or not edge else f"{edge:.4g}" for edge in edges]
    inner = [
        f"= {texts[i]}" if edges[i + 1] == np.nextafter(edges[i], np.inf) else f"{texts[i]} – {texts[i + 1]}"
        for i in range(len(edges) - 1)
    ]
    return (f"< {texts[0]}", *inner, f"≥ {texts[-1]}")
