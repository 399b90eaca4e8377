"""The retraining protocol: an incident that moves from stage to stage, each step signed, on evidence, and written down.

    incident = open_incident("INC-7", Charter("fraud", raci), log=log, clock=session.now, alert="flagged share fell")
    incident.attach(evidence_of(report, incident="INC-7"), role="ml_engineer")
    incident.sign("confirm", role="ml_engineer", person="engineer D")
    incident.move("confirm")                              the three in one: incident.take(...)
    print(incident.state)

An `Incident` holds nothing: each call reads the log, asks the rules (`protocol_rules`), and writes one entry under the
next number. Of two processes that decide at the same moment one is told (`LogChanged`). What the rules refuse is
written down as well, and then raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration import log_entries as kinds
from mlops_helpers.collaboration import protocol_rules as rules
from mlops_helpers.collaboration.errors import (
    CollaborationError,
    InvalidSetting,
    LogChanged,
    ProtocolError,
    RaciError,
    UnknownIncident,
)
from mlops_helpers.collaboration.evidence import Evidence
from mlops_helpers.collaboration.incident_state import Charter, IncidentState, state_of
from mlops_helpers.collaboration.log_entries import Entry, IncidentLog, log_table, next_entry
from mlops_helpers.collaboration.protocol_steps import STEPS

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
ATTEMPTS = 10  # to write down a refusal while others write


@dataclass(frozen=True)
class Incident:
    """One incident, in the hands of its log."""

    id: str
    log: IncidentLog
    clock: Clock

    @property
    def entries(self) -> list[Entry]:
        """All that happened, oldest first."""
        return self.log.entries(self.id)

    @property
    def state(self) -> IncidentState:
        """Where it stands. Raises `UnknownIncident`."""
        return state_of(self.entries)

    @property
    def table(self) -> pd.DataFrame:
        """The log as a table: number, at, kind, stage, role, message."""
        return log_table(self.entries)

    @property
    def refusals(self) -> list[Entry]:
        """What was tried and refused, oldest first."""
        return [entry for entry in self.entries if entry.kind == kinds.REFUSED]

    def attach(self, evidence: Evidence, *, role: str) -> IncidentState:
        """Show evidence to all. Raises what `check_evidence` raises; the refusal is written down.

        `InvalidSetting` for anything that `evidence_of` did not make.
        """
        _need_wrapped(evidence)

        def shown(state: IncidentState) -> dict[str, Any]:
            rules.check_evidence(state, evidence, role)
            return {"message": str(evidence), "role": role, "evidence": evidence.to_dict()}

        return self._write(kinds.SHOWN, shown, f"show a {evidence.kind}", role)

    def sign(self, step: str, *, role: str, person: str) -> IncidentState:
        """Sign a step as a role. Raises what `check_sign_off` raises; the refusal is written down."""

        def signed(state: IncidentState) -> dict[str, Any]:
            given = rules.check_sign_off(state, step, role, person)
            told = {"message": f"{step} by {role}", "step": step, "role": role, "person": person}
            return {**told, "rests_on": dict(given.rests_on)}

        return self._write(kinds.SIGNED, signed, f"sign {step!r} as {role}", role)

    def move(self, step: str) -> IncidentState:
        """Take a step that was signed. Raises what `check_move` raises; the refusal is written down."""

        def moved(state: IncidentState) -> dict[str, Any]:
            taken = rules.check_move(state, step)
            signature = state.signed[step]
            told = {"message": f"{step}: {taken.source} → {taken.target}", "role": signature.role}
            return {**told, "step": step, "target": taken.target}

        return self._write(kinds.MOVED, moved, f"move by {step!r}", "")

    def take(self, step: str, *, role: str, person: str, evidence: Evidence | Iterable[Evidence] = ()) -> IncidentState:
        """Show the evidence (one piece or several), sign and move: all of it or, if refused, nothing but the refusal.

        Raises what `check_evidence` and `check_sign_off` raise, `InvalidSetting` for evidence that is not wrapped.
        """
        pieces = [evidence] if isinstance(evidence, Evidence) or not isinstance(evidence, Iterable) else [*evidence]
        for one in pieces:
            _need_wrapped(one)

        def allowed(state: IncidentState) -> None:
            rules.check_take(state, step, role, person, pieces)

        self.require(allowed, f"take {step!r} as {role}", role)
        for one in pieces:
            self.attach(one, role=role)
        self.sign(step, role=role, person=person)
        return self.move(step)

    def escalate(self, *, role: str) -> IncidentState:
        """Give the last word of this stage to its deputy, because its time is over. Anybody may, none too early.

        Raises what `check_escalation` raises; the refusal is written down.
        """

        def escalated(state: IncidentState) -> dict[str, Any]:
            deputy, now = rules.check_escalation(state, self.clock()), self.clock()
            late = int((now - state.due).total_seconds() // 60)
            told = f"{state.stage}: {late} minutes over time, {deputy} in place of {state.last_word}"
            return {"message": told, "role": role, "deputy": deputy}

        return self._write(kinds.ESCALATED, escalated, "escalate", role)

    def require_approved(self, model: str, *, role: str = "") -> str:
        """Return the model (name@version) if it may be deployed now. Raises `NotApproved`; the refusal is written."""
        self.require(lambda state: rules.check_deployment(state, model), f"deploy {model}", role)
        return model

    def require(self, rule: Callable[[IncidentState], None], what: str, role: str) -> None:
        """Ask a rule about the state now; write down and raise what it refuses. `what` says what was tried."""
        state = self.state
        try:
            rule(state)
        except (ProtocolError, RaciError) as problem:
            write_refusal(self, problem, what, role)
            raise

    def note(self, message: str, *, role: str, facts: Mapping[str, Any] | None = None) -> IncidentState:
        """Write down what everybody should know: a job that was started, a complaint. It changes no stage.

        Raises `InvalidSetting` for an empty message, `UnknownRole`.
        """
        if not message.strip():
            raise InvalidSetting("an empty note", "a sentence", "Say what happened.")

        def noted(state: IncidentState) -> dict[str, Any]:
            rules.check_role(state, role)
            return {**(facts or {}), "message": message, "role": role}

        return self._write(kinds.NOTED, noted, "note", role)

    def _write(
        self, kind: str, content: Callable[[IncidentState], dict[str, Any]], what: str, role: str
    ) -> IncidentState:
        """Ask the rules and write what they give, or that they refused."""
        entries = self.entries
        state = state_of(entries)
        try:
            given = {"stage": state.stage, **content(state)}
        except (ProtocolError, RaciError) as problem:
            write_refusal(self, problem, what, role)
            raise
        entry = next_entry(entries, self.id, self.clock(), kind, given)
        self.log.append(entry)
        log.info("%s %s", self.id, entry)
        return state_of([*entries, entry])


def _need_wrapped(evidence: object) -> None:
    if not isinstance(evidence, Evidence):
        found = f"a {type(evidence).__name__} as evidence"
        raise InvalidSetting(found, "an Evidence", "Wrap the report: evidence_of(report, incident=...).")


def open_incident(incident: str, charter: Charter, *, log: IncidentLog, clock: Clock, alert: str) -> Incident:
    """Open an incident with a sentence about its alert, and return it.

    Raises `RaciError` for a matrix that cannot work or lacks an activity of the protocol (the refusal is written down),
    `LogChanged` if the incident exists.
    """
    if not incident.strip() or "/" in incident or not alert.strip():
        found = f"the id {incident!r} and the alert {alert!r}"
        raise InvalidSetting(found, "an id without '/', and a sentence", "Name the incident, say what was seen.")
    opened = Incident(incident, log, clock)
    entries = opened.entries
    if any(entry.kind == kinds.OPENED for entry in entries):
        raise LogChanged(f"the incident {incident} already", "a new id", "Go on with resume_incident().")
    try:
        for step in STEPS:
            charter.raci.who(step.activity, "A")
        charter.raci.check()
    except RaciError as problem:
        write_refusal(opened, problem, "open", "")
        raise
    content = {"message": alert, "stage": "alert", "charter": charter.to_dict()}
    log.append(next_entry(entries, incident, clock(), kinds.OPENED, content))
    return opened


def resume_incident(incident: str, *, log: IncidentLog, clock: Clock) -> Incident:
    """Return an incident that another process opened. Raises `UnknownIncident`, and `LogTampered` for a broken log."""
    found = Incident(incident, log, clock)
    kinds.verify_chain(found.entries)
    try:
        state_of(found.entries)
    except UnknownIncident as problem:
        raise UnknownIncident(f"no incident {incident}", "one that was opened", problem.remedy) from None
    return found


def write_refusal(incident: Incident, problem: CollaborationError, what: str, role: str) -> None:
    """Write down that something was refused, after whatever others write at the same moment."""
    told = {"message": f"{what}: {type(problem).__name__}", "error": type(problem).__name__, "role": role}
    told |= {"found": problem.found, "expected": problem.expected}
    for attempt in range(ATTEMPTS):
        entries: Sequence[Entry] = incident.entries
        try:
            stage = state_of(entries).stage if any(one.kind == kinds.OPENED for one in entries) else ""
            content = {**told, "stage": stage}
            incident.log.append(next_entry(entries, incident.id, incident.clock(), kinds.REFUSED, content))
        except LogChanged:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return
