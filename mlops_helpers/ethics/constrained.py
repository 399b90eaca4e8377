"""Mitigation while training: a model under a constraint of fairness, by fairlearn's reductions.

The constraint is reduced to a series of weighted problems that any classifier can solve, and the answer is a mixture of
the models so found (Agarwal et al., ICML 2018). The mixture draws a model for each decision. That is part of the
method: the constraint holds on average, and two persons with the same data may get different answers.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.checks import require_between, require_choice, require_equal, zero_one
from mlops_helpers.ethics.groups import groups_from, require_several

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MOMENTS = MappingProxyType(
    {
        "demographic parity": "DemographicParity",
        "equal opportunity": "TruePositiveRateParity",
        "predictive equality": "FalsePositiveRateParity",
        "equalized odds": "EqualizedOdds",
    }
)


@dataclass(frozen=True)
class ConstrainedModel:
    """A mixture of models that keeps a constraint.

    models, weights   the models and the probability with which each is drawn
    """

    models: tuple[Any, ...]
    weights: tuple[float, ...]
    criterion: str
    tolerance: float

    def chance(self, features: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Return, for each row, the probability that the mixture says 1; shape (n,). It decides by drawing."""
        import numpy as np

        said = np.array([np.asarray(model.predict(features), dtype=float) for model in self.models])
        return np.array(self.weights) @ said

    def predict(self, features: pd.DataFrame | np.ndarray, *, seed: int = 0) -> np.ndarray:
        """Return decisions, 0 and 1, shape (n,); the same seed and rows in the same order give the same decisions."""
        import numpy as np

        draws = np.random.default_rng(seed).random(len(features))
        return (draws < self.chance(features)).astype(np.int64)


def constrained_model(
    model: Any,
    features: pd.DataFrame | np.ndarray,
    label: npt.ArrayLike,
    groups: pd.DataFrame | pd.Series | npt.ArrayLike,
    *,
    criterion: str = "equalized odds",
    tolerance: float = 0.02,
) -> ConstrainedModel:
    """Train copies of `model` until their mixture keeps `criterion` within `tolerance` on the training rows.

    model      a scikit-learn classifier that takes `sample_weight`; a pipeline has to be wrapped so that it does
    tolerance  how far a group's rate may be from that of all rows; the difference of two groups may be twice that
    Raises InvalidSetting for a criterion that has no reduction, BadLabels, BadGroups, OneGroup, UnequalLengths.
    """
    from fairlearn import reductions

    require_choice(criterion, MOMENTS, name="criterion")
    require_between(tolerance, 1e-4, 1, name="tolerance")
    y, grouped = zero_one(label, "the label"), groups_from(groups)
    require_equal({"rows of features": len(features), "labels": len(y), "rows with a group": len(grouped.codes)})
    require_several(grouped)
    constraint = getattr(reductions, MOMENTS[criterion])(difference_bound=tolerance)
    search = reductions.ExponentiatedGradient(model, constraint, eps=tolerance)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="fairlearn")  # 0.15 writes into tables as pandas 3 deprecates
        search.fit(features, y.astype("int64"), sensitive_features=grouped.codes)
    chosen = [(fitted, float(weight)) for fitted, weight in _mixture(search) if weight > 0]
    models, weights = zip(*chosen, strict=True)
    return ConstrainedModel(models, weights, criterion, tolerance)


def _mixture(search: Any) -> list[tuple[Any, float]]:
    """Return the models of a finished search with their weights."""
    return list(zip(search.predictors_, search.weights_, strict=True))
