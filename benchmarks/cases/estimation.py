"""Performance of a million predictions in ten chunks: estimated without labels, and realised with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROWS, CHUNKS = 1_000_000, 10
METRICS = ["roc_auc", "accuracy", "precision", "recall"]


def windows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return reference and production: scores that overstate the probability, predictions and labels."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    frames = []
    for shape in (5, 4):
        score = rng.beta(2, shape, ROWS)
        label = rng.random(ROWS) < score**1.4
        frames.append(
            pd.DataFrame({"score": score, "predicted": (score >= 0.5).astype(int), "label": label.astype(int)})
        )
    return frames[0], frames[1]


def estimated(reference: pd.DataFrame, production: pd.DataFrame) -> pd.DataFrame:
    """Return our estimates, calibration and limits learnt from the reference."""
    from mlops_helpers.monitoring import PerformanceEstimator

    estimator = PerformanceEstimator.fit(reference, score="score", label="label")
    return estimator.estimate(production, by=ROWS // CHUNKS)


def cases() -> dict[str, Callable[[], object]]:
    """Return both ways of knowing."""
    from mlops_helpers.monitoring import realised_performance

    reference, production = windows()
    return {
        "estimate": lambda: estimated(reference, production),
        "realised": lambda: realised_performance(production, score="score", label="label", by=ROWS // CHUNKS),
    }
