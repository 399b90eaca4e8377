"""Where the lessons run: recognised by what the place itself publishes; what does not fit is told in one line."""

from importlib.metadata import version
from types import SimpleNamespace

import pytest

from mlops_helpers.cloud.__main__ import main
from mlops_helpers.cloud.workplace import (
    look_at_imports,
    look_at_place,
    look_at_python,
    look_at_requirements,
    own_requirements,
    place,
    unfit,
)


@pytest.mark.parametrize(
    ("environment", "modules", "found"),
    [
        ({"VERTEX_PRODUCT": "WORKBENCH_INSTANCE"}, {"ipykernel": None}, "Vertex AI Workbench"),
        ({"VERTEX_PRODUCT": "COLAB_ENTERPRISE"}, {"google.colab": None}, "Colab Enterprise"),
        ({"COLAB_RELEASE_TAG": "release-colab"}, {}, "Colab"),
        ({}, {"google.colab": None, "ipykernel": None}, "Colab"),
        ({}, {"ipykernel": None}, "Jupyter"),
        ({"VERTEX_PRODUCT": "something new"}, {}, "plain Python"),
    ],
)
def test_each_place_is_recognised(environment, modules, found):
    assert place(environment, modules) == found


def test_colab_is_told_to_restart():
    assert look_at_place({"COLAB_RELEASE_TAG": "1"}, {}) == (
        True,
        "Colab (install with %pip, then Runtime > Restart session)",
    )


@pytest.mark.parametrize(
    ("given", "well"), [((3, 10, 9), False), ((3, 11), True), ((3, 13, 2), True), ((3, 14), False)]
)
def test_python_is_one_of_those_tested(given, well):
    ok, found = look_at_python(given)
    assert ok is well
    assert "3.11 to 3.13 are tested" in found


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("pandas", ""),
        (f"pandas=={version('pandas')}", ""),
        ("pandas>=2,<99", ""),
        ("pandas<2,>=1", f"pandas {version('pandas')} does not fit <2,>=1"),
        ("pandas>=99.10", f"pandas {version('pandas')} does not fit >=99.10"),
        ("no-such-package>=1", "no-such-package is missing"),
    ],
)
def test_a_requirement_is_met_or_named(requirement, problem):
    assert unfit(requirement) == problem


def test_versions_are_compared_as_numbers_not_as_text(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "2.10.0")
    assert unfit("anything>=2.9,<2.11") == ""
    assert unfit("anything==2.10") == ""
    assert unfit("anything<2.9") != ""


def test_the_courses_own_requirements_are_met_here_and_extras_do_not_count():
    assert look_at_requirements()[0], look_at_requirements()[1]
    assert look_at_requirements(['no-such-package; extra == "pipelines"'])[0]


def test_a_clone_says_itself_what_it_needs(tmp_path):
    (tmp_path / "requirements.txt").write_text("# why\npandas>=2.2,<4  # tables\n\nno-such-package>=1\n")
    assert own_requirements(tmp_path) == ["pandas>=2.2,<4", "no-such-package>=1"]
    assert look_at_requirements(own_requirements(tmp_path)) == (False, "no-such-package is missing")


def test_an_upgrade_without_a_restart_is_noticed():
    ok, found = look_at_imports({"pandas": SimpleNamespace(__version__="1.0")})
    assert not ok
    assert found == f"pandas 1.0 is loaded, {version('pandas')} is installed"
    assert look_at_imports({})[0]


def test_the_doctor_answers_from_a_shell(capsys):
    main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["place:", "Python:"]
    assert main(["doctor", "--project", "[your-project-id]"]) == 1
    assert "your-project-id" in capsys.readouterr().err
