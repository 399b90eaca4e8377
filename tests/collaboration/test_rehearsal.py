"""A week played beforehand: who waits for whom, by rules that the protocol would accept."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.friday import friday_hours
from data.generate import HERE
from mlops_helpers.collaboration import InvalidSetting, UnknownRole, read_hours, read_raci, rehearse, retraining_raci
from mlops_helpers.collaboration.incident_times import times_of
from mlops_helpers.collaboration.protocol_steps import STAGES, activity_of
from tests.collaboration.incidents import FRIDAY, GOOD_WAY, PERSON, Clock, opened, shown

ACTIVITIES = [activity_of(stage) for stage in STAGES]
WORK = dict(zip(ACTIVITIES, (10, 25, 5, 15, 10, 120, 30), strict=True))
HOURS = read_hours(friday_hours().itertuples(index=False), week_of=FRIDAY)
WIKI = read_raci(HERE / "friday_raci.toml")
STANDARD = retraining_raci()
QUICK = STANDARD.changed("train the candidate", ml_engineer="AR", data_scientist="C")


def play(raci, hours=HOURS):
    return rehearse(raci, hours, at=FRIDAY, work=WORK)


def test_two_accountables_wait_for_a_moment_that_both_share():
    slow = play(WIKI).played[2]
    assert slow.by == ("data_scientist", "business_owner")
    assert (f"{slow.signed:%a %H:%M}", slow.waited) == ("Mon 10:30", 3850)


@pytest.mark.parametrize(
    ("raci", "closed"),
    [
        (WIKI, "Mon 13:25"),
        (WIKI.changed("decide on retraining", data_scientist="R"), "Sat 16:30"),
        (WIKI.changed("decide on retraining", business_owner="C"), "Sat 16:30"),
        (STANDARD, "Sat 16:30"),
        (QUICK, "Fri 23:00"),
    ],
)
def test_what_a_matrix_makes_of_the_same_friday(raci, closed):
    assert f"{play(raci).closed:%a %H:%M}" == closed


def test_work_and_waiting_are_all_the_time_there_is():
    played = play(STANDARD)
    minutes = (played.closed - FRIDAY) / timedelta(minutes=1)
    assert played.table[["worked", "waited"]].sum().sum() == minutes
    assert str(played) == "closed on Sat 16:30: 3.6 hours of work, 19.2 of waiting"


@pytest.mark.parametrize("raci", [STANDARD, QUICK, WIKI.changed("decide on retraining", business_owner="C")])
def test_the_protocol_accepts_each_sign_off_of_the_rehearsal(raci):
    clock = Clock()
    incident = opened(clock=clock, raci=raci)
    for one, (step, _, kind, verdict) in zip(play(raci).played, GOOD_WAY, strict=True):
        (role,) = one.by
        clock.now = one.signed
        if role != raci.accountable(one.activity):
            incident.escalate(role=role)
        incident.take(step, role=role, person=PERSON[role], evidence=[shown(kind, verdict, author="somebody else")])
    assert incident.state.closed
    assert incident.refusals == []


def test_the_times_are_those_that_the_log_would_give():
    clock, played = Clock(), play(QUICK)
    incident = opened(clock=clock, raci=QUICK)
    for one, (step, _, kind, verdict) in zip(played.played, GOOD_WAY, strict=True):
        clock.now = one.signed
        if one.by[0] != QUICK.accountable(one.activity):
            incident.escalate(role=one.by[0])
        incident.take(step, role=one.by[0], person=PERSON[one.by[0]], evidence=[shown(kind, verdict)])
    degraded = FRIDAY - timedelta(minutes=220)
    logged = times_of(incident.entries, degraded_at=degraded)
    guessed = played.times("INC-7", degraded_at=degraded)
    assert (guessed.detect, guessed.decide, guessed.restore) == (220, 95, 510)
    assert (logged.detect, logged.decide, logged.restore) == (220, 95, 510)
    assert [(span.stage, span.minutes) for span in guessed.stages] == [
        (one.stage, one.minutes) for one in logged.stages
    ]


def test_a_week_that_stopped_has_no_times():
    with pytest.raises(InvalidSetting, match="nobody who is responsible"):
        play(WIKI.changed("check the data", data_engineer="A")).times("INC-7", degraded_at=FRIDAY)


def test_who_trained_does_not_approve():
    own = QUICK.changed("approve the model", ml_engineer="AR", business_owner="C", data_engineer="")
    assert play(own).stuck == "'approve the model' is not signed: ml_engineer made the model and may not approve it"
    with_deputy = play(own.changed("approve the model", platform_engineer="D"))
    assert (with_deputy.played[4].by, with_deputy.played[4].waited) == (("platform_engineer",), 50)


@pytest.mark.parametrize(
    ("raci", "told"),
    [
        (WIKI.changed("check the data", data_engineer="A"), "nobody who is responsible for 'check the data'"),
        (WIKI.changed("check the data", data_engineer="R"), "nobody would have to agree on 'check the data'"),
        (WIKI.changed("check the data", data_engineer="R", support="A"), None),
    ],
)
def test_a_matrix_with_a_hole_stops_there(raci, told):
    played = play(raci)
    assert played.closed is not None if told is None else played.stuck.startswith(told)


def test_nobody_left_in_the_week():
    gone = {role: spans for role, spans in HOURS.items() if role != "platform_engineer"}
    played = play(WIKI, gone)
    assert played.closed is None
    assert str(played) == "not closed: nobody who is responsible for 'roll out the model' can be reached"


@pytest.mark.parametrize(
    "row", [("a", "Fri 18:00", "Fri 17:00"), ("a", "Friday", "Sat 10:00"), ("a", "Fri 9", "Fri 25:00")]
)
def test_hours_that_cannot_be(row):
    with pytest.raises(InvalidSetting):
        read_hours([row], week_of=FRIDAY)


def test_hours_come_as_rows_and_not_as_a_table():
    with pytest.raises(InvalidSetting, match="itertuples"):
        read_hours(friday_hours(), week_of=FRIDAY)
    with pytest.raises(InvalidSetting, match="three texts"):
        read_hours([("a", "Fri 18:00")], week_of=FRIDAY)


@pytest.mark.parametrize("minutes", [None, -1, float("nan"), float("inf"), "25"])
def test_work_needs_minutes(minutes):
    with pytest.raises(InvalidSetting, match="confirm the alert"):
        rehearse(WIKI, HOURS, at=FRIDAY, work=WORK | {"confirm the alert": minutes})


def test_hours_of_somebody_else_and_a_moment_without_zone():
    with pytest.raises(UnknownRole, match="busines_owner"):
        play(WIKI, HOURS | {"busines_owner": []})
    with pytest.raises(InvalidSetting, match="without a zone"):
        rehearse(WIKI, HOURS, at=FRIDAY.replace(tzinfo=None), work=WORK)


spans = st.tuples(st.integers(0, 90), st.integers(1, 40)).map(
    lambda pair: (FRIDAY + timedelta(hours=pair[0]), FRIDAY + timedelta(hours=sum(pair)))
)


@given(more=spans)
def test_an_accountable_who_can_be_reached_longer_never_delays(more):
    longer = HOURS | {"business_owner": [*HOURS["business_owner"], more]}
    assert play(STANDARD, longer).closed <= play(STANDARD).closed
