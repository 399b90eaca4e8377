"""The drift preset of Evidently on the same windows, in its environment."""

from __future__ import annotations

import warnings
from collections.abc import Callable


def cases(reference: str, production: str) -> dict[str, Callable[[], object]]:
    """Return the preset as it comes, and with the tests our report makes (KS and chi-squared)."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from evidently import Report
    from evidently.presets import DataDriftPreset

    a, b = pd.read_parquet(reference), pd.read_parquet(production)
    return {
        "preset": lambda: Report([DataDriftPreset()]).run(b, a),
        "tests": lambda: Report([DataDriftPreset(num_method="ks", cat_method="chisquare")]).run(b, a),
    }
