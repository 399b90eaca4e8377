"""Alarms worth waking up for: a value above its threshold is a breach; only breaches that persist are an alarm.

    policy = AlertPolicy(noise_limit(...), needed=3, of=5, cool_down_days=7)
    policy.alarms(psi_by_day)          one row a day: day, value, breach, alarm, why

The rules
- A breach is a value above the threshold. An alarm is a breach that makes at least `needed` of the latest `of` values.
- After an alarm the policy is silent until `cool_down_days` days have passed; the next alarm may come on that day.
- A missing value, or a day that is not there, is *insufficient data*: neither breach nor quiet. It is skipped: the
  latest `of` values are those that exist. So a pipeline that stops for a night cannot end an episode, nor start one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting, NaiveTimestamp, UnorderedTime
from mlops_helpers.monitoring.thresholds import Threshold, history_limit, noise_limit

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["AlertPolicy", "Threshold", "history_limit", "noise_limit", "policy_grid"]
ALARM_COLUMNS = ("day", "value", "breach", "alarm", "why")


@dataclass(frozen=True)
class AlertPolicy:
    """When to wake somebody up: `needed` breaches among the latest `of` values, then silence for a while.

    `threshold` is a number or a `Threshold`. Raises InvalidSetting for settings that can never, or always, fire, and
    for those that are no numbers.
    """

    threshold: float | Threshold
    needed: int = 3
    of: int = 5
    cool_down_days: float = 7

    def __post_init__(self) -> None:
        _require_number("threshold", self.threshold, Real, Threshold)
        _require_number("needed", self.needed, Integral)
        _require_number("of", self.of, Integral)
        _require_number("cool_down_days", self.cool_down_days, Real)
        if not 1 <= self.needed <= self.of:
            raise InvalidSetting(f"needed={self.needed}, of={self.of}", "1 <= needed <= of", "Ask for 3 of 5, say.")
        if not self.cool_down_days >= 0:
            raise InvalidSetting(f"cool_down_days={self.cool_down_days}", "0 or more days", "0 turns it off.")
        if not abs(self.limit) < float("inf"):
            raise InvalidSetting(f"threshold={self.limit}", "a finite number", "Take it from `noise_limit`.")

    @property
    def limit(self) -> float:
        """The threshold as a number."""
        return float(self.threshold)

    def __str__(self) -> str:
        silence = f", then silent for {self.cool_down_days:g} days" if self.cool_down_days else ""
        return f"{self.needed} of {self.of} above {self.limit:.4g}{silence}"

    def alarms(self, series: pd.Series) -> pd.DataFrame:
        """Judge a series of values, oldest first; one row each: day, value, breach (<NA> if missing), alarm, why.

        The index holds dates (or midnights without a zone, or periods), timestamps with a zone, or numbers of days.
        Raises EmptyWindow without a single value, BadValue for text or an infinite value, NaiveTimestamp for times of
        day without a zone, UnorderedTime unless every day is later than the one before.
        """
        import numpy as np
        import pandas as pd

        values, days = _values(series), day_numbers(series.index)
        known = ~np.isnan(values)
        breach = values > self.limit
        counts, fired = np.zeros(len(values), dtype=int), np.zeros(len(values), dtype=bool)
        counts[known] = recent(breach[known][None, :], self.of)[0]
        fired[known] = self.fire(breach[known][None, :], days[known])[0]
        table = pd.DataFrame({"day": series.index, "value": values})
        table["breach"] = pd.array(np.where(known, breach, None), dtype="boolean")
        table["alarm"] = fired
        table["why"] = self._reasons(values, counts, fired)
        return table

    def fire(self, breach: np.ndarray, days: np.ndarray) -> np.ndarray:
        """The alarms of many runs at once: `breach` is (runs, days) of truth values, `days` their (days,) numbers."""
        import numpy as np

        wanted = breach & (recent(breach, self.of) >= self.needed)
        fired, last = np.zeros_like(wanted), np.full(len(wanted), -np.inf)
        for place, day in enumerate(days):
            fired[:, place] = wanted[:, place] & (day - last >= self.cool_down_days)
            last[fired[:, place]] = day
        return fired

    def _reasons(self, values: np.ndarray, counts: np.ndarray, fired: np.ndarray) -> list[str]:
        return [self._why(*row) for row in zip(values, counts, fired, strict=True)]

    def _why(self, value: float, count: int, fired: bool) -> str:
        """One sentence about one day."""
        if value != value:
            return "insufficient data: neither breach nor quiet, the day is skipped"
        if value <= self.limit:
            return f"quiet: {value:.4g} is not above {self.limit:.4g}"
        told = f"{value:.4g} is above {self.limit:.4g}, {count} of the latest {self.of}"
        if fired:
            return f"alarm: {told}"
        why = f"{self.needed} are needed" if count < self.needed else f"silent for {self.cool_down_days:g} days"
        return f"breach, no alarm: {told}; {why}"


def _require_number(name: str, value: object, *kinds: type) -> None:
    """Refuse text, truth values and whatever else is no number. Raises InvalidSetting."""
    if isinstance(value, bool) or not isinstance(value, kinds):
        expected = "a whole number" if Integral in kinds else "a number"
        expected += " or a Threshold" if Threshold in kinds else ""
        remedy = f"Convert it first, as in float({value!r})." if isinstance(value, str) else "Pass a number."
        raise InvalidSetting(f"{name}={value!r}, a {type(value).__name__}", expected, remedy)


def policy_grid(
    thresholds: Iterable[float | Threshold],
    *,
    persistence: Iterable[tuple[int, int]] = ((1, 1), (2, 3), (3, 5)),
    cool_down_days: float = 7,
) -> list[AlertPolicy]:
    """Every threshold with every (needed, of): candidates for `simulate_policies`. Raises InvalidSetting."""
    pairs = list(persistence)
    return [AlertPolicy(limit, *pair, cool_down_days) for limit in thresholds for pair in pairs]


def recent(breach: np.ndarray, of: int) -> np.ndarray:
    """How many of the latest `of` values are breaches, for each value of each run; shape (runs, days)."""
    import numpy as np

    total = np.cumsum(breach, axis=1)
    before = np.zeros_like(total)
    before[:, of:] = total[:, :-of]
    return total - before


def day_numbers(index: pd.Index) -> np.ndarray:
    """The index as days since 1970 (whole numbers stay as they are), checked to grow.

    Raises NaiveTimestamp, UnorderedTime, BadValue.
    """
    import numpy as np
    import pandas as pd

    if len({_zoned(value) for value in index}) > 1:
        remedy = "Give all of them a zone, or use dates only."
        raise NaiveTimestamp("timestamps with and without a zone", "one kind", remedy)
    if pd.api.types.is_integer_dtype(index):
        days = np.asarray(index, dtype=float)
    else:
        days = np.array([_day(value) for value in index], dtype=float)
    late = np.flatnonzero(np.diff(days) <= 0)
    if late.size:
        remedy = "Sort the series, and keep one value for each day."
        raise UnorderedTime(f"{index[late[0] + 1]} after {index[late[0]]}", "a later day", remedy)
    return days


def _day(value: Any) -> float:
    """Days since 1970 of a date, of a midnight, of a timestamp with a zone, or of a period's start."""
    value = getattr(value, "start_time", value)
    if isinstance(value, dt.datetime) and value == value:  # NaT is a datetime that does not equal itself
        if value.tzinfo is not None:
            return value.timestamp() / 86_400
        if value.time() != dt.time():
            remedy = "Use dates, or say which zone: `.tz_localize('UTC')`."
            raise NaiveTimestamp(f"the time {value} without a zone", "dates or times with a zone", remedy)
        return float(value.toordinal() - dt.date(1970, 1, 1).toordinal())
    if isinstance(value, dt.date) and value == value:
        return float(value.toordinal() - dt.date(1970, 1, 1).toordinal())
    raise BadValue(f"the index {value!r}", "dates, timestamps or whole numbers of days", "Set the day as the index.")


def _zoned(value: Any) -> bool:
    return getattr(value, "tzinfo", None) is not None


def _values(series: pd.Series) -> np.ndarray:
    """The values as floats, missing as NaN. Raises EmptyWindow, BadValue."""
    import numpy as np
    import pandas as pd

    if not (pd.api.types.is_numeric_dtype(series) or series.isna().all()):
        raise BadValue(f"values of type {series.dtype}", "numbers", "Pass one column, such as the daily PSI.")
    values = series.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        day = series.index[int(np.flatnonzero(np.isinf(values))[0])]
        raise BadValue(f"an infinite value on {day}", "finite values, or missing ones", "Find out what made it.")
    if np.isnan(values).all():
        found = "a series without a single value: insufficient data"
        raise EmptyWindow(found, "at least 1 value", "Check that monitoring ran.")
    return values
