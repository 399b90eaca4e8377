"""How good are scores against labels: ROC AUC, accuracy, precision, recall, each with its interval and its needs.

Definitions (labels 0 and 1; predicted positive means score ≥ threshold)
    roc_auc     probability that a positive scores above a negative, a tie counting half (Mann–Whitney)
    accuracy    right predictions among all
    precision   positives among the predicted positive
    recall      predicted positive among the positives
What divides by zero is undefined (NaN), never 0.

Sources: `ranking` for the variance of an AUC; E. B. Wilson (1927), JASA 22, 209–212, for the interval of a proportion.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.monitoring.errors import InvalidSetting
from mlops_helpers.monitoring.ranking import Ranking, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

METRICS = ("roc_auc", "accuracy", "precision", "recall")
NORMAL_95 = 1.959964
ENOUGH_ROWS, ENOUGH_OF_A_CLASS = 30, 10


class Measured(NamedTuple):
    """A metric with its 95 % interval and whether there were enough rows to trust it."""

    value: float
    low: float
    high: float
    verdict: str


def check_metrics(metrics: Sequence[str]) -> tuple[str, ...]:
    """Return the metrics asked for. Raises InvalidSetting for one that is not known, and for none."""
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    if not names or set(names) - set(METRICS):
        raise InvalidSetting(f"metrics={names}", f"some of {METRICS}", "Choose from these.")
    return names


def check_threshold(threshold: float) -> float:
    """Return the threshold. Raises InvalidSetting outside 0 to 1."""
    if not 0 <= threshold <= 1:
        raise InvalidSetting(
            f"threshold={threshold}", "a number from 0 to 1", "Use the one that the model is run with."
        )
    return threshold


def measure(
    score: np.ndarray, label: np.ndarray, *, threshold: float = 0.5, ranking: Ranking | None = None
) -> dict[str, Measured]:
    """Return every metric of one group of rows; both arrays have shape (n,), without missing values.

    Pass the `ranking` of these rows if it is known already.
    """
    import numpy as np

    positive, predicted = label == 1, score >= threshold
    hits, right = int(np.count_nonzero(positive & predicted)), int(np.count_nonzero(positive == predicted))
    positives, alarms, n = int(np.count_nonzero(positive)), int(np.count_nonzero(predicted)), len(score)
    return {
        "roc_auc": _auc(rank(score, label) if ranking is None else ranking),
        "accuracy": _proportion(right, n, enough(n, "rows", ENOUGH_ROWS)),
        "precision": _proportion(hits, alarms, enough(alarms, "predicted positive", ENOUGH_OF_A_CLASS)),
        "recall": _proportion(hits, positives, enough(positives, "positives", ENOUGH_OF_A_CLASS)),
    }


def enough(found: int, what: str, needed: int) -> str:
    """Return "measured", or the verdict that says how many more are needed."""
    return "measured" if found >= needed else f"insufficient data: {found} {what}, needs {needed}"


def because(measured: Measured, why: str) -> Measured:
    """Return a metric of no rows with the reason that there are none: "insufficient data: why, needs …"."""
    needed = measured.verdict.rpartition("needs ")[2]
    return measured._replace(verdict=f"insufficient data: {why}, needs {needed}")


def roc_auc(score: np.ndarray, label: np.ndarray) -> float:
    """Return the ROC AUC of scores and labels of shape (n,), NaN if there is only one class."""
    return rank(score, label).auc()


def _auc(ranking: Ranking) -> Measured:
    """Return the AUC with DeLong's interval on the logit scale, which keeps it between 0 and 1."""
    positives, negatives = ranking.counts
    verdict, auc = _both_classes(positives, negatives), ranking.auc()
    if math.isnan(auc):
        return Measured(math.nan, math.nan, math.nan, verdict)
    error = ranking.auc_error()
    if min(positives, negatives) < 2 or error == 0:
        return Measured(auc, *_interval_without_spread(auc, min(positives, negatives)), verdict)
    middle, reach = math.log(auc / (1 - auc)), NORMAL_95 * error / (auc * (1 - auc))
    return Measured(auc, _logistic(middle - reach), _logistic(middle + reach), verdict)


def _both_classes(positives: int, negatives: int) -> str:
    if not positives or not negatives:
        return f"insufficient data: only one class, needs {ENOUGH_OF_A_CLASS} of each"
    few = enough(positives, "positives", ENOUGH_OF_A_CLASS)
    return few if few != "measured" else enough(negatives, "negatives", ENOUGH_OF_A_CLASS)


def _interval_without_spread(auc: float, pairs: int) -> tuple[float, float]:
    """Return an interval where DeLong's variance is 0 and tells nothing.

    `pairs` positives and negatives can be paired without using one twice. All of these independent pairs stand in the
    right order with probability AUC^pairs, so an AUC below 0.025^(1/pairs) would have shown itself 97.5 % of the time.
    """
    reach = 1 - 0.025 ** (1 / pairs)
    return (1 - reach, 1.0) if auc == 1.0 else (0.0, reach) if auc == 0.0 else (0.0, 1.0)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of the proportion hits / n (n > 0)."""
    z2 = NORMAL_95**2
    middle, scale = (hits + z2 / 2) / (n + z2), n + z2
    reach = NORMAL_95 * math.sqrt(hits * (n - hits) / n + z2 / 4) / scale
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _proportion(hits: int, n: int, verdict: str) -> Measured:
    if n == 0:
        return Measured(math.nan, math.nan, math.nan, verdict)
    return Measured(hits / n, *wilson(hits, n), verdict)
