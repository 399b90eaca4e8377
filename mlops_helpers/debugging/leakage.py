"""Too good to be true? Features that know the answer because they were written after it, or from it.

Each feature is asked alone how well it separates the two classes (AUC: 0.5 is a coin, 1 is the answer itself).
Honest features of a hard question rarely pass 0.8 alone; one that passes 0.95 usually is the label in disguise.

    numbers   by rank; and by quantile bins, with values such as -999 apart, for relations that are not monotonic
    others    by the share of positives of each level, learnt on other rows (out of fold), so that an id with a level
              per row, which would seem perfect on the rows it was learnt from, scores 0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlops_helpers.debugging.binning import bin_column
from mlops_helpers.debugging.errors import InvalidSetting, OneClass
from mlops_helpers.debugging.significance import enrichment, holm
from mlops_helpers.debugging.tables import require_between, require_columns, require_rows

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FOLDS = 5
SMOOTHING = 10  # a level's share of positives is mixed with that many rows of the overall share
CERTAIN, FACTOR = 0.01, 2  # missing values tell if the adjusted p-value is below the one and rates differ by the other
IDS, RECOGNISED = 0.5, 0.6  # text with more levels per row is an id; one that reaches this AUC recognises its rows
TOO_GOOD, LATE, TELLS, PLAUSIBLE = "too good to be true", "known too late", "missing tells", "plausible"
REPEATED = "rows repeat"
COLUMNS = ("feature", "auc", "levels", "rate_missing", "rate_present", "p_missing", "late", "verdict", "why")


def leakage_probe(
    table: pd.DataFrame,
    *,
    label: str,
    features: Sequence[str] | None = None,
    known_at: Mapping[str, str] | None = None,
    decided_at: str | None = None,
    limit: float = 0.95,
) -> pd.DataFrame:
    """Return one row per feature, the most suspicious first.

    label       column with two values; the larger one counts as positive (1, True, "Yes")
    features    all other columns by default
    known_at    for some features the column that says when their value was written, and
    decided_at  the column that says when the prediction is needed: what is written later cannot be used

    auc           of the feature alone, 0.5 to 1
    levels        different values of a column of text or categories; NaN for numbers and times
    rate_missing, rate_present, p_missing   share of positives where the value is missing and where not; chance of
                  such a difference, adjusted for all features
    late          share of rows whose value was written after `decided_at`; NaN if that is not known
    verdict, why  "too good to be true" (AUC of `limit` or more), "known too late", "rows repeat" (an id predicts, which
                  it can only where its row stands in the table twice), "missing tells" or "plausible"
    Raises MissingColumn, EmptyData, InvalidSetting, and OneClass unless the label has two values.
    """
    import pandas as pd

    require_rows(table)
    require_between(limit, 0.5, 1, name="limit")
    times = dict(known_at or {})
    require_columns(table, [label, *([decided_at] if decided_at else []), *times, *times.values()])
    names = _names(table, label, features)
    if times and not decided_at:
        raise InvalidSetting("known_at without decided_at", "both", "Name the column with the time of the prediction.")
    truth = _truth(table[label], label)
    if features is None:  # times that serve as evidence are not features themselves
        names = [name for name in names if name not in {decided_at, *times.values()}]
    found = pd.DataFrame([_measure(table, name, truth, times, decided_at) for name in names], columns=list(COLUMNS[:7]))
    found["p_missing"] = holm(found["p_missing"])
    verdicts = [_verdict(row, limit, len(table)) for row in found.itertuples()]
    found["verdict"], found["why"] = [verdict for verdict, _ in verdicts], [why for _, why in verdicts]
    found["suspicious"] = found["verdict"] != PLAUSIBLE
    found = found.sort_values(["suspicious", "auc"], ascending=False, kind="stable", ignore_index=True)
    return found.drop(columns="suspicious")


def shared_rows(train: pd.DataFrame, test: pd.DataFrame, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the rows of `test` that also stand in `train`: they measure memory, not skill.

    columns  what has to be equal, without ids; all common columns by default
    Raises MissingColumn, EmptyData.
    """
    names = list(columns) if columns is not None else [name for name in test.columns if name in train.columns]
    for part, what in ((train, "the training rows"), (test, "the test rows")):
        require_rows(part, what)
        require_columns(part, names)
    if not names:
        raise InvalidSetting("no common columns", "at least one column to compare", "Name them with columns=[…].")
    known = train[names].drop_duplicates()
    merged = test[names].merge(known, how="left", on=names, indicator="found_in")
    return test[(merged["found_in"] == "both").to_numpy()]


def _names(table: pd.DataFrame, label: str, features: Sequence[str] | None) -> list[str]:
    """The columns to look at. Raises InvalidSetting if the label is one of them, and MissingColumn."""
    if features is None:
        return [name for name in table.columns if name != label]
    if label in features:
        raise InvalidSetting(f"the label {label!r} among the features", "inputs alone", "Remove it from `features`.")
    require_columns(table, features)
    return list(features)


def _truth(column: pd.Series, name: str) -> np.ndarray:
    """Return True where the label has the larger of its two values."""
    values = sorted(column.dropna().unique().tolist())
    if column.isna().any():
        found = f"{int(column.isna().sum())} rows without a label in {name!r}"
        raise InvalidSetting(found, "a label in each row", "Drop these rows first.")
    if len(values) != 2:
        found = f"{len(values)} different values in label {name!r}: {values[:5]}"
        raise OneClass(found, "exactly two", "For more classes ask one against the rest: table[label] == value.")
    return (column == values[1]).to_numpy(dtype=bool)


def _measure(
    table: pd.DataFrame, name: str, truth: np.ndarray, times: Mapping[str, str], decided_at: str | None
) -> tuple:
    """Return the facts about one feature."""
    import numpy as np

    column = table[name]
    missing = column.isna().to_numpy()
    n, positives = int(missing.sum()), int((missing & truth).sum())
    rates = (positives / n if n else np.nan, truth[~missing].mean() if n < len(truth) else np.nan)
    more = enrichment(positives, n, int(truth.sum()), len(truth))
    fewer = enrichment(n - positives, n, int((~truth).sum()), len(truth))
    late = (table[times[name]] > table[decided_at]).mean() if name in times and decided_at else np.nan
    levels = np.nan if _is_ordered(column) else column.nunique()
    return name, feature_auc(column, truth), levels, *rates, min(1.0, 2 * float(min(more, fewer))), late


def feature_auc(column: pd.Series, truth: np.ndarray) -> float:
    """Return how well one column alone tells the classes apart: AUC from 0.5 to 1, on rows it was not learnt from."""
    import pandas as pd

    if not _is_ordered(column):
        return max(0.5, _out_of_fold_auc(pd.factorize(column)[0] + 1, truth))
    present = column.notna().to_numpy()
    ranks = column[present].rank().to_numpy(dtype=float)
    directed = auc(ranks, truth[present]) * present.mean() + 0.5 * (1 - present.mean())
    return max(directed, 1 - directed, _out_of_fold_auc(bin_column(column, bins=20).codes, truth))


def _is_ordered(column: pd.Series) -> bool:
    """Return whether the column holds numbers or times, so that ranks mean something."""
    from pandas.api import types

    kind = column.dtype
    return types.is_datetime64_any_dtype(kind) or (types.is_numeric_dtype(kind) and not types.is_bool_dtype(kind))


def auc(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the chance that a positive row scores higher than a negative one, ties counting half (Mann-Whitney)."""
    from scipy.stats import rankdata

    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return 0.5
    surplus = rankdata(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(surplus / (positives * negatives))


def _out_of_fold_auc(codes: np.ndarray, truth: np.ndarray) -> float:
    """Score each row by the share of positives of its level in the other folds; the mean AUC of the folds.

    Both classes are dealt to the folds in turn, after a shuffle that is always the same, so that all folds are alike.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    fold = np.empty(len(truth), dtype=np.int8)
    for rows in (np.flatnonzero(truth), np.flatnonzero(~truth)):
        fold[rng.permutation(rows)] = np.arange(len(rows)) % FOLDS
    levels, found = int(codes.max()) + 1, []
    for number in range(FOLDS):
        seen = fold != number
        n = np.bincount(codes[seen], minlength=levels)
        positives = np.bincount(codes[seen & truth], minlength=levels)
        share = (positives + SMOOTHING * truth[seen].mean()) / (n + SMOOTHING)
        found.append(auc(share[codes[~seen]], truth[~seen]))
    return float(np.mean(found))


def _verdict(row: object, limit: float, rows: int) -> tuple[str, str]:
    """Return the verdict on a feature and the sentence that explains it."""
    if row.auc >= limit:
        return TOO_GOOD, f"alone it reaches an AUC of {row.auc:.3f}; the limit is {limit:g}"
    if row.late > 0:
        return LATE, f"in {row.late:.1%} of the rows it was written after the prediction is needed"
    if row.levels > IDS * rows and row.auc >= RECOGNISED:
        return REPEATED, f"{row.levels:,.0f} levels in {rows:,} rows reach an AUC of {row.auc:.3f}: remove duplicates"
    low, high = sorted([row.rate_missing, row.rate_present])
    if row.p_missing <= CERTAIN and high >= FACTOR * low:
        return TELLS, f"{row.rate_missing:.1%} positive where it is missing, {row.rate_present:.1%} where not"
    return PLAUSIBLE, "nothing unusual"
