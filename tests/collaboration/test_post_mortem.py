"""The post-mortem writes itself: times and roles, no names, and no words that look for somebody."""

import datetime as dt
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.collaboration import (
    Action,
    BlamingText,
    InvalidSetting,
    Lessons,
    NotApproved,
    NotClosed,
    SelfApproval,
    SignOffMissing,
    UnknownRole,
    WrongRole,
    find_blame,
    record_incident_decision,
    require_blameless,
    times_of,
    write_post_mortem,
)
from mlops_helpers.tooling import weigh_options
from tests.collaboration.incidents import FRIDAY, PEOPLE, advance_to, opened, shown

SOLD = FRIDAY - timedelta(minutes=220)
ALERT_TO_COMPLAINT = timedelta(minutes=116)


@pytest.fixture
def friday():
    """A Friday with detours: a shortcut that was refused, an author who wanted to approve, a decision that was late."""
    incident = advance_to(opened(people=PEOPLE), "decision")
    incident.note("Owner H is on the train, scientist A called <twice> | no answer", role="support")
    with pytest.raises(NotApproved):
        incident.require_approved("fraud@2", role="platform_engineer")
    incident.clock.move(90)
    advance_to(incident, "retraining")
    made = shown("candidate", "trained", author="owner H")
    incident.take("hand in", role="data_scientist", person="scientist A", evidence=[made])
    incident.attach(shown("evaluation", "deploy"), role="ml_engineer")
    with pytest.raises(SelfApproval):
        incident.sign("approve", role="business_owner", person="owner H")
    with pytest.raises(WrongRole):
        incident.sign("approve", role="data_engineer", person="data engineer F")
    incident.clock.move(61)
    incident.escalate(role="ml_engineer")
    incident.take("approve", role="data_engineer", person="data engineer F")
    return advance_to(incident, "closed")


def times(incident):
    return times_of(incident.entries, degraded_at=SOLD, complaints=[FRIDAY + ALERT_TO_COMPLAINT])


def test_it_writes_itself_from_the_log(friday):
    found = write_post_mortem(friday.entries, times(friday))
    assert found.helped == (
        "monitoring saw it 1 h 56 min before the first complaint",
        "the protocol refused: a model that nobody had approved was not deployed",
        "the protocol refused: a model was not approved by its author",
    )
    assert found.conditions == (
        "decision took 1 h 40 min, 1 h 00 min were planned",
        "evaluation and approval took 1 h 01 min, 1 h 00 min were planned",
        "it was not clear who had the last word: a sign-off came from another role",
    )
    assert found.impact[0].startswith("the model was less reliable from Fri 14:00 until Fri 20:51")
    assert found.impact[2] == "1 complaint, 1 of them before it was restored"
    assert len(found.table) == len([one for one in friday.entries if one.kind != "signed"])


def test_it_names_roles_and_nobody(friday):
    text = write_post_mortem(friday.entries, times(friday)).to_markdown()
    assert not [person for person in PEOPLE if person.lower() in text.lower()]
    assert "business owner is on the train, data scientist called &lt;twice&gt; \\| no answer" in text
    assert "| Fri 20:41 | ML engineer |" in text


def test_people_add_what_only_they_know_and_roles_own_the_actions(friday):
    told = Lessons(
        ["the fraud desk telephoned"],
        ["no check looked for new categories"],
        [Action("watch new categories", "data_engineer", dt.date(2026, 12, 4))],
    )
    found = write_post_mortem(friday.entries, times(friday), told)
    assert (found.helped[0], found.conditions[0]) == ("the fraud desk telephoned", "no check looked for new categories")
    assert "- watch new categories (Data engineer, until 2026-12-04)" in found.to_markdown()
    assert "watch new categories" in found._repr_html_()


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        (Lessons(conditions=["scientist a forgot it"]), BlamingText, "'forgot' .hindsight"),
        (Lessons(helped=["she was awake"]), BlamingText, "'she' .a person"),
        (Lessons(actions=[Action("punish", "ml_engineer", dt.date(2026, 12, 4))]), BlamingText, "'punish'"),
        (Lessons(actions=[Action("watch", "boss", dt.date(2026, 12, 4))]), UnknownRole, "'boss'"),
    ],
)
def test_what_looks_for_somebody_is_refused(friday, told, error, words):
    with pytest.raises(error, match=words):
        write_post_mortem(friday.entries, times(friday), told)


@pytest.mark.parametrize(("what", "due", "words"), [(" ", dt.date(2026, 12, 4), "nothing"), ("watch", "Wed", "'Wed'")])
def test_an_action_says_what_and_until_when(what, due, words):
    with pytest.raises(InvalidSetting, match=words):
        Action(what, "ml_engineer", due)


def test_an_incident_that_goes_on_has_no_post_mortem():
    incident = opened()
    with pytest.raises(NotClosed, match="waits for: ML engineer"):
        write_post_mortem(incident.entries, times(incident))


def test_the_words_are_found_whole_and_in_order():
    found = find_blame("Obviously the operator's fault: He should have asked ada@example.com", names=["operator"])
    assert [one.kind for one in found] == ["hindsight", "a person", "guilt", "a person", "hindsight", "a person"]
    assert "ada@example.com" not in str(found[-1])
    harmless = "The shelter cache had a data fault; there the fault tolerance helped. Nobody was paged."
    assert require_blameless(harmless) == harmless


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["the model", "was", "retrained", "cache", "here", "this", "Sheila", "history"])))
def test_words_that_only_contain_others_pass(words):
    assert find_blame(" ".join(words)) == ()


def test_the_decision_record_takes_context_and_deciders_from_the_log(friday):
    scores = {"retrain": {"speed": 3, "safety": 5}, "a rule by hand": {"speed": 5, "safety": 2}}
    matrix = weigh_options(scores, {"speed": 2, "safety": 3})
    text = record_incident_decision(friday.entries, matrix, title="Gift cards on Friday")
    assert "Date: 2026-11-20. Decided by: Business owner." in text
    assert "Incident INC-7. flagged share fell. drift report, drifted: drift report says drifted" in text
    assert "candidate" not in text
    with pytest.raises(SignOffMissing, match="no decision in INC-7"):
        record_incident_decision(opened().entries, matrix, title="Too early")
    with pytest.raises(BlamingText):
        record_incident_decision(friday.entries, matrix, title="owner H decided")
