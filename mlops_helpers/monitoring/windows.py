"""Drift over time: production is cut into windows, and each is compared with the same reference.

table = drift_over_windows(january, production, time="seen_at", every="1D")
drift_over_windows_figure(table, "price")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .columns import check_frames
from .comparison import Comparison
from .drift import Reference
from .drift_report import report_on
from .errors import BadValue, EmptyWindow, InvalidSetting, MissingColumn, NaiveTimestamp
from .judgement import DRIFTED, TOO_FEW, UNDECIDED, Judgement

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def drift_over_windows(
    reference: pd.DataFrame,
    production: pd.DataFrame,
    *,
    time: str,
    every: str = "1D",
    columns: Sequence[str] | None = None,
    **judgement: Unpack[Judgement],
) -> pd.DataFrame:
    """Return one row per window and column: the columns of `DriftReport.table`, with `window` (its start) and `ks`.

    Windows start at multiples of `every` (any pandas frequency, such as "1D", "6h", "MS"), in the time zone of the
    column; a window without rows is listed as "insufficient data". p-values are adjusted over the columns of a window,
    not over windows: each is judged as if it came alone, and an alert policy says how many in a row make an alarm.

    Raises MissingColumn without the time column, NaiveTimestamp where it mixes times with and without a zone (or one
    window has a zone and the other none), BadValue for missing times, InvalidSetting for an unknown frequency; and
    what `detect_drift` raises.
    """
    import pandas as pd

    names = _compared(reference, production, time, columns)
    starts, rows = _windows(production[time], every)
    prepared, tables = Reference(reference, names), []
    for start, chosen in zip(starts, rows, strict=True):
        found = prepared.compare(production.iloc[chosen]) if len(chosen) else [_empty(name) for name in names]
        table = report_on(found, **judgement).table
        ks = table["statistic"].where(table["kind"] == "numeric")
        tables.append(table.assign(ks=ks).set_axis(pd.Index([start] * len(table), name="window")))
    return pd.concat(tables).reset_index()


def _compared(reference: pd.DataFrame, production: pd.DataFrame, time: str, columns: Sequence[str] | None) -> list[str]:
    """Return the columns to compare, the time aside; everything is checked before anything is computed."""
    timeless = reference.drop(columns=time, errors="ignore") if columns is None else reference
    names = check_frames(timeless, production, columns)
    if time not in production.columns:
        raise MissingColumn(f"no column {time!r} in production", "the time of each row", "Name the time column.")
    _check_times(production[time])
    if time in reference.columns and _zoned(reference[time]) is not None:
        sides = _zoned(reference[time]), _zoned(production[time])
        if sides[0] != sides[1]:
            found = f"{time!r} with a zone in only one of both windows"
            raise NaiveTimestamp(found, "the same in both", "Localize the naive one with Series.dt.tz_localize.")
    return names


def _zoned(column: pd.Series) -> bool | None:
    """Return whether times have a zone; None for a column that holds no times."""
    from pandas.api import types

    if not types.is_datetime64_any_dtype(column.dtype):
        return None
    return getattr(column.dtype, "tz", None) is not None


def _check_times(times: pd.Series) -> None:
    """Raise unless every row has a time, all with a zone or all without."""
    zones = {getattr(value, "tzinfo", None) is not None for value in times} if times.dtype == object else set()
    if len(zones) > 1:
        found = f"times with and without a zone in {times.name!r}"
        raise NaiveTimestamp(found, "all of one sort", "Find out which zone the naive ones are in.")
    if _zoned(times) is None:
        remedy = "Convert the column with pandas.to_datetime."
        raise BadValue(f"{times.name!r} of type {times.dtype}", "a column of times", remedy)
    if times.isna().any():
        found = f"{int(times.isna().sum()):,} rows without a time in {times.name!r}"
        raise BadValue(found, "a time in every row", "Drop the rows, or find out what they are.")


def _windows(times: pd.Series, every: str) -> tuple[list, list[np.ndarray]]:
    """Return the start of each window, in order and without gaps, and the positions of its rows."""
    import pandas as pd

    try:
        sizes = pd.Series(1, index=pd.DatetimeIndex(times)).resample(every).size()
    except (ValueError, TypeError) as error:
        expected = 'a frequency of pandas such as "1D", "6h" or "MS"'
        raise InvalidSetting(f"every={every!r} ({error})", expected, "Correct the frequency.") from error
    if not len(sizes):
        raise EmptyWindow("production without rows", "rows to compare", "Widen the window.")
    order = np.argsort(times.to_numpy(dtype="datetime64[ns]"), kind="stable")
    return list(sizes.index), np.split(order, sizes.to_numpy().cumsum()[:-1])


def _empty(name: str) -> Comparison:
    return Comparison(str(name), "unknown", problem=TOO_FEW, note="no rows in this window")


def drift_over_windows_figure(table: pd.DataFrame, column: str, *, limit: float | None = 0.1) -> Figure:
    """Return the PSI of one column over time: filled where it drifted, a gap where nothing can be said.

    Raises MissingColumn for a column that is not in the table.
    """
    from matplotlib.figure import Figure

    lines = table[table["column"] == column]
    if not len(lines):
        known = ", ".join(table["column"].unique())
        raise MissingColumn(f"no column {column!r} in the table", f"one of {known}", "Correct the name.")
    judged = lines["psi"].mask(lines["verdict"].isin(UNDECIDED))
    drifted = lines["verdict"] == DRIFTED
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(lines["window"], judged, color="#1b4f72", marker="o", markerfacecolor="white", label="stable")
    axes.scatter(lines["window"][drifted], judged[drifted], color="#1b4f72", zorder=3, label="drifted")
    if limit is not None:
        axes.axhline(limit, color="black", linestyle="--", label=f"limit {limit:g}")
    axes.set_ylabel("population stability index")
    axes.set_xlabel("start of the window")
    axes.set_title(f"{column} against the reference")
    axes.legend()
    figure.autofmt_xdate()
    return figure
