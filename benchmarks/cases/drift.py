"""Drift of two windows: the exact KS statistic, sketches, the whole report; and scipy's KS test for comparison."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.drifting import NUMERIC, windows


def cases(folder: str, rows: str) -> dict[str, Callable[[], object]]:
    """Return the cases; the exact statistics are compared with scipy's first."""
    import pandas as pd
    from scipy.stats import ks_2samp

    from mlops_helpers.monitoring.distances import compare_sketches
    from mlops_helpers.monitoring.drift import detect_drift
    from mlops_helpers.monitoring.ks import ks_test
    from mlops_helpers.monitoring.sketch import Sketch

    reference, production = (pd.read_parquet(path) for path in windows(Path(folder), int(rows)))
    names = list(reference.columns[:NUMERIC])
    pairs = [(reference[name].to_numpy(), production[name].to_numpy()) for name in names]

    def sketched() -> list:
        found = []
        for a, b in pairs:
            kept = Sketch.of(a)
            found.append(compare_sketches(kept, Sketch.of(b, like=kept)))
        return found

    def scipy() -> list[float]:
        return [ks_2samp(a, b, method="asymp").statistic for a, b in pairs]

    exact = scipy()
    if [ks_test(a, b).statistic for a, b in pairs] != exact:
        raise ValueError("the exact KS statistics are not scipy's")
    if max(abs(found.ks - statistic) for found, statistic in zip(sketched(), exact, strict=True)) > 0.001:
        raise ValueError("a KS statistic from sketches is off by more than 0.001")
    return {
        "scipy": scipy,
        "exact": lambda: [ks_test(a, b) for a, b in pairs],
        "sketch": sketched,
        "report": lambda: detect_drift(reference, production),
    }
