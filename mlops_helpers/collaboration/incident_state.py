"""Where an incident stands, computed from its log and from nothing else: any process can go on where another stopped.

`state_of` goes through the entries from the first to the last; each kind of entry changes the state in one small way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mlops_helpers.collaboration import log_entries as kinds
from mlops_helpers.collaboration.errors import InvalidSetting, UnknownIncident, UnknownRole
from mlops_helpers.collaboration.evidence import Evidence
from mlops_helpers.collaboration.log_entries import Entry
from mlops_helpers.collaboration.protocol_steps import (
    ALERT,
    CANDIDATE,
    CLOSED,
    DEPLOYMENT,
    MINUTES,
    RETRAINING,
    activity_of,
    step_named,
)
from mlops_helpers.collaboration.raci import Raci, raci_from


@dataclass(frozen=True)
class Charter:
    """What is agreed before anything happens, and written into the first entry.

    `model` is the model's name, `people` says who has which role (person -> role; empty: everybody is believed),
    `minutes` how long each stage may take before its deputy is called (those not named keep `MINUTES`). Raises
    `InvalidSetting` for a model's name with an @ or minutes that cannot be, `UnknownRole` for people without a role.
    """

    model: str
    raci: Raci
    people: Mapping[str, str] = field(default_factory=dict)
    minutes: Mapping[str, int] = field(default_factory=lambda: MINUTES)

    def __post_init__(self) -> None:
        if not self.model.strip() or "@" in self.model:
            raise InvalidSetting(f"the model {self.model!r}", "a name without version", 'As in "fraud".')
        wrong = {stage: value for stage, value in self.minutes.items() if stage not in MINUTES or not value > 0}
        if wrong:
            expected = f"more than 0 minutes for some of {', '.join(MINUTES)}"
            raise InvalidSetting(f"the time boxes {wrong}", expected, "Correct the stage or its minutes.")
        if strange := sorted(set(self.people.values()) - set(self.raci.roles)):
            found = f"people with the roles {', '.join(strange)}"
            raise UnknownRole(found, f"some of {', '.join(self.raci.roles)}", "Use the roles of the matrix.")

    def to_dict(self) -> dict[str, Any]:
        """The charter as JSON-able values."""
        told = {"people": dict(self.people), "minutes": {**MINUTES, **self.minutes}}
        return {"model": self.model, "raci": self.raci.to_dict(), **told}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Charter:
        """A charter as `to_dict` gave it."""
        return cls(given["model"], raci_from(given["raci"]), given["people"], given["minutes"])


@dataclass(frozen=True)
class SignOff:
    """One signature: who, as which role, on which evidence (digests by kind)."""

    role: str
    person: str
    rests_on: Mapping[str, str]


@dataclass(frozen=True)
class IncidentState:
    """What holds now. `evidence`, `signed` and `escalated` are those of this visit to this stage only."""

    incident: str
    charter: Charter
    stage: str
    since: datetime
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    signed: Mapping[str, SignOff] = field(default_factory=dict)
    escalated: bool = False
    last_step: str = ""
    last_sign_off: SignOff | None = None
    candidate: str = ""
    author: str = ""
    approved: str = ""
    approval: SignOff | None = None

    @property
    def closed(self) -> bool:
        """Whether the incident is over."""
        return self.stage == CLOSED

    @property
    def due(self) -> datetime | None:
        """When the deputy of this stage may be called, None if the incident is over."""
        return None if self.closed else self.since + timedelta(minutes=self.charter.minutes[self.stage])

    @property
    def last_word(self) -> str | None:
        """The role that has to sign now: the accountable one, after an escalation its deputy; None if it is over."""
        if (activity := activity_of(self.stage)) is None:
            return None
        raci = self.charter.raci
        return (raci.deputy(activity) if self.escalated else None) or raci.accountable(activity)

    def __str__(self) -> str:
        """Say where it stands, and who is waited for."""
        if self.closed:
            return f"{self.incident}: closed by {self.last_step!r}"
        roles = self.charter.raci.roles
        return f"{self.incident}: {self.stage}, due {self.due:%a %H:%M}, waits for: {roles[self.last_word]}"


def state_of(entries: Iterable[Entry]) -> IncidentState:
    """Return where an incident stands. Raises `UnknownIncident` if it was never opened."""
    state = None
    for entry in entries:
        if entry.kind == kinds.OPENED:
            state = IncidentState(entry.incident, Charter.from_dict(entry.content["charter"]), ALERT, entry.time)
        elif state is not None:
            state = _after(state, entry)
    if state is None:
        raise UnknownIncident("no incident of that id", "one that was opened", "Open it with open_incident().")
    return state


def _after(state: IncidentState, entry: Entry) -> IncidentState:
    content = entry.content
    match entry.kind:
        case kinds.SHOWN:
            shown = Evidence(**content["evidence"])
            return replace(state, evidence={**state.evidence, shown.kind: shown})
        case kinds.SIGNED:
            signature = SignOff(content["role"], content["person"], content["rests_on"])
            return replace(state, signed={**state.signed, content["step"]: signature})
        case kinds.ESCALATED:
            return replace(state, escalated=True)
        case kinds.MOVED:
            return _moved(state, entry)
    return state


def _moved(state: IncidentState, entry: Entry) -> IncidentState:
    """Enter the next stage; what was shown and signed stays behind in the log."""
    step = step_named(entry.content["step"])
    sign_off = state.signed[step.name]
    after = IncidentState(
        state.incident,
        state.charter,
        step.target,
        entry.time,
        last_step=step.name,
        last_sign_off=sign_off,
        candidate=state.candidate,
        author=state.author,
        approved=state.approved,
        approval=state.approval,
    )
    if step.target == RETRAINING:  # whatever was approved before, this round's candidate was not
        return replace(after, candidate="", author="", approved="", approval=None)
    if CANDIDATE in step.needs:
        made = state.evidence[CANDIDATE]
        return replace(after, candidate=made.model, author=made.author)
    if step.target == DEPLOYMENT:
        return replace(after, approved=state.candidate, approval=sign_off)
    return after
