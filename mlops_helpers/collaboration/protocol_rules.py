"""What the protocol allows now: pure checks, one a question. Each returns what is to be written, or raises.

may this be shown here?       check_evidence
may this role sign that?      check_sign_off
and with this evidence?       check_take
may the incident move on?     check_move
may somebody else decide?     check_escalation
may this model be deployed?   check_deployment
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mlops_helpers.collaboration.errors import (
    EvidenceMissing,
    ForeignEvidence,
    InvalidSetting,
    NoDeputy,
    NotApproved,
    OutOfOrder,
    SelfApproval,
    SignedTwice,
    SignOffMissing,
    TooEarly,
    UnknownRole,
    WrongEvidence,
    WrongRole,
)
from mlops_helpers.collaboration.evidence import Evidence
from mlops_helpers.collaboration.incident_state import IncidentState, SignOff
from mlops_helpers.collaboration.protocol_steps import (
    CANDIDATE,
    DEPLOYMENT,
    Step,
    activity_of,
    step_named,
    steps_from,
)
from mlops_helpers.tooling.approval import same_person


def check_role(state: IncidentState, role: str) -> None:
    """Raise `UnknownRole` for a role that the matrix does not have."""
    if role not in state.charter.raci.roles:
        known = ", ".join(state.charter.raci.roles)
        raise UnknownRole(f"the role {role!r}", f"one of {known}", "Use a role of the matrix.")


def check_evidence(state: IncidentState, evidence: Evidence, role: str) -> None:
    """Raise `ForeignEvidence` for another incident or model, `WrongEvidence` for a kind that this stage does not need.

    `UnknownRole` for a role that the matrix does not have.
    """
    check_role(state, role)
    if evidence.incident != state.incident:
        found = f"a {evidence.kind} of {evidence.incident}"
        raise ForeignEvidence(found, f"evidence of {state.incident}", "Measure it for this incident.")
    wanted = sorted({kind for step in steps_from(state.stage) for kind in step.needs})
    if evidence.kind not in wanted:
        found = f"a {evidence.kind} at the stage {state.stage!r}"
        raise WrongEvidence(found, f"one of {wanted}" if wanted else "no evidence", "Show it at its own stage.")
    if evidence.kind == CANDIDATE:
        if evidence.model.partition("@")[0] != state.charter.model:
            found = f"a candidate {evidence.model}"
            raise ForeignEvidence(found, f"a version of {state.charter.model}", "Hand in a model of this incident.")
    elif evidence.model and evidence.model != state.candidate:
        found = f"a {evidence.kind} of {evidence.model}"
        raise ForeignEvidence(found, f"one of the candidate {state.candidate}", "Measure the candidate itself.")


def check_sign_off(state: IncidentState, name: str, role: str, person: str) -> SignOff:
    """Return the sign-off of a step, with the evidence that it rests on.

    Raises `UnknownStep`, `UnknownRole`, `SignedTwice`, `OutOfOrder`, `WrongRole`, `SelfApproval`, `EvidenceMissing` and
    `WrongEvidence`, in this order.
    """
    step = step_named(name)
    _need_person(state, role, person)
    _need_unsigned(state, step, role)
    _need_stage(state, step)
    if role != state.last_word:
        about = f"{role} for {step.activity!r}"
        remedy = "Ask them; once the stage's time is over, escalate to the deputy."
        raise WrongRole(f"a sign-off by {about}", f"one by {state.last_word}", remedy)
    if step.target == DEPLOYMENT and same_person(person, state.author):
        found = f"an approval of {state.candidate} by its author"
        raise SelfApproval(found, "an approval by somebody else", "Let somebody look at it who did not make it.")
    _need_evidence(state, step)
    return SignOff(role, person, _digests(state, step))


def check_take(state: IncidentState, name: str, role: str, person: str, pieces: Sequence[Evidence]) -> None:
    """Raise what showing these pieces and then signing the step would raise, before any of it is written."""
    for one in pieces:
        check_evidence(state, one, role)
        state = replace(state, evidence={**state.evidence, one.kind: one})
    check_sign_off(state, name, role, person)


def check_move(state: IncidentState, name: str) -> Step:
    """Return the step. Raises `UnknownStep`, `OutOfOrder`, and `SignOffMissing` for one that was not signed.

    A sign-off counts for the evidence that it saw: what is shown later needs another one.
    """
    step = step_named(name)
    _need_stage(state, step)
    if name not in state.signed:
        found, remedy = f"the step {name!r} without a sign-off", "Sign it first."
        raise SignOffMissing(found, f"one by {state.last_word}", remedy)
    if state.signed[name].rests_on != _digests(state, step):
        found = f"a sign-off of {name!r} older than the evidence"
        raise SignOffMissing(found, "one that has seen what was shown last", "Look at it, and sign again.")
    return step


def check_escalation(state: IncidentState, now: datetime) -> str:
    """Return the deputy's role. Raises `OutOfOrder`, `TooEarly`, `NoDeputy`."""
    if state.closed or state.escalated:
        found = "an incident that is closed" if state.closed else f"{state.stage!r} escalated already"
        raise OutOfOrder(found, "a stage that nobody escalated", "Read its state first.")
    if now < state.due:
        found = f"an escalation of {state.stage!r} at {now:%a %H:%M}"
        raise TooEarly(found, f"one after {state.due:%a %H:%M}", "Wait, or call who is accountable.")
    activity = activity_of(state.stage)
    if (deputy := state.charter.raci.deputy(activity)) is None:
        found = f"nobody who stands in for {state.last_word} in {activity!r}"
        raise NoDeputy(found, "a role with a D", "Give one a D before the next incident; until then, wait.")
    return deputy


def check_deployment(state: IncidentState, model: str) -> None:
    """Raise `NotApproved` unless this very model was approved in this incident and is in its phased deployment."""
    if state.stage != DEPLOYMENT or state.approved != model or state.approval is None:
        approved = f"{state.approved} approved" if state.approved else "no model approved"
        found = f"a deployment of {model} at the stage {state.stage!r}, with {approved}"
        raise NotApproved(found, "a model that this incident approved", "Take the step 'approve' first.")


def _need_person(state: IncidentState, role: str, person: str) -> None:
    check_role(state, role)
    if not person.strip():
        raise InvalidSetting("a sign-off by nobody", "who signs", "Pass person=.")
    people = state.charter.people
    if people and people.get(person) != role:
        found = f"a sign-off as {role} by somebody who is {people.get(person, 'not on the list')}"
        raise WrongRole(found, f"one by a {role}", "Sign as what you are.")


def _need_unsigned(state: IncidentState, step: Step, role: str) -> None:
    """A sign-off stands until new evidence is shown, and stands for its stage; one of the last step stands for good."""
    standing = [name for name, given in state.signed.items() if given.rests_on == _digests(state, step_named(name))]
    past = state.last_step == step.name and state.last_sign_off is not None and state.last_sign_off.role == role
    if step.name in standing or (past and step.source != state.stage):
        found = f"a second sign-off of {step.name!r} by {role}"
        remedy = "The incident is closed: nothing is left to sign." if state.closed else "It is signed: move on."
        raise SignedTwice(found, "one for each step", remedy)
    if standing and step.source == state.stage:
        found = f"a sign-off of {step.name!r} after one of {standing[0]!r}"
        raise SignedTwice(found, "one decision for each stage", "Move on, or show what changed since.")


def _need_stage(state: IncidentState, step: Step) -> None:
    if step.source != state.stage:
        possible = ", ".join(one.name for one in steps_from(state.stage)) or "nothing: the incident is closed"
        found = f"the step {step.name!r} at the stage {state.stage!r}"
        raise OutOfOrder(found, possible, f"It begins at {step.source!r}; no stage can be left out.")


def _need_evidence(state: IncidentState, step: Step) -> None:
    for kind, verdict in step.needs.items():
        if kind not in state.evidence:
            raise EvidenceMissing(f"{step.name!r} without a {kind}", f"a {kind} of {state.incident}", "Show it first.")
        if verdict is not None and state.evidence[kind].verdict != verdict:
            others = ", ".join(one.name for one in steps_from(state.stage) if one is not step)
            found = f"a {kind} that says {state.evidence[kind].verdict!r}"
            raise WrongEvidence(found, f"{verdict!r} for the step {step.name!r}", f"Other ways from here: {others}.")


def _digests(state: IncidentState, step: Step) -> dict[str, str]:
    return {kind: state.evidence[kind].digest for kind in step.needs if kind in state.evidence}
