"""Detect, decide, restore: by hand from a log, over a period, and as one picture for each audience."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot

from mlops_helpers.collaboration import (
    IncidentTimes,
    InvalidSetting,
    UnknownIncident,
    audience_alt,
    audience_figure,
    minutes_text,
    team_metrics,
    times_of,
)
from tests.collaboration.incidents import FRIDAY, PERSON, advance_to, opened, shown

SOLD = FRIDAY - timedelta(minutes=220)  # 14:00
HOUR = timedelta(hours=1)
MONDAY = FRIDAY - timedelta(days=4, hours=17, minutes=40)


def moment(minutes):
    return FRIDAY + timedelta(minutes=minutes)


@pytest.fixture
def closed():
    """Each of seven steps took ten minutes."""
    return advance_to(opened(), "closed")


def test_the_times_are_those_that_one_counts_by_hand(closed):
    calls = [moment(116), SOLD - HOUR, moment(130)]
    times = times_of(closed.entries, degraded_at=SOLD, complaints=calls)
    assert (times.detect, times.decide, times.restore) == (220, 30, 220 + 60)
    assert (times.complaints, times.caught_first) == ((moment(116), moment(130)), True)
    assert [span.minutes for span in times.stages] == [10] * 7
    assert str(times) == "INC-7: detect 3 h 40 min, decide 30 min, restore 4 h 40 min; we noticed first"


def test_users_who_call_before_the_alert_noticed_first(closed):
    assert not times_of(closed.entries, degraded_at=SOLD, complaints=[moment(-5)]).caught_first
    assert times_of(closed.entries, degraded_at=SOLD).caught_first


def test_a_rollback_is_no_recovery():
    incident = advance_to(opened(), "verification")
    assert times_of(incident.entries, degraded_at=SOLD).restore == 280
    worse = [shown("recovery", "not recovered")]
    incident.take("take back", role="ml_engineer", person=PERSON["ml_engineer"], evidence=worse)
    times = times_of(incident.entries, degraded_at=SOLD)
    assert (times.restore, times.stages[-1].stage, times.stages[-1].minutes) == (None, "rolled back", None)
    assert str(times).endswith("restore not yet; we noticed first")


def test_a_stage_that_took_too_long_is_late_and_its_escalation_is_told():
    incident = advance_to(opened(), "decision")
    incident.clock.move(75)
    incident.escalate(role="ml_engineer")
    span = times_of(incident.entries, degraded_at=SOLD).stages[-1]
    assert (span.stage, span.escalated, span.late) == ("decision", True, False)
    decided = [shown("retraining decision", "retrain")]
    incident.take("retrain", role="platform_engineer", person=PERSON["platform_engineer"], evidence=decided)
    span = times_of(incident.entries, degraded_at=SOLD).stages[2]
    assert (span.minutes, span.late, span.allowed) == (75, True, 60)


def test_a_moment_after_the_alert_and_a_log_of_nothing_are_refused(closed):
    with pytest.raises(InvalidSetting, match="degraded_at"):
        times_of(closed.entries, degraded_at=moment(1))
    with pytest.raises(InvalidSetting, match="degraded_at"):
        times_of(closed.entries, degraded_at=SOLD.replace(tzinfo=None))
    with pytest.raises(UnknownIncident, match="without opening"):
        times_of([], degraded_at=SOLD)
    with pytest.raises(InvalidSetting, match="ends later"):
        team_metrics([], since=FRIDAY, until=FRIDAY)


def test_a_period_of_two_incidents_that_overlap_counts_each_minute_once():
    first = IncidentTimes("a", FRIDAY, FRIDAY + HOUR, FRIDAY + 2 * HOUR, FRIDAY + 10 * HOUR)
    second = IncidentTimes("b", FRIDAY + 5 * HOUR, FRIDAY + 8 * HOUR, None, None, (FRIDAY + 6 * HOUR,))
    found = team_metrics([first, second], since=FRIDAY - 80 * HOUR, until=FRIDAY + 20 * HOUR)
    assert (found.detect, found.decide, found.restore) == (120, 60, 600)
    assert found.uptime == pytest.approx(0.8)
    assert list(found.table["value"]) == ["2 h 00 min", "1 h 00 min", "10 h 00 min", "80.0%", "1 of 2"]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-50, 250), st.integers(0, 90)), max_size=6))
def test_uptime_is_the_share_of_minutes_without_any_incident(spans):
    """Held against counting every minute of the period."""
    found = [
        IncidentTimes(str(place), moment(begin), moment(begin), None, moment(begin + length))
        for place, (begin, length) in enumerate(spans)
    ]
    measured = team_metrics(found, since=FRIDAY, until=moment(200)).uptime
    bad = {minute for begin, length in spans for minute in range(begin, begin + length) if 0 <= minute < 200}
    assert measured == pytest.approx(1 - len(bad) / 200)


def test_a_quiet_period_has_no_times():
    found = team_metrics([], since=MONDAY, until=FRIDAY)
    assert (found.detect, found.uptime, found.caught) == (None, 1.0, 0)
    assert minutes_text(found.restore) == "not yet"
    assert minutes_text(3 * 1440 + 75) == "3 d 1 h"


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        ("engineer", "alert 10 min of 30 min; triage 10 min of 1 h 00 min"),
        ("business owner", "3 h 40 min until noticed, 30 min until decided, 30 min until restored"),
        ("support", "since Friday 14:00 until Friday 18:40, alert at 17:40, 2 complaints, the first at Friday 19:36"),
    ],
)
def test_every_audience_has_its_picture_of_the_same_numbers(closed, audience, told):
    times = times_of(closed.entries, degraded_at=SOLD, complaints=[moment(116), moment(130)])
    figure = audience_figure(audience, times)
    [axes] = figure.axes
    assert axes.get_xlabel()
    assert told in audience_alt(audience, times)
    pyplot.close(figure)


def test_the_bars_are_as_long_as_the_times(closed):
    times = times_of(closed.entries, degraded_at=SOLD)
    figure = audience_figure("business owner", times)
    widths = [bar.get_width() * 60 for bar in figure.axes[0].patches]
    pyplot.close(figure)
    assert widths == pytest.approx([220, 30, 30])
    with pytest.raises(InvalidSetting, match="'the press'"):
        audience_alt("the press", times)


@pytest.mark.parametrize("audience", ["engineer", "business owner", "support"])
def test_an_incident_that_goes_on_can_be_drawn(audience):
    times = times_of(opened().entries, degraded_at=SOLD)
    pyplot.close(audience_figure(audience, times))
    assert "INC-7" in audience_alt(audience, times)


def test_a_table_is_no_list_of_entries():
    with pytest.raises(InvalidSetting, match="not its table"):
        times_of(opened().table, degraded_at=FRIDAY)
