"""What did the model learn from? The training examples that are most similar to a row that went wrong.

Similarity is Gower's (1971): the mean over the features of a difference between 0 and 1.

    numbers, times   |a - b| divided by the spread of the training data, at most 1
    everything else  0 if equal, else 1
    missing          0 if both are missing, 1 if one is: whether a value was recorded is itself a fact

The spread is the distance between the 1st and the 99th percentile, not the full range, which one -999 would stretch
until all true values look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.tables import require_between, require_columns, require_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TAIL = 0.01  # this share of the values at either end does not widen the spread


def nearest_examples(
    train: pd.DataFrame, rows: pd.DataFrame | pd.Series, *, features: Sequence[str], k: int = 5
) -> pd.DataFrame:
    """Return the `k` rows of `train` nearest to each of `rows`, with all their columns.

    rows         a table, or one row of it (a Series, as table.loc[7] gives); one of `train` finds itself

    query        index label of the row whose neighbours these are
    rank         1 is nearest; of equally distant rows the one that stands first in `train`
    neighbour    index label in `train`
    distance     0 (equal in all features) to 1
    differs_in   the feature that contributes most to the distance; missing at distance 0
    Raises MissingColumn, EmptyData, and InvalidSetting for k beyond the rows of `train` or columns named as above.
    """
    import pandas as pd

    if not isinstance(rows, pd.Series | pd.DataFrame):
        found = f"{type(rows).__name__} as the rows asked for"
        raise InvalidSetting(found, "a table, or one row of it", "Give table.loc[label] instead of its label.")
    asked = rows.to_frame().T.infer_objects() if isinstance(rows, pd.Series) else rows
    for table, what in ((train, "the training data"), (asked, "the rows asked for")):
        require_rows(table, what)
        require_columns(table, features)
    if len(features) == 0:
        raise InvalidSetting("no features", "at least one column to compare", "Name the model's columns.")
    require_between(k, 1, len(train), name="k")
    measures = [_Measure(train[name], asked[name]) for name in dict.fromkeys(features)]
    parts = [_nearest(train, measures, number, label, k=k) for number, label in enumerate(asked.index)]
    return pd.concat(parts, ignore_index=True)


class _Measure:
    """The difference between a feature of one asked row and that of all training rows."""

    def __init__(self, known: pd.Series, asked: pd.Series) -> None:
        from pandas.api import types

        self.name = str(known.name)
        self._ordered = types.is_numeric_dtype(known.dtype) or types.is_datetime64_any_dtype(known.dtype)
        self._known, self._asked = (self._numbers(known), self._numbers(asked)) if self._ordered else (known, asked)
        self._spread = _spread(self._known) if self._ordered else 1.0

    def _numbers(self, column: pd.Series) -> np.ndarray:
        """Return numbers, or times as seconds; what is neither is refused."""
        import numpy as np
        import pandas as pd
        from pandas.api import types

        try:
            if types.is_datetime64_any_dtype(column.dtype):
                return ((pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")).dt.total_seconds()).to_numpy()
            return pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as error:
            found = f"{self.name!r} as {column.dtype} in the rows asked for"
            raise InvalidSetting(found, "numbers, as in the training data", "Convert the column first.") from error

    def to(self, number: int) -> np.ndarray:
        """Return the differences between the asked row of this number and each training row, 0 to 1."""
        import numpy as np
        import pandas as pd

        if self._ordered:
            gap = np.abs(self._known - self._asked[number])
            missing, absent = np.isnan(self._known), np.isnan(self._asked[number])
            found = np.minimum(1, gap / self._spread)
        else:
            value = self._asked.iloc[number]
            missing, absent = self._known.isna().to_numpy(), pd.isna(value)
            found = (
                np.ones(len(missing)) if absent else 1.0 - (self._known == value).fillna(False).to_numpy(dtype=float)
            )
        return np.where(missing | absent, (missing != absent).astype(float), found)


def _spread(numbers: np.ndarray) -> float:
    """Return how far apart training values are, the outermost left aside; 1 if they are all equal."""
    import numpy as np

    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return 1.0
    low, high = np.quantile(finite, [TAIL, 1 - TAIL])
    return float(high - low) or float(finite.max() - finite.min()) or 1.0


def _nearest(train: pd.DataFrame, measures: Sequence[_Measure], number: int, label: object, *, k: int) -> pd.DataFrame:
    """Return the nearest rows of one asked row."""
    import numpy as np

    differences = np.stack([measure.to(number) for measure in measures])
    distance = differences.mean(axis=0)
    chosen = np.argsort(distance, kind="stable")[:k]
    names = np.array([measure.name for measure in measures], dtype=object)
    most = np.where(distance[chosen] > 0, names[differences[:, chosen].argmax(axis=0)], None)
    facts = {
        "query": [label] * len(chosen),
        "rank": np.arange(1, len(chosen) + 1),
        "neighbour": train.index[chosen],
        "distance": distance[chosen],
        "differs_in": most,
    }
    found = train.iloc[chosen].reset_index(drop=True)
    clash = sorted(set(facts) & set(map(str, found.columns)))
    if clash:
        raise InvalidSetting(f"training columns {clash}", "other names than those of the result", "Rename them.")
    return found.assign(**facts)[[*facts, *found.columns]]
