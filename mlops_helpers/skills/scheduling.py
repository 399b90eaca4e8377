"""Put steps into weeks: nothing before what it builds on, nobody above their hours.

    plan = schedule(steps, {"engineer A": StudyCalendar(date(2026, 1, 5), 6)})
    plan.weeks, plan.critical_path, plan.critical_weeks

The method is list scheduling (Graham, 1969, "Bounds on multiprocessing timing anomalies"): of all steps that may
begin, the one that can begin first is taken; among equals the more urgent, then the one with the longest way behind it.
Nobody waits while there is something to do. For one person that is the shortest plan there is. For m people with the
same hours who share the steps it takes at most 2 - 1/m times the shortest; where every step has its owner, no such
bound is promised.

A chain is as long as the weeks it takes in full weeks of those who do it: 20 hours of somebody with four a week are
longer than 30 of somebody with ten. A step without an owner counts as for the one with the most hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from math import ceil

from .errors import CyclicSteps, NoTime, PlanError, UnknownName
from .study_calendar import StudyCalendar


@dataclass(frozen=True)
class Step:
    """A piece of work of so many hours, after others (their ids). Without an owner whoever is free first takes it."""

    id: str
    hours: int
    after: tuple[str, ...] = ()
    owner: str | None = None
    urgency: int = 0

    def __post_init__(self) -> None:
        if type(self.hours) is not int or self.hours <= 0:
            raise PlanError(
                f"{self.id} with {self.hours!r} hours", "whole hours above 0", "Estimate it, or leave it out."
            )


@dataclass(frozen=True)
class Placed:
    """A step in its place: who does it, from when to when (weeks since the start), and its hours by week."""

    step: Step
    owner: str
    begins: Fraction
    ends: Fraction
    slices: tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True)
class Schedule:
    """Steps in the order in which they begin, and the longest chain among them (ids, first to last; weeks).

    `critical_weeks` is how long the chain takes without weeks off or waiting: no plan of these people is shorter.
    """

    placed: tuple[Placed, ...]
    critical_path: tuple[str, ...]
    critical_weeks: Fraction = Fraction(0)

    @property
    def makespan(self) -> Fraction:
        """When the last step ends, in weeks since the start; 0 without steps."""
        return max((one.ends for one in self.placed), default=Fraction(0))

    @property
    def weeks(self) -> int:
        """The number of weeks the plan touches."""
        return ceil(self.makespan)

    @property
    def critical_hours(self) -> int:
        """Hours along the critical path."""
        return sum(one.step.hours for one in self.placed if one.step.id in self.critical_path)

    def hours_by_week(self) -> dict[tuple[str, int], Fraction]:
        """The hours of each person (label) in each week (0 is the first); weeks without work are left out."""
        total: dict[tuple[str, int], Fraction] = {}
        for one in self.placed:
            for week, hours in one.slices:
                total[one.owner, week] = total.get((one.owner, week), Fraction(0)) + hours
        return total


def schedule(steps: Sequence[Step], calendars: Mapping[str, StudyCalendar]) -> Schedule:
    """Place every step; `calendars` are those of the people, by label, all starting in one week.

    Raises CyclicSteps, UnknownName for a step after something that is no step or owned by nobody known, NoTime for
    steps without people, PlanError for two steps of one id or calendars that start in different weeks.
    """
    known = _checked(steps, calendars)
    tails = _tails(known, calendars)
    free = dict.fromkeys(calendars, Fraction(0))
    placed: dict[str, Placed] = {}
    while len(placed) < len(known):
        ready = [one for one in known.values() if one.id not in placed and all(name in placed for name in one.after)]
        choices = [(one, owner) for one in ready for owner in ([one.owner] if one.owner else free)]
        begins = {
            (one.id, owner): max([free[owner], *(placed[name].ends for name in one.after)]) for one, owner in choices
        }
        step, owner = min(
            choices, key=lambda pair: (begins[pair[0].id, pair[1]], -pair[0].urgency, -tails[pair[0].id], pair[0].id)
        )
        start = begins[step.id, owner]
        ends, slices = calendars[owner].spend(start, step.hours)
        placed[step.id], free[owner] = Placed(step, owner, start, ends, slices), ends
    return Schedule(tuple(placed.values()), _longest(known, tails), max(tails.values(), default=Fraction(0)))


def _checked(steps: Sequence[Step], calendars: Mapping[str, StudyCalendar]) -> dict[str, Step]:
    known = {step.id: step for step in steps}
    if len(known) < len(steps):
        raise PlanError("two steps of one id", "each id once", "Rename one of them.")
    if steps and not calendars:
        raise NoTime(f"{len(steps)} steps and no people", "at least one calendar", "Say who learns, and when.")
    if len({calendar.monday_of(0) for calendar in calendars.values()}) > 1:
        raise PlanError("calendars that start in different weeks", "one first week", "Give late starters weeks off.")
    for step in steps:
        for name in step.after:
            if name not in known:
                raise UnknownName(
                    f"{step.id} after {name!r}", "a step of this plan", "Add the step, or drop the order."
                )
        if step.owner is not None and step.owner not in calendars:
            raise UnknownName(
                f"{step.id} owned by {step.owner!r}", f"one of {', '.join(calendars)}", "Give a calendar."
            )
    return known


def _tails(steps: Mapping[str, Step], calendars: Mapping[str, StudyCalendar]) -> dict[str, Fraction]:
    """For each step its weeks and those of the longest chain behind it. Raises CyclicSteps."""
    try:
        order = list(TopologicalSorter({step.id: step.after for step in steps.values()}).static_order())
    except CycleError as problem:
        circle = " → ".join(problem.args[1])
        raise CyclicSteps(f"the circle {circle}", "steps that can begin", "Take one of these orders away.") from None
    weeks = {name: _full_weeks(steps[name], calendars) for name in order}
    behind = dict.fromkeys(order, Fraction(0))
    for name in reversed(order):
        for before in steps[name].after:
            behind[before] = max(behind[before], weeks[name] + behind[name])
    return {name: weeks[name] + behind[name] for name in order}


def _full_weeks(step: Step, calendars: Mapping[str, StudyCalendar]) -> Fraction:
    """The weeks a step takes its owner, or whoever has the most hours, in weeks without holidays."""
    owners = [calendars[step.owner]] if step.owner else calendars.values()
    return Fraction(step.hours, max(one.hours_per_week for one in owners))


def _longest(steps: Mapping[str, Step], tails: Mapping[str, Fraction]) -> tuple[str, ...]:
    """The critical path: from the step with the longest tail always on to the follower with the longest."""
    path: list[str] = []
    options = [step.id for step in steps.values()]
    while options:
        path.append(max(options, key=lambda name: (tails[name], name)))
        options = [step.id for step in steps.values() if path[-1] in step.after]
    return tuple(path)
