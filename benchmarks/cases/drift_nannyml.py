"""Univariate drift by NannyML, in its environment: its three methods for numbers, two for levels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable

NUMBERS = ("kolmogorov_smirnov", "jensen_shannon", "wasserstein")
LEVELS = ("chi2", "jensen_shannon")


def cases(reference: str, production: str) -> dict[str, Callable[[], object]]:
    """Return the one case: fit on the reference, one chunk of production compared with it."""
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    warnings.simplefilter("ignore")
    import nannyml
    import pandas as pd

    a, b = pd.read_parquet(reference), pd.read_parquet(production)

    def compare() -> object:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=list(a.columns),
            continuous_methods=list(NUMBERS),
            categorical_methods=list(LEVELS),
            chunk_number=1,
        )
        return calculator.fit(a).calculate(b)

    return {"all": compare}
