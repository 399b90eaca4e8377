"""Plans hold to order and hours; for one person they are as short as any, for several within Graham's bound."""

import itertools
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.skills import CyclicSteps, NoTime, PlanError, Step, StudyCalendar, UnknownName, schedule

MONDAY = date(2026, 1, 5)
HOURS = 4


@st.composite
def steps(draw, most=7, owners=(None,)):
    count = draw(st.integers(1, most))
    return [
        Step(
            f"s{number}",
            draw(st.integers(1, 9)),
            tuple(f"s{before}" for before in range(number) if draw(st.integers(0, 2)) == 0),
            draw(st.sampled_from(owners)),
            draw(st.integers(0, 1)),
        )
        for number in range(count)
    ]


@st.composite
def calendars(draw, labels="AB"):
    off = st.lists(st.integers(0, 30).map(lambda week: MONDAY + timedelta(weeks=week, days=2)), max_size=4)
    days = st.lists(st.integers(0, 60).map(lambda day: MONDAY + timedelta(days=day)), max_size=4)
    return {
        label: StudyCalendar(MONDAY, draw(st.integers(1, 12)), weeks_off=draw(off), holidays=draw(days))
        for label in labels
    }


@settings(max_examples=40)
@given(steps(owners=(None, "A", "B")), calendars())
def test_nothing_before_what_it_builds_on_and_nobody_above_their_hours(work, people):
    plan = schedule(work, people)
    place = {one.step.id: one for one in plan.placed}
    assert set(place) == {step.id for step in work}
    assert all(place[before].ends <= place[step.id].begins for step in work for before in step.after)
    for (label, week), hours in plan.hours_by_week().items():
        assert hours <= people[label].hours_in(week)
    for one in plan.placed:
        assert sum(hours for _, hours in one.slices) == one.step.hours
        assert one.step.owner in (None, one.owner)


@settings(max_examples=40)
@given(steps(owners=(None, "A", "B")), calendars())
def test_nobody_does_two_steps_at_once(work, people):
    plan = schedule(work, people)
    for label in people:
        own = sorted((one.begins, one.ends) for one in plan.placed if one.owner == label)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(own))


@settings(max_examples=40)
@given(steps(), st.integers(1, 3))
def test_no_plan_is_shorter_than_its_critical_path(work, people):
    plan = schedule(work, {f"P{number}": StudyCalendar(MONDAY, HOURS) for number in range(people)})
    assert plan.makespan * HOURS >= plan.critical_hours
    assert plan.critical_hours == plan.critical_weeks * HOURS == longest_chain(work)
    for first, second in itertools.pairwise(plan.critical_path):
        assert first in next(step for step in work if step.id == second).after


def longest_chain(work):
    """Tried out by recursion: the most hours of steps that wait for each other."""
    known = {step.id: step for step in work}

    def ends(name):
        return known[name].hours + max(map(ends, known[name].after), default=0)

    return max(map(ends, known))


@settings(max_examples=40)
@given(steps())
def test_one_person_needs_exactly_the_hours_there_are(work):
    plan = schedule(work, {"A": StudyCalendar(MONDAY, HOURS)})
    assert plan.makespan * HOURS == sum(step.hours for step in work)


@settings(max_examples=30)
@given(steps(most=4))
def test_two_people_stay_within_grahams_bound_of_the_best_plan(work):
    plan = schedule(work, {label: StudyCalendar(MONDAY, HOURS) for label in "AB"})
    best = brute_force(work, 2)
    assert best <= plan.makespan * HOURS <= Fraction(3, 2) * best


def brute_force(work, people):
    """The shortest plan of all orders and all ways to share the steps, in hours."""
    best = sum(step.hours for step in work)
    for order in itertools.permutations(work):
        names = [step.id for step in order]
        if any(names.index(before) > names.index(step.id) for step in work for before in step.after):
            continue
        for hands in itertools.product(range(people), repeat=len(order)):
            free, ends = [0] * people, {}
            for step, hand in zip(order, hands, strict=True):
                start = max([free[hand], *(ends[before] for before in step.after)])
                free[hand] = ends[step.id] = start + step.hours
            best = min(best, *([max(free)]))
    return best


def test_the_more_urgent_comes_first_then_the_longer_chain():
    work = [Step("a", 4), Step("b", 4), Step("c", 8, ("b",)), Step("d", 4, urgency=1)]
    plan = schedule(work, {"A": StudyCalendar(MONDAY, HOURS)})
    assert [one.step.id for one in plan.placed] == ["d", "b", "c", "a"]
    assert plan.critical_path == ("b", "c")


def test_the_critical_path_is_the_longest_in_weeks_not_in_hours():
    work = [Step("many", 30, owner="A"), Step("few", 8, owner="B"), Step("fewer", 6, ("few",), "B")]
    plan = schedule(work, {"A": StudyCalendar(MONDAY, 10), "B": StudyCalendar(MONDAY, 4)})
    assert plan.critical_path == ("few", "fewer")
    assert plan.critical_weeks == plan.makespan == Fraction(7, 2)


def test_a_week_off_and_a_holiday_move_the_end():
    calendar = StudyCalendar(MONDAY, 10, weeks_off=[date(2026, 1, 14)], holidays=[date(2026, 1, 6), date(2026, 1, 10)])
    assert [calendar.hours_in(week) for week in range(3)] == [8, 0, 10]
    end, slices = calendar.spend(Fraction(0), 13)
    assert (end, slices) == (Fraction(5, 2), ((0, 8), (2, 5)))
    assert calendar.monday_of(2) == date(2026, 1, 19)


def test_a_calendar_may_start_on_any_day_of_its_week():
    assert StudyCalendar(date(2026, 1, 8), 4).monday_of(0) == MONDAY


def test_an_empty_plan_takes_no_time():
    plan = schedule([], {})
    assert (plan.makespan, plan.weeks, plan.critical_path, plan.hours_by_week()) == (0, 0, (), {})


A = {"A": StudyCalendar(MONDAY, 4)}


@pytest.mark.parametrize(
    ("work", "people", "error", "said"),
    [
        ([Step("a", 1, ("b",)), Step("b", 1, ("a",))], A, CyclicSteps, "the circle"),
        ([Step("a", 1, ("a",))], A, CyclicSteps, "a → a"),
        ([Step("a", 1, ("z",))], A, UnknownName, "a after 'z'"),
        ([Step("a", 1, (), "B")], A, UnknownName, "owned by 'B'"),
        ([Step("a", 1), Step("a", 2)], A, PlanError, "two steps of one id"),
        ([Step("a", 1)], {}, NoTime, "no people"),
        ([Step("a", 1)], A | {"B": StudyCalendar(date(2026, 2, 2), 4)}, PlanError, "different weeks"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(work, people, error, said):
    with pytest.raises(error, match=said):
        schedule(work, people)


@pytest.mark.parametrize("hours", [0, -1, 1.5, True])
def test_steps_and_weeks_without_hours_are_refused(hours):
    with pytest.raises(PlanError, match="hours"):
        Step("a", hours)
    with pytest.raises(NoTime, match="hours a week"):
        StudyCalendar(MONDAY, hours)
