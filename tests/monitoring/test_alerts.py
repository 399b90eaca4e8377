"""Alert policies: k of n, cool-down, missing days."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring import (
    AlertPolicy,
    BadValue,
    EmptyWindow,
    InvalidSetting,
    NaiveTimestamp,
    UnorderedTime,
    noise_limit,
    policy_grid,
)

VALUES = st.lists(st.one_of(st.floats(0, 1), st.none()), min_size=1, max_size=40).filter(any)
KINDS = st.integers(1, 6).flatmap(lambda of: st.tuples(st.integers(1, of), st.just(of)))


def daily(*values, start="2026-03-02"):
    return pd.Series(values, index=pd.date_range(start, periods=len(values)), dtype=float)


def alarmed(policy, values):
    table = policy.alarms(pd.Series(values, dtype=float))
    return list(table.loc[table["alarm"], "day"])


def test_three_of_five_breaches_are_an_alarm_and_one_is_not():
    table = AlertPolicy(0.1, needed=3, of=5, cool_down_days=0).alarms(daily(0.2, 0, 0.2, 0, 0.2, 0, 0, 0.2))
    assert list(table["alarm"]) == [False, False, False, False, True, False, False, False]
    assert table["why"][1] == "quiet: 0 is not above 0.1"
    assert table["why"][2] == "breach, no alarm: 0.2 is above 0.1, 2 of the latest 5; 3 are needed"
    assert table["why"][4] == "alarm: 0.2 is above 0.1, 3 of the latest 5"


def test_after_an_alarm_the_policy_is_silent_for_a_week():
    table = AlertPolicy(0.1, needed=1, of=1, cool_down_days=7).alarms(daily(*[0.2] * 9))
    assert list(np.flatnonzero(table["alarm"])) == [0, 7]
    assert table["why"][6].endswith("; silent for 7 days")


def test_a_missing_day_neither_ends_nor_makes_an_episode():
    policy = AlertPolicy(0.1, needed=3, of=3, cool_down_days=0)
    table = policy.alarms(daily(0.2, 0.2, np.nan, 0.2, np.nan, 0.05))
    assert list(table["alarm"]) == [False, False, False, True, False, False]
    assert list(table["breach"].isna()) == [False, False, True, False, True, False]
    assert table["why"][2].startswith("insufficient data")


def test_a_threshold_with_its_history_can_be_used():
    def shift(reference, window):
        return abs(window.mean() - reference.mean())

    reference = np.random.default_rng(0).normal(size=500)
    limit = noise_limit(reference, shift, rows=50, false_alarm_rate=0.1, draws=100)
    assert str(AlertPolicy(limit)) == f"3 of 5 above {limit.value:.4g}, then silent for 7 days"
    assert AlertPolicy(limit).alarms(daily(*[9.0] * 3))["alarm"].sum() == 1


@given(VALUES)
def test_one_of_one_without_cool_down_is_every_breach(values):
    table = AlertPolicy(0.5, needed=1, of=1, cool_down_days=0).alarms(pd.Series(values, dtype=float))
    assert list(table["alarm"]) == [value is not None and value > 0.5 for value in values]


@given(VALUES, KINDS, st.integers(0, 9))
def test_two_alarms_keep_their_distance(values, kind, days):
    assert all(np.diff(alarmed(AlertPolicy(0.5, *kind, days), values)) >= max(days, 1))


@given(VALUES, KINDS, st.integers(0, 9))
def test_asking_for_more_never_gives_more_alarms(values, kind, days):
    needed, of = kind
    fewer = [len(alarmed(AlertPolicy(limit, needed, of, days), values)) for limit in (0.5, 0.7)]
    more_needed = len(alarmed(AlertPolicy(0.5, min(needed + 1, of), of, days), values))
    assert fewer[1] <= fewer[0] >= more_needed


@given(VALUES, KINDS)
def test_alarms_follow_the_rule_counted_by_hand(values, kind):
    needed, of = kind
    found, seen = [], []
    for day, value in enumerate(values):
        if value is not None:
            seen.append(value > 0.5)
            if seen[-1] and sum(seen[-of:]) >= needed:
                found.append(day)
    assert alarmed(AlertPolicy(0.5, needed, of, 0), values) == found


@given(VALUES, KINDS, st.integers(0, 9), st.integers(1, 5))
def test_missing_days_change_nothing_but_the_days(values, kind, cool_down, gap):
    policy = AlertPolicy(0.5, *kind, cool_down)
    series = pd.Series(values, dtype=float)
    kept = policy.alarms(series.dropna())
    full = policy.alarms(series)
    assert list(full.loc[full["alarm"], "day"]) == list(kept.loc[kept["alarm"], "day"])


def test_dates_zones_and_day_numbers_are_understood():
    policy = AlertPolicy(0.1, needed=1, of=1, cool_down_days=2)
    days = [dt.date(2026, 3, 1), dt.date(2026, 3, 2), dt.date(2026, 3, 4)]
    zoned = pd.DatetimeIndex(days).tz_localize("Europe/Berlin") + pd.Timedelta(hours=9)
    for index in (days, zoned, [0, 1, 3], pd.DatetimeIndex(days), pd.PeriodIndex(days, freq="D")):
        table = policy.alarms(pd.Series([1.0, 1.0, 1.0], index=index))
        assert list(table["alarm"]) == [True, False, True]


@pytest.mark.parametrize(
    ("index", "error", "match"),
    [
        ([2, 1], UnorderedTime, "1 after 2"),
        ([1, 1], UnorderedTime, "a later day"),
        (pd.to_datetime(["2026-03-01 09:00", "2026-03-02 09:00"]), NaiveTimestamp, "09:00:00 without a zone"),
        ([pd.Timestamp("2026-03-01", tz="UTC"), pd.Timestamp("2026-03-02")], NaiveTimestamp, "with and without"),
        (["monday", "tuesday"], BadValue, "'monday'"),
        ([pd.Timestamp("2026-03-01"), pd.NaT], BadValue, "NaT"),
    ],
)
def test_days_that_cannot_be_ordered_are_refused(index, error, match):
    with pytest.raises(error, match=match):
        AlertPolicy(0.1).alarms(pd.Series([1.0, 2.0], index=index))


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ([np.nan, np.nan], EmptyWindow, "insufficient data"),
        ([0.1, np.inf], BadValue, "an infinite value on 1"),
        (["a", "b"], BadValue, "expected numbers"),
        ([], EmptyWindow, "without a single value"),
    ],
)
def test_values_that_cannot_be_judged_are_refused(values, error, match):
    with pytest.raises(error, match=match):
        AlertPolicy(0.1).alarms(pd.Series(values, index=range(len(values))))


def test_policies_that_make_no_sense_are_refused():
    with pytest.raises(InvalidSetting, match="1 <= needed <= of"):
        AlertPolicy(0.1, needed=4, of=3)
    with pytest.raises(InvalidSetting, match="0 or more days"):
        AlertPolicy(0.1, cool_down_days=-1)
    with pytest.raises(InvalidSetting, match="a finite number"):
        AlertPolicy(float("nan"))


@pytest.mark.parametrize(
    "settings",
    [
        {"threshold": "0.1"},
        {"threshold": None},
        {"threshold": True},
        {"needed": "3"},
        {"of": 5.5},
        {"cool_down_days": "7"},
    ],
)
def test_settings_that_are_no_numbers_are_refused_by_name(settings):
    ((name, value),) = settings.items()
    with pytest.raises(InvalidSetting, match="expected a (whole )?number") as refused:
        AlertPolicy(**{"threshold": 0.1} | settings)
    assert refused.value.found.startswith(f"{name}={value!r}")


def test_numbers_of_numpy_are_numbers():
    policy = AlertPolicy(np.float32(0.5), needed=np.int64(1), of=np.int64(2), cool_down_days=np.float64(0))
    assert str(policy) == "1 of 2 above 0.5"


def test_a_grid_holds_every_combination():
    grid = policy_grid([0.1, 0.2], persistence=[(1, 1), (2, 3)], cool_down_days=0)
    assert [str(policy) for policy in grid] == [
        "1 of 1 above 0.1", "2 of 3 above 0.1", "1 of 1 above 0.2", "2 of 3 above 0.2"
    ]  # fmt: skip
