"""Roadmaps: prerequisites first, within the hours, and what twelve weeks hold."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.skills import (
    LevelOutOfRange,
    NoTime,
    Person,
    PlanError,
    StudyCalendar,
    UnknownName,
    hours_to,
    load_catalogue,
    roadmap,
    roadmap_alt,
    roadmap_figure,
    successors,
    team_roadmap,
)
from mlops_helpers.skills.steps import full_goals, step_of

CATALOGUE = load_catalogue()
MONDAY = date(2026, 1, 5)
LEVELS = st.dictionaries(st.sampled_from(sorted(CATALOGUE.skills)), st.integers(0, 4), max_size=5)


def calendar(hours=6, **more):
    return StudyCalendar(MONDAY, hours, **more)


@settings(max_examples=40)
@given(LEVELS, LEVELS)
def test_no_skill_before_its_prerequisites_and_every_goal_reached(shown, goals):
    person = Person("A", "ml_engineer", 6, shown=shown)
    plan = roadmap(person, calendar(), goals=goals, catalogue=CATALOGUE)
    level = dict(shown)
    for one in plan.schedule.placed:
        skill, reached = step_of(one.step)
        assert reached == level.get(skill, 0) + 1
        for before, needed in CATALOGUE.skill(skill).prerequisites.items():
            assert reached > person.level(skill) + 1 or level.get(before, 0) >= needed
        level[skill] = reached
    assert all(level.get(skill, 0) >= wanted for skill, wanted in goals.items())


@settings(max_examples=40)
@given(LEVELS)
def test_a_single_roadmap_takes_its_hours_and_no_more(goals):
    person = Person("A", "ml_engineer", 6)
    plan = roadmap(person, calendar(), goals=goals, catalogue=CATALOGUE)
    assert plan.schedule.makespan * 6 == plan.hours == hours_to(person, goals, CATALOGUE)


def test_prerequisites_are_added_and_what_is_there_is_not_learned_again():
    person = Person("A", "data_scientist", 6, shown={"sql": 2})
    goals = full_goals(person, {"feature_store": 1}, CATALOGUE)
    assert goals == {"software_engineering": 1, "data_pipelines": 1, "feature_store": 1}


def test_twelve_weeks_week_by_week(team):
    person = team.person("scientist A")
    plan = roadmap(person, calendar(4, weeks_off=[date(2026, 2, 18)]))
    weeks = plan.by_week()
    assert weeks["week"].tolist() == list(range(1, 13))
    assert weeks["monday"].iloc[-1] == date(2026, 3, 23)
    assert (weeks["hours"] <= weeks["of"]).all()
    assert weeks.loc[6, ["hours", "of", "what"]].tolist() == [0.0, 0.0, ""]
    assert weeks["what"].str.contains("✓").sum() >= 3


def test_levels_after_twelve_weeks_are_those_of_finished_steps(team):
    plan = roadmap(team.person("scientist C"), calendar(3))
    table = plan.table
    done = table[table["last_week"] <= 12]
    reached = plan.levels_after(12)["scientist C"]
    assert reached == done.groupby("skill")["level"].max().to_dict()
    assert plan.levels_after(plan.weeks)["scientist C"] == table.groupby("skill")["level"].max().to_dict()


def test_the_table_says_what_to_be_seen_doing_and_which_exercises_help(team):
    table = roadmap(team.person("scientist C"), calendar()).table.set_index(["skill", "level"])
    step = table.loc["reproducibility", 2]
    assert step["exercises"] == "debugging.1"
    assert step["shows"].startswith("Makes a training run repeat")
    assert table["critical"].any()
    assert table["ends"].is_monotonic_increasing


def test_what_is_named_first_comes_first_with_all_it_builds_on():
    person = Person("A", "data_scientist", 6)
    order = roadmap(person, calendar(), first=["feature_store"]).table["skill"].tolist()
    assert set(order[: order.index("feature_store")]) == {"sql", "software_engineering", "data_pipelines"}


def test_who_is_there_has_an_empty_roadmap(team):
    plan = roadmap(team.person("data engineer F"), calendar(), goals={"sql": 3})
    assert (plan.weeks, plan.hours, plan.last_week, plan.table.empty) == (0, 0, None, True)
    assert plan.by_week(2)["hours"].tolist() == [0.0, 0.0]


def test_the_successor_is_who_has_the_shortest_way(team):
    system = team.catalogue.system("feature_pipeline")
    [first] = successors(team, system)
    hours = {one.label: hours_to(one, system.needs, team.catalogue) for one in team.people}
    assert hours.pop("data engineer F") == 0
    assert hours[first.label] == min(hours.values()) == 40


def test_two_learn_side_by_side_and_the_team_has_three(team):
    system = team.catalogue.system("feature_pipeline")
    both = successors(team, system, 2)
    plan = team_roadmap(team, {one.label: system.needs for one in both}, MONDAY)
    alone = [roadmap(one, calendar(one.hours_per_week), goals=system.needs).weeks for one in both]
    assert plan.weeks == max(alone)
    assert set(plan.by_week(2)["person"]) == {one.label for one in both}


def test_a_person_who_is_away_finishes_later(team):
    goals = {"ML engineer D": {"feature_store": 3}}
    away = {"ML engineer D": [date(2026, 1, 12), date(2026, 1, 19)]}
    later = team_roadmap(team, goals, MONDAY, weeks_off=away)
    assert later.weeks == team_roadmap(team, goals, MONDAY).weeks + 2


def test_goals_and_plans_that_cannot_be_are_refused(team):
    person, system = team.person("scientist A"), team.catalogue.system("feature_pipeline")
    with pytest.raises(UnknownName, match="cobol"):
        roadmap(person, calendar(), goals={"cobol": 1})
    with pytest.raises(LevelOutOfRange, match="the goal sql"):
        roadmap(person, calendar(), goals={"sql": 5})
    with pytest.raises(UnknownName, match="cobol"):
        roadmap(person, calendar(), first=["cobol"])
    with pytest.raises(PlanError, match="0 weeks"):
        roadmap(person, calendar()).by_week(0)
    with pytest.raises(PlanError, match="8 successors"):
        successors(team, system, 8)
    with pytest.raises(UnknownName, match="the person 'nobody'"):
        team_roadmap(team, {"scientist A": {"sql": 3}}, MONDAY, weeks_off={"nobody": []})


def test_who_has_no_hours_cannot_learn(team):
    from mlops_helpers.skills import Team

    busy = Team((Person("busy", "ml_engineer", 0),), team.catalogue)
    with pytest.raises(NoTime, match="0 hours a week"):
        team_roadmap(busy, {"busy": {"sql": 1}}, MONDAY)


def test_the_picture_has_a_bar_for_each_step_and_hatches_the_critical_path(team):
    plan = roadmap(team.person("scientist C"), calendar())
    bars = roadmap_figure(plan).axes[0].patches
    assert [bar.get_hatch() is not None for bar in bars] == plan.table["critical"].tolist()
    assert sum(bar.get_width() for bar in bars) * 6 == pytest.approx(plan.hours)
    assert f"in {plan.weeks} weeks. Critical path: software_engineering 2, orchestration 1." in roadmap_alt(plan)
