"""An incident that goes well, step by step, and evidence made for it: shared by the tests of collaboration."""

from datetime import UTC, datetime, timedelta

from mlops_helpers.collaboration import Charter, Evidence, MemoryLog, open_incident, retraining_raci
from mlops_helpers.collaboration.protocol_steps import step_named

FRIDAY = datetime(2026, 11, 20, 17, 40, tzinfo=UTC)
ID, MODEL = "INC-7", "fraud@2"
PEOPLE = {
    "scientist A": "data_scientist",
    "engineer D": "ml_engineer",
    "data engineer F": "data_engineer",
    "platform engineer G": "platform_engineer",
    "owner H": "business_owner",
    "agent S": "support",
}
PERSON = {role: person for person, role in PEOPLE.items()}
# Each step of the good way: its name, who signs, the kind of evidence and what it says.
GOOD_WAY = (
    ("confirm", "ml_engineer", "drift report", "drifted"),
    ("clear the data", "data_engineer", "data check", "passed"),
    ("retrain", "business_owner", "retraining decision", "retrain"),
    ("hand in", "data_scientist", "candidate", "trained"),
    ("approve", "business_owner", "evaluation", "deploy"),
    ("finish the rollout", "platform_engineer", "canary", "finished"),
    ("close", "ml_engineer", "recovery", "recovered"),
)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self, now=FRIDAY):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, minutes):
        self.now += timedelta(minutes=minutes)


def shown(kind, verdict, *, incident=ID, model=MODEL, author="scientist A", digest="d" * 64):
    """Evidence as `evidence_of` would make it."""
    about = model if kind in ("candidate", "evaluation", "canary") else ""
    made_by = author if kind == "candidate" else ""
    return Evidence(incident, kind, verdict, f"{kind} says {verdict}", digest, about, made_by)


def charter(**told):
    return Charter("fraud", told.pop("raci", None) or retraining_raci(), **told)


def opened(log=None, clock=None, **told):
    """An incident at its first stage."""
    log = MemoryLog() if log is None else log
    return open_incident(ID, charter(**told), log=log, clock=clock or Clock(), alert="flagged share fell")


def advance_to(incident, stage, minutes=10):
    """Take the steps of the good way until the incident is at a stage."""
    for step, role, kind, verdict in GOOD_WAY:
        if incident.state.stage == stage:
            break
        if step_named(step).source != incident.state.stage:
            continue
        incident.clock.move(minutes)
        incident.take(step, role=role, person=PERSON[role], evidence=[shown(kind, verdict)])
    return incident
