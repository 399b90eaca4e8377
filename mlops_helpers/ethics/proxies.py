"""Who gives the sensitive attribute away? How well the other columns, together and alone, predict it.

Leaving the attribute out does not help a model that can guess it. An AUC of 0.5 means that nobody could tell, 1 that
the attribute is still there under another name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import names_of, require_between, require_columns, require_rows
from mlops_helpers.ethics.errors import BadGroups, InvalidSetting, UndefinedRate
from mlops_helpers.ethics.groups import groups_of, require_several

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

STRONG, SOME = 0.8, 0.6
RARE = 20  # a level in fewer rows is one of the "infrequent"


@dataclass(frozen=True)
class ProxyReport:
    """What `find_proxies` found.

    auc       of all columns together, on rows the model was not trained on: mean of the folds
    low, high the smallest and the largest fold
    table     one row per column, the strongest first: `auc` alone, 0.5 to 1, and `verdict`: "strong proxy" (0.8 or
              more), "proxy" (0.6), "weak"
    target    the level that is predicted, against all others
    """

    attribute: str
    target: str
    auc: float
    low: float
    high: float
    table: pd.DataFrame

    def __str__(self) -> str:
        """Return the finding in a sentence."""
        first = self.table.iloc[0]
        return (
            f"The other columns predict {self.attribute} = {self.target} with an AUC of {self.auc:.3f} "
            f"(folds {self.low:.3f} to {self.high:.3f}); the strongest alone is {first['column']} ({first['auc']:.3f})."
        )


def find_proxies(
    data: pd.DataFrame,
    *,
    sensitive: str,
    columns: Sequence[str] | None = None,
    target: str | None = None,
    folds: int = 5,
    seed: int = 0,
) -> ProxyReport:
    """Predict the sensitive attribute from the other columns, together and one by one, each on unseen rows.

    columns   all but `sensitive` by default: leave out what the model will not see
    target    the level to tell from the others; needed where there are more than two
    Together: logistic regression on standardised numbers (and whether they are missing) and on levels. Alone: as in
    `debugging.leakage_probe`. Raises MissingColumn, EmptyData, BadGroups for a missing attribute, OneGroup,
    InvalidSetting, UndefinedRate for a level with fewer rows than folds.
    """
    import pandas as pd

    from mlops_helpers.debugging.leakage import feature_auc

    names = names_of(columns if columns is not None else [name for name in data if name != sensitive], "columns")
    require_columns(data.columns, [sensitive, *names])
    require_rows(data)
    require_between(folds, 2, 20, name="folds")
    if sensitive in names:
        raise InvalidSetting(f"{sensitive!r} among the columns", "the others only", "Leave it out.")
    level, truth = _target(data, sensitive, target, folds)
    scores = _folded(data[names], truth, folds, seed)
    table = pd.DataFrame({"column": names, "auc": [feature_auc(data[name], truth) for name in names]})
    table["verdict"] = ["strong proxy" if auc >= STRONG else "proxy" if auc >= SOME else "weak" for auc in table["auc"]]
    table = table.sort_values("auc", ascending=False, kind="stable", ignore_index=True)
    return ProxyReport(sensitive, level, float(scores.mean()), float(scores.min()), float(scores.max()), table)


def _target(data: pd.DataFrame, sensitive: str, target: str | None, folds: int) -> tuple[str, np.ndarray]:
    """Return the level to predict, and True for its rows."""
    grouped = groups_of(data, sensitive)
    require_several(grouped)
    present = [grouped.labels[place] for place in grouped.present]
    if target is None and len(present) > 2:
        remedy = f"Say which: target={present[0]!r}."
        raise BadGroups(f"{len(present)} levels of {sensitive!r}", "one to tell from the others", remedy)
    level = present[-1] if target is None else str(target)
    if level not in present:
        raise InvalidSetting(f"target={target!r}", f"one of {present}", "Correct the level.")
    truth = grouped.codes == grouped.labels.index(level)
    if min(truth.sum(), (~truth).sum()) < folds:
        found = f"{int(truth.sum())} rows of {level!r} and {int((~truth).sum())} of the others"
        raise UndefinedRate(found, f"at least {folds} of each, one per fold", "Take more rows, or fewer folds.")
    return level, truth


def _folded(features: pd.DataFrame, truth: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the AUC of each fold."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    for name in features:
        if _is_number(features[name]) and np.isinf(features[name].to_numpy(dtype=float, na_value=np.nan)).any():
            found = f"infinite values in {name!r}"
            raise InvalidSetting(found, "finite ones, or missing ones", "Find out what was divided by zero.")
    plain = features.apply(lambda column: column if _is_number(column) else column.astype(object).where(column.notna()))
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return cross_val_score(_model(plain), plain, truth, scoring="roc_auc", cv=split)


def _model(features: pd.DataFrame) -> object:
    """Return a logistic regression that takes numbers and levels, missing values included."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in features if _is_number(features[name])]
    levels = [name for name in features if name not in numbers]
    filled = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE)
    return make_pipeline(
        make_column_transformer((filled, numbers), (encoder, levels)), LogisticRegression(max_iter=500)
    )


def _is_number(column: pd.Series) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
