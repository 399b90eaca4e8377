"""Credentials that name nobody, a home that is nobody's."""

import json

import pytest

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.adapters import point_at
from mlops_helpers.cloud.adapters_gemini import point_gemini
from mlops_helpers.cloud.adapters_rpc import point_rpc
from mlops_helpers.cloud.adapters_vertex import point_vertex
from mlops_helpers.cloud.patches import Patches
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


@pytest.fixture
def room():
    """An offline cloud that is still there when its session's redirections are not."""
    with connect("offline") as session:
        yield session


@pytest.fixture
def shared(room):
    """A session in google mode, whose Google Cloud happens to be that room: the clients go there on their own."""
    room._patches.restore()
    detour = Patches()
    point_at(detour, room.project, lambda name: room._ask(f"grpc/{name}")["address"])
    point_rpc(detour, room.now)
    point_gemini(detour, room.url, room.project, "global")
    point_vertex(detour, room.url, room.project, room.location)
    Session.current = None
    with connect("google", project=room.project) as session:
        yield session
    detour.restore()
