"""Cut columns into a few levels with readable names, so that rows can be grouped by any column.

    text, categories, booleans   the most frequent levels; what is rare is pooled
    numbers, times               values that stand out, such as -999, each on its own; the rest by quantiles
    missing values               a level of their own

A number *stands out* if enough rows hold it and it either lies far outside the others (Tukey's outer fences: three
quartile ranges beyond the quartiles) or occurs several times as often as its neighbours would let one expect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.tables import require_between

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SPIKE = 5  # a value that occurs this many times as often as the typical value of its column stands out,
SPIKES = 8  # but no more than this many values are set apart
MOST = 200  # levels and bins: their numbers have to fit into one byte


@dataclass(frozen=True)
class Binned:
    """A column as levels: row i belongs to the level that `labels[codes[i]]` describes.

    codes   one small whole number per row (uint8)
    labels  conditions a person can read, such as "age in [30, 40)"
    """

    name: str
    codes: np.ndarray
    labels: tuple[str, ...]


class Spelling(NamedTuple):
    """How to write a number as text, and to how many significant digits an edge may be rounded."""

    say: Callable[[float], str]
    digits: int


def bin_column(column: pd.Series, *, bins: int = 5, levels: int = 12, min_rows: int = 30) -> Binned:
    """Return `column` as levels.

    bins      intervals of about equal numbers of rows for numbers and times
    levels    most levels kept of a column of text, and of numbers with few different values
    min_rows  a level with fewer rows is pooled with the other rare ones, a value with fewer does not stand out
    """
    from pandas.api import types

    require_between(max(bins, levels), 2, MOST, name="bins or levels")
    name = str(column.name)
    if types.is_datetime64_any_dtype(column.dtype):
        return _bin_numbers(_days(column), name, Spelling(_say_day, 17), limits=(bins, levels, min_rows))
    if types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
        return _bin_numbers(_floats(column), name, Spelling(_say_number, 2), limits=(bins, levels, min_rows))
    codes, found = _factorize(column)
    return _bin_levels(codes, found, name, limits=(levels, min_rows))


def _factorize(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return a code per row, -1 where the value is missing, and the values."""
    import pandas as pd

    try:
        return pd.factorize(column)
    except TypeError as error:
        found = f"values in column {column.name!r} that cannot be compared ({error})"
        raise InvalidSetting(
            found, "text, numbers, times or booleans", "Leave the column out of `features`."
        ) from error


def _bin_levels(codes: np.ndarray, found: pd.Index, name: str, *, limits: tuple[int, int]) -> Binned:
    """Keep the frequent levels in order of frequency, pool the others, and put missing values (code -1) last."""
    import numpy as np

    levels, min_rows = limits
    sizes = np.bincount(codes + 1, minlength=len(found) + 1)  # entry 0 counts the missing values
    order = np.argsort(-sizes[1:], kind="stable")
    kept = [level for level in order[:levels] if sizes[level + 1] >= min_rows]
    rare = len(found) - len(kept)
    new = np.full(len(found) + 1, len(kept), dtype=np.uint8)  # by code + 1; whatever is not kept is pooled
    new[np.asarray(kept, dtype=int) + 1] = np.arange(len(kept))
    labels = [f"{name} = {found[level]}" for level in kept]
    if rare == 1:
        labels.append(f"{name} = {found[order[-1]]}")
    elif rare:
        labels.append(f"{name} is one of {rare} rare values")
    new[0] = len(labels)
    return Binned(name, new[codes + 1], (*labels, *([f"{name} is missing"] if sizes[0] else [])))


def _bin_numbers(numbers: np.ndarray, name: str, spelling: Spelling, *, limits: tuple[int, int, int]) -> Binned:
    """Set apart what stands out, then cut the rest into intervals; few different values are each a level."""
    import numpy as np

    bins, levels, min_rows = limits
    ordered = np.sort(numbers[~np.isnan(numbers)])
    values, sizes = _run_lengths(ordered)
    if len(values) <= levels:
        alone, edges = values, np.array([])
    else:
        alone = values[_stands_out(values, sizes, min_rows)]
        edges = _edges(ordered[~np.isin(ordered, alone)], bins, spelling.digits)
    codes = np.full(len(numbers), len(alone) + max(0, len(edges) - 1), dtype=np.uint8)  # what stays is missing
    if len(edges):
        inside = ~np.isnan(numbers)
        codes[inside] = len(alone) + np.searchsorted(edges[1:-1], numbers[inside], side="right")
    for code, value in enumerate(alone):
        codes[numbers == value] = code
    labels = [f"{name} = {spelling.say(value)}" for value in alone] + _say_intervals(name, edges, alone, spelling.say)
    return Binned(name, codes, (*labels, *([f"{name} is missing"] if len(ordered) < len(numbers) else [])))


def _run_lengths(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values of a sorted array and how often each occurs."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate([np.ones(min(1, len(ordered)), dtype=bool), ordered[1:] != ordered[:-1]]))
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _stands_out(values: np.ndarray, sizes: np.ndarray, min_rows: int) -> np.ndarray:
    """Return the positions, rising, of the values that get a level of their own; infinities always do."""
    import numpy as np

    finite = np.isfinite(values)
    upto = np.cumsum(sizes * finite)  # finite rows up to each value: the quartiles need no second look at the rows
    low, high = values[np.searchsorted(upto, [upto[-1] / 4, upto[-1] * 3 / 4])]
    reach = 3 * (high - low)
    far = (values < low - reach) | (values > high + reach)
    typical = np.median(np.repeat(sizes, sizes))  # how often the value of a typical row occurs
    often = sizes > SPIKE * typical
    chosen = np.flatnonzero(~finite | ((sizes >= min_rows) & (far | often)))
    return np.sort(chosen[np.argsort(-sizes[chosen], kind="stable")[:SPIKES]])


def _edges(ordered: np.ndarray, bins: int, digits: int) -> np.ndarray:
    """Return the edges of intervals that hold about equally many of the sorted values, equal edges merged.

    Edges are rounded to as few significant digits, `digits` or more, as keep them apart; the outer ones outwards.
    """
    import numpy as np

    if not len(ordered):
        return np.array([])
    inner = np.unique(ordered[(np.arange(1, bins) * len(ordered)) // bins])
    inner = inner[inner > ordered[0]]
    tried = (np.array([float(f"{edge:.{count}g}") for edge in inner]) for count in range(digits, 18))
    rounded = next(cut for cut in tried if len(np.unique(cut)) == len(inner))
    low, high = (
        _outwards(ordered[0], down=True, digits=digits + 1),
        _outwards(ordered[-1], down=False, digits=digits + 1),
    )
    return np.concatenate([[low], rounded[(rounded > low) & (rounded < high)], [high]])


def _outwards(value: float, *, down: bool, digits: int) -> float:
    """Round to `digits` significant digits, away from the values inside."""
    if not isfinite(value) or value == 0 or digits >= 17:
        return float(value)
    step = Decimal(1).scaleb(Decimal(float(value)).adjusted() - digits + 1)
    rounding = ROUND_FLOOR if down else ROUND_CEILING
    return float((Decimal(float(value)) / step).to_integral_value(rounding) * step)


def _say_intervals(name: str, edges: np.ndarray, alone: np.ndarray, say: Callable[[float], str]) -> list[str]:
    """Describe the intervals; a value inside that is a level of its own is excepted by name."""
    labels = []
    for number, (low, high) in enumerate(pairwise(edges.tolist()), start=2):
        last = number == len(edges)
        inside = [say(value) for value in alone if low <= value < high or (last and value == high)]
        text = f"{name} in [{say(low)}, {say(high)}{']' if last else ')'}"
        labels.append(text + (f" except {', '.join(inside)}" if inside else ""))
    return labels


def _floats(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=float("nan"))


def _days(column: pd.Series) -> np.ndarray:
    """Return times as days since 1970 (UTC), whole; a missing time is NaN."""
    import numpy as np
    import pandas as pd

    times = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(times), np.nan, times.astype(np.int64))


def _say_number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def _say_day(value: float) -> str:
    import numpy as np

    return str(np.datetime64(int(value), "D"))
