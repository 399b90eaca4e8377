"""The team of lesson 4: everybody can model, and one person alone can restore the feature pipeline."""

import itertools
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from google.cloud import bigquery, storage
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cloud import connect
from mlops_helpers.skills import (
    BadTeam,
    LevelOutOfRange,
    Person,
    Team,
    UnknownName,
    load_catalogue,
    operations_of,
    read_team,
    teaching_plan,
)
from mlops_helpers.skills.heatmap import team_alt, team_figure
from mlops_helpers.skills.team_reading import COLUMNS

CATALOGUE = load_catalogue()
PIPELINE = CATALOGUE.system("feature_pipeline")
USED = json.loads((Path(__file__).resolve().parents[2] / "notebooks" / "operations.json").read_text(encoding="utf-8"))


def system(table, name):
    return table.set_index("what").loc[name]


def test_the_surprise_every_skill_twice_and_yet_one_alone(team):
    assert (team.bus_factors("skill")["alone"] >= 2).all()
    systems = team.bus_factors("system")
    assert systems.loc[systems["alone"] == 1, "what"].tolist() == ["feature_pipeline"]
    assert system(systems, "feature_pipeline")["held_by"] == "data engineer F"
    assert (team.levels().loc["modelling"] >= 2).all()


def test_going_by_claims_there_would_be_three(team):
    claimed = system(team.bus_factors("system", by="claimed"), "feature_pipeline")
    assert (claimed["alone"], claimed["can_be_absent"]) == (3, 2)


def test_without_that_one_nobody_is_left(team):
    absent = system(team.without("data engineer F").bus_factors("system"), "feature_pipeline")
    assert (absent["alone"], absent["held_by"], absent["can_be_absent"]) == (0, "", 0)


LEVEL = st.integers(0, 4)
PEOPLE = st.lists(st.fixed_dictionaries(dict.fromkeys(PIPELINE.needs, LEVEL)), min_size=1, max_size=5)


@settings(max_examples=40)
@given(PEOPLE)
def test_together_is_the_smallest_number_whose_absence_leaves_a_skill_without_anybody(levels):
    people = tuple(Person(f"P{n}", "ml_engineer", 4, shown=shown) for n, shown in enumerate(levels))
    row = system(Team(people, CATALOGUE).bus_factors("system"), "feature_pipeline")
    assert row["together"] == smallest_absence(people, PIPELINE.needs)
    assert row["alone"] <= row["together"]


def smallest_absence(people, needs):
    """Tried out: every group of absent people, the smallest first."""
    for size in range(len(people) + 1):
        for absent in itertools.combinations(people, size):
            left = [person for person in people if person not in absent]
            if not all(any(one.level(skill) >= level for one in left) for skill, level in needs.items()):
                return size
    raise AssertionError("with everybody absent a skill is missing")


def test_coverage_of_the_services_the_lessons_call(team):
    table = team.coverage([operation for lesson in USED.values() for operation in lesson])
    assert {"Cloud Storage", "BigQuery", "Gemini", "Vertex AI Model Monitoring"} <= set(table["name"])
    assert set(table["verdict"]) <= {"one person", "covered"}


def test_coverage_of_a_projects_enabled_interfaces_and_of_what_nobody_knows(team):
    table = team.coverage(apis=["dataflow.googleapis.com", "redis.googleapis.com", "dataproc.googleapis.com"])
    verdicts = table.set_index("what")["verdict"].to_dict()
    assert verdicts == {"dataproc": "not in the catalogue", "redis": "one person", "dataflow": "covered"}
    assert team.coverage().empty


@pytest.fixture
def used_session():
    """A session of the offline cloud in which a bucket and a dataset were made."""
    with connect("offline") as session:
        storage.Client().create_bucket("skills-in-use")
        bigquery.Client().create_dataset("skills_in_use")
        yield session
        session.clean_up()


def test_coverage_of_what_a_session_made(team, used_session):
    table = team.coverage(operations_of(entry.name for entry in used_session.ledger.entries))
    assert set(table["what"]) == {"storage", "bigquery"}
    assert (table["verdict"] == "covered").all()


def test_names_that_no_service_explains_are_shown_and_not_lost(team):
    names = [
        "vertex://projects/p/locations/l/oracles/7",
        "abacus://1",
        "odd",
        "vertex://projects/p/locations/l/models/1",
    ]
    table = team.coverage([*operations_of(names), "offline.seconds"])
    unknown = table.loc[table["verdict"] == "not in the catalogue", "what"].tolist()
    assert (sorted(unknown), "registry" in set(table["what"])) == (["abacus", "odd", "vertex.oracles"], True)


def test_gaps_of_the_team_begin_with_the_largest(team):
    gaps = team.gaps()
    assert gaps["gap"].is_monotonic_decreasing
    assert set(gaps["person"]) == {person.label for person in team.people}
    assert (gaps["reading"] == "claimed, not shown").sum() > 10


def test_solved_exercises_raise_the_levels_of_who_solved_them(team):
    after = team.with_solved({"scientist C": {"debugging.4", "debugging.1"}})
    assert after.person("scientist C").level("software_engineering") == 2
    assert after.person("scientist A") == team.person("scientist A")
    with pytest.raises(UnknownName, match="the person 'nobody'"):
        team.with_solved({"nobody": set()})


def table(**changed):
    row = {"person": "A", "role": "ml_engineer", "hours_per_week": 4, "skill": "sql", "claimed": 3, "shown": 2}
    return pd.DataFrame([{**row, "evidence": "a drill", **changed}])[list(COLUMNS)]


def test_a_frame_and_its_file_are_the_same_team(tmp_path):
    table().to_csv(tmp_path / "team.csv", index=False)
    assert read_team(tmp_path / "team.csv") == read_team(table())


@pytest.mark.parametrize(
    ("frame", "error", "said"),
    [
        (table().drop(columns="skill"), BadTeam, "no column skill"),
        (pd.concat([table(), table(claimed=1)]), BadTeam, "two rows for A and sql"),
        (pd.concat([table(), table(skill="cost_management", role="data_engineer")]), BadTeam, "A with role"),
        (table(evidence=" "), BadTeam, "sql shown on level 2, by nothing"),
        (table(evidence=float("nan")), BadTeam, "by nothing"),
        (table(shown=5), LevelOutOfRange, "A: sql shown on level 5"),
        (table(shown="high"), LevelOutOfRange, "'high'"),
        (table(claimed=2.5), LevelOutOfRange, "2.5"),
        (table(claimed=float("nan")), LevelOutOfRange, "nan"),
        (table(hours_per_week=60), BadTeam, "60 hours"),
        (table(role="wizard"), UnknownName, "wizard"),
        (table(skill="cobol"), UnknownName, "cobol"),
        (table().iloc[:0], BadTeam, "nobody"),
    ],
)
def test_a_wrong_table_is_refused_by_name(frame, error, said):
    with pytest.raises(error, match=said):
        read_team(frame)


def test_two_people_of_one_label_and_unknown_words_are_refused(team):
    with pytest.raises(BadTeam, match="scientist A"):
        Team((*team.people, team.people[0]), CATALOGUE)
    with pytest.raises(UnknownName, match="'hobby'; expected one of skill, service, system"):
        team.bus_factors("hobby")
    with pytest.raises(UnknownName, match="'guessed'"):
        team.levels("guessed")


def test_the_picture_has_a_square_for_each_level_and_a_sentence(team):
    figure = team_figure(team)
    panel = figure.axes[0]
    assert len(panel.texts) == len(team.people) * len(CATALOGUE.skills)
    hatched = int((team.levels("claimed") > team.levels()).to_numpy().sum())
    assert len(panel.patches) == hatched
    assert f"In {hatched} squares more is claimed than shown." in team_alt(team)
    assert "feature_store (1)" in team_alt(team.without("data engineer F"))


def test_a_team_that_has_learned_what_was_planned_survives_every_absence(team):
    plan = teaching_plan(team, team.catalogue.system("feature_pipeline"), date(2026, 11, 30))
    taught = team.with_shown(plan.levels_after(plan.weeks), by="drill")
    assert taught.person("ML engineer D").witnesses["feature_store"] == "drill"
    for person in taught.people:
        assert (taught.without(person.label).bus_factors("system")["alone"] > 0).all()


def test_levels_shown_later_take_nothing_away_and_are_checked(team):
    same = team.with_shown({"ML engineer D": {"sql": 1}}, by="drill")
    assert same.person("ML engineer D") == team.person("ML engineer D")
    with pytest.raises(LevelOutOfRange):
        team.with_shown({"ML engineer D": {"sql": 5}}, by="drill")
    with pytest.raises(UnknownName, match="nobody"):
        team.with_shown({"nobody": {}}, by="drill")
