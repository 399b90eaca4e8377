"""Scores become probabilities: isotonic calibration on the reference, and whether it is needed at all.

Isotonic regression (Barlow and others 1972; for scores: Zadrozny and Elkan, KDD 2002) finds the rising step function
that is nearest to the labels in squares. Between two steps it is read off a straight line, outside the reference's
scores it stays level: the same choices as scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.ranking import Ranking, rank

if TYPE_CHECKING:
    import numpy as np

FOLDS, TEST_SHARE, SPLIT_SEED, BINS = 10, 0.1, 42, 10
PERFECT = 0.999
ALWAYS = 200_000


@dataclass(frozen=True, eq=False)
class Calibration:
    """A rising curve from score to probability, given by its corners: two arrays of one length."""

    score: np.ndarray
    probability: np.ndarray

    def __call__(self, score: np.ndarray) -> np.ndarray:
        """Return the probabilities of scores of any shape."""
        import numpy as np

        return np.interp(score, self.score, self.probability)


def fit_isotonic(ranking: Ranking) -> Calibration:
    """Return the isotonic calibration of ranked scores. The ranking must not be empty."""
    import numpy as np
    from scipy.optimize import isotonic_regression

    rows = ranking.positives + ranking.negatives
    levels = isotonic_regression(ranking.positives / rows, weights=rows)
    corners = np.union1d(levels.blocks[:-1], levels.blocks[1:] - 1)
    return Calibration(ranking.score[corners], levels.x[corners])


def needs_calibration(score: np.ndarray, label: np.ndarray, ranking: Ranking) -> bool:
    """Return whether calibration makes scores more honest on rows that it was not fitted to.

    The rule of NannyML 0.13: ten random splits (a tenth of the rows for testing, the share of positives kept), and the
    expected calibration error of all test rows together must be smaller after calibration than before. One class, or a
    ROC AUC above 0.999, needs none. From 200,000 rows on the answer is yes without looking: what isotonic regression
    adds in error shrinks with the rows, and the ten splits would take longer than everything else.
    """
    if min(ranking.counts) == 0 or ranking.auc() > PERFECT:
        return False
    if len(score) >= ALWAYS:
        return True
    tested, after = _held_out(score, label)
    before = calibration_error(score[tested], label[tested])
    return before > calibration_error(after, label[tested])


def _held_out(score: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows tested in all splits together, and their probabilities by calibrations that did not see them."""
    import numpy as np
    from sklearn.model_selection import StratifiedShuffleSplit

    splits = StratifiedShuffleSplit(n_splits=FOLDS, test_size=TEST_SHARE, random_state=SPLIT_SEED)
    tests, after = [], []
    for train, test in splits.split(score, label):
        tests.append(test)
        after.append(fit_isotonic(rank(score[train], label[train]))(score[test]))
    return np.concatenate(tests), np.concatenate(after)


def calibration_error(probability: np.ndarray, label: np.ndarray, *, bins: int = BINS) -> float:
    """Return the expected calibration error: the mean distance of promised and true share over bins of equal size.

    Rows are ordered by probability and cut into `bins` of n // bins rows; the last takes what is left over. With two
    rows per bin or fewer, bins of two are used.
    """
    import numpy as np

    n = len(probability)
    width = max(1, n // min(bins, n // 2)) if n >= 2 else 1
    starts = np.arange(0, n + 1, width)[:-1] if n > width else np.array([0])
    order = np.argsort(probability)
    gaps = np.add.reduceat(probability[order] - label[order], starts)
    return float(np.abs(gaps).sum() / n)
