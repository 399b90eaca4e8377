"""Why does the model decide so? Importance of features, and whether the explanation is the same when asked again.

Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, JMLR 2019): how much worse a model gets when one
column is shuffled. SHAP (Lundberg and Lee, NeurIPS 2017) shares each prediction out among its features. Neither says
what would change the decision in the world, and of two columns that say the same each can look unimportant.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.checks import extra, require_between, require_equal, require_rows
from mlops_helpers.ethics.errors import InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

STEADY = 0.9  # rank correlation of two explanations, on average, from which we call them the same


@dataclass(frozen=True)
class Stability:
    """Explanations asked for several times.

    table        one row per feature, the most important first: mean, low and high (smallest and largest), best_rank and
                 worst_rank (1 is the most important)
    correlation  mean rank correlation (Spearman) of two explanations, from -1 to 1; lowest: of the two that agree least
    verdict      "steady" (0.9 or more on average) or "changes when asked again"
    """

    table: pd.DataFrame
    correlation: float
    lowest: float

    @property
    def verdict(self) -> str:
        """Whether the order of the features can be relied on."""
        return "steady" if self.correlation >= STEADY else "changes when asked again"


def permutation_importance(
    model: Any,
    features: pd.DataFrame,
    label: npt.ArrayLike,
    *,
    scoring: str = "roc_auc",
    repeats: int = 5,
    seed: int = 0,
) -> pd.Series:
    """Return, per column of `features`, how much the score falls when it is shuffled; the largest first.

    scoring   any of scikit-learn's, on rows that the model has not seen; repeats   how often each column is shuffled
    Raises EmptyData, UnequalLengths, InvalidSetting.
    """
    import pandas as pd
    from sklearn.inspection import permutation_importance as by_sklearn

    require_rows(features)
    require_equal({"rows of features": len(features), "labels": len(label)})
    require_between(repeats, 1, 1000, name="repeats")
    found = by_sklearn(model, features, label, scoring=scoring, n_repeats=repeats, random_state=seed)
    return _sorted(pd.Series(found.importances_mean, index=[str(name) for name in features.columns]))


def shap_importance(
    score: Callable[[pd.DataFrame], npt.ArrayLike], features: pd.DataFrame, background: pd.DataFrame, *, seed: int = 0
) -> pd.Series:
    """Return, per column, the mean size of its SHAP values over the rows of `features`; the largest first.

    score       gets a table like `features` and returns a number per row, such as the probability of the class
    background  rows that stand for "the feature is not known": some 50 of the training rows, all columns numbers

    Raises MissingExtra where `shap` is not installed; EmptyData.
    """
    import numpy as np
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what shap itself does on import that its libraries are about to drop
        shap = extra("shap", "shap", "explanations")
    require_rows(features)
    require_rows(background)
    names = list(features.columns)

    def of_array(rows: np.ndarray) -> np.ndarray:
        return np.asarray(score(pd.DataFrame(rows, columns=names)), dtype=float)

    masker = shap.maskers.Independent(background.to_numpy(dtype=float), max_samples=len(background))
    explainer = shap.explainers.Permutation(of_array, masker, seed=seed)
    values = explainer(features.to_numpy(dtype=float), silent=True).values
    return _sorted(pd.Series(np.abs(values).mean(axis=0), index=names))


def explanation_stability(explain: Callable[[int], pd.Series], *, seeds: Sequence[int] = (0, 1, 2, 3, 4)) -> Stability:
    """Ask `explain` once per seed, and compare the answers.

    explain   gets a seed and returns importances by feature; use the seed to draw the rows, to train, or to shuffle,
              according to what the explanation should not depend on

    Raises InvalidSetting for fewer than two seeds, fewer than two features, or answers about different features.
    """
    import pandas as pd
    from scipy.stats import spearmanr

    if len(seeds) < 2:
        raise InvalidSetting(f"seeds={tuple(seeds)}", "at least two", "One explanation cannot disagree with itself.")
    answers = pd.DataFrame({seed: explain(seed) for seed in seeds})
    if answers.isna().any().any() or len(answers) < 2:
        found = f"{len(answers)} features, some of them not in every answer" if len(answers) > 1 else "one feature"
        raise InvalidSetting(found, "the same features, two or more, in each answer", "Name columns, not positions.")
    agreements = [_agreement(spearmanr, answers[a], answers[b]) for a, b in combinations(answers.columns, 2)]
    ranks = answers.rank(ascending=False, method="min").astype(int)
    table = pd.DataFrame(
        {
            "mean": answers.mean(axis=1),
            "low": answers.min(axis=1),
            "high": answers.max(axis=1),
            "best_rank": ranks.min(axis=1),
            "worst_rank": ranks.max(axis=1),
        }
    )
    table = table.rename_axis("feature").sort_values("mean", ascending=False, kind="stable").reset_index()
    return Stability(table, sum(agreements) / len(agreements), min(agreements))


def _agreement(spearmanr: Callable, first: pd.Series, second: pd.Series) -> float:
    """Return the rank correlation; 0 where an answer gives every feature the same importance and so says nothing."""
    if first.nunique() < 2 or second.nunique() < 2:
        return 0.0
    return float(spearmanr(first, second).statistic)


def _sorted(importances: pd.Series) -> pd.Series:
    return importances.sort_values(ascending=False, kind="stable").rename("importance")
