"""Drift over time: where windows start, what they hold, and the times that are refused."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.monitoring import (
    BadValue,
    InvalidSetting,
    MissingColumn,
    NaiveTimestamp,
    detect_drift,
    drift_over_windows,
    drift_over_windows_figure,
)


def clicks(days=5, shift_from=3, seed=0, zone="UTC"):
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), 400)
    seen = pd.Timestamp("2026-03-01", tz=zone) + pd.to_timedelta(day * 24 + rng.integers(0, 24, len(day)), unit="h")
    return pd.DataFrame(
        {"seen": seen, "price": rng.normal(size=len(day)) + (day >= shift_from), "size": rng.random(len(day))}
    )


REFERENCE = clicks(seed=1, shift_from=99).drop(columns="seen")


def test_the_day_of_the_shift_is_found():
    table = drift_over_windows(REFERENCE, clicks(), time="seen")
    price = table[table.column == "price"]
    assert price.verdict.tolist() == ["stable"] * 3 + ["drifted"] * 2
    assert price.window.dt.day.tolist() == [1, 2, 3, 4, 5]
    assert (table[table.column == "size"].verdict == "stable").all()
    assert price.ks.tolist() == price.statistic.tolist()


def test_a_window_is_judged_as_if_it_came_alone():
    production = clicks().sample(frac=1, random_state=0)
    table = drift_over_windows(REFERENCE, production, time="seen")
    day = production[production.seen.dt.day == 4].drop(columns="seen")
    expected = detect_drift(REFERENCE, day).table
    found = table[table.window.dt.day == 4].drop(columns=["window", "ks"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)


def test_a_day_without_rows_is_listed_as_insufficient():
    production = clicks()
    table = drift_over_windows(REFERENCE, production[production.seen.dt.day != 2], time="seen")
    gap = table[table.window.dt.day == 2]
    assert gap.verdict.tolist() == ["insufficient data"] * 2
    assert gap.n_production.tolist() == [0, 0]


@pytest.mark.parametrize(("every", "count"), [("12h", 10), ("MS", 1), ("2D", 3)])
def test_windows_may_have_any_length(every, count):
    assert drift_over_windows(REFERENCE, clicks(), time="seen", every=every).window.nunique() == count


def test_days_are_those_of_the_columns_own_zone():
    table = drift_over_windows(REFERENCE, clicks(zone="Asia/Tokyo"), time="seen")
    assert table.window.dt.hour.unique().tolist() == [0]
    assert str(table.window.dt.tz) == "Asia/Tokyo"


def test_naive_times_are_taken_as_they_are():
    table = drift_over_windows(REFERENCE, clicks(zone=None), time="seen")
    assert table.window.nunique() == 5


def test_options_of_the_verdict_are_passed_on():
    table = drift_over_windows(REFERENCE, clicks(), time="seen", columns=["price"], limits={"psi": 99})
    assert set(table.verdict) == {"stable"}


def test_the_figure_leaves_a_gap_where_nothing_can_be_said():
    production = clicks()
    table = drift_over_windows(REFERENCE, production[production.seen.dt.day != 2], time="seen")
    line = drift_over_windows_figure(table, "price").axes[0].lines[0]
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False, False, False]
    with pytest.raises(MissingColumn, match="no column 'prize'"):
        drift_over_windows_figure(table, "prize")


@pytest.mark.parametrize(
    ("production", "options", "error", "says"),
    [
        (clicks(), {"time": "seem"}, MissingColumn, "no column 'seem'"),
        (clicks(), {"time": "price"}, BadValue, "of type float64"),
        (clicks(), {"time": "seen", "every": "1 moon"}, InvalidSetting, "1 moon"),
        (clicks().assign(seen=pd.NaT), {"time": "seen"}, BadValue, "2,000 rows without a time"),
        (
            pd.concat([clicks(), clicks(zone=None)]).astype({"seen": object}),
            {"time": "seen"},
            NaiveTimestamp,
            "with and without a zone",
        ),
    ],
)
def test_times_that_cannot_be_cut_are_refused(production, options, error, says):
    with pytest.raises(error, match=says):
        drift_over_windows(REFERENCE, production, **options)


def test_a_zone_in_one_window_only_is_refused():
    reference = clicks(seed=1, zone=None)
    with pytest.raises(NaiveTimestamp, match="only one of both windows"):
        drift_over_windows(reference, clicks(), time="seen")


def test_a_label_that_production_lacks_is_answered_with_the_columns_to_name():
    labelled = clicks(seed=1, shift_from=99).assign(clicked=1)
    with pytest.raises(MissingColumn, match="no column 'clicked' in production") as refused:
        drift_over_windows(labelled, clicks(), time="seen")
    assert refused.value.remedy.endswith("name what to compare: columns=['price', 'size'].")
    assert set(drift_over_windows(labelled, clicks(), time="seen", columns=["size"]).column) == {"size"}
    with pytest.raises(InvalidSetting, match=r"a list of names: \['size'\]"):
        drift_over_windows(labelled, clicks(), time="seen", columns="size")
