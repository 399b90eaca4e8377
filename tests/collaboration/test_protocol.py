"""The retraining protocol: the good way, every shortcut refused by name, and the log that shows it."""

import pytest

from mlops_helpers.collaboration import (
    Charter,
    CollaborationError,
    EvidenceMissing,
    ForeignEvidence,
    Incident,
    InvalidSetting,
    LogChanged,
    LogTampered,
    MemoryLog,
    NoDeputy,
    NotApproved,
    OutOfOrder,
    SelfApproval,
    SignedTwice,
    SignOffMissing,
    TooEarly,
    TwoAccountables,
    UnknownIncident,
    UnknownRole,
    UnknownStep,
    WrongEvidence,
    WrongRole,
    open_incident,
    resume_incident,
    retraining_raci,
    step_rows,
)
from tests.collaboration.incidents import (
    FRIDAY,
    GOOD_WAY,
    ID,
    PEOPLE,
    PERSON,
    Clock,
    advance_to,
    charter,
    opened,
    shown,
)


@pytest.fixture
def incident():
    return opened()


def refused(incident):
    return [entry.content["error"] for entry in incident.refusals]


def test_the_good_way_leads_to_the_end_and_the_log_has_every_step(incident):
    advance_to(incident, "closed")
    moved = [entry.content["step"] for entry in incident.entries if entry.kind == "moved"]
    assert moved == [step for step, *_ in GOOD_WAY]
    assert (incident.state.closed, incident.state.approved, incident.refusals) == (True, "fraud@2", [])
    assert str(incident.state) == "INC-7: closed by 'close'"


def test_the_state_says_who_is_waited_for_and_until_when(incident):
    assert str(incident.state) == "INC-7: alert, due Fri 18:10, waits for: ML engineer"


def test_a_sign_off_by_the_wrong_role_is_refused_and_the_log_shows_it(incident):
    incident.attach(shown("drift report", "drifted"), role="ml_engineer")
    with pytest.raises(WrongRole, match="data_scientist for 'confirm the alert'"):
        incident.sign("confirm", role="data_scientist", person="scientist A")
    assert refused(incident) == ["WrongRole"]
    assert incident.refusals[0].content["role"] == "data_scientist"
    assert incident.state.stage == "alert"


def test_a_second_sign_off_is_refused_before_and_after_the_step(incident):
    incident.attach(shown("drift report", "drifted"), role="ml_engineer")
    incident.sign("confirm", role="ml_engineer", person="engineer D")
    with pytest.raises(SignedTwice):
        incident.sign("confirm", role="ml_engineer", person="engineer D")
    incident.move("confirm")
    with pytest.raises(SignedTwice):
        incident.sign("confirm", role="ml_engineer", person="engineer D")
    assert refused(incident) == ["SignedTwice", "SignedTwice"]


def test_a_stage_is_decided_one_way_until_new_evidence_is_shown(incident):
    advance_to(incident, "evaluation and approval")
    incident.attach(shown("evaluation", "deploy"), role="ml_engineer")
    incident.sign("approve", role="business_owner", person="owner H")
    with pytest.raises(SignedTwice, match="'reject' after one of 'approve'"):
        incident.sign("reject", role="business_owner", person="owner H")
    incident.attach(shown("evaluation", "keep", digest="e" * 64), role="ml_engineer")
    assert incident.take("reject", role="business_owner", person="owner H").stage == "rejected"


def test_evidence_of_another_incident_or_another_model_is_refused(incident):
    with pytest.raises(ForeignEvidence, match="INC-6"):
        incident.attach(shown("drift report", "drifted", incident="INC-6"), role="ml_engineer")
    advance_to(incident, "retraining")
    with pytest.raises(ForeignEvidence, match="churn@2"):
        incident.attach(shown("candidate", "trained", model="churn@2"), role="data_scientist")
    advance_to(incident, "evaluation and approval")
    with pytest.raises(ForeignEvidence, match="fraud@1"):
        incident.attach(shown("evaluation", "deploy", model="fraud@1"), role="ml_engineer")
    assert refused(incident) == ["ForeignEvidence"] * 3


def test_no_stage_can_be_left_out(incident):
    with pytest.raises(OutOfOrder, match="It begins at 'evaluation and approval'"):
        incident.sign("approve", role="business_owner", person="owner H")
    with pytest.raises(OutOfOrder, match="confirm, dismiss"):
        incident.move("finish the rollout")
    with pytest.raises(UnknownStep, match="one of confirm"):
        incident.move("deploy now")
    advance_to(incident, "closed")
    with pytest.raises(OutOfOrder, match="the incident is closed"):
        incident.move("confirm")
    assert refused(incident) == ["OutOfOrder", "OutOfOrder", "UnknownStep", "OutOfOrder"]


def test_a_step_needs_evidence_that_says_what_the_step_needs(incident):
    with pytest.raises(EvidenceMissing, match="'confirm' without a drift report"):
        incident.sign("confirm", role="ml_engineer", person="engineer D")
    incident.attach(shown("drift report", "stable"), role="ml_engineer")
    with pytest.raises(WrongEvidence, match="Other ways from here: dismiss"):
        incident.sign("confirm", role="ml_engineer", person="engineer D")
    with pytest.raises(WrongEvidence, match="a canary at the stage 'alert'"):
        incident.attach(shown("canary", "finished"), role="ml_engineer")
    assert incident.take("dismiss", role="ml_engineer", person="engineer D").closed


def test_a_move_needs_a_sign_off_that_has_seen_the_latest_evidence(incident):
    with pytest.raises(SignOffMissing, match="without a sign-off"):
        incident.move("confirm")
    incident.attach(shown("drift report", "drifted"), role="ml_engineer")
    incident.sign("confirm", role="ml_engineer", person="engineer D")
    incident.attach(shown("drift report", "drifted", digest="e" * 64), role="data_scientist")
    with pytest.raises(SignOffMissing, match="older than the evidence"):
        incident.move("confirm")
    incident.sign("confirm", role="ml_engineer", person="engineer D")
    assert incident.move("confirm").stage == "triage"


def test_the_author_may_not_approve_not_even_in_another_role_or_in_capitals():
    advance_to(incident := opened(), "retraining")
    made = shown("candidate", "trained", author="Owner H")
    incident.take("hand in", role="data_scientist", person="scientist A", evidence=[made])
    incident.attach(shown("evaluation", "deploy"), role="ml_engineer")
    with pytest.raises(SelfApproval, match="fraud@2 by its author"):
        incident.sign("approve", role="business_owner", person="owner h ")
    assert refused(incident) == ["SelfApproval"]


def test_nobody_signs_in_a_role_that_is_not_theirs():
    incident = opened(people=PEOPLE)
    incident.attach(shown("drift report", "drifted"), role="support")
    with pytest.raises(WrongRole, match="somebody who is data_scientist"):
        incident.sign("confirm", role="ml_engineer", person="scientist A")
    with pytest.raises(WrongRole, match="not on the list"):
        incident.sign("confirm", role="ml_engineer", person="a stranger")
    with pytest.raises(UnknownRole, match="'boss'"):
        incident.sign("confirm", role="boss", person="scientist A")
    with pytest.raises(InvalidSetting, match="by nobody"):
        incident.sign("confirm", role="ml_engineer", person=" ")
    assert refused(incident) == ["WrongRole", "WrongRole", "UnknownRole"]


def test_only_the_approved_model_may_be_deployed_and_only_in_its_stage(incident):
    advance_to(incident, "evaluation and approval")
    with pytest.raises(NotApproved, match="no model approved"):
        incident.require_approved("fraud@2")
    advance_to(incident, "phased deployment")
    assert incident.require_approved("fraud@2") == "fraud@2"
    with pytest.raises(NotApproved, match="fraud@2 approved"):
        incident.require_approved("fraud@3", role="platform_engineer")
    assert refused(incident) == ["NotApproved", "NotApproved"]


def test_after_a_rejection_or_a_rollback_the_approval_is_gone(incident):
    advance_to(incident, "phased deployment")
    back = [shown("canary", "rolled back")]
    incident.take("roll back", role="platform_engineer", person=PERSON["platform_engineer"], evidence=back)
    state = incident.take("start over", role="business_owner", person="owner H")
    assert (state.stage, state.approved, state.candidate) == ("retraining", "", "")
    with pytest.raises(NotApproved):
        incident.require_approved("fraud@2")


def test_the_deputy_decides_once_the_time_is_over_and_not_before():
    incident = advance_to(opened(), "decision")
    incident.attach(shown("retraining decision", "retrain"), role="data_scientist")
    with pytest.raises(TooEarly, match="Wait"):
        incident.escalate(role="ml_engineer")
    with pytest.raises(WrongRole):
        incident.sign("retrain", role="platform_engineer", person="platform engineer G")
    incident.clock.move(61)
    assert incident.escalate(role="ml_engineer").last_word == "platform_engineer"
    with pytest.raises(OutOfOrder, match="escalated already"):
        incident.escalate(role="ml_engineer")
    with pytest.raises(WrongRole, match="one by platform_engineer"):
        incident.sign("retrain", role="business_owner", person="owner H")
    assert incident.take("retrain", role="platform_engineer", person="platform engineer G").stage == "retraining"
    assert refused(incident) == ["TooEarly", "WrongRole", "OutOfOrder", "WrongRole"]


def test_without_a_deputy_everybody_waits_and_the_log_says_so():
    incident = opened(raci=retraining_raci().changed("confirm the alert", platform_engineer="C"))
    incident.clock.move(31)
    with pytest.raises(NoDeputy, match="ml_engineer in 'confirm the alert'"):
        incident.escalate(role="support")
    assert refused(incident) == ["NoDeputy"]


def test_two_accountables_cannot_open_an_incident_and_the_log_shows_it():
    log, clock = MemoryLog(), Clock()
    broken = retraining_raci().changed("approve the model", data_scientist="AC")
    with pytest.raises(TwoAccountables, match="approve the model"):
        open_incident(ID, charter(raci=broken), log=log, clock=clock, alert="flagged share fell")
    assert [entry.content["error"] for entry in log.entries(ID)] == ["TwoAccountables"]
    mended = open_incident(ID, charter(), log=log, clock=clock, alert="flagged share fell")
    assert [entry.kind for entry in mended.entries] == ["refused", "opened"]
    with pytest.raises(LogChanged, match="INC-7 already"):
        open_incident(ID, charter(), log=log, clock=clock, alert="again")


def test_another_process_goes_on_from_the_log_alone(incident):
    advance_to(incident, "retraining")
    other = resume_incident(ID, log=incident.log, clock=Clock())
    assert other.state == incident.state
    with pytest.raises(UnknownIncident, match="no incident INC-8"):
        resume_incident("INC-8", log=incident.log, clock=Clock())


def test_of_two_who_write_at_the_same_moment_one_is_told(incident):
    class Slow(MemoryLog):
        """What this process reads is what was there before the other wrote."""

        def entries(self, wanted):
            return before

        def append(self, entry):
            incident.log.append(entry)

    before = incident.entries
    incident.note("a customer called", role="support")
    with pytest.raises(LogChanged, match="somebody else was faster"):
        Incident(ID, Slow(), Clock()).note("too late", role="support")


def test_a_log_that_was_changed_is_not_resumed(incident):
    from dataclasses import replace

    advance_to(incident, "triage")
    entries = incident.entries

    def resumed(changed):
        log = MemoryLog()
        for entry in changed:
            log.append(entry)
        return resume_incident(ID, log=log, clock=Clock())

    forged = replace(entries[2], content={**entries[2].content, "person": "somebody else"})
    with pytest.raises(LogTampered, match="entry 2 of INC-7: content that does not give its hash"):
        resumed([*entries[:2], forged, *entries[3:]])
    with pytest.raises(LogTampered, match="number 2 where 1 belongs"):
        resumed([entries[0], *entries[2:]])
    assert resumed(entries).state == incident.state


def test_bad_names_and_empty_notes_are_refused(incident):
    for name, alert in (("", "x"), ("a/b", "x"), ("INC-9", " ")):
        with pytest.raises(InvalidSetting):
            open_incident(name, charter(), log=MemoryLog(), clock=Clock(), alert=alert)
    with pytest.raises(InvalidSetting, match="an empty note"):
        incident.note(" ", role="support")
    with pytest.raises(InvalidSetting, match="without a zone"):
        opened(clock=Clock(Clock()().replace(tzinfo=None)))


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"minutes": {"alert": 0}}, InvalidSetting, "the time boxes {'alert': 0}"),
        ({"minutes": {"lunch": 60}}, InvalidSetting, "for some of alert, triage"),
        ({"people": {"engineer D": "boss"}}, UnknownRole, "people with the roles boss"),
    ],
)
def test_a_charter_that_cannot_be_kept_is_refused(told, error, words):
    with pytest.raises(error, match=words):
        charter(**told)
    with pytest.raises(InvalidSetting, match="a name without version"):
        Charter("fraud@2", retraining_raci())


def test_a_time_box_of_ones_own_counts(incident):
    quick = opened(minutes={"alert": 5})
    assert (str(quick.state.due.time()), str(incident.state.due.time())) == ("17:45:00", "18:10:00")
    assert list(quick.table.loc[0, ["kind", "stage", "message"]]) == ["opened", "alert", "flagged share fell"]


def test_facts_that_no_log_can_hold_are_refused_and_nothing_is_written(incident):
    for value in (FRIDAY, float("nan"), {1, 2}):
        with pytest.raises(InvalidSetting, match="lists and dicts"):
            incident.note("a call", role="support", facts={"value": value})
    assert len(incident.entries) == 1
    incident.note("a call", role="support", facts={"calls": 3})
    assert incident.entries[1].content["calls"] == 3


def test_the_table_can_be_read():
    [row] = [row for row in step_rows() if row["to"] == "phased deployment"]
    assert row == {
        "step": "approve",
        "from": "evaluation and approval",
        "to": "phased deployment",
        "signed by": "approve the model",
        "evidence": "evaluation: deploy",
    }


def test_a_report_is_no_evidence_until_it_is_wrapped():
    incident = opened()
    with pytest.raises(InvalidSetting, match="evidence_of"):
        incident.take("confirm", role="ml_engineer", person="engineer D", evidence=["it drifted"])
    one = shown("drift report", "drifted")
    assert incident.take("confirm", role="ml_engineer", person="engineer D", evidence=one).stage == "triage"


@pytest.mark.parametrize(
    ("step", "role", "pieces", "error"),
    [
        ("confirm", "support", [("drift report", "drifted")], "WrongRole"),
        ("confirm", "ml_engineer", [("drift report", "stable")], "WrongEvidence"),
        ("confirm", "ml_engineer", [("drift report", "drifted"), ("canary", "finished")], "WrongEvidence"),
        ("confirm", "boss", [("drift report", "drifted")], "UnknownRole"),
        ("confrim", "ml_engineer", [("drift report", "drifted")], "UnknownStep"),
        ("confirm", "ml_engineer", [], "EvidenceMissing"),
    ],
)
def test_a_refused_take_leaves_nothing_but_the_refusal(step, role, pieces, error):
    incident = opened()
    with pytest.raises(CollaborationError, match="expected"):
        incident.take(step, role=role, person="agent S", evidence=[shown(*piece) for piece in pieces])
    assert [entry.kind for entry in incident.entries] == ["opened", "refused"]
    assert incident.refusals[0].content["message"] == f"take {step!r} as {role}: {error}"
    assert not incident.state.evidence


def test_a_take_that_names_nobody_or_a_bare_report_writes_nothing():
    incident, good = opened(), shown("drift report", "drifted")
    for person, evidence in ((" ", good), ("engineer D", [good, "a report"]), ("engineer D", None)):
        with pytest.raises(InvalidSetting):
            incident.take("confirm", role="ml_engineer", person=person, evidence=evidence)
    assert len(incident.entries) == 1


def test_a_second_closing_is_told_that_it_is_over():
    incident = opened()
    signed = {"role": "ml_engineer", "person": "engineer D"}
    incident.take("dismiss", **signed, evidence=shown("drift report", "stable"))
    with pytest.raises(SignedTwice, match="closed: nothing is left to sign"):
        incident.sign("dismiss", **signed)
