"""An offline session: clients are built with bare constructors, as a lesson builds them."""

import pytest

from mlops_helpers.cloud import connect


@pytest.fixture
def session(monkeypatch, tmp_path):
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("MLOPS_OFFLINE_URL", raising=False)
    with connect("offline") as session:
        yield session
