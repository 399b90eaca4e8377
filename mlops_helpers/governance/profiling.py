"""One row of facts for each column: missing, distinct, repeated values, range and most frequent levels. Exact and fast.

Every fact about a column follows from its *levels* (the distinct values) and how often each occurs. So each column is
counted once, in the cheapest way its type allows, and everything else is read off the counts:

    integers in a dense range, categories        one counter per possible value
    money, ids of one length                     read as integers (`compact.py`), then as above
    other numbers, dates, short codes            sorted, then run lengths
    all other text                               one dictionary, then one counter per entry
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.governance.compact import Compact, arrow_text, compact_money, compact_texts
from mlops_helpers.governance.errors import DuplicateColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

NARROW = 1 << 16  # a range of integers this wide is always counted rather than sorted,
DENSE = 2  # and a wider one if it has at most so many possible values per row
COLUMNS = ("column", "dtype", "rows", "missing", "distinct", "repeated", "minimum", "maximum", "top", "top_share")


class Counts(NamedTuple):
    """The levels of a column with their counts, and how to turn a level back into a value.

    `size[i]` rows hold the level `level[i]`. Levels rise where `ordered`; all are as compact as the column allows.
    """

    level: np.ndarray | pa.Array | _Spelled
    size: np.ndarray
    ordered: bool = True


def profile(frame: pd.DataFrame, *, top: int = 3) -> pd.DataFrame:
    """Return one row per column of `frame`.

    missing    rows without a value
    distinct   different values
    repeated   rows whose value occurred in an earlier row (0 for a key)
    minimum, maximum   by number, time or alphabet; None for a column without values or with values that have no order
    top        the `top` most frequent values with their counts, e.g. "One year (512), Two year (488)"
    top_share  share of the most frequent value among the rows that have one

    Raises DuplicateColumn if two columns share a name.
    """
    import pandas as pd

    if not frame.columns.is_unique:
        raise DuplicateColumn(f"{list(frame.columns[frame.columns.duplicated()])} more than once")
    return pd.DataFrame([_line(frame[name], top) for name in frame.columns], columns=list(COLUMNS))


def _line(column: pd.Series, top: int) -> tuple:
    """Return the facts about one column."""
    counts = count_levels(column)
    present, distinct = int(counts.size.sum()), len(counts.size)
    first = _most_frequent(counts.size, top)
    shown = ", ".join(f"{_value(counts.level[i], column)} ({counts.size[i]})" for i in first)
    share = counts.size[first[0]] / present if present else 0.0
    low, high = _range(counts, column)
    size = len(column)
    return column.name, str(column.dtype), size, size - present, distinct, present - distinct, low, high, shown, share


def count_levels(column: pd.Series) -> Counts:
    """Return the distinct values of a column (missing ones left out) and how often each occurs."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return _count_codes(np.asarray(column.dtype.categories), column.cat.codes.to_numpy(), ordered=False)
    if isinstance(column.dtype, pd.StringDtype):
        return _count_texts(arrow_text(column))
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuMmb":
        return _count_whole(column.to_numpy())
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":
        return _count_floats(column.to_numpy())
    counted = column.value_counts(sort=False, dropna=True)
    return Counts(counted.index.to_numpy(), counted.to_numpy(), ordered=False)


def _count_whole(values: np.ndarray) -> Counts:
    """Count integers, booleans and times; in a narrow range with one counter per possible value."""
    import numpy as np

    if values.dtype.kind in "Mm":
        whole = _count_sorted(np.sort(values[~np.isnat(values)]).view(np.int64))
        return whole._replace(level=whole.level.view(values.dtype))
    if not len(values):
        return Counts(values, np.zeros(0, dtype=np.int64))
    low, high = int(values.min()), int(values.max())
    if high - low >= max(NARROW, DENSE * len(values)):
        return _count_sorted(np.sort(values))
    size = np.bincount(values if low == 0 else values.astype(np.int64) - low)
    used = np.flatnonzero(size)
    return Counts((used + low).astype(values.dtype), size[used])


def _count_sorted(rising: np.ndarray) -> Counts:
    """Count runs of equal values in a sorted array."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate(([True], rising[1:] != rising[:-1]))) if len(rising) else np.zeros(0, int)
    return Counts(rising[starts], np.diff(starts, append=len(rising)))


def _count_floats(values: np.ndarray) -> Counts:
    """Count floats, as whole cents where they are money."""
    import numpy as np

    missing = np.isnan(values)
    present = values[~missing] if missing.any() else values
    money = compact_money(present)
    return _count_sorted(np.sort(present)) if money is None else _count_compact(money)


def _count_compact(compact: Compact) -> Counts:
    """Count the integers and spell a level only when it is asked for."""
    counted = _count_whole(compact.numbers)
    return counted._replace(level=_Spelled(counted.level, compact.spell))


def _count_texts(texts: pa.Array) -> Counts:
    """Count texts as integers where they are compact, all others through a dictionary."""
    import numpy as np

    compact = compact_texts(texts)
    if compact is not None:
        return _count_compact(compact)
    encoded = texts.dictionary_encode()
    codes = encoded.indices.drop_null().to_numpy(zero_copy_only=False)
    return Counts(encoded.dictionary, np.bincount(codes, minlength=len(encoded.dictionary)), ordered=False)


def _count_codes(levels: np.ndarray, codes: np.ndarray, *, ordered: bool) -> Counts:
    """Count category codes, of which −1 stands for missing."""
    import numpy as np

    size = np.bincount(codes.astype(np.int64) + 1, minlength=len(levels) + 1)[1:]
    used = np.flatnonzero(size)
    return Counts(levels[used], size[used], ordered=ordered)


class _Spelled:
    """Levels kept as integers; one is spelled out only when it is asked for."""

    def __init__(self, numbers: np.ndarray, spell: Callable[[int], object]) -> None:
        self.numbers, self.spell = numbers, spell

    def __getitem__(self, place: int) -> object:
        return self.spell(int(self.numbers[place]))


def _most_frequent(size: np.ndarray, top: int) -> np.ndarray:
    """Return the places of the largest counts, largest first; equal counts in the order of the levels."""
    import numpy as np

    if len(size) > top:
        smallest = np.sort(size)[-top]  # np.partition takes thirty times as long where nearly all counts are equal
        candidates = np.concatenate([np.flatnonzero(size > smallest), np.flatnonzero(size == smallest)[:top]])
    else:
        candidates = np.arange(len(size))
    return candidates[np.argsort(-size[candidates], kind="stable")][:top]


def _range(counts: Counts, column: pd.Series) -> tuple[object, object]:
    """Return the smallest and the largest level, or None twice where there is none or no order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(counts.size):
        return None, None
    if counts.ordered:
        return _value(counts.level[0], column), _value(counts.level[-1], column)
    if isinstance(counts.level, pa.Array):
        ends = pc.min_max(counts.level).as_py()
        return ends["min"], ends["max"]
    try:
        return min(counts.level), max(counts.level)
    except TypeError:
        return None, None


def _value(level: object, column: pd.Series) -> object:
    """Return a level as a plain Python value: numbers as numbers, times as Timestamps."""
    import pandas as pd

    if hasattr(level, "as_py"):
        return level.as_py()
    if getattr(column.dtype, "kind", "") == "M":
        return pd.Timestamp(level)
    return level.item() if hasattr(level, "item") else level
