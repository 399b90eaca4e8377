"""What the bill will be: daily costs carried on, with an interval, and the end of the month.

    forecast = forecast_costs(daily, days=10)                 # daily: a Series of Decimals by day
    month_end(daily, method="trend").expected                 # spent so far and what is still to come

Two methods, both for costs that repeat by the week (m = 7):

seasonal_naive   y(T+h) = y(T+h-7k), the same weekday of the last week seen, k = floor((h-1)/7) + 1.
                 Errors of one step are e(t) = y(t) - y(t-7), with variance s² = mean of e². A day in the k-th week
                 collects k of them: variance k s² (Hyndman & Athanasopoulos, Forecasting, 3rd ed., 5.5). The sum of n
                 days of one weekday collects the first error n times, the second n-1 times, ...: s² n(n+1)(2n+1)/6.
trend            y(t) = a(weekday) + b t + error, by least squares. A forecast x'β of the mean has the variance
                 s² x'(X'X)⁻¹x, a day s² more; the sum of H days has s² (H + u'(X'X)⁻¹u) with u the sum of the x.

Intervals take errors as normal and independent (t with n - p degrees of freedom for the trend, n for the naive), and
the future as made like the past: no interval knows of a release next week. Begin after the last change (`since`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from .errors import ForecastError
from .money import Money

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

WEEK = 7
LEAST = 2 * WEEK + 1  # days: two of each weekday, and one degree of freedom more than the trend uses
METHODS = ("seasonal_naive", "trend")


@dataclass(frozen=True)
class Forecast:
    """Days to come and their sum. Amounts are rounded to the cent: they are estimates.

    `table` has one row a day: day, expected, low, high (Decimal); `expected`, `low`, `high` are the sum of all days,
    together with what was `spent` before them. `confidence` is the share of intervals that hold the truth.
    """

    table: pd.DataFrame
    spent: Money
    expected: Money
    low: Money
    high: Money
    method: str
    confidence: float

    def __str__(self) -> str:
        return f"{self.expected}, between {self.low} and {self.high} ({self.confidence:.0%}, {self.method})"


def forecast_costs(
    daily: pd.Series, *, days: int, method: str = "seasonal_naive", since: date | None = None, confidence: float = 0.9
) -> Forecast:
    """Forecast the cost of the next `days` days.

    `daily` holds one cost per day (Decimals or numbers, US dollars) by a daily index without gaps, at least 15 of
    them, from `since` on if given. Raises ForecastError.
    """
    import numpy as np

    history = _checked(daily, since)
    _check_call(days, method, confidence)
    values = history.to_numpy(dtype=float)
    way: Callable = _naive if method == "seasonal_naive" else _trend
    expected, spread, total_spread, freedom = way(values, days)
    width = _quantile(confidence, freedom)
    table = _table(history.index[-1], expected, width * spread)
    total = float(np.sum(expected))
    ends = [Money(_cents(total + sign * width * total_spread)) for sign in (0, -1, 1)]
    return Forecast(table, Money(0), *ends, method, confidence)


def _check_call(days: int, method: str, confidence: float) -> None:
    if days < 1:
        raise ForecastError(f"days={days}", "1 or more", "Correct the call.")
    if method not in METHODS:
        raise ForecastError(f"method={method!r}", f"one of {', '.join(METHODS)}", "Choose one.")
    if not 0 < confidence < 1:
        raise ForecastError(f"confidence={confidence}", "a share between 0 and 1, such as 0.9", "Correct the call.")


def month_end(
    daily: pd.Series, *, method: str = "seasonal_naive", since: date | None = None, confidence: float = 0.9
) -> Forecast:
    """What the month of the last day will have cost: what is spent, exactly, and a forecast of the rest.

    `since` bounds the days that the forecast learns from, not what is spent. On the month's last day nothing is left
    to forecast. Raises ForecastError.
    """
    import pandas as pd

    history = _checked(daily, None)
    last = history.index[-1]
    mine = [value for day, value in zip(daily.index, daily, strict=True) if _same_month(pd.Timestamp(day), last)]
    spent = Money(sum((Decimal(str(value)) for value in mine), Decimal(0)))
    left = last.days_in_month - last.day
    if left == 0:
        empty = _table(last, [], [])
        return Forecast(empty, spent, spent, spent, spent, method, confidence)
    rest = forecast_costs(daily, days=left, method=method, since=since, confidence=confidence)
    sums = [(spent + part).cents() for part in (rest.expected, rest.low, rest.high)]
    return Forecast(rest.table, spent, *sums, method, confidence)


def _same_month(day: pd.Timestamp, other: pd.Timestamp) -> bool:
    return (day.year, day.month) == (other.year, other.month)


def _checked(daily: pd.Series, since: date | None) -> pd.Series:
    import pandas as pd

    series = pd.Series([float(value) for value in daily], index=pd.DatetimeIndex(daily.index).tz_localize(None))
    if since is not None:
        series = series[series.index >= pd.Timestamp(since)]
    if not series.index.is_monotonic_increasing or not series.index.is_unique:
        raise ForecastError("days twice or out of order", "one cost per day", "Sum by day and sort.")
    if len(series) < LEAST:
        found = f"{len(series)} days" + (f" since {since}" if since else "")
        raise ForecastError(found, f"at least {LEAST}: two of each weekday and one more", "Wait, or begin earlier.")
    missing = pd.date_range(series.index[0], series.index[-1]).difference(series.index)
    if len(missing) or series.index[0] != series.index[0].normalize() or series.isna().any():
        found = f"{len(missing)} missing days, the first {missing[0].date()}" if len(missing) else "times or blanks"
        raise ForecastError(found, "a cost for every day", "A day without usage costs 0: say so.")
    return series


def _naive(values: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray, float, int]:
    import numpy as np

    steps = values[WEEK:] - values[:-WEEK]
    variance = float(np.mean(steps**2))
    week = np.arange(days) // WEEK
    expected = values[len(values) - WEEK + np.arange(days) % WEEK]
    often = np.bincount(np.arange(days) % WEEK).astype(float)  # how often each weekday comes
    summed = np.sum(often * (often + 1) * (2 * often + 1) / 6)
    return expected, np.sqrt(variance * (week + 1)), float(np.sqrt(variance * summed)), len(steps)


def _trend(values: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray, float, int]:
    import numpy as np

    def design(places: np.ndarray) -> np.ndarray:
        return np.column_stack([np.eye(WEEK)[places % WEEK], places / WEEK])

    known, future = design(np.arange(len(values))), design(len(values) + np.arange(days))
    inverse = np.linalg.inv(known.T @ known)
    beta = inverse @ known.T @ values
    freedom = len(values) - known.shape[1]
    variance = float(np.sum((values - known @ beta) ** 2)) / freedom
    single = variance * (1 + np.einsum("ij,jk,ik->i", future, inverse, future))
    together = future.sum(axis=0)
    return future @ beta, np.sqrt(single), float(np.sqrt(variance * (days + together @ inverse @ together))), freedom


def _quantile(confidence: float, freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, freedom))


def _cents(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _table(last: pd.Timestamp, expected: np.ndarray, width: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    days = pd.date_range(last + pd.Timedelta(days=1), periods=len(expected))
    rows = [
        (day, _cents(value), _cents(value - half), _cents(value + half))
        for day, value, half in zip(days, expected, width, strict=True)
    ]
    return pd.DataFrame(rows, columns=["day", "expected", "low", "high"])
