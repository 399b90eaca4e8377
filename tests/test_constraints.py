"""The three sets of versions agree: ranges for people, exact versions for CI, and those that Colab has already."""

from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
# What `pip install -r requirements.txt` brings to Colab. A package moves out of here when Colab preinstalls it.
MISSING_ON_COLAB = {"pandera", "google-cloud-aiplatform", "google-cloud-logging", "redis", "fakeredis", "kfp", "skops"}
MISSING_ON_COLAB |= {"fairlearn"}


def read(file):
    lines = (ROOT / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def pins(file, python):
    """Name -> version of an exact list, for one Python version."""
    environment = default_environment() | {"python_full_version": f"{python}.9", "python_version": python}
    chosen = [item for item in read(file) if item.marker is None or item.marker.evaluate(environment)]
    return {canonicalize_name(item.name): next(iter(item.specifier)).version for item in chosen}


REQUIREMENTS = read("requirements.txt")


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=[item.name for item in REQUIREMENTS])
def test_what_colab_has_is_admitted(requirement):
    """An excluded version would make pip replace a preinstalled package, and Colab ask for a restart."""
    version = pins("constraints/colab.txt", "3.13").get(canonicalize_name(requirement.name))
    assert version is None or requirement.specifier.contains(version), f"Colab has {requirement.name} {version}"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_holds_every_requirement_in_range(python):
    locked = pins("constraints/lock.txt", python)
    wrong = [str(item) for item in REQUIREMENTS if not item.specifier.contains(locked[canonicalize_name(item.name)])]
    assert wrong == []


def test_every_range_has_a_floor_and_a_ceiling():
    open_ended = {"pyarrow", "cryptography"}  # a new major every few months, by date and not by what it breaks
    operators = {item.name: {specifier.operator for specifier in item.specifier} for item in REQUIREMENTS}
    assert {name for name, found in operators.items() if found != {">=", "<"}} == open_ended


@pytest.mark.parametrize("file", ["constraints/lock.txt", "constraints/lab.txt", "constraints/colab.txt"])
def test_locks_are_exact(file):
    assert [str(item) for item in read(file) if [specifier.operator for specifier in item.specifier] != ["=="]] == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lessons_environment_has_no_jupyterlab(python):
    """Its presence makes every process that executes a notebook start seconds later."""
    locked = pins("constraints/lock.txt", python)
    assert {"jupyterlab", "notebook", "jupyter-server", "rfc3987-syntax"} & set(locked) == set()


def test_the_colab_list_is_about_packages_the_course_touches():
    requirements = {canonicalize_name(item.name) for item in REQUIREMENTS}
    assert requirements - set(pins("constraints/colab.txt", "3.13")) <= MISSING_ON_COLAB
