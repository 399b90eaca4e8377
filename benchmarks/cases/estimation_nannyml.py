"""The same by NannyML, in the environment of NannyML."""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Callable

from benchmarks.cases.estimation import CHUNKS, METRICS, windows

CLOSE = 1e-6


def cases(expected: str) -> dict[str, Callable[[], object]]:
    """Return both cases, after NannyML's estimates were compared with ours (JSON: metric -> a value per chunk)."""
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import nannyml

    names = {"y_pred_proba": "score", "y_pred": "predicted", "y_true": "label"}
    options = {**names, "problem_type": "classification_binary", "metrics": METRICS, "chunk_number": CHUNKS}
    reference, production = windows()

    def estimate() -> object:
        return nannyml.CBPE(**options).fit(reference).estimate(production).filter(period="analysis").to_df()

    def realised() -> object:
        return nannyml.PerformanceCalculator(**options).fit(reference).calculate(production).to_df()

    _compare(estimate(), json.loads(expected))
    return {"estimate": estimate, "realised": realised}


def _compare(table: object, expected: dict[str, list[float]]) -> None:
    for metric, ours in expected.items():
        apart = max(abs(one - other) for one, other in zip(table[metric, "value"], ours, strict=True))
        if apart > CLOSE:
            raise ValueError(f"{metric}: estimates are up to {apart} apart, so this is not the same work")
