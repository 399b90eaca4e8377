"""What a metric is expected to be when only probabilities are known: a row counts p as a positive and 1 - p as none.

This is confidence-based performance estimation (CBPE) as published in NannyML's documentation, "How it works:
performance estimation", for binary classification. If p is the true probability of a positive given what the model
sees, the expected confusion matrix follows by adding up; metrics are read off it, and the ROC AUC off the expected
curve.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.monitoring.ranking import Ranking
from mlops_helpers.monitoring.scores import ENOUGH_OF_A_CLASS, ENOUGH_ROWS, enough

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


class Expected(NamedTuple):
    """The expected metrics of some rows, and for each metric "measured" or what it needs more of."""

    n: int
    positives: float
    values: dict[str, float]
    verdicts: dict[str, str]


def expect(score: np.ndarray, probability: Callable[[np.ndarray], np.ndarray], threshold: float) -> Expected:
    """Return the expected metrics of scores (n,), given how a score becomes a probability (a rising function)."""
    import numpy as np

    score = np.sort(score)
    p = probability(score)
    n, first = len(p), int(np.searchsorted(score, threshold))
    positives, hits, alarms = float(p.sum()), float(p[first:].sum()), n - first
    right = hits + first - float(p[:first].sum())
    values = {
        "roc_auc": expected_auc(p),
        "accuracy": _share(right, n),
        "precision": _share(hits, alarms),
        "recall": _share(hits, positives),
    }
    return Expected(n, positives, values, _verdicts(n, positives, alarms))


def expected_auc(p: np.ndarray) -> float:
    """Return the area under the expected ROC curve of rows in the order of their scores; NaN without both classes.

    Row i is a positive with weight p_i, above all negative weight before it and half of its own.
    """
    import numpy as np

    q = 1 - p
    pairs = p.sum() * q.sum()
    if not pairs > 0:
        return math.nan
    return float((p * (np.cumsum(q) - q / 2)).sum() / pairs)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _verdicts(n: int, positives: float, alarms: int) -> dict[str, str]:
    rarer = round(min(positives, n - positives))
    return {
        "roc_auc": enough(rarer, "expected of the rarer class", ENOUGH_OF_A_CLASS),
        "accuracy": enough(n, "rows", ENOUGH_ROWS),
        "precision": enough(alarms, "predicted positive", ENOUGH_OF_A_CLASS),
        "recall": enough(round(positives), "expected positives", ENOUGH_OF_A_CLASS),
    }


class Spread(NamedTuple):
    """How much one row says about a metric: its standard deviation, and which share of all rows has a say."""

    deviation: float
    share: float

    def error(self, n: int) -> float:
        """Return the standard error of the metric on n rows."""
        return self.deviation / math.sqrt(n * self.share) if n * self.share > 0 else math.nan


def spreads(score: np.ndarray, label: np.ndarray, threshold: float, ranking: Ranking) -> dict[str, Spread]:
    """Return for every metric what sampling alone does to it, learnt from the labelled reference.

    A proportion varies as its rows do. The ROC AUC is the mean of the placements of the rarer class, so it varies as
    they do; that of the other class, the smaller term of DeLong's variance, is left out as NannyML leaves it out.
    """
    import numpy as np

    positive, predicted, n = label == 1, score >= threshold, len(score)
    hits, right = np.count_nonzero(positive & predicted), np.count_nonzero(positive == predicted)
    return {
        "roc_auc": _spread_of_auc(ranking),
        "accuracy": _spread_of(right, n, n),
        "precision": _spread_of(hits, np.count_nonzero(predicted), n),
        "recall": _spread_of(hits, np.count_nonzero(positive), n),
    }


def _spread_of(hits: int, tried: int, n: int) -> Spread:
    """Return the spread of a share: of rows that count 1 (hits) or 0, `tried` of n in all."""
    share = hits / tried if tried else math.nan
    return Spread(math.sqrt(share * (1 - share)), tried / n)


def _spread_of_auc(ranking: Ranking) -> Spread:
    positives, negatives = ranking.counts
    rarer = min(positives, negatives)
    deviation = ranking.spread(of_positives=positives <= negatives) * math.sqrt((rarer - 1) / rarer)
    return Spread(deviation, rarer / (positives + negatives))
