"""The confusion matrix of each slice: how many of its rows are right and wrong, and in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.debugging.binning import bin_column
from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.significance import wilson
from mlops_helpers.debugging.tables import require_columns, require_rows

if TYPE_CHECKING:
    import pandas as pd

ALL = "all rows"
COUNTS = ("n", "tp", "fp", "fn", "tn")


def confusion_by_slice(
    table: pd.DataFrame, *, label: str, predicted: str, by: str | Sequence[str], positive: object = 1
) -> pd.DataFrame:
    """Return one row per slice, and one for all rows at the end.

    label, predicted   columns with the truth and with what the model said
    by                 column or columns to slice by; numbers are cut at quantiles, missing values are a slice
    positive           the class that counts as positive; all others are negative

    slice              condition, such as "age in [30, 40)"
    n, tp, fp, fn, tn  rows, and how many of them were truly or falsely called positive or negative
    error_rate         share of rows where label and prediction differ; error_low, error_high: 95 % (Wilson)
    precision, recall  of the positive class; NaN where nothing was called positive, or nothing is
    Raises MissingColumn, EmptyData, and InvalidSetting for a row without a label or a prediction.
    """
    import pandas as pd

    names = [by] if isinstance(by, str) else list(by)
    require_columns(table, [label, predicted, *names])
    require_rows(table)
    for name in (label, predicted):
        if table[name].isna().any():
            found = f"{int(table[name].isna().sum())} rows without a value in {name!r}"
            raise InvalidSetting(found, "a label and a prediction in each row", "Drop these rows, or ask why.")
    cells = _cells(table[label], table[predicted], positive)
    parts = [pd.DataFrame({"slice": [ALL], **{name: [int(cells[name].sum())] for name in cells}})]
    for name in reversed(names):
        binned = bin_column(table[name], min_rows=1)
        sizes = cells.groupby(binned.codes).sum().reset_index(drop=False, names="slice")
        sizes["slice"] = [binned.labels[code] for code in sizes["slice"]]
        parts.insert(0, sizes)
    return _rates(pd.concat(parts, ignore_index=True))


def _cells(label: pd.Series, predicted: pd.Series, positive: object) -> pd.DataFrame:
    """Return, per row, a 1 in each cell of the confusion matrix that the row belongs to."""
    import pandas as pd

    truth, said = (label == positive).to_numpy(dtype=bool), (predicted == positive).to_numpy(dtype=bool)
    wrong = (label.astype(object) != predicted.astype(object)).to_numpy(dtype=bool)
    cells = {"n": truth | ~truth, "tp": truth & said, "fp": ~truth & said, "fn": truth & ~said, "tn": ~truth & ~said}
    return pd.DataFrame({**cells, "errors": wrong}).astype(int)


def _rates(sizes: pd.DataFrame) -> pd.DataFrame:
    """Add what follows from the counts."""
    import numpy as np

    low, high = wilson(sizes["errors"], sizes["n"])
    with np.errstate(invalid="ignore"):
        return sizes[["slice", *COUNTS]].assign(
            error_rate=sizes["errors"] / sizes["n"],
            error_low=low,
            error_high=high,
            precision=sizes["tp"] / (sizes["tp"] + sizes["fp"]),
            recall=sizes["tp"] / (sizes["tp"] + sizes["fn"]),
        )
