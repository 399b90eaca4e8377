"""Lessons executed in tests find the test folder's own exercises."""

from pathlib import Path

import nbformat
import pytest

from notebooks.execute import Job, execute

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def sample():
    """A tiny lesson that keeps every rule."""
    return SAMPLES / "01_good.py"


@pytest.fixture(autouse=True)
def root_on_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="session")
def good():
    """The good sample, both editions, executed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        return {which: execute(Job(SAMPLES / "01_good.py", which)).notebook for which in ("learner", "solutions")}


@pytest.fixture
def lesson(good):
    """The learner edition of the good sample, free to be spoilt."""
    return nbformat.from_dict(good["learner"])
