"""Where a notebook under test keeps what it writes: what a learner has solved elsewhere must not change an output."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from notebooks.operations import VARIABLE

HOMES = pytest.StashKey[tempfile.TemporaryDirectory]()


def home(item: pytest.Item) -> Path:
    """The folder of a notebook under test."""
    return Path(item.config.stash[HOMES].name) / item.path.parent.name / item.path.stem


def environment(item: pytest.Item) -> dict[str, str]:
    """Where the lesson's kernel writes its journal and its operations."""
    return {"MLOPS_COURSE_HOME": str(home(item) / "home"), VARIABLE: str(home(item) / "operations.json")}
