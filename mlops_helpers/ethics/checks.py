"""What every function here asks of its data first: rows, columns that exist, labels of 0 and 1, scores from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from numbers import Real
from types import ModuleType
from typing import TYPE_CHECKING

from mlops_helpers.debugging.tables import nearest_names
from mlops_helpers.ethics.errors import (
    BadLabels,
    EmptyData,
    InvalidSetting,
    MissingColumn,
    MissingExtra,
    UnequalLengths,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


def names_of(columns: str | Sequence[str], what: str) -> list[str]:
    """Return one name, or several, as a list without repetitions. Raises InvalidSetting for none."""
    names = [columns] if isinstance(columns, str) else list(dict.fromkeys(columns))
    if not names:
        raise InvalidSetting(f"{what}=[]", "at least one column", f"Name one, as in {what}='sex'.")
    return names


def require_columns(known: Iterable[str], names: Iterable[str]) -> None:
    """Raise MissingColumn, which names the nearest, unless each of `names` is among the `known` columns."""
    known = list(known)
    for name in names:
        if name not in known:
            near = nearest_names(name, known)
            remedy = f"Nearest: {', '.join(near)}." if near else "None of them looks alike: which holds it?"
            raise MissingColumn(f"no column {name!r}", f"one of {known}", remedy)


def require_rows(table: Sequence[object] | pd.DataFrame) -> None:
    """Raise EmptyData unless there is a row."""
    if len(table) == 0:
        raise EmptyData("no rows", "at least one", "Check the filter or the query that made the table.")


def require_equal(lengths: dict[str, int]) -> None:
    """Raise UnequalLengths unless all lengths, given by what they are the length of, are the same."""
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{length:,} {what}" for what, length in lengths.items())
        raise UnequalLengths(found, "as many of each, in the same order", "Take all of them from one table.")


def require_same_index(columns: Mapping[str, object]) -> None:
    """Raise UnequalLengths if two pandas objects, given by what they are, have their rows in different order.

    Arrays and lists have no index; they are taken as they stand.
    """
    import pandas as pd

    labelled = {what: column.index for what, column in columns.items() if isinstance(column, pd.DataFrame | pd.Series)}
    first = next(iter(labelled), None)
    for what, index in labelled.items():
        if not index.equals(labelled[first]):
            found = f"the {what} with another index than the {first}"
            raise UnequalLengths(found, "the same rows in the same order", "Take both from one table, or reindex one.")


def require_between(value: float, low: float, high: float, *, name: str) -> None:
    """Raise InvalidSetting unless low <= value <= high; NaN and what is no number are refused too."""
    if not (isinstance(value, Real) and low <= value <= high):
        raise InvalidSetting(f"{name}={value!r}", f"a value from {low:g} to {high:g}", f"Correct {name}.")


def require_choice(value: str, choices: Iterable[str], *, name: str) -> None:
    """Raise InvalidSetting, which lists the choices, unless `value` is one of them."""
    choices = list(choices)
    if value not in choices:
        raise InvalidSetting(f"{name}={value!r}", f"one of {choices}", f"Correct {name}.")


def zero_one(values: npt.ArrayLike | pd.Series, what: str) -> np.ndarray:
    """Return 0/1 or False/True as uint8, shape (n,).

    Raises BadLabels, which names the first such value and its row, for any other value and for a missing one.
    """
    import numpy as np

    array = np.asarray(values)
    if array.dtype == bool:
        return array.view(np.uint8)
    if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() <= 1:
        return array.astype(np.uint8)
    return _checked_zero_one(values, what)


def _checked_zero_one(values: npt.ArrayLike | pd.Series, what: str) -> np.ndarray:
    """Look at the values one by one, which takes its time: floats, objects, nullable columns."""
    import numpy as np
    import pandas as pd

    column = pd.Series(values).reset_index(drop=True)
    strange = column[~column.isin([0, 1])]
    if len(strange):
        value, row = strange.tolist()[0], strange.index[0]
        found = f"{len(strange):,} values of {what} other than 0 and 1, the first {value!r} in row {row}"
        remedy = "Drop the rows without one." if pd.isna(value) else f"Compare first: (table[name] == {value!r})."
        raise BadLabels(found, "0 and 1, or False and True", remedy)
    return column.to_numpy(dtype=np.uint8)


def unit_scores(values: npt.ArrayLike | pd.Series, what: str) -> np.ndarray:
    """Return scores as float64, shape (n,). Raises BadLabels for one outside 0..1, a missing one included."""
    import numpy as np
    import pandas as pd

    scores = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    outside = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
    if outside.size:
        found = f"{outside.size:,} values of {what} that are no number from 0 to 1, the first in row {outside[0]}"
        raise BadLabels(found, "probabilities", "Pass `predict_proba(...)[:, 1]`, and drop rows without a score.")
    return scores


def extra(module: str, package: str, option: str) -> ModuleType:
    """Return an optional library's module. Raises MissingExtra, which says how to install it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        remedy = (
            f"In the course's folder: pip install '.[{option}]' (elsewhere: pip install 'mlops-helpers[{option}]')."
        )
        raise MissingExtra(f"no package {package}", f"the extra {option!r} to be installed", remedy) from error
