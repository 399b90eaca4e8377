"""The same week with another matrix: who would have waited for whom, and how long, before it happens again.

    friday = rehearse(raci, hours, at=moment, work={"confirm the alert": 10, ...})
    friday.table            one row an activity: who, when it was ready, when it was signed, minutes worked and waited
    friday.closed           when the last activity was signed, None if nobody can be reached in time
    friday.times("INC-7", degraded_at=moment)      minutes to detect, decide and restore, as from a log

The rules are those of the protocol. An activity is ready when somebody responsible was there to begin it and the work
is done (machines go on alone). Then the accountable role signs as soon as it can be reached; once the stage's time is
over, its deputy may. A matrix with two accountables is what the protocol refuses and what companies have: there both
have to be reachable at once, and nobody is deputy for two. Whoever trained the model does not approve it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_helpers.collaboration.errors import InvalidSetting, UnknownRole
from mlops_helpers.collaboration.incident_times import IncidentTimes, StageSpan
from mlops_helpers.collaboration.protocol_steps import (
    DECISION,
    DEPLOYMENT,
    EVALUATION,
    MINUTES,
    RETRAINING,
    STAGES,
    activity_of,
)
from mlops_helpers.collaboration.raci import Raci

if TYPE_CHECKING:
    import pandas as pd

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COLUMNS = ("activity", "began", "ready", "signed", "by", "worked", "waited")
Span = tuple[datetime, datetime]
Hours = Mapping[str, Sequence[Span]]


@dataclass(frozen=True)
class Played:
    """One activity: when its stage began, when the work was ready, when it was signed, and by which roles."""

    activity: str
    began: datetime
    ready: datetime
    signed: datetime
    by: tuple[str, ...]
    worked: float

    @property
    def waited(self) -> float:
        """Minutes in which nothing happened."""
        return (self.signed - self.began) / timedelta(minutes=1) - self.worked


@dataclass(frozen=True)
class Rehearsal:
    """A week that was played: its activities in order, and why it stopped (empty: it did not)."""

    played: tuple[Played, ...]
    stuck: str = ""

    @property
    def closed(self) -> datetime | None:
        """When the last activity was signed, None if it stopped before."""
        return None if self.stuck or not self.played else self.played[-1].signed

    @property
    def table(self) -> pd.DataFrame:
        """One row an activity: began, ready, signed (times), by (roles), worked and waited (minutes)."""
        import pandas as pd

        rows = [
            (one.activity, one.began, one.ready, one.signed, " and ".join(one.by), one.worked, one.waited)
            for one in self.played
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def times(self, incident: str, *, degraded_at: datetime, complaints: Iterable[datetime] = ()) -> IncidentTimes:
        """Return the moments that count, as `times_of` reads them off a log. Raises `InvalidSetting` if it stopped."""
        if self.closed is None:
            raise InvalidSetting(f"a week that stopped: {self.stuck}", "one that came to its end", "Mend the matrix.")
        spans = [
            StageSpan(stage, one.began, one.signed, MINUTES[stage])
            for stage, one in zip(STAGES, self.played, strict=True)
        ]
        end = {span.stage: span.end for span in spans}
        later = tuple(sorted(moment for moment in complaints if moment >= degraded_at))
        moments = degraded_at, self.played[0].began, end[DECISION], end[DEPLOYMENT]
        return IncidentTimes(incident, *moments, later, tuple(spans))

    def __str__(self) -> str:
        """Say in one line how it ended."""
        if self.closed is None:
            return f"not closed: {self.stuck}"
        worked, waited = sum(one.worked for one in self.played), sum(one.waited for one in self.played)
        return f"closed on {self.closed:%a %H:%M}: {worked / 60:.1f} hours of work, {waited / 60:.1f} of waiting"


def rehearse(raci: Raci, hours: Hours, *, at: datetime, work: Mapping[str, float]) -> Rehearsal:
    """Play the way from the alert at `at` to the verified recovery. Nothing is written anywhere.

    `hours` says when each role can be reached, as spans; `work` the minutes that each activity takes. Stages have the
    protocol's time boxes. Raises `InvalidSetting` for an activity without minutes, `BadRaci` for one that the matrix
    lacks; a matrix in which somebody is missing is played until it stops. Roles without hours are away; hours of
    a role that the matrix lacks, and a moment without zone, are refused (`UnknownRole`, `InvalidSetting`).
    """
    _check_places(raci, hours, at)
    played: list[Played] = []
    now, author = at, ""
    for stage in STAGES:
        activity = activity_of(stage)
        minutes = _minutes_of(work, activity)
        began = _earliest(hours, raci.who(activity, "R"), now)
        if began is None:
            return Rehearsal(tuple(played), f"nobody who is responsible for {activity!r} can be reached")
        role, start = began
        ready = start + timedelta(minutes=minutes)
        author = role if stage == RETRAINING else author
        barred = author if stage == EVALUATION else ""
        found = _sign_off(raci, hours, activity, (now + timedelta(minutes=MINUTES[stage]), ready), barred)
        if isinstance(found, str):
            return Rehearsal(tuple(played), found)
        signed, by = found
        played.append(Played(activity, now, ready, signed, by, minutes))
        now = signed
    return Rehearsal(tuple(played))


def read_hours(rows: Iterable[tuple[str, str, str]], *, week_of: datetime) -> dict[str, list[Span]]:
    """Return hours from rows of (role, from, until), each a day and a time such as "Fri 18:30".

    A day is the next one of its name, counted from the day of `week_of`, whose zone holds. Raises `InvalidSetting`.
    """
    found: dict[str, list[Span]] = {}
    for row in rows:
        if isinstance(row, str) or len(row) != 3:
            remedy = "Of a table pass table.itertuples(index=False)."
            raise InvalidSetting(f"the row {row!r}", "three texts: role, from, until", remedy)
        role, begin, end = row
        span = _moment(begin, week_of), _moment(end, week_of)
        if span[0] >= span[1]:
            raise InvalidSetting(f"{role} from {begin} until {end}", "a span that ends later", "Correct the times.")
        found.setdefault(role, []).append(span)
    return {role: sorted(spans) for role, spans in found.items()}


def _sign_off(
    raci: Raci, hours: Hours, activity: str, times: tuple[datetime, datetime], barred: str
) -> tuple[datetime, tuple[str, ...]] | str:
    """Return when an activity is signed and by whom, or why never. `times` are when it is due and when it is ready."""
    due, ready = times
    accountable = raci.who(activity, "A")
    if len(accountable) != 1:
        moment = _together(hours, accountable, ready)
        alone = " and ".join(accountable) or "nobody"
        return (moment, accountable) if moment else f"{alone} would have to agree on {activity!r}"
    deputy = raci.deputy(activity)
    allowed = [(accountable[0], ready), *([(deputy, max(due, ready))] if deputy else [])]
    waits = [(moment, role) for role, since in allowed if role != barred for moment in _moments(hours, role, since)]
    if not waits:
        why = f"{barred} made the model and may not approve it" if accountable[0] == barred else "nobody can be reached"
        return f"{activity!r} is not signed: {why}"
    moment, role = min(waits, key=lambda pair: pair[0])
    return moment, (role,)


def _earliest(hours: Hours, roles: Sequence[str], since: datetime) -> tuple[str, datetime] | None:
    """Return which of the roles can be reached first, and when; of two at once the one named first."""
    found = [(role, moment) for role in roles for moment in _moments(hours, role, since)]
    return min(found, key=lambda pair: pair[1], default=None)


def _together(hours: Hours, roles: Sequence[str], since: datetime) -> datetime | None:
    """Return the first moment at which all of the roles can be reached, None for no roles and for never."""
    starts = [since, *(start for role in roles for start, _ in hours.get(role, ()) if start > since)]
    shared = (start for start in sorted(starts) if all(_reachable(hours, role, start) for role in roles))
    return next(shared, None) if roles else None


def _moments(hours: Hours, role: str, since: datetime) -> list[datetime]:
    """Return the first moment from `since` on at which a role can be reached, in a list that is empty for never."""
    later = [max(start, since) for start, end in hours.get(role, ()) if end > since]
    return [min(later)] if later else []


def _reachable(hours: Hours, role: str, moment: datetime) -> bool:
    return any(start <= moment < end for start, end in hours.get(role, ()))


def _check_places(raci: Raci, hours: Hours, at: datetime) -> None:
    if strange := sorted(set(hours) - set(raci.roles)):
        raise UnknownRole(f"hours of {', '.join(strange)}", f"some of {', '.join(raci.roles)}", "Correct the names.")
    if at.tzinfo is None:
        raise InvalidSetting(f"at={at} without a zone", "a moment with one", "Add tzinfo=datetime.UTC.")


def _minutes_of(work: Mapping[str, float], activity: str) -> float:
    minutes = work.get(activity)
    if not isinstance(minutes, int | float) or not 0 <= minutes < float("inf"):
        remedy = "Measure it in a drill, or guess and say so."
        raise InvalidSetting(f"{minutes} minutes for {activity!r}", "a number of minutes, 0 or more", remedy)
    return minutes


def _moment(text: str, week_of: datetime) -> datetime:
    """Return the time that "Fri 18:30" means; 24:00 is the end of the day."""
    day, _, clock = text.partition(" ")
    hour, _, minute = clock.partition(":")
    valid = day in DAYS and hour.isdigit() and minute.isdigit() and int(hour) <= 24 and int(minute) < 60
    if not valid or week_of.tzinfo is None:
        found = f"{text!r}, counted from {week_of}"
        raise InvalidSetting(found, 'a day and a time such as "Fri 18:30", and a start with a zone', "Correct it.")
    ahead = (DAYS.index(day) - week_of.weekday()) % 7
    midnight = week_of.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=ahead, hours=int(hour), minutes=int(minute))
