"""The golden path: a project is made whole or not at all, passes its own tests, and compiles its own pipeline."""

import os
import subprocess
import sys

import pytest
import yaml

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.golden_path import create_project


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return create_project("churn-model", tmp_path_factory.mktemp("projects") / "churn", owner="example")


def run(folder, *command):
    """Run Python in the project, with the interpreter and libraries of these tests."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PIPELINE", "ROWS"))}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=known, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_project_passes_its_own_tests(made):
    done = run(made, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_the_project_compiles_its_own_pipeline_and_submits_nothing_unasked(made):
    done = run(made, "-m", "churn_model.pipeline", "--event", "drift")
    assert "PIPELINE_ROOT and ROWS not set" in done.stderr
    compiled = yaml.safe_load((made / "build" / "pipeline.yaml").read_text())
    assert compiled["pipelineInfo"]["name"] == "churn-model"
    assert set(compiled["components"]) == {"comp-prepare", "comp-train", "comp-evaluate"}


def test_the_files_are_those_that_the_readme_names(made):
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert files >= {
        ".github/workflows/ci.yml",
        ".gitignore",
        "Makefile",
        "README.md",
        "churn_model/__init__.py",
        "churn_model/pipeline.py",
        "churn_model/steps.py",
        "cloudbuild.yaml",
        "requirements.txt",
        "tests/test_pipeline.py",
        "triggers/on_drift.yaml",
    }
    assert all(part in (made / "README.md").read_text() for part in ("churn_model/steps.py", "cloudbuild.yaml"))


def test_every_command_of_the_ci_files_is_a_target_of_the_makefile(made):
    workflow = yaml.safe_load((made / ".github/workflows/ci.yml").read_text())
    commands = [step["run"] for step in workflow["jobs"]["run"]["steps"] if "run" in step]
    makefile = (made / "Makefile").read_text()
    assert [command.removeprefix("make ") for command in commands] == ["install", "test", "pipeline"]
    assert all(f"\n{command.removeprefix('make ')}:\n\t" in makefile for command in commands)
    assert "--event $(EVENT)" in makefile


def test_an_empty_folder_is_taken_and_nothing_else_is_left_beside_it(tmp_path):
    (tmp_path / "empty").mkdir()
    made = create_project("churn", tmp_path / "empty")
    assert (made / "churn" / "steps.py").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_folder_that_holds_anything_stays_as_it_is(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.md").write_text("all of it")
    with pytest.raises(InvalidSetting, match="no empty folder"):
        create_project("churn", tmp_path / "work")
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["thesis.md"]
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_no_parent_no_project(tmp_path):
    with pytest.raises(InvalidSetting, match="Make the parent first"):
        create_project("churn", tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "Churn", "churn model", "1st", "$name", "", "-x", "class", "json", "tests"])
def test_a_name_that_cannot_be_writes_nothing(name, tmp_path):
    with pytest.raises(InvalidSetting):
        create_project(name, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
