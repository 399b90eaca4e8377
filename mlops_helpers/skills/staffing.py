"""Hire, teach, or make it simpler: three ways to have one more person who can restore a system, with what they cost.

    options = [teach(team, system, monday, hour_costs="70"), hire(team, system, terms), simplify(team, system, plan)]
    compare(options, months=24, risk_per_week="900")      one row per option
    break_even(options[0], options[1])                    the month in which the other becomes the cheaper
    break_even_risk(options[0], options[1])               the risk per week that would change the choice

The cost of an option after n months is what it takes once, what it takes every month from the day on which it is paid,
and the risk of every week until it works. A new colleague is paid while being introduced. All amounts are Decimal in
one currency; floats are refused: they cannot hold cents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import TYPE_CHECKING

from .catalogue import Need
from .errors import BadMoney, PlanError, UnknownName
from .roadmaps import Roadmap, successors, team_roadmap
from .steps import need_of
from .team import Team

if TYPE_CHECKING:
    import pandas as pd

WEEKS_PER_MONTH = Decimal(52) / Decimal(12)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Option:
    """One way: its cost once and every month, the weeks until it works, how many then hold the system alone.

    `paid_after` are the weeks until the monthly cost begins; by default it begins when the option works.
    """

    name: str
    once: Decimal
    per_month: Decimal
    weeks: int
    alone_before: int
    alone_after: int
    why: str
    paid_after: int | None = None

    def cost(self, months: int, risk_per_week: Decimal | int | str = 0) -> Decimal:
        """What it costs in all after so many months, to the cent. Raises BadMoney, PlanError for months below 0."""
        if type(months) is not int or months < 0:
            raise PlanError(f"{months!r} months", "whole months, 0 or more", "Say how far to look.")
        horizon = months * WEEKS_PER_MONTH
        waiting = min(Decimal(self.weeks), horizon)
        unpaid = waiting if self.paid_after is None else min(Decimal(self.paid_after), horizon)
        paid = (horizon - unpaid) / WEEKS_PER_MONTH
        total = self.once + self.per_month * paid + money(risk_per_week, "risk_per_week") * waiting
        return total.quantize(CENT)


@dataclass(frozen=True)
class HiringTerms:
    """What a new colleague costs once (search, equipment) and every month; the weeks to find and to introduce them.

    The monthly cost begins when somebody is found. Raises BadMoney, and PlanError for weeks that are none.
    """

    once: Decimal | int | str
    per_month: Decimal | int | str
    weeks_to_find: int
    weeks_to_start: int

    def __post_init__(self) -> None:
        for where in ("once", "per_month"):
            money(getattr(self, where), where)
        for where in ("weeks_to_find", "weeks_to_start"):
            _whole(getattr(self, where), where)


@dataclass(frozen=True)
class Simplification:
    """What making a system simpler takes: hours of work, hours a week for it, and the skills nobody needs any more.

    `per_month` is what the simpler system costs more every month; a saving is not counted.
    """

    drops: tuple[str, ...]
    hours: int
    hours_per_week: int
    hour_costs: Decimal | int | str
    per_month: Decimal | int | str = 0


def money(amount: Decimal | int | str, where: str) -> Decimal:
    """An amount as Decimal. Raises BadMoney for a float, a bool, text that is no number, NaN, or less than 0."""
    try:
        if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
            raise InvalidOperation
        value = Decimal(amount)
        if not value.is_finite() or value < 0:
            raise InvalidOperation
    except InvalidOperation:
        raise BadMoney(
            f"{where}={amount!r}", "an amount of 0 or more", 'Pass Decimal, a whole number, or text such as "70.50".'
        ) from None
    return value


def teach(team: Team, system: Need, start: date, *, hour_costs: Decimal | int | str, people: int = 1) -> Option:
    """Teach those with the shortest way. Costs their hours; works when the last of them is there.

    Raises BadMoney, and PlanError if there are not so many people with hours to learn in.
    """
    plan = teaching_plan(team, system, start, people=people)
    before, names = _alone(team, system), ", ".join(plan.calendars)
    once = money(hour_costs, "hour_costs") * plan.hours
    return Option(
        "teach", once, Decimal(0), plan.weeks, before, before + people, f"{plan.hours} hours of learning for {names}"
    )


def teaching_plan(team: Team, system: Need, start: date, *, people: int = 1) -> Roadmap:
    """The roadmap behind `teach`."""
    return team_roadmap(team, {one.label: system.needs for one in successors(team, system, people)}, start)


def hire(team: Team, system: Need, terms: HiringTerms) -> Option:
    """Hire one who can already do it."""
    weeks = terms.weeks_to_find + terms.weeks_to_start
    once, monthly, before = money(terms.once, "once"), money(terms.per_month, "per_month"), _alone(team, system)
    why = f"{terms.weeks_to_find} weeks to find and {terms.weeks_to_start} to introduce somebody"
    return Option("hire", once, monthly, weeks, before, before + 1, why, terms.weeks_to_find)


def simplify(team: Team, system: Need, plan: Simplification) -> Option:
    """Rebuild the system so that it does without some skills; who holds the rest then holds it.

    Raises UnknownName for a skill the system does not need, PlanError if nothing would be left or hours are none,
    BadMoney.
    """
    for skill in plan.drops:
        if skill not in need_of(system).needs:
            known = ", ".join(system.needs)
            raise UnknownName(f"{skill!r}, which {system.name} does not need", f"some of {known}", "Drop one of these.")
    left = {skill: level for skill, level in system.needs.items() if skill not in plan.drops}
    if not left:
        raise PlanError("a system that needs nothing", "at least one skill", "Then switch it off.")
    hours, weekly = _whole(plan.hours, "hours"), _whole(plan.hours_per_week, "hours_per_week")
    if not weekly:
        raise PlanError("0 hours_per_week", "1 or more", "Say who does the work.")
    after = sum(person.holds(left) for person in team.people)
    once = money(plan.hour_costs, "hour_costs") * hours
    monthly, before = money(plan.per_month, "per_month"), _alone(team, system)
    why = f"{hours} hours to do without {', '.join(plan.drops)}"
    return Option("simplify", once, monthly, ceil(hours / weekly), before, after, why)


def compare(options: Sequence[Option], *, months: int = 24, risk_per_week: Decimal | int | str = 0) -> pd.DataFrame:
    """One row per option, the cheapest first.

    Columns: option, once, per_month, weeks (until it works), risk (until then), total (after `months`), alone_before,
    alone_after (people who hold the system alone), why. Money is Decimal. Raises BadMoney, PlanError without options or
    for a single one outside a list.
    """
    import pandas as pd

    if isinstance(options, Option):
        raise PlanError(
            f"the single option {options.name!r}", "a list of options", "Put it in brackets: compare([teach, hire])."
        )
    if not options:
        raise PlanError("no options", "at least one", "Make them with teach, hire or simplify.")
    risk = money(risk_per_week, "risk_per_week")
    rows = [
        {
            "option": one.name,
            "once": one.once,
            "per_month": one.per_month,
            "weeks": one.weeks,
            "risk": (risk * min(Decimal(one.weeks), months * WEEKS_PER_MONTH)).quantize(CENT),
            "total": one.cost(months, risk),
            "alone_before": one.alone_before,
            "alone_after": one.alone_after,
            "why": one.why,
        }
        for one in options
    ]
    return pd.DataFrame(rows).sort_values("total", kind="stable", ignore_index=True)


def break_even(one: Option, other: Option, *, risk_per_week: Decimal | int | str = 0, until: int = 120) -> int | None:
    """The first month after which the cheaper of the two at the start is no longer the cheaper; None if there is none.

    Looked for month by month up to `until`, from month 1 on; equal costs are no change.
    """
    start = one.cost(0, risk_per_week) - other.cost(0, risk_per_week)
    for month in range(1, until + 1):
        difference = one.cost(month, risk_per_week) - other.cost(month, risk_per_week)
        if start == 0:
            start = difference
        elif difference * start < 0:
            return month
    return None


def break_even_risk(one: Option, other: Option, *, months: int = 24) -> Decimal | None:
    """The risk per week at which both options cost the same after so many months; None if no risk does that.

    Below it the option that is cheaper without risk stays the cheaper, above it the one that works sooner.
    """
    horizon = months * WEEKS_PER_MONTH
    sooner = min(Decimal(other.weeks), horizon) - min(Decimal(one.weeks), horizon)
    dearer = one.cost(months) - other.cost(months)
    if sooner == 0 or dearer / sooner < 0:
        return None
    return (dearer / sooner).quantize(CENT)


def _alone(team: Team, system: Need) -> int:
    return sum(person.holds(need_of(system).needs) for person in team.people)


def _whole(value: int, where: str) -> int:
    if type(value) is not int or value < 0:
        raise PlanError(f"{where}={value!r}", "a whole number, 0 or more", "Estimate it; 0 is an estimate too.")
    return value
