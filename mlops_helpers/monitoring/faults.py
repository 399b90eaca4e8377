"""Signs that a data pipeline broke: values that no change of the world explains.

    constant        a column that varied holds a single value
    missing values  many more are missing than before
    filled in       one number is suddenly frequent: a 0, -1 or 999 in place of what is missing
    unit            numbers are what they were, times a factor that people convert with (1000, 60, °C to °F, …)
    new level       a category that was never seen before, more often than chance would bring one

Each check compares production with the reference, needs no label, and says what it saw in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.bins import is_numeric
from mlops_helpers.monitoring.columns import list_of_names
from mlops_helpers.monitoring.evidence import Evidence
from mlops_helpers.monitoring.tables import finite_numbers, require_columns
from mlops_helpers.monitoring.units import find_unit

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CONSTANT, MISSING, FILLED, UNIT, LEVEL = "constant", "missing values", "filled in", "unit", "new level"
MORE_MISSING = 0.05  # by so much the share of missing values may rise
FREQUENT, RARE = 0.03, 0.01  # a filled-in value gains so much of the rows, and had less than that of them before
STANDS_OUT = 5  # times as frequent as any of the four numbers next to it
UNSEEN, FEWEST = 0.005, 20  # share and number of rows with levels never seen, beyond what chance brings


def pipeline_faults(reference: pd.DataFrame, production: pd.DataFrame, *, features: Sequence[str]) -> list[Evidence]:
    """Return the evidence of all checks that apply to each feature, found or not.

    Raises MissingColumn, EmptyWindow, MismatchedColumns (numeric in one window only), BadValue (infinite numbers),
    and InvalidSetting for features that are one string.
    """
    features = list_of_names(features, "features")
    require_columns(reference, features, where="the reference")
    require_columns(production, features, where="production")
    return [line for name in features for line in _column(reference, production, name)]


def _column(reference: pd.DataFrame, production: pd.DataFrame, name: str) -> Iterator[Evidence]:
    yield _missing(reference[name], production[name])
    before, after = reference[name].dropna(), production[name].dropna()
    if before.empty or after.empty:
        return
    constant = _constant(before, after)
    yield constant
    if constant.found:
        return
    if is_numeric(reference, production, name):
        numbers = [
            _known(frame, name, where) for frame, where in ((reference, "the reference"), (production, "production"))
        ]
        yield _filled(name, *numbers)
        yield _unit(name, *numbers, production[name].notna().to_numpy(), production)
    else:
        yield _new_level(before, after)


def _known(frame: pd.DataFrame, name: str, where: str) -> np.ndarray:
    import numpy as np

    values = finite_numbers(frame, name, where=where)
    return values[~np.isnan(values)]


def _missing(before: pd.Series, after: pd.Series) -> Evidence:
    """Compare shares of missing values, and tell whether the missing ones stand together."""
    absent = after.isna()
    rise, limit = float(absent.mean() - before.isna().mean()), MORE_MISSING
    noise = 4 * (before.isna().mean() * before.notna().mean() / len(after)) ** 0.5
    found = rise > limit + noise
    together = _longest_run(absent.to_numpy()) if found else 0
    what = f"{absent.mean():.1%} missing instead of {before.isna().mean():.1%}"
    what += f"; the longest block without a value has {together:,} rows" if together > FEWEST else ""
    return Evidence(MISSING, str(after.name), bool(found), rise, float(limit + noise), what)


def _longest_run(flags: np.ndarray) -> int:
    """Return the length of the longest run of True."""
    import numpy as np

    ends = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype("int8"), [0]))))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _constant(before: pd.Series, after: pd.Series) -> Evidence:
    levels = int(after.nunique())
    usual = before.value_counts(normalize=True).iloc[0]
    chance = float(usual ** len(after))  # that so many rows agree although nothing changed
    found = levels == 1 and before.nunique() > 1 and chance < 1e-6
    what = f"every value is {after.iloc[0]!s}" if levels == 1 else f"{levels:,} different values"
    return Evidence(CONSTANT, str(after.name), bool(found), float(levels), 1.0, what)


def _filled(name: str, before: np.ndarray, after: np.ndarray) -> Evidence:
    """Look for the number whose share of the rows grew most; it must stand out from the numbers next to it."""
    import numpy as np

    values, rows = np.unique(after, return_counts=True)
    ordered = np.sort(before)
    old = (np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")) / len(before)
    new = rows / len(after)
    most = int(np.argmax(new - old))
    gain, beside = float(new[most] - old[most]), np.delete(rows[max(0, most - 2) : most + 3], min(most, 2))
    stands_out = rows[most] >= max(FEWEST, STANDS_OUT * beside.max(initial=0))
    found = gain > FREQUENT and old[most] < RARE and stands_out
    what = f"{values[most]:g} in {new[most]:.1%} of the rows instead of {old[most]:.1%}"
    return Evidence(FILLED, name, bool(found), gain, FREQUENT, what)


def _unit(name: str, before: np.ndarray, after: np.ndarray, known: np.ndarray, production: pd.DataFrame) -> Evidence:
    """Look for a conversion, of all rows or of those outside what the reference held."""
    import numpy as np

    match = find_unit(before, after)
    if match is None:
        return Evidence(UNIT, name, False, 0.0, FEWEST, "no known factor makes these the numbers of before")
    share = float(match.rows.mean())
    which = "" if share > 0.95 else f" in {share:.1%} of the rows{_common(production[known], match.rows, name)}"
    return Evidence(
        UNIT,
        name,
        True,
        float(np.count_nonzero(match.rows)),
        FEWEST,
        f"the numbers are those of before {match.how}{which}",
    )


def _common(production: pd.DataFrame, rows: np.ndarray, name: str) -> str:
    """Return what rows have in common: a level that nearly all of them and few others have."""
    for column in production.columns:
        inside = production.loc[rows, column]
        if column == name or inside.dtype.kind == "f" or inside.nunique(dropna=False) != 1:
            continue
        level = inside.iloc[0]
        if (production.loc[~rows, column] == level).mean() < 0.5:
            return f", all of them with {column} = {level}"
    return ""


def _new_level(before: pd.Series, after: pd.Series) -> Evidence:
    """Compare the share of unseen levels with Good and Turing's estimate: the share of levels seen once."""
    counts = before.value_counts()
    unseen = after[~after.isin(counts.index[counts > 0])].value_counts()
    unseen = unseen[unseen > 0]
    share = float(unseen.sum() / len(after))
    limit = UNSEEN + 3 * float((counts == 1).sum() / len(before))
    found = share > limit and unseen.sum() >= FEWEST
    named = ", ".join(f"{level!s} ({rows:,})" for level, rows in unseen.head(3).items())
    what = f"{len(unseen)} levels never seen before: {named}" if len(unseen) else "no level that is new"
    return Evidence(LEVEL, str(after.name), bool(found), share, limit, what)
