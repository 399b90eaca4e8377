"""Forecasts: by hand where a hand can do it, by ten thousand futures where it cannot."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.cost import ForecastError, Money, forecast_costs, month_end

RNG = np.random.default_rng(7)
WEEKDAY = np.array([10.0, 11, 12, 11, 10, 5, 4])


def series(values, start="2026-09-01"):
    return pd.Series(list(values), index=pd.date_range(start, periods=len(values)))


def test_a_bill_that_repeats_is_carried_on_without_doubt():
    found = forecast_costs(series(np.tile(WEEKDAY, 4)), days=10)
    assert [float(value) for value in found.table["expected"]] == [*WEEKDAY, 10, 11, 12]
    assert found.low == found.expected == found.high == Money("96.00")


@pytest.mark.parametrize("method", ["seasonal_naive", "trend"])
def test_intervals_hold_the_truth_as_often_as_they_say(method):
    """Each method meets the futures that it supposes; 90 % intervals, 400 of them: 0.86 to 0.94."""
    held_day = held_sum = 0
    for _ in range(400):
        noise = RNG.normal(0, 1, 66)
        if method == "seasonal_naive":  # every weekday walks at random
            values = 50 + np.array([noise[day % 7 : day + 1 : 7].sum() for day in range(66)])
        else:
            values = np.resize(WEEKDAY, 66) + 0.3 * np.arange(66) + noise
        found = forecast_costs(series(values[:56]), days=10, method=method)
        row = found.table.iloc[9]
        held_day += row["low"] <= values[65] <= row["high"]
        held_sum += found.low.amount <= values[56:].sum() <= found.high.amount
    assert 0.86 <= held_day / 400 <= 0.94
    assert 0.86 <= held_sum / 400 <= 0.94


def test_the_trend_is_the_line_of_least_squares():
    """Costs of one level a day: SciPy's line through them is the oracle."""
    from scipy.stats import linregress

    days = np.arange(70)
    values = 3.0 + 0.25 * days
    line = linregress(days, values)
    found = forecast_costs(series(values), days=5, method="trend")
    assert [float(value) for value in found.table["expected"]] == pytest.approx(
        line.intercept + line.slope * np.arange(70, 75)
    )


def test_the_end_of_the_month_is_what_is_spent_and_what_is_left():
    values = [Decimal("0.10")] * 45  # September, and half of October
    found = month_end(series(values))
    assert found.spent == Money("1.50")
    assert found.expected == Money("3.10")
    assert len(found.table) == 16
    last = month_end(series([Decimal("0.10")] * 30))
    assert last.expected == last.low == last.spent == Money("3.00")


def test_what_lies_before_a_change_can_be_left_out():
    values = [*np.tile(WEEKDAY, 4), *(3 * np.tile(WEEKDAY, 3))]
    found = forecast_costs(series(values), days=7, since=date(2026, 9, 29))
    assert found.expected == Money("189.00") == found.high
    assert forecast_costs(series(values), days=7).high > found.high


@pytest.mark.parametrize(
    ("daily", "why"),
    [
        (series(range(14)), "14 days"),
        (series(range(30)).drop(pd.Timestamp("2026-09-09")), "2026-09-09"),
        (series(range(30)).iloc[::-1], "out of order"),
        (pd.concat([series(range(30))] * 2).sort_index(), "twice"),
        (series([*range(20), None]), "blanks"),
    ],
)
def test_days_that_cannot_be_carried_on_are_refused(daily, why):
    with pytest.raises(ForecastError, match=why):
        forecast_costs(daily, days=3)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"method": "guess"}, {"confidence": 1.0}])
def test_questions_without_an_answer_are_refused(wrong):
    with pytest.raises(ForecastError, match=f"^Found {next(iter(wrong))}=[^,]*; expected"):
        forecast_costs(series(range(30)), **({"days": 3} | wrong))
