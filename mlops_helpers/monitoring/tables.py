"""What is asked of a table before anything is computed from it: columns, probabilities, labels, times, and its parts.

A table is cut into *chunks* (usually days) and *segments* (usually groups of people). Both are found by name or number
here and computed with elsewhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting, MissingColumn, NaiveTimestamp

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

EVERYTHING = "all rows"


class Part(NamedTuple):
    """Some rows of a table: the segment and the chunk they belong to, and where they stand."""

    segment: str
    chunk: object
    rows: np.ndarray


def require_columns(frame: pd.DataFrame, names: Iterable[str], *, where: str) -> None:
    """Refuse a table without rows (EmptyWindow) or without one of the columns (MissingColumn)."""
    for name in names:
        if name not in frame.columns:
            near = difflib.get_close_matches(str(name), [str(column) for column in frame.columns], n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Check the spelling, or add the column."
            raise MissingColumn(f"no column {name!r} in {where}", f"one of {list(frame.columns)}", hint)
    if frame.empty:
        raise EmptyWindow(f"no rows in {where}", "at least one", "Widen the window, or look for a lost delivery.")


def probabilities(frame: pd.DataFrame, name: str, *, where: str) -> np.ndarray:
    """Return a column as floats from 0 to 1, NaN where it is missing. Raises BadValue for anything else."""
    values = finite_numbers(frame, name, where=where)
    if len(values) and not (values.min() >= 0 and values.max() <= 1):  # NaN fails both comparisons, so look again
        outside = (values < 0) | (values > 1)
        if not outside.any():
            return values
        found = f"{int(outside.sum())} values of {name!r} in {where} outside 0 to 1, such as {values[outside][0]:g}"
        raise BadValue(found, "probabilities", "Pass the model's probability of the positive class.")
    return values


def finite_numbers(frame: pd.DataFrame, name: str, *, where: str) -> np.ndarray:
    """Return a column as floats, NaN where it is missing. Raises BadValue for text and for infinite values."""
    import numpy as np

    if frame[name].dtype in ("float64", "int64"):
        values = frame[name].to_numpy().astype("float64", copy=False)  # nothing to convert: no copy
        if np.isfinite(values).all():
            return values
    try:
        values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        raise BadValue(f"{name!r} of type {frame[name].dtype} in {where}", "numbers", "Convert the column.") from None
    if np.isinf(values).any():
        count = int(np.isinf(values).sum())
        raise BadValue(f"{count} infinite values of {name!r} in {where}", "finite numbers", "Set them missing.")
    return values


def binary_labels(frame: pd.DataFrame, name: str, *, where: str) -> np.ndarray:
    """Return labels as floats 0 and 1, NaN where there is none yet. Raises BadValue for any other value."""
    import numpy as np

    values = finite_numbers(frame, name, where=where)
    fits = (values == 0) | (values == 1)
    if fits.all():
        return values
    wrong = ~(fits | np.isnan(values))
    if wrong.any():
        found = f"{int(wrong.sum())} labels {name!r} in {where} such as {values[wrong][0]:g}"
        raise BadValue(found, "0, 1 or missing", "Say which class is the positive one and code it 1.")
    return values


def all_missing(values: Mapping[str, np.ndarray]) -> str:
    """Return which of these columns (name: floats of shape (n,)) holds no value at all, in words; "" if none."""
    import numpy as np

    gone = [f"all {len(column):,} {name} are missing" for name, column in values.items() if np.isnan(column).all()]
    return " and ".join(gone) if all(len(column) for column in values.values()) else ""


def aware_times(frame: pd.DataFrame, name: str, *, where: str) -> pd.Series:
    """Return a column of times in UTC. Raises NaiveTimestamp for times without a zone, BadValue for what is no time."""
    import pandas as pd

    column = frame[name]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC")
    if pd.api.types.is_datetime64_dtype(column):
        remedy = f"Say which clock it was: frame[{name!r}].dt.tz_localize('UTC')."
        raise NaiveTimestamp(f"times without a zone in {name!r} of {where}", "times with a zone", remedy)
    raise BadValue(f"{name!r} of type {column.dtype} in {where}", "times with a zone", "Use pandas.to_datetime.")


def parts(frame: pd.DataFrame, by: str | int | None, segments: str | Sequence[str] | None) -> list[Part]:
    """Cut a table into chunks, and each segment into the same chunks.

    by         a column (its values in order; times are cut into days of UTC), a number of rows for chunks in the order
               of the file (the last one may be shorter), or None: one chunk
    segments   a column or several; each value of each is a segment, beside "all rows"
    Rows without a value in `by` or in a segment's column are in none of its parts.
    """
    chunks = _chunk_column(frame, by)
    return [part for segment, rows in _segments(frame, segments) for part in _cut(segment, rows, chunks)]


def _chunk_column(frame: pd.DataFrame, by: str | int | None) -> pd.Series:
    """Return the chunk of every row."""
    import numpy as np
    import pandas as pd

    if by is None:
        return pd.Series(0, index=frame.index)
    if isinstance(by, str):
        require_columns(frame, [by], where="the table to cut")
        is_time = pd.api.types.is_datetime64_any_dtype(frame[by])
        return aware_times(frame, by, where="the table").dt.floor("D") if is_time else frame[by]
    if isinstance(by, bool) or by < 1:
        raise InvalidSetting(f"by={by!r}", "a column's name or a number of rows", "Use by=5000 or by='day'.")
    return pd.Series(np.arange(len(frame)) // by, index=frame.index)


def _segments(frame: pd.DataFrame, segments: str | Sequence[str] | None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the positions of all rows, then of each segment."""
    import numpy as np

    yield EVERYTHING, np.arange(len(frame))
    names = [segments] if isinstance(segments, str) else list(segments or ())
    require_columns(frame, names, where="the table to cut")
    for name in names:
        for value, rows in groups(frame[name]):
            yield f"{name} = {value}", rows


def _cut(segment: str, rows: np.ndarray, chunks: pd.Series) -> Iterator[Part]:
    for chunk, places in groups(chunks.iloc[rows]):
        yield Part(segment, chunk, rows[places])


def groups(column: pd.Series) -> Iterator[tuple[object, np.ndarray]]:
    """Yield each value of a column, in order, with the positions of its rows; missing values have no group."""
    import numpy as np
    import pandas as pd

    if column.dtype.kind in "iuM" and column.is_monotonic_increasing:  # in order already, as days mostly are
        numbers = column.astype("int64").to_numpy()
        bounds = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1], [True]))) if len(numbers) else []
        for start, stop in pairwise(bounds):
            yield column.iloc[start], np.arange(start, stop)
        return
    codes, values = pd.factorize(column, sort=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(values) + 1))
    for number, value in enumerate(values):
        yield value, order[bounds[number] : bounds[number + 1]]
