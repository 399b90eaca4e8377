"""Thresholds from the reference's own variation: scipy and plain probability are the oracles."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, ks_2samp, norm

from mlops_helpers.monitoring import (
    BadValue,
    EmptyWindow,
    InvalidSetting,
    Threshold,
    TooFewDraws,
    draw_statistic,
    history_limit,
    noise_limit,
)

REFERENCE = np.random.default_rng(1).normal(size=4000)


def shift(reference, window):
    return float(np.mean(window) - np.mean(reference))


def test_the_limit_of_a_mean_is_the_one_of_the_normal_distribution():
    limit = noise_limit(REFERENCE, shift, rows=100, false_alarm_rate=0.05, draws=4000)
    expected = norm.ppf(0.95) * REFERENCE.std() * np.sqrt(1 / 100 + 1 / 3900)
    assert limit.value == pytest.approx(expected, rel=0.07)
    assert limit.low < expected < limit.high


def test_fresh_windows_raise_as_many_false_alarms_as_stated():
    def ks(reference, window):
        return ks_2samp(reference, window).statistic

    limit = noise_limit(REFERENCE, ks, rows=200, false_alarm_rate=0.1, draws=200)
    fresh = np.random.default_rng(2).normal(size=(300, 200))
    alarms = sum(ks(REFERENCE, window) > limit.value for window in fresh)
    assert binom.ppf(0.001, 300, 0.07) <= alarms <= binom.ppf(0.999, 300, 0.14)


def test_equal_seeds_give_equal_limits_and_tables_are_taken_too():
    frame = pd.DataFrame({"age": REFERENCE})

    def of_column(reference, window):
        return shift(reference["age"], window["age"])

    one = noise_limit(frame, of_column, rows=50, false_alarm_rate=0.1, draws=100, seed=3)
    assert one == noise_limit(REFERENCE, shift, rows=50, false_alarm_rate=0.1, draws=100, seed=3)
    assert one != noise_limit(REFERENCE, shift, rows=50, false_alarm_rate=0.1, draws=100, seed=4)


def test_window_and_rest_share_no_row():
    def overlap(reference, window):
        return len(set(reference) & set(window)) + (len(reference) + len(window) != 100)

    assert set(draw_statistic(np.arange(100), overlap, rows=30, draws=20)) == {0.0}


def test_a_change_of_a_stated_size_shows_in_the_statistic():
    values = draw_statistic(REFERENCE, shift, rows=400, draws=50, change=lambda window: window + 2)
    assert values.mean() == pytest.approx(2, abs=0.05)


def test_too_few_draws_for_the_rate_are_refused_with_the_number_needed():
    with pytest.raises(TooFewDraws, match=r"100 values for a false-alarm rate of 0\.01; expected at least 368"):
        noise_limit(REFERENCE, shift, rows=50, false_alarm_rate=0.01, draws=100)
    with pytest.raises(TooFewDraws, match="Collect more quiet days"):
        history_limit([0.1] * 30, false_alarm_rate=0.05)


@given(st.floats(0.001, 0.5), st.integers(1, 4000))
def test_enough_draws_are_what_the_binomial_says(rate, draws):
    upper_rank = binom.ppf(0.975, draws, 1 - rate) + 1
    try:
        history_limit(np.arange(draws), false_alarm_rate=rate)
    except TooFewDraws:
        assert upper_rank >= draws  # one more than enough at the very edge is allowed
    else:
        assert upper_rank <= draws


@given(st.integers(1, 99), st.integers(400, 1200))
def test_at_most_the_stated_share_of_the_values_lies_above(percent, count):
    limit = history_limit(np.random.default_rng(count).permutation(count), false_alarm_rate=percent / 100)
    above = count - 1 - limit.value
    assert (above + 1) / (count + 1) <= percent / 100 + 1e-9 or limit.value == count - 1
    assert limit.low <= limit.value <= limit.high


def test_a_threshold_tells_what_it_is():
    limit = Threshold(0.0321, 0.031, 0.0334, 0.01, 1000, 500)
    assert float(limit) == 0.0321
    assert str(limit) == (
        "Alarm above 0.0321 (95% interval 0.031 to 0.0334): of windows of 500 rows in which nothing changed, about "
        "1 in 100 lies above (1,000 were drawn)."
    )
    past = str(history_limit(np.arange(100), false_alarm_rate=0.1))
    assert "of days in which" in past
    assert past.endswith("(100 were counted).")


def test_bad_input_is_refused():
    with pytest.raises(InvalidSetting, match="at most 2000 rows|at most 2,000 rows"):
        noise_limit(REFERENCE, shift, rows=2001, false_alarm_rate=0.1)
    with pytest.raises(InvalidSetting, match="a share between 0 and 1"):
        noise_limit(REFERENCE, shift, rows=10, false_alarm_rate=1)
    with pytest.raises(EmptyWindow):
        noise_limit(np.array([]), shift, rows=10, false_alarm_rate=0.1)
    with pytest.raises(InvalidSetting, match="rows=0"):
        draw_statistic(REFERENCE, shift, rows=0)
    with pytest.raises(BadValue, match="no finite number in 40 of 40"):
        noise_limit(REFERENCE, lambda reference, window: np.nan, rows=10, false_alarm_rate=0.1, draws=40)
    with pytest.raises(BadValue, match="1 past values"):
        history_limit([*range(99), np.inf], false_alarm_rate=0.1)
    with pytest.raises(EmptyWindow):
        history_limit([], false_alarm_rate=0.1)
