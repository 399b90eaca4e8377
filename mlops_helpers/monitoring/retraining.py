"""When to train again: on a schedule, after drift, with enough new labels, when the model became worse; or better not.

    trigger = RetrainingTrigger(schedule_days=30, drift=2, new_labels=5_000, performance=0.7)
    decision = trigger.decide(ModelState(trained_at=..., drifted=report.drifted, new_labels=812), now=...)
    print(decision)                           which action, and every reason with its numbers
    hand_over(decision, submit)               `handover`: a pipeline is started, once for each decision

What the trigger looks at, in this order; the first that applies decides

1. The diagnosis. A broken data pipeline or a file that was read in another order is no reason to train: the model
   would learn the fault. Call the data team.
2. Its own reasons. Without one there is nothing to do.
3. Labels. With fewer than `least_labels` new ones, training would give the old model again.
4. Cool-down. The model that is being trained has to show first what it can do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mlops_helpers.monitoring.errors import BadValue, InvalidSetting, NaiveTimestamp

RETRAIN, NOTHING, WAIT = "retrain", "nothing to do", "wait"
WAIT_FOR_LABELS, CALL_DATA_TEAM = "wait for labels", "call the data team"
BROKEN = ("data pipeline broke", "file order")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class ModelState:
    """What is known about a model in production.

    `trained_at` and `handed_over_at` (when a retraining was last started) have a zone. `new_labels` arrived since the
    training, `drifted` names the columns whose drift is an alarm, `performance` is the realised or estimated metric
    (None where it is unknown), `diagnosis` the kind that `diagnose` found, or its result.
    Raises NaiveTimestamp and BadValue.
    """

    trained_at: dt.datetime
    model: str = "model"
    new_labels: int = 0
    drifted: Sequence[str] = ()
    performance: float | None = None
    diagnosis: Any = "nothing found"
    handed_over_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        for name in ("trained_at", "handed_over_at"):
            _require_zone(getattr(self, name), name)
        if self.new_labels < 0:
            raise BadValue(f"new_labels={self.new_labels}", "0 or more", "Count the labels since the training.")
        if self.performance is not None and not math.isfinite(self.performance):
            remedy = "Pass None where there is insufficient data: unknown is not bad."
            raise BadValue(f"performance={self.performance}", "a finite number or None", remedy)

    def evidence(self) -> dict[str, Any]:
        """The state as JSON values, whatever the time is now."""
        return {
            "model": self.model,
            "trained_at": self.trained_at.astimezone(dt.UTC).isoformat(),
            "new_labels": int(self.new_labels),
            "drifted": sorted(map(str, self.drifted)),
            "performance": None if self.performance is None else float(self.performance),
            "diagnosis": str(getattr(self.diagnosis, "kind", self.diagnosis)),
        }


@dataclass(frozen=True)
class Reason:
    """One reason to train again: what was found, and the limit that it reached."""

    kind: str
    found: float
    limit: float
    sentence: str


@dataclass(frozen=True)
class Decision:
    """What to do, and why. `retrain` is true for one `action` only; all else is for people to read.

    `id` follows from the evidence and the settings, not from the time: the same evidence makes the same decision, and
    that is handed over once. `parameters` are the pipeline's.
    """

    action: str
    reasons: tuple[Reason, ...]
    explanation: str
    evidence: Mapping[str, Any]
    parameters: Mapping[str, Any]
    decided_at: str

    @property
    def retrain(self) -> bool:
        """Whether a pipeline should be started."""
        return self.action == RETRAIN

    @property
    def id(self) -> str:
        """A name that Vertex AI takes as the id of a pipeline job: lower case, starts with a letter."""
        settled = {"action": self.action, "evidence": self.evidence, "kinds": [reason.kind for reason in self.reasons]}
        text = json.dumps(settled, sort_keys=True, separators=(",", ":"))
        return f"retraining-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON values, for a log or a request."""
        return {"id": self.id, "retrain": self.retrain, **asdict(self)}

    def __str__(self) -> str:
        return f"{self.action.capitalize()}: {self.explanation}"


@dataclass(frozen=True)
class RetrainingTrigger:
    """The reasons that count; None switches one off.

    `schedule_days` since the training; `drift`: so many drifted columns; `new_labels` since the training;
    `performance`: below this value. `cool_down_days` pass between two retrainings, `least_labels` are needed for any.
    `parameters` go to the pipeline with every decision. Raises InvalidSetting.
    """

    schedule_days: float | None = 30
    drift: int | None = 1
    new_labels: int | None = None
    performance: float | None = None
    cool_down_days: float = 7
    least_labels: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("schedule_days", "drift", "new_labels"):
            if (value := getattr(self, name)) is not None and not value > 0:
                raise InvalidSetting(f"{name}={value}", "a number above 0, or None", "None switches it off.")
        for name in ("cool_down_days", "least_labels"):
            if not getattr(self, name) >= 0:
                raise InvalidSetting(f"{name}={getattr(self, name)}", "0 or more", "0 switches it off.")
        try:
            json.dumps(dict(self.parameters))
        except TypeError as problem:
            remedy = "Pass texts, numbers, truth values, lists and dicts."
            raise InvalidSetting(f"parameters with {problem}", "JSON values", remedy) from None

    def decide(self, state: ModelState, *, now: dt.datetime) -> Decision:
        """What to do with the model in this state. Raises NaiveTimestamp, and BadValue for a time before training."""
        _require_zone(now, "now")
        if now < state.trained_at:
            remedy = "Check the clocks, or the time of the training."
            raise BadValue(f"now={now}", f"a time after the training at {state.trained_at}", remedy)
        reasons = tuple(self._reasons(state, now))
        action, why = self._action(state, reasons, now)
        stamp = now.astimezone(dt.UTC).isoformat()
        kinds = ", ".join(reason.kind for reason in reasons)
        parameters = {**self.parameters, "train_until": stamp, "reason": kinds} if action == RETRAIN else {}
        return Decision(action, reasons, why, state.evidence(), parameters, stamp)

    def _reasons(self, state: ModelState, now: dt.datetime) -> Iterator[Reason]:
        age, columns = (now - state.trained_at) / DAY, sorted(map(str, state.drifted))
        if self.schedule_days is not None and age >= self.schedule_days:
            told = f"the model is {age:.1f} days old, {self.schedule_days:g} are allowed"
            yield Reason("schedule", age, self.schedule_days, told)
        if self.drift is not None and len(columns) >= self.drift:
            told = f"{len(columns)} drifted columns ({', '.join(columns)}), {self.drift} are enough"
            yield Reason("drift", len(columns), self.drift, told)
        if self.new_labels is not None and state.new_labels >= self.new_labels:
            told = f"{state.new_labels:,} new labels, {self.new_labels:,} are enough"
            yield Reason("new labels", state.new_labels, self.new_labels, told)
        if None not in (self.performance, state.performance) and state.performance < self.performance:
            told = f"a performance of {state.performance:.4g}, at least {self.performance:.4g} is expected"
            yield Reason("performance", state.performance, self.performance, told)

    def _action(self, state: ModelState, reasons: tuple[Reason, ...], now: dt.datetime) -> tuple[str, str]:
        """The action and its explanation: the first rule of this module's docstring that applies."""
        told = "; ".join(reason.sentence for reason in reasons)
        diagnosis = state.evidence()["diagnosis"]
        if diagnosis in BROKEN:
            return CALL_DATA_TEAM, f"the diagnosis is {diagnosis!r}: a model trained on that would learn the fault."
        if not reasons:
            return NOTHING, "no reason to train again: " + self._quiet(state, now) + "."
        if state.new_labels < self.least_labels:
            return WAIT_FOR_LABELS, f"{told}; but {state.new_labels:,} new labels, {self.least_labels:,} are needed."
        since = None if state.handed_over_at is None else (now - state.handed_over_at) / DAY
        if since is not None and since < self.cool_down_days:
            return WAIT, f"{told}; but a retraining was started {since:.1f} days ago, wait {self.cool_down_days:g}."
        return RETRAIN, f"{told}."

    def _quiet(self, state: ModelState, now: dt.datetime) -> str:
        age = (now - state.trained_at) / DAY
        known = "unknown" if state.performance is None else f"{state.performance:.4g}"
        return (
            f"{age:.1f} days old, {len(state.drifted)} drifted columns, {state.new_labels:,} new labels, "
            f"performance {known}"
        )


def _require_zone(moment: dt.datetime | None, name: str) -> None:
    if moment is not None and moment.tzinfo is None:
        raise NaiveTimestamp(f"{name}={moment} without a zone", "a time with a zone", "Add `tzinfo=datetime.UTC`.")
