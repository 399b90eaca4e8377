"""Metrics of six groups (two attributes) over a million decisions: by `ethics.group_metrics` and by fairlearn.

Both give every group its selection rate, accuracy, true- and false-positive rate, once from columns of text and once
from categories, whose codes are ready. On a part of the rows both have to agree to 1e-12 before anything is timed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000_000
CHECKED = 20_000
RATES = ("selection_rate", "accuracy", "tpr", "fpr")


def cases(rows: str = str(ROWS)) -> dict[str, Callable[[], object]]:
    """Return both ways from text and from categories, and the frontier of 100 points."""
    from mlops_helpers.ethics.fairness import group_metrics
    from mlops_helpers.ethics.frontier import fairness_frontier

    warnings.simplefilter("ignore")  # fairlearn's own, about pandas
    texts = decisions(int(rows))
    codes = texts.astype({"sex": "category", "band": "category"})

    def ours(frame: pd.DataFrame) -> pd.DataFrame:
        report = group_metrics(frame, label="y", prediction="p", groups=["sex", "band"])
        return report.by_group[list(RATES)]

    for frame in (texts.head(CHECKED), codes.head(CHECKED)):
        apart = (ours(frame).sort_index().to_numpy() - theirs(frame).sort_index().to_numpy().astype(float)).ravel()
        if abs(apart).max() > 1e-12:
            raise ValueError(f"rates differ from those of fairlearn by {abs(apart).max()}: not the same work")
    return {
        "texts": lambda: ours(texts),
        "codes": lambda: ours(codes),
        "fairlearn texts": lambda: theirs(texts),
        "fairlearn codes": lambda: theirs(codes),
        "frontier": lambda: fairness_frontier(texts, label="y", score="score", groups="sex", points=100),
    }


def theirs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rates by fairlearn's MetricFrame."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score

    functions = (selection_rate, accuracy_score, true_positive_rate, false_positive_rate)
    metrics = dict(zip(RATES, functions, strict=True))
    groups = frame[["sex", "band"]]
    return MetricFrame(metrics=metrics, y_true=frame["y"], y_pred=frame["p"], sensitive_features=groups).by_group


def decisions(rows: int, *, seed: int = 8) -> pd.DataFrame:
    """Return sex (2) and age band (3) as text, label, prediction and score."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"sex": rng.choice(["Female", "Male"], rows), "band": rng.choice(["<30", "30-60", ">60"], rows)}
    )
    frame["y"] = (rng.random(rows) < 0.3).astype(np.int64)
    frame["score"] = 1 / (1 + np.exp(-rng.normal(3 * frame["y"] - 1.5 - 0.5 * (frame["sex"] == "Female"), 1)))
    frame["p"] = (frame["score"] >= 0.5).astype(np.int64)
    return frame.astype({"sex": "str", "band": "str"})
