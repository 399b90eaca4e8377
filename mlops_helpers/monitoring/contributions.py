"""Which columns, and which slices of the rows, carry a change of a mean: of the score, or of the error.

The method is Kitagawa's decomposition (Evelyn M. Kitagawa 1955, JASA 50, 1168–1194). Cut both windows into the same
bins b of a column; the bins hold shares p_b (reference) and q_b (production) of the rows, with means m_b and m'_b, and
M is the mean of the whole reference. Then the change of the mean is exactly

    M' - M  =  Σ (q_b - p_b)(m_b - M)   +   Σ q_b (m'_b - m_b)
               "mix": other rows came       "rate": the same rows now have another mean

A column with a large mix explains the change by its distribution. A bin with a large rate is where something else
changed. Columns that go together explain the same change twice: the mixes of several columns do not add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.bins import Binned, bin_column
from mlops_helpers.monitoring.columns import list_of_names
from mlops_helpers.monitoring.errors import EmptyWindow, InvalidSetting
from mlops_helpers.monitoring.scores import NORMAL_95
from mlops_helpers.monitoring.tables import finite_numbers, require_columns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MINIMUM_ROWS = 50
SLICE_COLUMNS = (
    "slice", "rows_reference", "rows_production", "mean_reference", "mean_production",
    "mix", "rate", "contribution", "z",
)  # fmt: skip


def feature_contributions(
    reference: pd.DataFrame, production: pd.DataFrame, *, features: Sequence[str], outcome: str
) -> pd.DataFrame:
    """Return one row per feature, the largest mix first: feature, change, mix, rate, low, high.

    `outcome` is a numeric column of both windows whose mean changed; rows where it is missing are left out. change is
    that change, mix the part that the feature's own distribution explains, rate the rest; low to high is the 95 %
    interval of the mix, the means of the reference's bins taken as known.

    Raises MissingColumn, EmptyWindow (no row with an outcome), MismatchedColumns, BadValue, InvalidSetting.
    """
    import pandas as pd

    windows = _windows(reference, production, features, outcome)
    lines = [_feature(bin_column(windows[0], windows[1], name), *_outcomes(windows, outcome)) for name in features]
    table = pd.DataFrame(lines, columns=["feature", "change", "mix", "rate", "low", "high"])
    return table.sort_values("mix", key=abs, ascending=False, kind="stable", ignore_index=True)


def slice_contributions(
    reference: pd.DataFrame,
    production: pd.DataFrame,
    *,
    features: Sequence[str],
    outcome: str,
    depth: int = 1,
    min_rows: int = MINIMUM_ROWS,
) -> pd.DataFrame:
    """Return one row per slice, the largest contribution to a rise of the mean first; columns as `SLICE_COLUMNS`.

    depth      1: bins of one feature; 2: also every combination of two
    min_rows   slices with fewer rows in either window are left out
    z          rate in standard errors; beyond ±3 it is hardly chance, were this the only slice looked at

    Raises as `feature_contributions`, and InvalidSetting for another depth.
    """
    import pandas as pd

    if depth not in (1, 2):
        raise InvalidSetting(f"depth={depth}", "1 or 2", "Use 2 for combinations of two columns.")
    windows = _windows(reference, production, features, outcome)
    before, after = _outcomes(windows, outcome)
    binned = [bin_column(windows[0], windows[1], name) for name in features]
    pairs = [_crossed(one, other) for one, other in combinations(binned, 2)] if depth == 2 else []
    tables = [_slices(one, before, after) for one in (*binned, *pairs)]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(SLICE_COLUMNS))
    table = table[table[["rows_reference", "rows_production"]].min(axis=1) >= min_rows]
    return table.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def _windows(
    reference: pd.DataFrame, production: pd.DataFrame, features: Sequence[str], outcome: str
) -> list[pd.DataFrame]:
    features, windows = list_of_names(features, "features"), []
    for frame, where in ((reference, "the reference"), (production, "production")):
        require_columns(frame, [*features, outcome], where=where)
        kept = frame[frame[outcome].notna()]
        if kept.empty:
            raise EmptyWindow(f"no row with {outcome!r} in {where}", "at least one", "Wait for labels, or widen it.")
        windows.append(kept)
    return windows


def _outcomes(windows: list[pd.DataFrame], outcome: str) -> list[np.ndarray]:
    names = ("the reference", "production")
    return [finite_numbers(frame, outcome, where=where) for frame, where in zip(windows, names, strict=True)]


def _means(codes: np.ndarray, outcome: np.ndarray, bins: int, *, where_empty: float) -> np.ndarray:
    """Return the mean of each bin."""
    import numpy as np

    rows = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=outcome, minlength=bins)
    return np.where(rows > 0, sums / np.maximum(rows, 1), where_empty)


def _feature(binned: Binned, before: np.ndarray, after: np.ndarray) -> tuple:
    """Return the line of one feature."""
    p, q = binned.shares()
    mean = _means(binned.reference, before, len(p), where_empty=float(before.mean()))
    mix, change = float((q - p) @ mean), float(after.mean() - before.mean())
    spread = _variance(q, mean) / len(after) + _variance(p, mean) / len(before)
    reach = NORMAL_95 * spread**0.5
    return binned.column, change, mix, change - mix, mix - reach, mix + reach


def _variance(share: np.ndarray, value: np.ndarray) -> float:
    return max(0.0, float(share @ value**2 - (share @ value) ** 2))


def _crossed(one: Binned, other: Binned) -> Binned:
    """Return the combinations of the bins of two columns as bins."""
    width = len(other.names)
    names = [f"{first} and {second}" for first in one.names for second in other.names]
    codes = (one.reference * width + other.reference, one.production * width + other.production)
    return Binned(f"{one.column}, {other.column}", names, *codes)


def _slices(binned: Binned, before: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    """Return a line per bin. A bin that the reference lacks has the reference's mean, so all of it is rate."""
    import numpy as np
    import pandas as pd

    (p, q), bins, mean = binned.shares(), len(binned.names), float(before.mean())
    old = _means(binned.reference, before, bins, where_empty=mean)
    new = _means(binned.production, after, bins, where_empty=0.0)
    rows = [np.bincount(codes, minlength=bins) for codes in (binned.reference, binned.production)]
    squares = (
        _means(binned.reference, before**2, bins, where_empty=0.0),
        _means(binned.production, after**2, bins, where_empty=0.0),
    )
    error = np.sqrt(
        sum(np.maximum(s - m**2, 0) / np.maximum(n, 1) for s, m, n in zip(squares, (old, new), rows, strict=True))
    )
    mix, rate = (q - p) * (old - mean), q * (new - old)
    z = np.divide(new - old, error, out=np.zeros(bins), where=error > 0)
    columns = (binned.names, *rows, old, new, mix, rate, mix + rate, z)
    return pd.DataFrame(dict(zip(SLICE_COLUMNS, columns, strict=True)))
