"""Performance once labels are known: per chunk and segment, with intervals, and silent where there is too little.

    joined = join_labels(predictions, labels, key="id", as_of=now)
    realised_performance(joined.table, score="score", label="label", by="day", segments="device")

`prediction_drift` needs no labels: has the distribution of the scores moved?
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

from mlops_helpers.monitoring.scores import METRICS, because, check_metrics, check_threshold, measure
from mlops_helpers.monitoring.tables import all_missing, binary_labels, finite_numbers, parts, require_columns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mlops_helpers.monitoring.drift_report import DriftReport

COLUMNS = ("segment", "chunk", "metric", "n", "positives", "value", "low", "high", "verdict")


class Scoring(TypedDict, total=False):
    """Which metrics (default: all four), and from which score on a row counts as predicted positive (default 0.5)."""

    metrics: Sequence[str]
    threshold: float


def realised_performance(
    table: pd.DataFrame,
    *,
    score: str,
    label: str,
    by: str | int | None = None,
    segments: str | Sequence[str] | None = None,
    **scoring: Unpack[Scoring],
) -> pd.DataFrame:
    """Return one row per segment, chunk and metric: n, positives, value, low and high (95 %), verdict.

    Rows without a label (it may still come) or without a score are left out, and n counts the rest. `by` and
    `segments` as in `tables.parts`; `metrics` and `threshold` as in `Scoring`; the metrics' definitions are in
    `scores`. A metric that is not defined is NaN. The verdict is "measured", or "insufficient data: …, needs …": 30
    rows for accuracy, 10 positives and 10 negatives for ROC AUC, 10 predicted positive for precision, 10 positives for
    recall. Where no score or no label is there at all, it says that.

    Raises MissingColumn, EmptyWindow, BadValue (infinite scores, labels other than 0 and 1), InvalidSetting.
    """
    import pandas as pd

    chosen = Scoring(metrics=METRICS, threshold=0.5) | scoring
    metrics, threshold = check_metrics(chosen["metrics"]), check_threshold(chosen["threshold"])
    require_columns(table, [score, label], where="the table")
    scores, labels = finite_numbers(table, score, where="the table"), binary_labels(table, label, where="the table")
    lines = []
    for part in parts(table, by, segments):
        n, positives, measured = _of(scores[part.rows], labels[part.rows], threshold)
        lines += [(part.segment, part.chunk, name, n, positives, *measured[name]) for name in metrics]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _of(score: np.ndarray, label: np.ndarray, threshold: float) -> tuple[int, int, dict]:
    """Return rows, positives and metrics of the rows that have both a score and a label."""
    import numpy as np

    known = ~(np.isnan(score) | np.isnan(label))
    measured = measure(score[known], label[known], threshold=threshold)
    if why := all_missing({"scores": score, "labels": label}):
        measured = {name: because(one, why) for name, one in measured.items()}
    return int(known.sum()), int(label[known].sum()), measured


def prediction_drift(reference: pd.DataFrame, production: pd.DataFrame, *, score: str) -> DriftReport:
    """Return the drift report of the score alone: have the predictions moved?

    A model that gets other inputs predicts other things, so this is the cheapest alarm there is, and it needs no
    label. It cannot say whether the predictions are still right. Raises as `detect_drift` does.
    """
    from mlops_helpers.monitoring.drift import detect_drift

    return detect_drift(reference, production, columns=[score])
