"""The first place where two results differ: tables, arrays, numbers, texts, and lists and mappings of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mlops_helpers.debugging.errors import InvalidSetting


@dataclass(frozen=True)
class Difference:
    """Where two results differ first, such as `['scores'][3]` ("" for the whole), and the two values there."""

    where: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """Say it as half a sentence."""
        return f"{self.where or 'the result'}: {_short(self.before)} and then {_short(self.after)}"


def first_difference(before: Any, after: Any, *, tolerance: float = 0.0) -> Difference | None:
    """Return the first difference in reading order, or None.

    `tolerance` is the largest absolute difference of two numbers that still counts as none; a missing value equals a
    missing value. Order counts in lists, not in mappings. Raises `InvalidSetting` for objects of a kind that cannot be
    compared (two models, say), and for a negative tolerance.
    """
    if not tolerance >= 0:
        raise InvalidSetting(f"tolerance={tolerance}", "0 or more", "0 asks for equal numbers, to the last bit.")
    return _differ(before, after, "", tolerance)


def _differ(before: Any, after: Any, where: str, tolerance: float) -> Difference | None:
    if before is after:
        return None
    if _is_number(before) and _is_number(after):
        return None if _close(before, after, tolerance) else Difference(where, before, after)
    if type(before) is not type(after):
        kinds = (f"a {type(item).__name__}" for item in (before, after))
        return Difference(f"{where} (its type)".strip(), *kinds)
    if isinstance(before, Mapping):
        return _differ_mappings(before, after, where, tolerance)
    if isinstance(before, list | tuple):
        return _differ_lists(before, after, where, tolerance)
    if hasattr(before, "dtype") or hasattr(before, "dtypes"):
        return _differ_arrays(before, after, where, tolerance)
    if type(before).__eq__ is object.__eq__:
        raise InvalidSetting(
            f"two results of type {type(before).__qualname__}, which say nothing about being equal",
            "tables, arrays, numbers, texts, or lists and mappings of them",
            "Let the function return what the object predicts, or its parameters.",
        )
    return None if before == after else Difference(where, before, after)


def _differ_mappings(before: Mapping, after: Mapping, where: str, tolerance: float) -> Difference | None:
    for key in chain(before, (key for key in after if key not in before)):
        here = f"{where}[{key!r}]"
        if key not in before or key not in after:
            return Difference(here, before.get(key, "absent"), after.get(key, "absent"))
        if found := _differ(before[key], after[key], here, tolerance):
            return found
    return None


def _differ_lists(before: Sequence, after: Sequence, where: str, tolerance: float) -> Difference | None:
    for place, (one, two) in enumerate(zip(before, after, strict=False)):
        if found := _differ(one, two, f"{where}[{place}]", tolerance):
            return found
    return _differ(len(before), len(after), f"{where} (its length)".strip(), 0.0)


def _differ_arrays(before: Any, after: Any, where: str, tolerance: float) -> Difference | None:
    """Compare numpy's and pandas' values: shape first, then types and labels, then cells, row by row."""
    import numpy as np
    import pandas as pd

    if before.shape != after.shape:
        return Difference(f"{where} (its shape)".strip(), before.shape, after.shape)
    if isinstance(before, pd.DataFrame):
        facts = [("columns", list(before.columns), list(after.columns))]
        facts += [("types", list(map(str, before.dtypes)), list(map(str, after.dtypes)))]
    else:
        facts = [("type", str(before.dtype), str(after.dtype))]
    if hasattr(before, "index") and not before.index.equals(after.index):
        facts += [("index", before.index.tolist(), after.index.tolist())]
    for what, one, two in facts:
        if found := _differ(one, two, f"{where} (its {what})".strip(), 0.0):
            return found
    unequal = _unequal(before, after, tolerance)
    if not unequal.any():
        return None
    place = tuple(int(number) for number in np.argwhere(unequal)[0])
    if isinstance(before, pd.DataFrame):
        label = f"{where} row {place[0]}, column {before.columns[place[1]]!r}".strip()
        return Difference(label, before.iat[place], after.iat[place])
    return Difference(f"{where}{list(place) if place else ''}", np.asarray(before)[place], np.asarray(after)[place])


def _unequal(before: Any, after: Any, tolerance: float) -> Any:
    """Return True where two cells differ, in the shape of both."""
    import numpy as np
    import pandas as pd

    if isinstance(before, pd.DataFrame):
        columns = [_unequal(before.iloc[:, n], after.iloc[:, n], tolerance) for n in range(before.shape[1])]
        return np.column_stack(columns) if columns else np.zeros(before.shape, dtype=bool)
    both_missing = np.asarray(pd.isna(before)) & np.asarray(pd.isna(after))
    if isinstance(before.dtype, pd.StringDtype):  # whole columns at once, in Arrow
        return ~both_missing & pd.Series(before.array != after.array).fillna(True).to_numpy(dtype=bool)
    one, two = np.asarray(before), np.asarray(after)
    if np.issubdtype(one.dtype, np.inexact):
        with np.errstate(invalid="ignore"):
            return ~both_missing & ~((one == two) | (np.abs(one - two) <= tolerance))
    if np.issubdtype(one.dtype, np.integer):
        return np.abs(np.where(one > two, one - two, two - one)) > tolerance
    if one.dtype.hasobject:
        pairs = zip(one.ravel().tolist(), two.ravel().tolist(), strict=True)
        differs = [_differ(a, b, "", tolerance) is not None for a, b in pairs]
        return ~both_missing & np.array(differs, dtype=bool).reshape(one.shape)
    return ~both_missing & (one != two)


def _is_number(value: Any) -> bool:
    import numpy as np

    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _close(before: float, after: float, tolerance: float) -> bool:
    return before == after or (before != before and after != after) or abs(before - after) <= tolerance


def _short(value: Any) -> str:
    text = str(value.item()) if hasattr(value, "item") and getattr(value, "size", 2) == 1 else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
