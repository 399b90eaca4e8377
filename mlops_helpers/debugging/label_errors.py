"""Which labels are probably wrong? A model that has not seen a row disagrees with its label, and is sure of it.

Confident learning (Northcutt, Jiang and Chuang, JAIR 2021): each row gets class probabilities from a model trained on
*other* rows. A class counts for a row if its probability reaches that class's threshold: the mean probability of the
class among the rows that carry it as their label. A row whose most probable counting class is not its label is a
suspect. The thresholds make up for classes the model is generally more, or less, sure of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.debugging.binning import bin_column
from mlops_helpers.debugging.errors import InvalidSetting, OneClass
from mlops_helpers.debugging.significance import enrichment, holm
from mlops_helpers.debugging.tables import require_between, require_columns, require_rows, require_same_length

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from sklearn.base import BaseEstimator

CERTAIN = 0.01  # a group's p-value, adjusted for all groups, below which its labels are called worse


@dataclass(frozen=True)
class LabelReport:
    """Suspected label errors.

    table     one row per suspect, the least credible label first: `row` (index label), `given`, `suggested`,
              `confidence` (probability of the suggested class), `given_probability`, `rank`
    by_group  one row per group: `group`, `n`, `suspects`, `rate`, `rest_rate`, `p_adjusted`, `verdict`; None if no
              groups were given
    joint     confident joint: rows by given label (down) and by the class the model is confident of (across)
    suspect   True for each row that is a suspect, in the order of the input, for `worst_slices(table, error=…)`
    """

    table: pd.DataFrame
    by_group: pd.DataFrame | None
    joint: pd.DataFrame
    suspect: np.ndarray

    def __str__(self) -> str:
        """Return the finding in sentences."""
        lines = [f"{len(self.table):,} of {len(self.suspect):,} labels are suspect ({self.suspect.mean():.1%})."]
        if self.by_group is not None:
            worse = self.by_group[self.by_group["verdict"] == "worse"]
            lines += [f"  {row.group}: {row.rate:.1%}, elsewhere {row.rest_rate:.1%}" for row in worse.itertuples()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the first suspects in a notebook."""
        return f"<p>{self}</p>{self.table.head(10).to_html(index=False, float_format='{:.3g}'.format)}"


def suspected_label_errors(
    features: pd.DataFrame,
    labels: npt.ArrayLike,
    *,
    model: BaseEstimator | None = None,
    folds: int = 5,
    seed: int = 0,
    groups: str | npt.ArrayLike | None = None,
) -> LabelReport:
    """Return the rows whose label a model trained on other rows contradicts.

    features  columns the model may use; text and categories are fine
    labels    the given class of each row, two classes or more
    model     a scikit-learn classifier with `predict_proba`, which is cloned, never changed. By default a logistic
              regression on binned features: its probabilities can be trusted, and it is too simple to learn wrong
              labels by heart; pass another model where features matter only together
    groups    who or what made each label (an array, or a column of `features`, which the model then does not see):
              is any group's share of suspects higher than elsewhere? Fisher's exact test, adjusted (Holm)

    Raises EmptyData, UnequalLengths, MissingColumn, InvalidSetting, and OneClass for labels of one class only.
    """
    import numpy as np
    import pandas as pd

    require_rows(features)
    require_same_length(features, labels, "features and labels")
    if isinstance(groups, str):
        require_columns(features, [groups])
        features, groups = features.drop(columns=groups), features[groups]
    given, classes = _classes(labels, folds)
    probabilities = _out_of_fold(features, given, model, folds=folds, seed=seed)
    suggested = confident_classes(given, probabilities)
    suspect = (suggested >= 0) & (suggested != given)
    table = _table(features.index, given, suggested, probabilities).assign(
        given=lambda found: classes[found["given"]], suggested=lambda found: classes[found["suggested"]]
    )
    by_group = None if groups is None else _by_group(groups, suspect)
    sure = suggested >= 0
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (given[sure], suggested[sure]), 1)
    return LabelReport(table, by_group, pd.DataFrame(counts, index=classes, columns=classes), suspect)


def confident_classes(given: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    """Return, per row, the class the model is confident of, or -1 where no class reaches its threshold.

    given          class of each row, 0 … classes - 1; each class occurs
    probabilities  out-of-fold, shape (rows, classes)
    """
    import numpy as np

    given, probabilities = np.asarray(given), np.asarray(probabilities, dtype=float)
    thresholds = np.array([probabilities[given == label, label].mean() for label in range(probabilities.shape[1])])
    reached = np.where(probabilities >= thresholds, probabilities, -1)
    return np.where(reached.max(axis=1) >= 0, reached.argmax(axis=1), -1)


def _classes(labels: npt.ArrayLike, folds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels as 0, 1, … and the classes these stand for."""
    import numpy as np
    import pandas as pd

    codes, classes = pd.factorize(pd.Series(labels).reset_index(drop=True), sort=True)
    if (codes < 0).any():
        found = f"{int((codes < 0).sum())} rows without a label"
        raise InvalidSetting(found, "a label for each row", "Drop these rows: there is no label to be wrong.")
    if len(classes) < 2:
        raise OneClass(f"the label {classes[0]!s} in all rows", "at least two classes", "Add rows of another class.")
    rarest = np.bincount(codes).argmin()
    require_between(folds, 2, len(codes), name="folds")
    if np.bincount(codes)[rarest] < folds:
        found = f"{np.bincount(codes)[rarest]} rows of class {classes[rarest]!s}"
        raise InvalidSetting(found, f"at least {folds}, one per fold", "Use fewer folds, or leave the class out.")
    return codes, np.asarray(classes)


def _out_of_fold(
    features: pd.DataFrame, given: np.ndarray, model: BaseEstimator | None, *, folds: int, seed: int
) -> np.ndarray:
    """Return class probabilities of each row from a model that was trained without it."""
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    chosen = LogisticRegression(max_iter=1000) if model is None else clone(model)
    matrix = _levels(features) if model is None else features
    return cross_val_predict(chosen, matrix, given, cv=split, method="predict_proba")


def _levels(features: pd.DataFrame) -> np.ndarray:
    """Return a 0/1 column for each level of each feature: numbers in bins, rare levels pooled, missing apart.

    Levels are found without a look at the labels, so finding them before the folds gives nothing away.
    """
    import numpy as np

    if features.shape[1] == 0:
        raise InvalidSetting("no features", "at least one column for the model", "Add the model's columns.")
    columns = [bin_column(features[name], bins=8) for name in features.columns]
    return np.hstack([column.codes[:, None] == np.arange(len(column.labels)) for column in columns]).astype(np.float32)


def _table(index: pd.Index, given: np.ndarray, suggested: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """List the suspects, the largest gap between the suggested and the given class first."""
    import numpy as np
    import pandas as pd

    rows = np.flatnonzero((suggested >= 0) & (suggested != given))
    sure, credible = probabilities[rows, suggested[rows]], probabilities[rows, given[rows]]
    order = np.argsort(credible - sure, kind="stable")
    rows = rows[order]
    facts = {"row": index[rows], "given": given[rows], "suggested": suggested[rows]}
    facts |= {"confidence": sure[order], "given_probability": credible[order], "rank": np.arange(1, len(rows) + 1)}
    return pd.DataFrame(facts)


def _by_group(groups: Sequence[object] | pd.Series, suspect: np.ndarray) -> pd.DataFrame:
    """Compare each group's share of suspects with that of the other rows."""
    import numpy as np
    import pandas as pd

    require_same_length(suspect, groups, "labels and groups")
    column = pd.Series(groups).reset_index(drop=True).astype(object)
    column = column.where(column.notna(), "(missing)")
    counts = pd.Series(suspect).groupby(column).agg(n="size", suspects="sum")
    n, found, rows, total = counts["n"].to_numpy(), counts["suspects"].to_numpy(), len(suspect), int(suspect.sum())
    adjusted = holm(enrichment(found, n, total, rows))
    table = (
        counts.rename_axis("group")
        .reset_index()
        .assign(
            rate=found / n,
            rest_rate=(total - found) / np.maximum(1, rows - n),
            p_adjusted=adjusted,
            verdict=np.where(adjusted <= CERTAIN, "worse", "like the others"),
        )
    )
    return table.sort_values(["p_adjusted", "rate"], ascending=[True, False], kind="stable", ignore_index=True)
