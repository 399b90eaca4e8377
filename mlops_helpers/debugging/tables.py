"""What every analysis asks of its table before it looks at it: rows, the columns it needs, and two classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import (
    EmptyData,
    InvalidSetting,
    MissingColumn,
    MissingExtra,
    OneClass,
    UnequalLengths,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def nearest_names(wanted: str, known: Iterable[object], *, limit: int = 3) -> list[str]:
    """Return up to `limit` of the names in `known` that look most like `wanted`, best first, case ignored."""
    spelled = {str(name).lower(): str(name) for name in known}
    return [spelled[name] for name in get_close_matches(str(wanted).lower(), spelled, n=limit, cutoff=0.5)]


def require_columns(table: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise `MissingColumn`, with the nearest names, unless `table` has each of `names`."""
    for name in names:
        if name not in table.columns:
            near = nearest_names(name, table.columns) or [str(column) for column in table.columns]
            raise MissingColumn(f"no column {name!r}", f"one of {list(table.columns)}", f"Nearest: {', '.join(near)}.")


def require_rows(table: Sequence[object] | pd.DataFrame, what: str = "the table") -> None:
    """Raise `EmptyData` unless `table` has a row."""
    if len(table) == 0:
        raise EmptyData(f"no rows in {what}", "at least one", "Check the filter or the query that made it.")


def require_same_length(first: Sequence[object], second: Sequence[object], names: str) -> None:
    """Raise `UnequalLengths` unless both have as many items; `names` says what they are, "labels and features"."""
    if len(first) != len(second):
        found = f"{len(first)} and {len(second)} items as {names}"
        raise UnequalLengths(found, "as many of each, in the same order", "Take both from one table.")


def require_between(value: float, low: float, high: float, *, name: str) -> None:
    """Raise `InvalidSetting` unless low <= value <= high."""
    if not low <= value <= high:
        raise InvalidSetting(f"{name}={value!r}", f"a value from {low} to {high}", f"Correct {name}.")


def as_yes_no(values: Sequence[object] | pd.Series, what: str) -> np.ndarray:
    """Return `values` (True/False or 0/1) as an array of bool.

    Raises `InvalidSetting` for any other value, a missing one included, and `OneClass` if all rows are alike.
    """
    import pandas as pd

    column = pd.Series(values).reset_index(drop=True)
    strange = column[~column.isin([0, 1])]
    if len(strange):
        found = f"{strange.iloc[0]!r} in row {strange.index[0]} of {what}"
        raise InvalidSetting(found, "True or False, or 1 and 0", "Compare with a value first: table[name] == 'Yes'.")
    truth = column.to_numpy(dtype=bool)
    require_both(truth, what)
    return truth


def require_both(truth: np.ndarray, what: str) -> None:
    """Raise `OneClass` unless `truth` holds True as well as False."""
    if truth.all() or not truth.any():
        found = f"{what} is {bool(truth[0])} in all {len(truth)} rows"
        raise OneClass(found, "some rows of either kind", "There is nothing to compare: widen the selection of rows.")


def extra(module: str, package: str) -> ModuleType:
    """Return an optional library's module. Raises `MissingExtra` if `package` is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        found = f"no package {package}, which this metric needs"
        remedy = "In the course's folder: pip install '.[metrics]' (elsewhere: pip install 'mlops-helpers[metrics]')."
        raise MissingExtra(found, "the extra 'metrics' to be installed", remedy) from error
