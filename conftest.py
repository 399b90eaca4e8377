"""Notebooks under test (nbval) get a course home of their own: what a learner has solved must not change an output."""

import os
import tempfile
from pathlib import Path

import pytest

HOMES = pytest.StashKey[tempfile.TemporaryDirectory]()
BEFORE = pytest.StashKey[dict]()
KERNEL_VARIABLES = ("MLOPS_COURSE_HOME", "IPYTHONDIR", "PYTHONPATH")


def pytest_configure(config):
    config.stash[HOMES] = tempfile.TemporaryDirectory(prefix="mlops-tests-")
    config.stash[BEFORE] = {name: os.environ.get(name) for name in KERNEL_VARIABLES}
    os.environ["PYTHONPATH"] = str(config.rootpath)  # kernels start in the notebook's folder


def pytest_unconfigure(config):
    for name, value in config.stash[BEFORE].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    config.stash[HOMES].cleanup()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Runs before nbval starts a notebook's kernel, which takes over these variables."""
    if item.path.suffix == ".ipynb":
        own = Path(item.config.stash[HOMES].name) / item.path.parent.name / item.path.stem
        own.mkdir(parents=True, exist_ok=True)
        os.environ["MLOPS_COURSE_HOME"] = str(own / "home")
        os.environ["IPYTHONDIR"] = str(own / "ipython")
