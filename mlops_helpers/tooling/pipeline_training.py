"""Training of the churn pipeline: a logistic regression that Google's scikit-learn container can serve.

The container hands a model rows as lists, numbers and texts mixed, so that every value may arrive as text. The model
therefore chooses its columns by position and turns numbers into numbers itself. It needs nothing but scikit-learn and
NumPy where it is served.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.errors import ModelChanged, NothingToLearn
from mlops_helpers.tooling.pipeline_settings import PipelineSettings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import Pipeline

STRENGTHS = (0.001, 1000.0)  # tried from strong to weak regularisation
FOLDS = 5
METRIC = "cross_validated_auc"  # what tuning looks at, here and on Vertex AI


def instances(rows: pd.DataFrame, settings: PipelineSettings) -> np.ndarray:
    """Rows as the model takes them: shape (n, features), of objects, in the order of `settings.features`."""
    return rows[settings.features].to_numpy(dtype=object)


def untrained(settings: PipelineSettings, strength: float = 1.0) -> Pipeline:
    """The model before training; `strength` is scikit-learn's C, smaller is simpler."""
    import numpy as np
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler

    categories = list(range(len(settings.categorical)))
    numbers = list(range(len(categories), len(settings.features)))
    scaled = make_pipeline(FunctionTransformer(np.asarray, kw_args={"dtype": float}), StandardScaler())
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), categories), (scaled, numbers))
    # Products of pairs: the price may count more for one contract than for another.
    pairs = [PolynomialFeatures(2, interaction_only=True, include_bias=False)] if settings.interactions else []
    return make_pipeline(encode, *pairs, LogisticRegression(C=strength, max_iter=1000))


def fit(
    rows: pd.DataFrame, settings: PipelineSettings, *, strength: float | None = None
) -> tuple[Pipeline, dict[str, float]]:
    """A trained model and what was found: rows, strength, and with `trials` the AUC of cross-validation.

    `strength` is tried alone, as a trial of a tuning job does; without it the best of `strengths(settings)` is taken.
    Raises NothingToLearn if there is only one class.
    """
    labels = rows[settings.label].to_numpy(dtype=int)
    if len(set(labels)) < 2:
        found = f"{len(labels)} rows, all with {settings.label}={sorted(set(labels.tolist()))}"
        raise NothingToLearn(found, "rows of both classes", "Look at the query and at `train_until`.")
    values = instances(rows, settings)
    tried = [strength] if strength is not None else strengths(settings)
    best, found = _tuned(values, labels, settings, tried) if tried else (1.0, {})
    return untrained(settings, best).fit(values, labels), {"rows": len(rows), "strength": best, **found}


def strengths(settings: PipelineSettings) -> list[float]:
    """The strengths that tuning tries, strong to weak regularisation in equal ratios; none without `trials`."""
    import numpy as np

    if settings.trials == 1:
        return [1.0]
    return [float(one) for one in np.geomspace(*STRENGTHS, settings.trials)]


def _tuned(
    values: np.ndarray, labels: np.ndarray, settings: PipelineSettings, tried: list[float]
) -> tuple[float, dict[str, float]]:
    """The strength with the best AUC in cross-validation."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    scores = [
        cross_val_score(untrained(settings, one), values, labels, cv=folds, scoring="roc_auc").mean() for one in tried
    ]
    best = int(np.argmax(scores))
    return tried[best], {METRIC: float(scores[best])}


def to_bytes(model: Any) -> bytes:
    """The model as `joblib` writes it: equal for equal training."""
    import joblib

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


def from_bytes(content: bytes, digest: str) -> Any:
    """The model of these bytes, if they are those of the digest. Raises ModelChanged before anything is unpickled.

    Unpickling runs code: only bytes that this pipeline wrote, by their SHA-256 in the registry, are let in.
    """
    import joblib

    if (found := digest_of(content)) != digest:
        remedy = "Somebody replaced the file: find out who, and train again."
        raise ModelChanged(f"a model file with SHA-256 {found[:16]}…", f"{digest[:16]}… of its version", remedy)
    return joblib.load(io.BytesIO(content))


def digest_of(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
