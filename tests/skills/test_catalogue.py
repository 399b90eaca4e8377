"""The catalogue of skills: complete, free of circles, and refused by name where it is not."""

import json
import re
from pathlib import Path

import pytest

from mlops_helpers import skills
from mlops_helpers.learning import LESSONS, Course
from mlops_helpers.skills import (
    BadCatalogue,
    CyclicPrerequisite,
    LevelOutOfRange,
    SkillsError,
    UnknownName,
    catalogue_from,
    load_catalogue,
)
from mlops_helpers.skills.services import services_in_use

ROOT = Path(__file__).resolve().parents[2]


def test_the_five_roles_are_there_and_every_skill_is_needed_by_one(catalogue):
    assert list(catalogue.roles) == [
        "data_scientist",
        "ml_engineer",
        "data_engineer",
        "platform_engineer",
        "business_owner",
    ]
    every = (*catalogue.roles.values(), *catalogue.services.values(), *catalogue.systems.values())
    needed = {skill for need in every for skill in need.needs}
    assert set(catalogue.skills) - needed <= {"ml_architecture"}


def test_evidence_names_exercises_that_exist(catalogue):
    named = {one for skill in catalogue.skills.values() for level in skill.evidence.values() for one in level}
    assert {one.partition(".")[0] for one in named} <= set(LESSONS)
    course = Course()
    known = {exercise.id for lesson in course.lessons() for exercise in course.exercises(lesson)}
    written = {one for one in named if one.partition(".")[0] in course.lessons()}
    assert written <= known


def test_no_exercise_shows_more_than_guided_work(catalogue):
    assert {level for skill in catalogue.skills.values() for level in skill.evidence} <= {1, 2}


def test_every_family_of_operations_the_offline_cloud_answers_is_a_service(catalogue):
    used = json.loads((ROOT / "notebooks" / "operations.json").read_text(encoding="utf-8"))
    coverage = (ROOT / "mlops_helpers" / "offline" / "COVERAGE.md").read_text(encoding="utf-8")
    vertex = [f"vertex.{name}.Any" for name in re.findall(r"`(\w+Service)\.", coverage)]
    operations = [operation for lesson in used.values() for operation in lesson]
    found, unknown = services_in_use([*operations, *vertex], (), catalogue)
    assert unknown == []
    assert {"bigquery", "gemini", "metadata", "storage"} <= {service.id for service in found}


def test_table_has_one_row_per_skill(catalogue):
    table = catalogue.table.set_index("skill")
    assert list(table.index) == list(catalogue.skills)
    assert table.loc["orchestration", "prerequisites"] == "software_engineering 2, infrastructure 1"
    assert "Vertex AI Pipelines" in table.loc["orchestration", "services"]
    assert table.loc["sql", "exercises"] == "governance.4, governance.quiz"


def spoil(data, where, value):
    *path, last = where
    place = data
    for step in path:
        place = place[step]
    place[last] = value
    return data


@pytest.mark.parametrize(
    ("where", "value", "error", "said"),
    [
        (
            ("skills", "sql", "prerequisites"),
            {"feature_store": 1},
            CyclicPrerequisite,
            "the circle .*sql",
        ),
        (("skills", "sql", "prerequisites"), {"sql": 1}, CyclicPrerequisite, "sql → sql"),
        (("skills", "sql", "prerequisites"), {"cobol": 1}, UnknownName, "skills.sql, which names the skill 'cobol'"),
        (("skills", "sql", "prerequisites"), {"modelling": 5}, LevelOutOfRange, "skills.sql.modelling on level 5"),
        (("skills", "sql", "hours"), [1, 2, 3], BadCatalogue, "hours"),
        (("skills", "sql", "hours"), [1, 2, 3, 0], BadCatalogue, "above 0"),
        (("skills", "sql", "shows"), ["a", "a", "b", "c"], BadCatalogue, "descriptions"),
        (("skills", "sql", "evidence"), {"2": ["lesson one"]}, BadCatalogue, "ids such as 'governance.1'"),
        (("skills", "sql", "evidence"), {"7": ["governance.1"]}, LevelOutOfRange, "level 7"),
        (("skills", "sql", "colour"), "red", BadCatalogue, "colour"),
        (("roles", "data_scientist", "needs"), {"sql": -1}, LevelOutOfRange, "roles.data_scientist.sql on level -1"),
        (("roles", "data_scientist", "needs"), {"sql": 2.0}, LevelOutOfRange, "2.0"),
        (("roles", "data_scientist", "needs"), {"sql": True}, LevelOutOfRange, "True"),
        (("roles", "data_scientist", "needs"), {"sql": 0}, LevelOutOfRange, "level 0"),
        (("roles", "data_scientist", "needs"), {}, BadCatalogue, "without needs"),
        (("systems", "serving", "services"), ["abacus"], UnknownName, "the service 'abacus'"),
        (("scale",), ["new", "old"], BadCatalogue, "2 lines"),
        (("sklils",), {}, BadCatalogue, "sklils"),
    ],
)
def test_a_wrong_catalogue_is_refused_by_name(data, where, value, error, said):
    with pytest.raises(error, match=said):
        catalogue_from(spoil(data, where, value))


def test_the_circle_is_shown_from_end_to_end(data):
    spoil(data, ("skills", "sql", "prerequisites"), {"feature_store": 1})
    with pytest.raises(CyclicPrerequisite) as caught:
        catalogue_from(data)
    circle = caught.value.found.removeprefix("the circle ").split(" → ")
    assert circle[0] == circle[-1]
    assert {"sql", "feature_store"} <= set(circle)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "mine.json").write_text("{")
    with pytest.raises(BadCatalogue, match=r"mine\.json, which is no JSON"):
        load_catalogue(tmp_path / "mine.json")
    with pytest.raises(BadCatalogue, match="made of list"):
        catalogue_from([])


@pytest.mark.parametrize("kind", ["skill", "role", "service", "system"])
def test_an_unknown_name_is_answered_with_those_that_exist(catalogue, kind):
    with pytest.raises(UnknownName, match=f"the {kind} 'nothing'; expected one of"):
        getattr(catalogue, kind)("nothing")


def test_every_public_name_loads_and_every_error_is_in_the_tree():
    for name in skills.PUBLIC:
        assert getattr(skills, name)
    errors = [getattr(skills, name) for name, module in skills.PUBLIC.items() if module == "errors"]
    assert all(issubclass(error, SkillsError) for error in errors)
    assert all(error.__name__ in skills.errors.__doc__ for error in errors)
