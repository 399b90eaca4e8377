"""Teach, hire or simplify: costs to the cent, weeks, bus factor, and where the choice turns."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.skills import (
    BadMoney,
    HiringTerms,
    Option,
    PlanError,
    Simplification,
    UnknownName,
    break_even,
    break_even_risk,
    compare,
    hire,
    simplify,
    teach,
    teaching_plan,
)

MONDAY = date(2026, 1, 5)
TERMS = HiringTerms(12_000, "7500", 12, 8)
SIMPLER = Simplification(("feature_store",), 160, 40, 70)


@pytest.fixture(scope="module")
def system(team):
    return team.catalogue.system("feature_pipeline")


def option(once, per_month, weeks):
    return Option("any", Decimal(once), Decimal(per_month), weeks, 1, 2, "")


def test_teaching_costs_hours_and_ends_with_two(team, system):
    taught = teach(team, system, MONDAY, hour_costs=70)
    assert (taught.once, taught.weeks) == (Decimal(2800), 8)
    assert (taught.alone_before, taught.alone_after) == (1, 2)
    assert list(teaching_plan(team, system, MONDAY).calendars) == ["ML engineer D"]


def test_teaching_two_takes_as_long_as_the_slower(team, system):
    both = teach(team, system, MONDAY, hour_costs="70.50", people=2)
    plan = teaching_plan(team, system, MONDAY, people=2)
    assert both.once == Decimal("70.50") * plan.hours
    assert (both.weeks, both.alone_after) == (plan.weeks, 3)


def test_a_new_colleague_is_found_and_introduced_first(team, system):
    hired = hire(team, system, TERMS)
    assert (hired.weeks, hired.alone_after, hired.cost(0)) == (20, 2, 12_000)
    assert hired.cost(12) == Decimal("81230.77")  # paid from week 12 on: 12,000 + 40 of 52 weeks at 7,500 a month


def test_the_weeks_of_introduction_are_paid(team, system):
    ready, introduced = hire(team, system, HiringTerms(0, 7500, 20, 0)), hire(team, system, HiringTerms(0, 7500, 12, 8))
    assert (ready.weeks, introduced.weeks) == (20, 20)
    assert introduced.cost(24) - ready.cost(24) == Decimal("13846.15")  # eight weeks of salary


def test_without_the_feature_store_others_can_restore_it(team, system):
    simpler = simplify(team, system, SIMPLER)
    able = [
        one.label for one in team.people if one.holds({k: v for k, v in system.needs.items() if k != "feature_store"})
    ]
    assert (simpler.once, simpler.weeks, simpler.alone_after) == (11_200, 4, len(able))


def test_options_side_by_side_the_cheapest_first(team, system):
    options = [hire(team, system, TERMS), simplify(team, system, SIMPLER), teach(team, system, MONDAY, hour_costs=70)]
    table = compare(options, months=24, risk_per_week=900)
    assert table["option"].tolist() == ["teach", "simplify", "hire"]
    assert table["risk"].tolist() == [Decimal("7200.00"), Decimal("3600.00"), Decimal("18000.00")]
    assert (table["total"] == [one.cost(24, 900) for one in (options[2], options[1], options[0])]).all()
    assert compare(options, risk_per_week=3000)["option"].iloc[0] == "simplify"


def test_the_choice_turns_where_both_cost_the_same(team, system):
    taught, simpler = teach(team, system, MONDAY, hour_costs=70), simplify(team, system, SIMPLER)
    limit = break_even_risk(taught, simpler)
    assert limit == Decimal("2100.00")  # 8,400 more for four weeks less
    assert taught.cost(24, limit) == simpler.cost(24, limit)
    assert break_even_risk(simpler, taught) == limit
    assert break_even_risk(taught, hire(team, system, TERMS)) is None


def test_a_dear_start_pays_after_some_months():
    rent, buy = option(0, 100, 0), option(1000, 0, 0)
    assert break_even(rent, buy) == break_even(buy, rent) == 11
    assert break_even(rent, buy, until=10) is None
    assert break_even(rent, rent) is None


COSTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 60)).map(lambda one: option(*one))


@given(COSTS, COSTS)
def test_break_even_is_the_first_month_in_which_the_order_is_another(one, other):
    month = break_even(one, other, risk_per_week=5, until=40)
    signs = [(one.cost(n, 5) > other.cost(n, 5)) - (one.cost(n, 5) < other.cost(n, 5)) for n in range(41)]
    first = next((sign for sign in signs if sign), 0)
    turned = [n for n, sign in enumerate(signs) if sign and sign != first]
    assert month == (turned[0] if turned else None)


@given(COSTS, st.integers(0, 40), st.integers(0, 1000))
def test_costs_never_fall_with_time_or_risk(one, months, risk):
    assert one.cost(months, risk) <= one.cost(months + 1, risk)
    assert one.cost(months, risk) <= one.cost(months, risk + 1)


@pytest.mark.parametrize("amount", [0.5, -1, "dear", True, None, "NaN", Decimal("Infinity"), "-0.01"])
def test_what_is_no_money_is_refused(team, system, amount):
    with pytest.raises(BadMoney, match="hour_costs="):
        teach(team, system, MONDAY, hour_costs=amount)
    with pytest.raises(BadMoney, match="risk_per_week="):
        option(1, 1, 1).cost(3, amount)


def test_options_that_cannot_be_are_refused(team, system):
    with pytest.raises(UnknownName, match="'cobol', which feature pipeline does not need"):
        simplify(team, system, Simplification(("cobol",), 10, 5, 70))
    with pytest.raises(PlanError, match="needs nothing"):
        simplify(team, system, Simplification(tuple(system.needs), 10, 5, 70))
    with pytest.raises(PlanError, match="hours_per_week"):
        simplify(team, system, Simplification(("feature_store",), 10, 0, 70))
    with pytest.raises(PlanError, match="weeks_to_find=-1"):
        hire(team, system, HiringTerms(1, 1, -1, 0))
    with pytest.raises(PlanError, match="no options"):
        compare([])
    with pytest.raises(PlanError, match="-1 months"):
        option(1, 1, 1).cost(-1)
