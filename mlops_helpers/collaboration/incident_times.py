"""How long it took: to detect, to decide, to restore, read off the log of an incident; and what a period looks like.

    times = times_of(incident.entries, degraded_at=truth, complaints=moments)
    team_metrics([times, ...], since=monday, until=next_monday).table

    degraded ──── detect ────> alert ──── decide ────> "retrain" signed ────> rollout finished
        └────────────────────────────── restore ───────────────────────────────────┘

Restoring counts from the moment when the service became worse, not from the alert: that is what users live through.
When that was is known later, from the truth; it is the one number that no log has. Names after Forsgren, Humble and
Kim, "Accelerate" (2018), whose time to restore service this is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_helpers.collaboration import log_entries as kinds
from mlops_helpers.collaboration.errors import InvalidSetting, UnknownIncident
from mlops_helpers.collaboration.log_entries import Entry
from mlops_helpers.collaboration.protocol_steps import CLOSED, RETRAINING, ROLLED_BACK, TRIAGE, VERIFICATION, step_named

if TYPE_CHECKING:
    import pandas as pd

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class StageSpan:
    """One visit to a stage: from when to when (None: it goes on), the minutes allowed, whether it was escalated."""

    stage: str
    begin: datetime
    end: datetime | None
    allowed: int
    escalated: bool = False

    @property
    def minutes(self) -> float | None:
        """How long it took, None while it goes on."""
        return None if self.end is None else (self.end - self.begin) / MINUTE

    @property
    def late(self) -> bool:
        """Whether it took longer than allowed."""
        return self.minutes is not None and self.minutes > self.allowed


@dataclass(frozen=True)
class IncidentTimes:
    """The moments that count in one incident; None is what did not happen (yet). `complaints` are users' moments."""

    incident: str
    degraded_at: datetime
    alerted_at: datetime
    decided_at: datetime | None
    restored_at: datetime | None
    complaints: tuple[datetime, ...] = ()
    stages: tuple[StageSpan, ...] = ()

    @property
    def detect(self) -> float:
        """Minutes from the degradation to the alert."""
        return (self.alerted_at - self.degraded_at) / MINUTE

    @property
    def decide(self) -> float | None:
        """Minutes from the alert to the signed decision to retrain."""
        return None if self.decided_at is None else (self.decided_at - self.alerted_at) / MINUTE

    @property
    def restore(self) -> float | None:
        """Minutes from the degradation to a service that is restored."""
        return None if self.restored_at is None else (self.restored_at - self.degraded_at) / MINUTE

    @property
    def caught_first(self) -> bool:
        """Whether the alert came before the first complaint."""
        return not self.complaints or self.alerted_at < min(self.complaints)

    def __str__(self) -> str:
        """Say the three times in one line."""
        told = ", ".join(f"{name} {minutes_text(getattr(self, name))}" for name in ("detect", "decide", "restore"))
        return f"{self.incident}: {told}; {'we' if self.caught_first else 'users'} noticed first"


@dataclass(frozen=True)
class TeamMetrics:
    """What a period looked like. Minutes are means over the incidents that have them, None if none has.

    `uptime` is the share of the period in which no model was degraded; `caught` of `incidents` were noticed by an
    alert before a user complained.
    """

    since: datetime
    until: datetime
    incidents: int
    detect: float | None
    decide: float | None
    restore: float | None
    uptime: float
    caught: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a metric: name, value as text, how it is counted."""
        import pandas as pd

        caught = f"{self.caught} of {self.incidents}"
        rows = [
            ("time to detect", minutes_text(self.detect), "degraded until alert, mean"),
            ("time to decide", minutes_text(self.decide), "alert until the signed decision, mean"),
            ("time to restore", minutes_text(self.restore), "degraded until the rollout has finished, mean"),
            ("model uptime", f"{self.uptime:.1%}", "share of the period without a degraded model"),
            ("caught before users noticed", caught, "alert before the first complaint"),
        ]
        return pd.DataFrame(rows, columns=["metric", "value", "counted as"])


def times_of(entries: Sequence[Entry], *, degraded_at: datetime, complaints: Iterable[datetime] = ()) -> IncidentTimes:
    """Return the times of one incident. Raises `UnknownIncident`, `InvalidSetting` for a moment after the alert.

    `entries` are those of `incident.entries`, not the table. `degraded_at` and `complaints` are times with a zone (or
    pandas Timestamps); complaints before the degradation are about something else and left out.
    """
    if strange := [entry for entry in entries if not isinstance(entry, Entry)]:
        found = f"a {type(strange[0]).__name__} among the entries"
        raise InvalidSetting(found, "entries of a log", "Pass incident.entries, not its table.")
    opened = next((entry for entry in entries if entry.kind == kinds.OPENED), None)
    if opened is None:
        raise UnknownIncident("a log without opening", "the log of an incident", "Open it with open_incident().")
    if degraded_at.tzinfo is None or degraded_at > opened.time:
        found = f"degraded_at={degraded_at}"
        raise InvalidSetting(
            found, f"a time with a zone, at most {opened.time}", "Take it from the truth that came later."
        )
    moved = [(entry.time, step_named(entry.content["step"])) for entry in entries if entry.kind == kinds.MOVED]
    decided = next((time for time, step in moved if step.target == RETRAINING), None)
    later = tuple(sorted(moment for moment in complaints if moment >= degraded_at))
    stages = tuple(stage_spans(entries, opened))
    return IncidentTimes(opened.incident, degraded_at, opened.time, decided, _restored(moved), later, stages)


def stage_spans(entries: Iterable[Entry], opened: Entry) -> Iterable[StageSpan]:
    """Yield the visits to the stages in order; the last one has no end unless the incident is closed."""
    allowed = opened.content["charter"]["minutes"]
    stage, begin, escalated = "alert", opened.time, False
    for entry in entries:
        escalated = escalated or entry.kind == kinds.ESCALATED
        if entry.kind == kinds.MOVED:
            yield StageSpan(stage, begin, entry.time, allowed[stage], escalated)
            stage, begin, escalated = entry.content["target"], entry.time, False
    if stage != CLOSED:
        yield StageSpan(stage, begin, None, allowed[stage], escalated)


def team_metrics(incidents: Iterable[IncidentTimes], *, since: datetime, until: datetime) -> TeamMetrics:
    """Return what a period looked like; an incident that is not restored counts as degraded until its end.

    Raises `InvalidSetting` for a period that does not end after it begins.
    """
    if not since < until:
        raise InvalidSetting(f"a period from {since} until {until}", "one that ends later", "Swap the two.")
    found = list(incidents)
    means = (_mean(getattr(one, name) for one in found) for name in ("detect", "decide", "restore"))
    spans = [(max(one.degraded_at, since), min(one.restored_at or until, until)) for one in found]
    uptime = 1 - _covered(spans) / (until - since)
    return TeamMetrics(since, until, len(found), *means, uptime, sum(one.caught_first for one in found))


def minutes_text(minutes: float | None) -> str:
    """Return minutes as people say them: "45 min", "3 h 20 min", "2 d 15 h", "not yet" for None."""
    if minutes is None:
        return "not yet"
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    if whole < 24 * 60:
        return f"{whole // 60} h {whole % 60:02} min"
    return f"{whole // 1440} d {whole % 1440 // 60} h"


def _restored(moved: Sequence[tuple[datetime, object]]) -> datetime | None:
    """When the new model had all traffic (and kept it), or the data were repaired, or the alarm was a false one."""
    restored = None
    for time, step in moved:
        if step.target == VERIFICATION or (step.target == CLOSED and step.source in ("alert", TRIAGE)):
            restored = time
        elif step.target == ROLLED_BACK:
            restored = None
    return restored


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _covered(spans: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The length of all spans together, where they overlap counted once."""
    total, end = timedelta(0), None
    for begin, finish in sorted(spans):
        begin = begin if end is None else max(begin, end)
        if finish > begin:
            total, end = total + (finish - begin), finish
    return total
