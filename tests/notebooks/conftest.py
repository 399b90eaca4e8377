"""Lessons executed in tests find the test folder's own exercises."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def sample():
    """A tiny lesson that keeps every rule."""
    return SAMPLES / "01_good.py"


@pytest.fixture(autouse=True)
def root_on_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
