"""The stage of lesson 7: the week of the incident, a clock that tells its time, and who plays whom.

    payments, friday = friday_week(session)        the payments, and the moment of the alert
    clock = StoryClock(friday, session)            clock.at("Fri 19:15") moves it, never back

On Google Cloud the week is the last one that is over: Cloud Logging takes no entries that are older than a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import LearningError

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform, storage

    from mlops_helpers.cloud import Session
    from mlops_helpers.collaboration import Raci
    from mlops_helpers.tooling import Candidate, ModelRegistry, PipelineRun, PipelineSettings, RolloutMetrics

ALERT = datetime(2026, 11, 20, 17, 40, tzinfo=UTC)
FRIDAY, WEEK = 4, timedelta(days=7)
MOMENTS = ("paid_at", "known_at", "complained_at")
CAST = MappingProxyType(
    {
        "ml_engineer": "engineer D",
        "data_engineer": "data engineer F",
        "data_scientist": "scientist A",
        "platform_engineer": "platform engineer G",
        "business_owner": "owner H",
        "support": "agent S",
    }
)
# Minutes of each activity without any waiting, as in the team's last drill.
DRILL = MappingProxyType(
    {
        "confirm the alert": 10,
        "check the data": 25,
        "decide on retraining": 5,
        "train the candidate": 15,
        "approve the model": 10,
        "roll out the model": 120,
        "verify the recovery": 30,
    }
)


class StoryClock:
    """A clock that stands still until it is moved: `clock()` is its time, as every `clock` of the helpers.

    The offline cloud's clock is moved along, so that what services write down fits the story.
    """

    def __init__(self, start: datetime, session: Session) -> None:
        self._now, self._session = start, session
        self._take_along()

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return self._now

    def at(self, text: str) -> datetime:
        """Move to the next day and time such as "Fri 19:15". Raises `LearningError` for one that is past today."""
        from mlops_helpers.collaboration import read_hours

        ((moment, _),) = read_hours([("clock", text, text[:4] + "24:00")], week_of=self._now)["clock"]
        if moment < self._now:
            told = f"Found {text} after {self._now:%a %H:%M}; expected a later time."
            raise LearningError(f"{told} Run the lesson from its first cell.")
        self._now = moment
        self._take_along()
        return moment

    def _take_along(self) -> None:
        if self._session.cloud == "offline" and (ahead := self._now - self._session.now()) > timedelta(0):
            self._session.advance(ahead)


def friday_week(session: Session) -> tuple[pd.DataFrame, datetime]:
    """Return the payments of the week and the moment of the alert; on Google Cloud moved by whole weeks."""
    import pandas as pd

    from .data import course_data

    payments = pd.read_parquet(course_data("fraud_payments.parquet"))
    late = timedelta(0) if session.cloud == "offline" else weeks_until(session.now()) * WEEK
    for name in MOMENTS:
        payments[name] += late
    return payments, ALERT + late


def fraud_settings(numeric: tuple[str, ...], categorical: tuple[str, ...]) -> PipelineSettings:
    """Return what lesson 5's pipeline is told about payments: a person approves, and no machine is too slow."""
    from mlops_helpers.tooling import PipelineSettings

    columns = {"numeric": numeric, "categorical": categorical, "time_column": "known_at"}
    rules = {"automatic": False, "max_gap": 0.3, "max_milliseconds": 5000.0}
    return PipelineSettings("fraud", key="transaction_id", label="fraud", **columns, **rules)


def weeks_until(now: datetime) -> int:
    """Return by how many weeks the alert moves so that its Monday is the last one that is over."""
    return (now - ALERT - timedelta(days=4)) // WEEK


def teams_raci() -> Raci:
    """Return the matrix that the team agreed on afterwards: one answer of several to the exercise."""
    from mlops_helpers.collaboration import retraining_raci

    agreed = retraining_raci().changed("train the candidate", ml_engineer="AR", data_scientist="C")
    return agreed.changed("approve the model", ml_engineer="C", platform_engineer="R")


@dataclass(frozen=True)
class World:
    """The registry with its run's places, the endpoint, and the id under which the old model has all its traffic."""

    run: PipelineRun
    registry: ModelRegistry
    endpoint: aiplatform.Endpoint
    old: str

    def register(self, candidate: Candidate, champion: Candidate) -> str:
        """Judge a candidate beside the champion, register it without approval or traffic, and return its version."""
        from mlops_helpers.tooling import judge_candidate
        from mlops_helpers.tooling.pipeline_registering import register
        from mlops_helpers.tooling.pipeline_training import to_bytes

        judged = judge_candidate(candidate, champion)
        return register(to_bytes(candidate.model), candidate.training, judged, self.run, reason="drift").version


def world_before(old: Candidate, bucket: storage.Bucket, session: Session) -> World:
    """Return the cloud as it is on that Friday: one model in the registry, alone on its endpoint."""
    from google.cloud import aiplatform

    from mlops_helpers.tooling import ModelRegistry, PipelineRun, release_first

    run = PipelineRun(bucket.name, f"{session.project}.fraud.payments", ALERT.isoformat(), old.settings)
    first = release_first(old, run, by="risk committee", why="the first model")
    registry = ModelRegistry(old.settings.model, bucket, clock=session.now)
    return World(run, registry, aiplatform.Endpoint(first.endpoint), first.deployed_model)


class Night:
    """The endpoint's evening: payments from 20:30 on, forty minutes a stage, answered by the models on it.

    Before the first stage the old model is seen alone, with the payments of the half hour before.
    """

    def __init__(self, session: Session, payments: pd.DataFrame, limit: float, metrics: RolloutMetrics) -> None:
        late = timedelta(0) if session.cloud == "offline" else weeks_until(session.now()) * WEEK
        self._begin = ALERT + late + timedelta(minutes=130)
        self.stage = timedelta(minutes=39 if session.cloud == "offline" else 1)
        self._session, self._payments, self._limit, self._metrics = session, payments, limit, metrics
        self._stages = 0

    def serve(self, models: Mapping[str, Candidate], new: str, share: int) -> pd.Series:
        """Let a stage pass, `share` per cent of the payments for the model `new`; how many payments each model got.

        What each model did is written to Cloud Monitoring: the share of errors, and of payments held back.
        """
        from mlops_helpers.tooling import assign

        from .lesson_05 import pass_time

        pass_time(self._session, self.stage if share else timedelta(minutes=1))
        start = self._begin + self._stages * timedelta(minutes=40)
        self._stages += 1
        paid = self._payments["paid_at"]
        rows = self._payments[(paid >= start) & (paid < start + timedelta(minutes=40))]
        (old,) = set(models) - {new}
        arms = assign(rows["transaction_id"], experiment="INC-7", split={new: share, old: 100 - share})
        for arm, part in rows.groupby(arms, observed=True):
            held = float((models[arm].scores(part) >= self._limit).mean())
            self._metrics.write(arm, {"error_rate": 0.0, "held_back": held}, len(part), at=self._session.now())
        return arms.map({new: "new", old: "old"}).value_counts()


def voices(served: pd.DataFrame, *, each: int = 30) -> pd.DataFrame:
    """Return what `each` customers of each model answer on Monday: request, model_id, rating, comment.

    `served` has a row for each payment, with `model_id` and `held` (held back). Made up by one rule: who lost money
    gives 1, who was held back for nothing 2, who was saved 5, everybody else 4.
    """
    asked = served.groupby("model_id").sample(each, random_state=7)
    said = {
        (True, False): (1, "my money is gone"),
        (False, True): (2, "I had to telephone to buy this"),
        (True, True): (5, "good that you asked, that was not me"),
        (False, False): (4, "it worked"),
    }
    given = [said[bool(row.fraud), bool(row.held)] for row in asked.itertuples()]
    told = asked[["transaction_id", "model_id"]].rename(columns={"transaction_id": "request"})
    return told.assign(rating=[stars for stars, _ in given], comment=[text for _, text in given])
