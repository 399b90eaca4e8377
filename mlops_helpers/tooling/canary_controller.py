"""A canary release on a real endpoint: looks at the metrics, decides, changes the traffic, and can die at any time.

    canary = Canary(endpoint, RolloutStore(bucket), metrics, clock=session.now)
    canary.start(CanaryPlan(challenger))
    while canary.step().action not in (FINISH, ROLL_BACK):
        wait()

Each change of traffic is written down before it is made (a write-ahead log of one entry). A controller that dies in
between leaves an endpoint that is one change behind what is written; the next `step` makes that change first. An
endpoint that is neither here nor there was changed by somebody else: that is refused (`RolloutChanged`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling import canary
from mlops_helpers.tooling.canary import CanaryPlan, Decision, Rollout, begin, decide, follow
from mlops_helpers.tooling.canary_state import RolloutStore
from mlops_helpers.tooling.errors import BadSplit, LastModel, MetricMissing, NothingToRollBack, RolloutChanged
from mlops_helpers.tooling.given import need_endpoint, need_kind
from mlops_helpers.tooling.guardrails import Window
from mlops_helpers.tooling.rollout_metrics import RolloutMetrics
from mlops_helpers.tooling.traffic import Seen, Traffic, champion_of

if TYPE_CHECKING:
    from google.cloud import aiplatform

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Canary:
    """The canary of one endpoint. Holds nothing itself: all that it knows is in the store and on the endpoint."""

    endpoint: aiplatform.Endpoint
    store: RolloutStore
    metrics: RolloutMetrics
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        """Raise InvalidSetting for an endpoint's name instead of the endpoint."""
        need_endpoint(self.endpoint)

    def start(self, plan: CanaryPlan) -> Rollout:
        """Begin: give the challenger its first share.

        Refused, with the endpoint unchanged: `LastModel` (nothing to compare with), `BadSplit` (the challenger is not
        deployed, or has traffic already), `MetricMissing` (a guardrail's metric does not even arrive for the champion:
        a canary that cannot be judged does not begin), `RolloutChanged` (a rollout is running).
        """
        need_kind(plan, CanaryPlan, "a CanaryPlan", "Make one with the id of the deployed challenger.")
        known, generation = self.store.read(self._id)
        seen, now = Traffic(self.endpoint).read(), self.clock()
        self._need_idle(known, seen)
        _need_startable(plan, seen)
        champion = champion_of(seen.split)
        window = self._window(plan, champion, (now - plan.patience, now))
        if missing := [rail.name for rail in plan.guardrails if rail.name not in window.champion]:
            found = f"no {', '.join(missing)} of the champion {champion} in the last {plan.fresh}"
            expected = "every metric that a guardrail reads"
            raise MetricMissing(found, expected, f"Let the service write it, then start. {self._written()}")
        rollout = begin(plan, seen.split, window.champion, now)
        self.store.write(self._id, rollout, generation)
        Traffic(self.endpoint).write(rollout.split, seen)
        return rollout

    def step(self) -> Decision:
        """Look once, decide and act; first finish what a controller before this one left undone.

        Returns the last decision if all there was to do was to finish it. Raises `RolloutChanged` if no rollout is
        running, or if somebody else changed the endpoint or the rollout.
        """
        rollout, generation = self._read()
        seen = self._seen(rollout)
        if seen.split != rollout.split:
            rollout, generation = self._catch_up(rollout, generation, seen)
            if rollout.status != canary.RUNNING:
                return rollout.decisions[-1]
        if rollout.status != canary.RUNNING:
            raise RolloutChanged(f"a rollout that is {rollout.status}", "one that runs", "Begin one with start().")
        now = self.clock()
        window = self._window(rollout.plan, rollout.champion, (rollout.since, now))
        decision = decide(rollout, window, now)
        self._take(rollout, generation, follow(rollout, decision, window))
        return decision

    def run(self, wait: Callable[[], None], *, most: int = 1000) -> Rollout:
        """Step until the canary has ended, calling `wait` before each step. `most` bounds the number of steps."""
        for _ in range(most):
            wait()
            if self.step().action in (canary.FINISH, canary.ROLL_BACK):
                break
        return self.state()

    def roll_back(self, *, by: str, why: str) -> Decision:
        """Go back to the exact split before the rollout, because a person says so; also after it has finished.

        Raises `NothingToRollBack` without a rollout or after a rollback, `RolloutChanged` if somebody else changed the
        endpoint since; the endpoint is unchanged then.
        """
        rollout, generation = self.store.read(self._id)
        if rollout is None:
            remedy = "Leave it as it is, or set a split yourself."
            raise NothingToRollBack(f"no rollout on endpoint {self._id}", "one that moved traffic", remedy)
        if rollout.status == canary.ROLLED_BACK:
            if (seen := self._seen(rollout)).split == rollout.split:
                remedy = "Leave it as it is: the endpoint has the split of before."
                raise NothingToRollBack("a rollout that was rolled back already", "one that moved traffic", remedy)
            return self._catch_up(rollout, generation, seen)[0].decisions[-1]
        decision = Decision(self.clock(), canary.ROLL_BACK, rollout.share, 0, f"{by}: {why}")
        self._take(rollout, generation, follow(rollout, decision))
        return decision

    def state(self) -> Rollout:
        """Return the rollout as it is written down. Raises `RolloutChanged` if there is none."""
        return self._read()[0]

    @property
    def _id(self) -> str:
        return self.endpoint.name

    def _read(self) -> tuple[Rollout, int]:
        rollout, generation = self.store.read(self._id)
        if rollout is None:
            raise RolloutChanged(f"no rollout on endpoint {self._id}", "one that runs", "Begin one with start().")
        return rollout, generation

    def _seen(self, rollout: Rollout) -> Seen:
        """Return the endpoint. Raises `RolloutChanged` unless it is as the rollout has it, or one change behind."""
        seen = Traffic(self.endpoint).read()
        if seen.split not in (rollout.split, rollout.left):
            remedy = "Find out who changed it; set the split that you want, then start again."
            raise RolloutChanged(f"the endpoint at {seen.split}", f"{rollout.split}, as the rollout has it", remedy)
        return seen

    def _catch_up(self, rollout: Rollout, generation: int, seen: Seen) -> tuple[Rollout, int]:
        """Make the change that is written but not made. The stage begins now: what arrived before is of another."""
        log.warning("finishing what was begun: %s", rollout.decisions[-1])
        rollout = replace(rollout, since=self.clock())
        generation = self.store.write(self._id, rollout, generation)
        Traffic(self.endpoint).write(rollout.split, seen)
        return rollout, generation

    def _take(self, before: Rollout, generation: int, after: Rollout) -> None:
        """Write down what was decided, then do it. What the endpoint would refuse is not written."""
        seen = self._seen(before)
        if gone := sorted(set(after.split) - set(seen.deployed)):
            found = f"no {', '.join(gone)} on endpoint {self._id}"
            raise NothingToRollBack(
                found, f"the models of {after.split}", "Deploy them again, and set a split yourself."
            )
        after = replace(after, left=seen.split)
        self.store.write(self._id, after, generation)
        log.info("%s", after.decisions[-1])
        if after.split != seen.split:
            Traffic(self.endpoint).write(after.split, seen)

    def _need_idle(self, known: Rollout | None, seen: Seen) -> None:
        if known is None:
            return
        if known.status == canary.RUNNING:
            remedy = "Let it end with step(), or end it with roll_back()."
            raise RolloutChanged(f"a {known}", "no rollout that runs", remedy)
        if seen.split == known.left != known.split:
            raise RolloutChanged(f"a change that was not made: {known}", "none", "Call step() once to make it.")

    def _written(self) -> str:
        """Say which metrics there are: a guardrail's name may be misspelt."""
        names = self.metrics.names()
        return f"Written until now: {', '.join(names) or 'none'}."

    def _window(self, plan: CanaryPlan, champion: str, span: tuple[datetime, datetime]) -> Window:
        if span[0] >= span[1]:
            return Window()
        names: Any = tuple(rail.name for rail in plan.guardrails)
        return self.metrics.read(plan.challenger, champion, names=names, span=span, fresh=plan.fresh)


def _need_startable(plan: CanaryPlan, seen: Seen) -> None:
    """Refuse a challenger that cannot be let in."""
    if len(seen.deployed) < 2:
        found = f"an endpoint with {len(seen.deployed) or 'no'} model"
        raise LastModel(found, "a champion and a challenger", "Deploy the challenger beside the champion first.")
    if plan.challenger not in seen.deployed:
        expected = f"one of {', '.join(seen.deployed)}"
        raise BadSplit(f"no deployed model {plan.challenger}", expected, "Deploy it, and use its id.")
    if not seen.split or seen.split.get(plan.challenger):
        found = f"the split {seen.split} before a canary of {plan.challenger}"
        raise BadSplit(found, "all traffic on other models", "Take the challenger's traffic away first.")
