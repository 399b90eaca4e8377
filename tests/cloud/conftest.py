"""Credentials that name nobody, a home that is nobody's."""

import json

import pytest

from mlops_helpers.cloud.session import Session


@pytest.fixture(autouse=True)
def course_home(monkeypatch, tmp_path):
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    Session.close_current()


@pytest.fixture
def google_credentials(monkeypatch, tmp_path):
    fields = {"client_id": "nobody", "client_secret": "none", "refresh_token": "none", "type": "authorized_user"}
    (tmp_path / "nobody.json").write_text(json.dumps(fields))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nobody.json"))
