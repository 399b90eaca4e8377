"""The retraining protocol as a table: which step leads from which stage to which, who signs it, on what evidence.

    alert ──> triage ──> decision ──> retraining ──> evaluation and approval ──> phased deployment ──> verification
      │         │           │            ^   │  ^               │                      │                    │
      │         │           │            │   │  └── rejected <──┘                      └──> rolled back <───┤
      v         v           v            └───┼──────────────────────────────────────────────────┘           v
    closed    closed      closed                                                                          closed

There is one way into `phased deployment`: the step "approve". Everything else about the protocol is in this table; no
other module knows a stage by name, except to ask whether it is the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mlops_helpers.collaboration.errors import UnknownStep

ALERT, TRIAGE, DECISION, RETRAINING = "alert", "triage", "decision", "retraining"
EVALUATION, DEPLOYMENT, VERIFICATION = "evaluation and approval", "phased deployment", "verification"
REJECTED, ROLLED_BACK, CLOSED = "rejected", "rolled back", "closed"
STAGES = (ALERT, TRIAGE, DECISION, RETRAINING, EVALUATION, DEPLOYMENT, VERIFICATION)
DRIFT, DATA, CHOICE, CANDIDATE = "drift report", "data check", "retraining decision", "candidate"
JUDGED, CANARY, RECOVERY = "evaluation", "canary", "recovery"
# Minutes that a stage may take before its deputy is called.
MINUTES: Mapping[str, int] = MappingProxyType(
    {ALERT: 30, TRIAGE: 60, DECISION: 60, RETRAINING: 240, EVALUATION: 60, DEPLOYMENT: 360, VERIFICATION: 1440}
    | {REJECTED: 60, ROLLED_BACK: 60}
)


@dataclass(frozen=True)
class Step:
    """One way from a stage to the next.

    `activity` is the row of the RACI whose accountable role signs. `needs` maps kinds of evidence to the verdict that
    each must bear, None: any. `about` says whether the evidence must be about this round's candidate.
    """

    name: str
    source: str
    target: str
    activity: str
    needs: Mapping[str, str | None] = field(default_factory=dict)
    about: bool = False


STEPS = (
    Step("confirm", ALERT, TRIAGE, "confirm the alert", {DRIFT: "drifted"}),
    Step("dismiss", ALERT, CLOSED, "confirm the alert", {DRIFT: "stable"}),
    Step("clear the data", TRIAGE, DECISION, "check the data", {DATA: "passed"}),
    Step("repair the data", TRIAGE, CLOSED, "check the data", {DATA: "failed"}),
    Step("retrain", DECISION, RETRAINING, "decide on retraining", {CHOICE: "retrain"}),
    Step("leave it", DECISION, CLOSED, "decide on retraining", {CHOICE: None}),
    Step("hand in", RETRAINING, EVALUATION, "train the candidate", {CANDIDATE: "trained"}),
    Step("approve", EVALUATION, DEPLOYMENT, "approve the model", {JUDGED: "deploy"}, about=True),
    Step("reject", EVALUATION, REJECTED, "approve the model", {JUDGED: None}, about=True),
    Step("train again", REJECTED, RETRAINING, "decide on retraining"),
    Step("give up", REJECTED, CLOSED, "decide on retraining"),
    Step("finish the rollout", DEPLOYMENT, VERIFICATION, "roll out the model", {CANARY: "finished"}, about=True),
    Step("roll back", DEPLOYMENT, ROLLED_BACK, "roll out the model", {CANARY: "rolled back"}, about=True),
    Step("close", VERIFICATION, CLOSED, "verify the recovery", {RECOVERY: "recovered"}),
    Step("take back", VERIFICATION, ROLLED_BACK, "verify the recovery", {RECOVERY: "not recovered"}),
    Step("start over", ROLLED_BACK, RETRAINING, "decide on retraining"),
    Step("stay with the old model", ROLLED_BACK, CLOSED, "decide on retraining"),
)
STEP_BY_NAME: Mapping[str, Step] = MappingProxyType({step.name: step for step in STEPS})
KINDS = tuple(dict.fromkeys(kind for step in STEPS for kind in step.needs))


def step_named(name: str) -> Step:
    """Return a step. Raises `UnknownStep`, naming those there are."""
    if name not in STEP_BY_NAME:
        raise UnknownStep(f"the step {name!r}", f"one of {', '.join(STEP_BY_NAME)}", "Look it up in STEPS.")
    return STEP_BY_NAME[name]


def steps_from(stage: str) -> tuple[Step, ...]:
    """Return the steps that lead away from a stage, none from `closed`."""
    return tuple(step for step in STEPS if step.source == stage)


def activity_of(stage: str) -> str | None:
    """Return the activity that a stage waits for, None for `closed`."""
    return next((step.activity for step in steps_from(stage)), None)


def step_rows() -> list[dict[str, str]]:
    """Return the table as rows for a DataFrame: step, from, to, who signs (the activity), evidence."""
    rows = []
    for step in STEPS:
        needed = ", ".join(f"{kind}: {verdict or 'any'}" for kind, verdict in step.needs.items())
        rows.append(
            {"step": step.name, "from": step.source, "to": step.target, "signed by": step.activity, "evidence": needed}
        )
    return rows
