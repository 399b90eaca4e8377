"""A scorecard: points for the bin each column of a row lies in, added up to log odds. Asked about unseen rows only.

It is a logistic regression on indicator columns, with a small ridge. It sees any shape in one column, and no
interplay of two columns unless one of the columns is already a model's score. In return it fits thousands of rows in a
few hundredths of a second, and always finds the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.bins import bin_column
from mlops_helpers.monitoring.tables import binary_labels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

FOLDS = 3
RIDGE = 0.1  # scikit-learn's C: points that few rows speak for stay near 0
ALMOST = 1e-3  # probabilities stay this far from 0 and 1


@dataclass(frozen=True, eq=False)
class Encoded:
    """A window as numbers: x (n, indicators), label (n,) with NaN where there is none."""

    x: np.ndarray
    label: np.ndarray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.x)

    def take(self, rows: np.ndarray) -> Encoded:
        """Return some rows, by mask or by position."""
        return Encoded(self.x[rows], self.label[rows])

    def labelled(self) -> Encoded:
        """Return the rows that have a label."""
        import numpy as np

        return self.take(~np.isnan(self.label))

    def with_column(self, values: np.ndarray) -> Encoded:
        """Return the window with one more numeric column."""
        import numpy as np

        return replace(self, x=np.column_stack((self.x, values)))


def encode(
    reference: pd.DataFrame, production: pd.DataFrame, *, features: Sequence[str], label: str | None
) -> tuple[Encoded, Encoded]:
    """Return both windows as indicators of the reference's bins (see `bins`).

    Raises MismatchedColumns, and BadValue for infinite numbers and for labels other than 0, 1 and missing.
    """
    import numpy as np

    binned = [bin_column(reference, production, name) for name in features]
    windows = []
    for frame, where, side in ((reference, "the reference", "reference"), (production, "production", "production")):
        indicators = [np.eye(len(column.names))[getattr(column, side)] for column in binned]
        labels = np.full(len(frame), np.nan) if label is None else binary_labels(frame, label, where=where)
        windows.append(Encoded(np.hstack(indicators), labels))
    return windows[0], windows[1]


def held_out(x: np.ndarray, target: np.ndarray, *, seed: int) -> np.ndarray:
    """Return for each row the probability of target 1, by a scorecard fitted to other rows: shape (n,)."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    found = np.empty(len(x))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, target):
        found[test] = _fitted(x[train], target[train]).predict_proba(x[test])[:, 1]
    return np.clip(found, ALMOST, 1 - ALMOST)


def taught_elsewhere(lesson: Encoded, window: Encoded) -> np.ndarray:
    """Return for each row of a window the probability of label 1, by a scorecard of another window's labels."""
    import numpy as np

    return np.clip(_fitted(lesson.x, lesson.label).predict_proba(window.x)[:, 1], ALMOST, 1 - ALMOST)


def _fitted(x: np.ndarray, target: np.ndarray) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=RIDGE, solver="liblinear", random_state=0).fit(x, target)
