"""The image of the pipeline's steps: made of files that are there and let in, in the versions that are tested."""

import fnmatch
import re
import tomllib
from pathlib import Path

from mlops_helpers.tooling.pipeline_compiling import IMAGE

ROOT = Path(__file__).resolve().parents[2]


def instructions():
    """(instruction, argument) of each line of the Dockerfile; none of ours is continued on the next."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def lets_in(path):
    """What .dockerignore says of a file: the last pattern that fits it, or a folder above it, decides."""
    found = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        above = [path, *map(str, Path(path).parents)][:-1]
        fits = any(fnmatch.fnmatch(f"/{one}", f"/{pattern}".replace("/**/", "*/")) for one in above)
        found = line.startswith("!") if fits and not line.startswith("#") else found
    return found


def test_the_dockerfile_holds_known_instructions_in_an_order_that_works():
    found = [word for word, _ in instructions()]
    assert found[0] == "FROM"
    assert set(found) == {"FROM", "ENV", "WORKDIR", "COPY", "RUN"}
    assert found.index("RUN") > max(place for place, word in enumerate(found) if word == "COPY")


def test_it_starts_from_the_python_that_the_compiled_file_names():
    assert instructions()[0][1] == f"{IMAGE}-slim"
    minimum = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert minimum == f">={IMAGE.partition(':')[2]}"


def test_whatever_is_copied_is_there_and_let_in():
    for _, argument in (one for one in instructions() if one[0] == "COPY"):
        for source in argument.split()[:-1]:
            assert (ROOT / source).exists()
            assert lets_in(source), source


def test_nothing_else_is_let_in():
    refused = ["data/churn.csv", "notebooks/01_governance.ipynb", ".git/config", ".venv/bin/python", "tests/x.py"]
    refused += ["mlops_helpers/__pycache__/x.pyc", "mlops_helpers/tooling/__pycache__/y.pyc", "key.json", ".env"]
    assert [path for path in refused if lets_in(path)] == []
    assert lets_in("mlops_helpers/tooling/compiled/churn_training.yaml")


def test_versions_are_those_of_the_lock():
    [install] = [argument for word, argument in instructions() if word == "RUN" and "pip install" in argument]
    assert re.search(r"--constraint constraints/lock\.txt \"\.\[(\w+)\]\"", install)[1] == "pipelines"
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras["pipelines"]) <= set((ROOT / "constraints" / "lock.txt").read_text().splitlines())
