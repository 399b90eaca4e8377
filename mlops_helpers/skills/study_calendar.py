"""Hours to learn in, week by week: weeks off count nothing, a holiday takes a fifth of its week.

Time is counted in weeks since the Monday of the week in which the calendar starts, as exact fractions: 1.5 is the
middle of the second week. Within a week the hours are spread evenly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from .errors import NoTime, PlanError

WORKDAYS = 5


@dataclass(frozen=True)
class StudyCalendar:
    """When somebody learns: from the week of `start` on, `hours_per_week` hours in a full week.

    Any day of a week in `weeks_off` takes the whole week off; each of `holidays` from Monday to Friday takes a fifth.
    Raises NoTime without hours: a plan that never ends is none; PlanError for a start that is no date.
    """

    start: date
    hours_per_week: int
    weeks_off: Iterable[date] = field(default=(), kw_only=True)
    holidays: Iterable[date] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        monday(self.start)  # refuses what is no date
        if type(self.hours_per_week) is not int or not 0 < self.hours_per_week <= 40:
            raise NoTime(
                f"{self.hours_per_week!r} hours a week",
                "whole hours from 1 to 40",
                "Give at least one hour; round to whole ones.",
            )
        object.__setattr__(self, "weeks_off", frozenset(monday(day) for day in self.weeks_off))
        workdays = (day for day in self.holidays if day.weekday() < WORKDAYS)
        object.__setattr__(self, "holidays", frozenset(workdays))

    def monday_of(self, week: int) -> date:
        """The Monday of a week; week 0 is the one of `start`."""
        return monday(self.start) + timedelta(weeks=week)

    def hours_in(self, week: int) -> Fraction:
        """The hours there are in a week."""
        first = self.monday_of(week)
        if first in self.weeks_off:
            return Fraction(0)
        free = sum(monday(day) == first for day in self.holidays)
        return Fraction(self.hours_per_week * (WORKDAYS - free), WORKDAYS)

    def spend(self, begins: Fraction, hours: Fraction | int) -> tuple[Fraction, tuple[tuple[int, Fraction], ...]]:
        """Work for some hours from a moment on: when it is done, and how many hours fell into which week."""
        now, left, slices = Fraction(begins), Fraction(hours), []
        while left > 0:
            week = int(now)
            rate = self.hours_in(week)
            done = min(left, rate * (week + 1 - now))
            if done:
                slices.append((week, done))
            left -= done
            now = now + done / rate if done and not left else Fraction(week + 1)
        return now, tuple(slices)


def monday(day: date) -> date:
    """The Monday of the week of a day. Raises PlanError for what is no date, such as text."""
    if not isinstance(day, date):
        raise PlanError(f"the day {day!r}", "a datetime.date", "Write datetime.date(2026, 11, 30).")
    return day - timedelta(days=day.weekday())
