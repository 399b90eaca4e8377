"""Where to draw the line: a threshold taken from the reference's own variation, at a false-alarm rate that is stated.

"PSI above 0.2" is folklore: whether 0.2 is much depends on the number of rows. Here windows as large as production's
are drawn from the reference, where nothing has changed by construction, and the statistic is taken of each. The
threshold is the value that only the stated share of them exceeds.

    limit = noise_limit(reference, psi, rows=500, false_alarm_rate=0.01)
    float(limit), str(limit)

Every draw splits the reference: `rows` rows, without replacement, are the window, the others are what it is compared
with. So the two share no row, as production and reference share none. With n draws the threshold is the k-th smallest
value, k = ceil((n + 1)(1 - rate)): the next window of the same kind exceeds it with a probability of at most `rate`
(the argument of conformal prediction: n + 1 exchangeable values are equally likely to hold any rank). The interval
around it comes from order statistics (David and Nagaraja, *Order Statistics*, 2003, section 7.1) and is exact for
values without ties.

All this holds where rows are independent of each other. Where days differ more than their rows do (other adverts are
bought every morning), drawn windows mix the days and the threshold is too low: `history_limit` takes whole days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting, TooFewDraws

if TYPE_CHECKING:
    import numpy as np

Statistic = Callable[[Any, Any], float]
Change = Callable[[Any], Any]
_OUTSIDE = 0.025  # on either side of the 95% interval


@dataclass(frozen=True)
class Threshold:
    """A limit that quiet windows exceed with a probability of `false_alarm_rate`.

    `low` and `high` are the 95% interval of the quantile that `value` estimates: they move closer with more `draws`.
    `draws` is how many values it was taken from: windows drawn, or past days counted.
    `rows` is the size of a window, None where the values come from history (`history_limit`).
    """

    value: float
    low: float
    high: float
    false_alarm_rate: float
    draws: int
    rows: int | None = None

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        past = self.rows is None
        windows, how = ("days", "counted") if past else (f"windows of {self.rows:,} rows", "drawn")
        return (
            f"Alarm above {self.value:.4g} (95% interval {self.low:.4g} to {self.high:.4g}): of {windows} in which "
            f"nothing changed, about 1 in {1 / self.false_alarm_rate:,.0f} lies above ({self.draws:,} were {how})."
        )


def noise_limit(
    reference: Any, statistic: Statistic, *, rows: int, false_alarm_rate: float, draws: int = 1000, seed: int = 0
) -> Threshold:
    """The threshold that windows of the reference itself exceed with the stated probability.

    `reference` is an array, Series or DataFrame, `statistic(reference, window)` a number that grows with the
    difference, `rows` the size of a production window: at most half of the reference.

    Raises InvalidSetting for a rate outside 0 to 1 or for too many rows, TooFewDraws where `draws` cannot support the
    rate (about 3.7 / rate are needed), EmptyWindow, and BadValue where the statistic is not a finite number.
    """
    require_draws(draws, false_alarm_rate, "Raise `draws`, or accept more false alarms.")
    values = draw_statistic(reference, statistic, rows=rows, draws=draws, seed=seed)
    return _limit(values, false_alarm_rate, rows)


def history_limit(values: Sequence[float], *, false_alarm_rate: float) -> Threshold:
    """The threshold that past quiet days exceed with the stated probability: `values` are one statistic a day.

    Unlike drawn rows, days hold what differs from day to day, such as Sundays. The price is many days.
    Raises TooFewDraws, EmptyWindow, InvalidSetting and BadValue, as `noise_limit` does.
    """
    import numpy as np

    found = np.asarray(values, dtype=float)
    if not found.size:
        raise EmptyWindow("no past values", "the statistic of quiet days", "Collect some days first.")
    require_draws(found.size, false_alarm_rate, "Collect more quiet days, or draw windows with `noise_limit`.")
    if not np.isfinite(found).all():
        count = int((~np.isfinite(found)).sum())
        raise BadValue(f"{count} past values that are missing or infinite", "finite numbers", "Leave those days out.")
    return _limit(found, false_alarm_rate, None)


def draw_statistic(
    reference: Any, statistic: Statistic, *, rows: int, draws: int = 1000, seed: int = 0, change: Change | None = None
) -> np.ndarray:
    """`draws` values of the statistic, each of another window drawn from the reference; shape (draws,).

    `change(window)` gives the window as it would look after a change, such as `lambda ages: ages + 5`: with it, the
    values show what the statistic makes of a change of that size. Equal seeds draw equal windows.
    Raises InvalidSetting, EmptyWindow and BadValue.
    """
    import numpy as np

    _check_rows(len(reference), rows, draws)
    generator, values = np.random.default_rng(seed), np.empty(draws)
    for draw in range(draws):
        order = generator.permutation(len(reference))
        window, rest = _take(reference, order[:rows]), _take(reference, order[rows:])
        values[draw] = statistic(rest, window if change is None else change(window))
    if not np.isfinite(values).all():
        found = f"a statistic that is no finite number in {int((~np.isfinite(values)).sum())} of {draws} windows"
        raise BadValue(found, "a finite number for each", "Drop missing and infinite values, or draw more rows.")
    return values


def require_draws(draws: int, rate: float, remedy: str) -> None:
    """Raise TooFewDraws unless the 95% interval of the rate's quantile ends within so many draws."""
    if not 0 < rate < 1:
        raise InvalidSetting(f"false_alarm_rate={rate}", "a share between 0 and 1", "Write 0.01 for 1 in 100.")
    needed = math.floor(math.log(_OUTSIDE) / math.log1p(-rate)) + 1
    if draws < needed:
        raise TooFewDraws(f"{draws} values for a false-alarm rate of {rate}", f"at least {needed:,}", remedy)


def _limit(values: np.ndarray, rate: float, rows: int | None) -> Threshold:
    """The order statistics of the values; the caller has checked that there are enough."""
    import numpy as np
    from scipy.stats import binom

    ordered, count = np.sort(values), len(values)
    rank = min(count, math.ceil((count + 1) * (1 - rate) - 1e-9))
    low, high = (int(binom.ppf(share, count, 1 - rate)) for share in (_OUTSIDE, 1 - _OUTSIDE))
    below, above = ordered[max(low, 1) - 1], ordered[min(high + 1, count) - 1]
    return Threshold(float(ordered[rank - 1]), float(below), float(above), rate, count, rows)


def _check_rows(available: int, rows: int, draws: int) -> None:
    if available == 0:
        raise EmptyWindow("a reference without rows", "rows to draw windows from", "Check the reference's period.")
    if rows < 1 or draws < 1:
        raise InvalidSetting(f"rows={rows}, draws={draws}", "at least 1 of each", "Give the size of a window.")
    if 2 * rows > available:
        found = f"windows of {rows:,} rows from a reference of {available:,}"
        raise InvalidSetting(found, f"at most {available // 2:,} rows", "Use a longer reference or a shorter window.")


def _take(data: Any, places: np.ndarray) -> Any:
    """Rows at these places of a DataFrame or Series, or of anything that becomes an array."""
    import numpy as np

    return data.iloc[places] if hasattr(data, "iloc") else np.asarray(data)[places]
