"""A roadmap: what to learn in which week, for one person or for several who learn side by side.

    plan = roadmap(person, StudyCalendar(date(2026, 1, 5), 6))
    plan.by_week(12)          the twelve-week plan
    plan.table                every step, with what to be seen doing at its end

The order respects prerequisites and hours (`scheduling`); the hours of a step are in the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import TYPE_CHECKING

from .catalogue import Catalogue, Need, load_catalogue
from .errors import PlanError
from .people import Person
from .scheduling import Placed, Schedule, schedule
from .steps import hours_to, learning_steps, need_of, step_of
from .study_calendar import StudyCalendar
from .team import Team

if TYPE_CHECKING:
    import pandas as pd

TWELVE = 12


@dataclass(frozen=True)
class Roadmap:
    """A schedule of learning steps, with the calendars it was made for (by person) and the catalogue."""

    schedule: Schedule
    calendars: Mapping[str, StudyCalendar]
    catalogue: Catalogue

    @property
    def hours(self) -> int:
        """All hours of learning together."""
        return sum(one.step.hours for one in self.schedule.placed)

    @property
    def weeks(self) -> int:
        """Weeks until everybody is there; 0 if they already are."""
        return self.schedule.weeks

    @property
    def last_week(self) -> date | None:
        """The Monday of the last week; None without steps."""
        return self._monday(self.weeks - 1) if self.weeks else None

    @property
    def table(self) -> pd.DataFrame:
        """One row per step, in order of time.

        Columns: person, skill, level (reached at the end), hours, first_week and last_week (1 is the first), ends
        (Monday of the last week), critical (on the critical path), shows (what to be seen doing), exercises (of this
        course).
        """
        import pandas as pd

        columns = [
            "person",
            "skill",
            "level",
            "hours",
            "first_week",
            "last_week",
            "ends",
            "critical",
            "shows",
            "exercises",
        ]
        return pd.DataFrame([self._row(one) for one in self.schedule.placed], columns=columns)

    def by_week(self, weeks: int = TWELVE) -> pd.DataFrame:
        """The first weeks, one row for each person and week.

        Columns: week (1 is the first), monday, person, hours (planned), of (there are), what (steps in that week; one
        that ends is marked "✓"). A week off has 0 hours. Raises PlanError for fewer than one week.
        """
        import pandas as pd

        if type(weeks) is not int or weeks < 1:
            raise PlanError(f"a plan of {weeks!r} weeks", "at least one week", "Say how many weeks to show.")
        rows = [self._week(week, label) for week in range(weeks) for label in self.calendars]
        return pd.DataFrame(rows, columns=["week", "monday", "person", "hours", "of", "what"])

    def levels_after(self, weeks: int = TWELVE) -> dict[str, dict[str, int]]:
        """The levels that have been reached after so many weeks, by person and skill."""
        reached: dict[str, dict[str, int]] = {label: {} for label in self.calendars}
        for one in self.schedule.placed:
            if one.ends <= weeks:
                skill, level = step_of(one.step)
                reached[one.owner][skill] = max(level, reached[one.owner].get(skill, 0))
        return reached

    def _monday(self, week: int) -> date:
        return next(iter(self.calendars.values())).monday_of(week)

    def _row(self, one: Placed) -> dict[str, object]:
        name, level = step_of(one.step)
        skill = self.catalogue.skill(name)
        return {
            "person": one.owner,
            "skill": name,
            "level": level,
            "hours": one.step.hours,
            "first_week": one.slices[0][0] + 1,
            "last_week": ceil(one.ends),
            "ends": self._monday(ceil(one.ends) - 1),
            "critical": one.step.id in self.schedule.critical_path,
            "shows": skill.observable(level),
            "exercises": ", ".join(skill.evidence.get(level, ())),
        }

    def _week(self, week: int, label: str) -> dict[str, object]:
        parts = [
            (hours, " ".join(map(str, step_of(one.step))) + ("✓" if one.slices[-1][0] == week else ""))
            for one in self.schedule.placed
            for number, hours in one.slices
            if one.owner == label and number == week
        ]
        return {
            "week": week + 1,
            "monday": self._monday(week),
            "person": label,
            "hours": float(sum(hours for hours, _ in parts)),
            "of": float(self.calendars[label].hours_in(week)),
            "what": ", ".join(what for _, what in parts),
        }


def roadmap(
    person: Person,
    calendar: StudyCalendar,
    *,
    goals: Mapping[str, int] | None = None,
    first: Collection[str] = (),
    catalogue: Catalogue | None = None,
) -> Roadmap:
    """The way of one person to `goals` (skill: level), by default to what their role needs.

    `first` names skills that come before the others, with all that they build on. Raises UnknownName, LevelOutOfRange.
    """
    known = catalogue or load_catalogue()
    wanted = known.role(person.role).needs if goals is None else goals
    steps = learning_steps(person, wanted, known, first=first)
    return Roadmap(schedule(steps, {person.label: calendar}), {person.label: calendar}, known)


def successors(team: Team, need: Need, count: int = 1) -> tuple[Person, ...]:
    """Those who have the shortest way (in hours) to holding a system or service alone and do not hold it yet.

    Raises PlanError if fewer than `count` people have hours to learn in, or for a system's id instead of the system.
    """
    goals = need_of(need).needs
    able = [person for person in team.people if person.hours_per_week and not person.holds(goals)]
    if type(count) is not int or not 1 <= count <= len(able):
        raise PlanError(f"{count!r} successors", f"1 to {len(able)}", "Free hours for more people, or hire.")
    return tuple(sorted(able, key=lambda one: (hours_to(one, goals, team.catalogue), one.label))[:count])


def team_roadmap(
    team: Team,
    goals: Mapping[str, Mapping[str, int]],
    start: date,
    *,
    weeks_off: Mapping[str, Collection[date]] | None = None,
) -> Roadmap:
    """Several people learn side by side, each with their own hours: `goals` are levels by person and skill.

    `weeks_off` gives days in the weeks that a person is away. Raises UnknownName, LevelOutOfRange, and NoTime for a
    person without hours.
    """
    away = weeks_off or {}
    people = [team.person(label) for label in goals]
    for label in away:
        team.person(label)
    calendars = {
        one.label: StudyCalendar(start, one.hours_per_week, weeks_off=away.get(one.label, ())) for one in people
    }
    steps = [step for one in people for step in learning_steps(one, goals[one.label], team.catalogue)]
    return Roadmap(schedule(steps, calendars), calendars, team.catalogue)
