"""Labelled scores in order, each distinct score once: what every ranking metric and the calibration are read off.

Ranking is the only slow step (it sorts), so it is done once, and rankings of chunks are merged instead of sorting all
their rows again.

Source of the variance: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson (1988), Biometrics 44, 837–845.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Ranking(NamedTuple):
    """Distinct scores, rising, and how many positives and negatives have each; three float arrays of one length."""

    score: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    @property
    def counts(self) -> tuple[int, int]:
        """Return the number of positives and of negatives."""
        return int(self.positives.sum()), int(self.negatives.sum())

    def auc(self) -> float:
        """Return the ROC AUC: how often a positive scores above a negative, ties half. NaN with one class."""
        positives, negatives = self.counts
        if not positives or not negatives:
            return math.nan
        return float((self.positives * _below(self.negatives)).sum()) / (positives * negatives)

    def spread(self, *, of_positives: bool) -> float:
        """Return the standard deviation (of a sample) of the placements of one class.

        The placement of a row is the share of the other class that it stands above; the mean over the positives is
        the ROC AUC.
        """
        import numpy as np

        own, other = (self.positives, self.negatives) if of_positives else (self.negatives, self.positives)
        placement = _below(other) / other.sum()
        n = own.sum()
        mean = (own * placement).sum() / n  # no `@`: what BLAS spends on threads here exceeds what it saves
        return math.sqrt(float((own * np.square(placement - mean)).sum()) / max(1.0, n - 1))

    def auc_error(self) -> float:
        """Return DeLong's standard error of the ROC AUC."""
        positives, negatives = self.counts
        return math.sqrt(
            self.spread(of_positives=True) ** 2 / positives + self.spread(of_positives=False) ** 2 / negatives
        )


def rank(score: np.ndarray, label: np.ndarray) -> Ranking:
    """Return the ranking of scores with labels 0 and 1: both of shape (n,), n ≥ 0, without missing values."""
    import numpy as np

    score, label = _ordered(np.asarray(score, dtype="float64"), label)
    starts = _starts(score)
    if not len(starts):
        return Ranking(score, np.zeros(0), np.zeros(0))
    if len(starts) == len(score):  # no ties
        return Ranking(score, label, 1 - label)
    rows, positives = np.diff(starts, append=len(score)), np.add.reduceat(label, starts)
    return Ranking(score[starts], positives, rows - positives)


def merge(rankings: Sequence[Ranking]) -> Ranking:
    """Return the ranking of all rows of several rankings."""
    import numpy as np

    score, positives, negatives = (np.concatenate(side) for side in zip(*rankings, strict=True))
    order = np.argsort(score, kind="stable")  # a merge: each ranking is in order already
    score = score[order]
    starts = _starts(score)
    if len(starts) == len(score):  # no ties, or no rows
        return Ranking(score, positives[order], negatives[order])
    return Ranking(score[starts], np.add.reduceat(positives[order], starts), np.add.reduceat(negatives[order], starts))


def _below(count: np.ndarray) -> np.ndarray:
    """Return how many stand below each score, those on the same score counting half."""
    import numpy as np

    return np.cumsum(count) - count / 2


def _starts(rising: np.ndarray) -> np.ndarray:
    """Return where each distinct value begins."""
    import numpy as np

    return np.flatnonzero(np.concatenate(([True], rising[1:] != rising[:-1]))) if len(rising) else np.zeros(0, "int64")


def _ordered(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores in rising order, and their labels as floats.

    Numbers from 0 to 1 have the order of their bits read as integers, and leave the highest bits unused. So the label
    can travel in the lowest bit of one integer, which sorts in half the time that sorting positions would take.
    """
    import numpy as np

    if len(score) and score.min() >= 0 and score.max() <= 1:
        keys = np.sort(((score + 0.0).view("int64") << 1) | (label == 1))  # + 0.0 turns -0.0 into 0.0
        return (keys >> 1).view("float64"), (keys & 1).astype("float64")
    order = np.argsort(score)
    return score[order], (label[order] == 1).astype("float64")
