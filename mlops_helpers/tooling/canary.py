"""The decisions of a canary release, apart from the cloud: the same windows always lead to the same decisions.

A challenger gets 5, then 25, 50 and 100 % of the traffic. At each stage, in this order:

    1. a guardrail is broken, on enough requests            roll back, at once
    2. a metric is missing, or there are too few requests   hold; once the stage is older than `patience`, roll back
    3. the stage is younger than `soak`                     hold
    4. otherwise                                            go on; after 100 %, finish

So silence never counts as good news. At 100 % nothing reaches the champion any more: there the challenger is compared
with what the champion was last seen to do (`Rollout.baseline`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import need_kind
from mlops_helpers.tooling.guardrails import BREACH, MISSING, STANDARD, Finding, Guardrail, Window, judge_all
from mlops_helpers.tooling.traffic import canary_split, champion_of

if TYPE_CHECKING:
    import pandas as pd

ADVANCE, FINISH, HOLD, ROLL_BACK, START = "advance", "finish", "hold", "roll back", "start"
RUNNING, FINISHED, ROLLED_BACK = "running", "finished", "rolled back"
COLUMNS = ("at", "action", "share", "next_share", "guardrail", "verdict", "challenger", "champion", "bound", "why")


@dataclass(frozen=True)
class CanaryPlan:
    """How a challenger (the id of a deployed model) is let in. `steps` are per cent of the traffic.

    A stage lasts at least `soak` and sees at least `min_requests` of the challenger; what is still missing when it is
    older than `patience` ends the canary. A metric whose latest point is older than `fresh` is missing. Raises
    `InvalidSetting`.
    """

    challenger: str
    steps: tuple[int, ...] = (5, 25, 50, 100)
    guardrails: tuple[Guardrail, ...] = STANDARD
    soak: timedelta = timedelta(minutes=30)
    patience: timedelta = timedelta(hours=2)
    fresh: timedelta = timedelta(minutes=10)
    min_requests: int = 100

    def __post_init__(self) -> None:
        self._check_kinds()
        rising = all(low < high for low, high in pairwise((0, *self.steps)))
        if not self.steps or not rising or self.steps[-1] != 100 or not all(type(s) is int for s in self.steps):
            self._refuse(f"the steps {self.steps}", "whole per cents that rise to 100", "Try (5, 25, 50, 100).")
        names = [rail.name for rail in self.guardrails]
        if not names or len(set(names)) < len(names):
            self._refuse(f"the guardrails {names}", "at least one, each metric once", "A canary needs a guard.")
        if not timedelta(0) <= self.soak <= self.patience or self.fresh <= timedelta(0) or self.min_requests < 1:
            found = f"soak {self.soak}, patience {self.patience}, fresh {self.fresh}, {self.min_requests} requests"
            self._refuse(found, "0 ≤ soak ≤ patience, fresh above 0, at least one request", "Widen what is too narrow.")

    def _check_kinds(self) -> None:
        """Refuse what is no text, no duration, no guardrail: a bare 30 could be seconds or minutes."""
        need_kind(self.challenger, str, "the id of a deployed model, as text", "Take what registry.deploy() returned.")
        need_kind(self.steps, (tuple, list), "a tuple of per cents", "Try (5, 25, 50, 100).")
        need_kind(self.guardrails, (tuple, list), "a tuple of guardrails", "Write (Guardrail(...),) with a comma.")
        for rail in self.guardrails:
            need_kind(rail, Guardrail, "a Guardrail", "Write Guardrail('error_rate', limit=0.02).")
        for name in ("soak", "patience", "fresh"):
            need_kind(getattr(self, name), timedelta, f"a timedelta as {name}", f"Write {name}=timedelta(minutes=30).")
        need_kind(self.min_requests, int, "a whole number as min_requests", "Try 100.")

    def _refuse(self, found: str, expected: str, remedy: str) -> None:
        raise InvalidSetting(found, expected, remedy)


@dataclass(frozen=True)
class Decision:
    """What was decided at one look, and why: `share` is the challenger's before it, `next_share` after it."""

    at: datetime
    action: str
    share: int
    next_share: int
    why: str
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        moved = f"{self.share} %" if self.share == self.next_share else f"{self.share} → {self.next_share} %"
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} ({moved}): {self.why}"


@dataclass(frozen=True)
class Rollout:
    """A canary so far. `before` is the endpoint's split when it began: where a rollback leads, to the per cent.

    `left` is the split that the last change of traffic moved away from, `since` when this stage began, `baseline` what
    the champion was last seen to do.
    """

    plan: CanaryPlan
    before: Mapping[str, int]
    since: datetime
    stage: int = 0
    status: str = RUNNING
    left: Mapping[str, int] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()

    @property
    def share(self) -> int:
        """The challenger's share of the traffic, in per cent."""
        return 0 if self.status == ROLLED_BACK else self.plan.steps[self.stage]

    @property
    def split(self) -> dict[str, int]:
        """The split that the endpoint should have now."""
        return dict(self.before) if not self.share else canary_split(self.before, self.plan.challenger, self.share)

    @property
    def champion(self) -> str:
        """The deployed model that the challenger is held against: the one with most traffic before."""
        return champion_of(self.before)

    @property
    def table(self) -> pd.DataFrame:
        """The decisions, tidy: one row for each decision and guardrail (one row if it looked at none)."""
        import pandas as pd

        none = Finding("", "", None, None, None)
        rows = [
            (one.at, one.action, one.share, one.next_share, *_row(found), one.why)
            for one in self.decisions
            for found in one.findings or (none,)
        ]
        numbers = dict.fromkeys(("challenger", "champion", "bound"), float)
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)

    def __str__(self) -> str:
        """Say where it stands, and the last decision."""
        return f"canary {self.status} at {self.share} %; {self.decisions[-1] if self.decisions else 'no decision yet'}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.table.to_html(index=False, border=0)}"


def begin(plan: CanaryPlan, before: Mapping[str, int], baseline: Mapping[str, float], now: datetime) -> Rollout:
    """Return a rollout at its first stage."""
    why = f"{champion_of(before)} is champion with {max(before.values())} %"
    first = Decision(now, START, 0, plan.steps[0], why)
    return Rollout(plan, dict(before), now, left=dict(before), baseline=dict(baseline), decisions=(first,))


def decide(rollout: Rollout, window: Window, now: datetime) -> Decision:
    """Return what to do at this look, by the rules of this module. Pure."""
    plan, age = rollout.plan, now - rollout.since
    findings = judge_all(plan.guardrails, _with_baseline(rollout, window))
    action, why = _choose(plan, findings, window.requests, age)
    if action == ADVANCE and rollout.stage == len(plan.steps) - 1:
        action = FINISH
    following = {ADVANCE: lambda: plan.steps[rollout.stage + 1], ROLL_BACK: lambda: 0}
    next_share = following.get(action, lambda: rollout.share)()
    return Decision(now, action, rollout.share, next_share, why, findings)


def follow(rollout: Rollout, decision: Decision, window: Window | None = None) -> Rollout:
    """Return the rollout after a decision. What the champion did in the window is remembered for the last stage."""
    seen = {**rollout.baseline, **(window.champion if window else {})}
    after = replace(rollout, decisions=(*rollout.decisions, decision), baseline=seen)
    if decision.action == HOLD:
        return after
    moved = {"left": rollout.split, "since": decision.at}
    if decision.action == ADVANCE:
        return replace(after, stage=rollout.stage + 1, **moved)
    return replace(after, status=FINISHED if decision.action == FINISH else ROLLED_BACK, **moved)


def replay(rollout: Rollout, looks: Iterable[tuple[datetime, Window]]) -> Rollout:
    """Return where a rollout ends with these looks, each a time and its window; looks after the end are not taken."""
    for now, window in looks:
        if rollout.status != RUNNING:
            break
        rollout = follow(rollout, decide(rollout, window, now), window)
    return rollout


def _choose(plan: CanaryPlan, findings: tuple[Finding, ...], requests: int, age: timedelta) -> tuple[str, str]:
    """Return the action and its reason."""
    broken = [str(found) for found in findings if found.verdict == BREACH]
    absent = [str(found) for found in findings if found.verdict == MISSING]
    enough = requests >= plan.min_requests
    if broken and enough:
        return ROLL_BACK, "; ".join(broken)
    if absent or not enough:
        few = [] if enough else [f"{requests} requests of {plan.min_requests}"]
        if age >= plan.patience:
            return ROLL_BACK, f"after {age}: " + "; ".join(absent + few)
        return HOLD, "; ".join(absent + few)
    if age < plan.soak:
        return HOLD, f"{age} of {plan.soak} in this stage"
    return ADVANCE, f"all {len(findings)} guardrails hold on {requests} requests"


def _row(found: Finding) -> tuple[object, ...]:
    return found.guardrail, found.verdict, found.challenger, found.champion, found.bound


def _with_baseline(rollout: Rollout, window: Window) -> Window:
    """At 100 % the champion serves nobody: put in what it was last seen to do. Before that, silence is silence."""
    return replace(window, champion={**rollout.baseline, **window.champion}) if rollout.share == 100 else window
