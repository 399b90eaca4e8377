"""Can a classifier tell reference from production? If it cannot, they hardly differ; how well it can is the effect.

Every point is scored by a model that was trained without it (five folds). The effect is the area under the ROC curve:
the probability that a random production point scores higher than a random reference point. 0.5 is guessing.

- The classifier is a logistic regression on the standardised coordinates and on one more column, the squared distance
  from the centre: it sees a shift of the mean in any direction and a change of the spread. It does not see everything
  (a ring with the mean and spread of a disc, say). MMD sees that, but has no scale that a person could read.
- Its penalty grows with the dimensions d (C = 1/d): thousands of columns on a few hundred rows would fit noise.
- AUC and interval are those of LeDell, Petersen and van der Laan ("Computationally efficient confidence intervals for
  cross-validated area under the ROC curve estimates", Electronic Journal of Statistics 9, 2015): the mean over the
  folds, its variance from each fold's own ranks (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988). Scores of
  different folds come from different models and are never ranked together.
- The p-value is the one-sided rank test of Mann and Whitney, stratified by fold (van Elteren), with ties. It needs no
  permutations, and is approximate for two reasons: ranks are taken as normal, and folds share training rows. The
  p-value to decide by is that of MMD.

Few rows make the interval too narrow: of 95 % intervals at 50 rows a window, about 85 % held the true AUC when tried.
An AUC of exactly 1 has no spread left to estimate, so that its interval is [1, 1] however few the rows are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.errors import InvalidSetting

if TYPE_CHECKING:
    import numpy as np

FOLDS = 5
PASSES = 1_000  # of the solver, which needs about ten


@dataclass(frozen=True)
class DomainAuc:
    """How well a classifier tells production from reference, with a two-sided interval and a one-sided p-value."""

    auc: float
    low: float
    high: float
    p_value: float
    confidence: float


@dataclass(frozen=True)
class RankedFold:
    """One fold's ranks as far as they are needed: the AUC, DeLong's variance of it, and the Mann-Whitney moments.

    `wins` is U, the pairs in which production scores higher (a tie counts half); `spread` the variance of U if there
    were no difference.
    """

    auc: float
    variance: float
    wins: float
    expected: float
    spread: float


def domain_auc(
    points: np.ndarray, n_reference: int, *, folds: int = FOLDS, confidence: float = 0.95, seed: int = 0
) -> DomainAuc:
    """Score each point by a classifier that has not seen it: the first `n_reference` rows against the others.

    `points` has shape (rows, dimensions). Raises InvalidSetting for fewer than two folds, a confidence outside (0, 1),
    or fewer than two rows of either window a fold.
    """
    fewest = min(n_reference, len(points) - n_reference)
    if folds < 2 or not 0 < confidence < 1 or fewest < 2 * folds:
        raise InvalidSetting(
            f"folds={folds}, confidence={confidence} and {fewest} rows in the smaller window",
            "two folds or more, a confidence between 0 and 1, and two rows of each window a fold",
            "Leave the options out, or wait for more rows.",
        )
    scored = _out_of_fold(points, n_reference, folds=folds, seed=seed)
    return _summarised([ranked(*scores) for scores in scored], confidence)


def ranked(reference: np.ndarray, production: np.ndarray) -> RankedFold:
    """Return AUC, DeLong variance and Mann-Whitney moments of two sets of scores; ties count half."""
    import numpy as np
    from scipy.stats import rankdata

    n, m = len(reference), len(production)
    both = np.concatenate([reference, production])
    ranks = rankdata(both)
    below = (ranks[n:] - rankdata(production)) / n  # the share of reference scores below each production score
    above = 1 - (ranks[:n] - rankdata(reference)) / m
    auc = float(below.mean())
    repeats = np.unique(both, return_counts=True)[1].astype(float)
    ties = (repeats**3 - repeats).sum() / ((n + m) * (n + m - 1))
    return RankedFold(
        auc=auc,
        variance=float(below.var(ddof=1) / m + above.var(ddof=1) / n),
        wins=auc * n * m,
        expected=n * m / 2,
        spread=float(n * m / 12 * (n + m + 1 - ties)),
    )


def _out_of_fold(
    points: np.ndarray, n_reference: int, *, folds: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each fold's scores, of reference and of production, by the model of the other folds."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    distances = (points.astype(np.float64) ** 2).sum(axis=1, keepdims=True)
    columns = np.hstack([points, distances / (distances.max() or 1)])
    labels = np.arange(len(points)) >= n_reference
    for training, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(columns, labels):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / columns.shape[1], max_iter=PASSES))
        model.fit(columns[training], labels[training])
        scores, truth = model.decision_function(columns[held_out]), labels[held_out]
        yield scores[~truth], scores[truth]


def _summarised(parts: list[RankedFold], confidence: float) -> DomainAuc:
    """Return the mean over the folds with its interval, and the p-value of all folds together."""
    import math

    from scipy.stats import norm

    auc = sum(part.auc for part in parts) / len(parts)
    error = math.sqrt(sum(part.variance for part in parts)) / len(parts)
    margin = float(norm.ppf((1 + confidence) / 2)) * error
    surplus = sum(part.wins - part.expected for part in parts)
    spread = math.sqrt(sum(part.spread for part in parts))
    p_value = float(norm.sf(surplus / spread)) if spread else 1.0  # without spread all scores are tied
    return DomainAuc(auc, max(0.0, auc - margin), min(1.0, auc + margin), p_value, confidence)
