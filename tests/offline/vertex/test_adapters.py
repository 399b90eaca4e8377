"""How the clients find the offline cloud: lazily, with bare constructors, and undone exactly."""

import asyncio
import subprocess
import sys
import textwrap
import types

import pytest

from mlops_helpers.cloud.adapters_vertex import GOOGLE_HOST
from mlops_helpers.cloud.after_import import AfterImport
from mlops_helpers.cloud.sleeps import ShortSleeps
from tests.offline.vertex.samples import deploy, upload

BARE = """
import sys
from mlops_helpers.cloud import connect
from mlops_helpers.cloud.adapters_vertex import point_vertex

session = connect("offline", project="offline-project")
point_vertex(session._patches, session.url, session.project, session.location)
assert "google.cloud.aiplatform" not in sys.modules, "connect must not import aiplatform"
from google.cloud import aiplatform
aiplatform.init(project=session.project, location=session.location)
made = aiplatform.Endpoint.create(display_name="bare")
aiplatform.init()
assert aiplatform.Endpoint.list()[0].display_name == "bare"
session.close()
config = aiplatform.initializer.global_config
assert config._api_endpoint is None and config._api_transport is None and config._project is None
assert "ShortSleeps" not in repr(aiplatform.jobs.time)
"""


def test_clients_imported_after_connecting_find_the_cloud_and_closing_restores_them():
    found = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr


def test_generative_clients_are_pointed_at_the_cloud(vertex, server):
    import agentplatform
    import vertexai

    with pytest.warns(FutureWarning, match="use agentplatform.Client instead"):
        clients = [agentplatform.Client(), vertexai.Client()]
    for client in (client._api_client for client in clients):
        assert client._http_options.base_url.rstrip("/") == server.url
        assert (client.project, client.location) == ("offline-project", "us-central1")


def test_predictions_can_be_awaited(vertex):
    endpoint = deploy(upload())
    answers = asyncio.run(gather(endpoint))
    assert [answer.predictions[0] for answer in answers] == pytest.approx([6, 8])


async def gather(endpoint):
    return await asyncio.gather(endpoint.predict_async([[1, 1]]), endpoint.predict_async([[2, 1]]))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://us-central1-aiplatform.googleapis.com/v1/x", "HERE/v1/x"),
        ("https://aiplatform.googleapis.com/v1/x", "HERE/v1/x"),
        ("https://aiplatform.us.rep.googleapis.com/v1/x", "HERE/v1/x"),
        ("https://7.us-central1-p.prediction.vertexai.goog/v1/x", "HERE/v1/x"),
        ("https://storage.googleapis.com/v1/x", "https://storage.googleapis.com/v1/x"),
        ("https://evil.example/aiplatform.googleapis.com/", "https://evil.example/aiplatform.googleapis.com/"),
    ],
)
def test_only_vertex_hosts_are_rewritten(address, expected):
    assert GOOGLE_HOST.sub("HERE", address, count=1) == expected


def test_sleeps_are_short(monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    ShortSleeps().sleep(20)
    ShortSleeps().sleep(0.01)
    assert slept == [0.05, 0.01]
    assert ShortSleeps().monotonic() > 0


def test_an_action_follows_the_import_once_it_happens(tmp_path, monkeypatch):
    (tmp_path / "late_module.py").write_text(textwrap.dedent("value = 1"))
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = []
    watcher = AfterImport({"late_module": seen.append, "json": seen.append})
    watcher.install()
    try:
        assert [module.__name__ for module in seen] == ["json"]
        import late_module

        assert late_module.value == 1
        assert isinstance(late_module, types.ModuleType)
        assert seen[-1] is late_module
    finally:
        watcher.remove()
        sys.modules.pop("late_module", None)
    assert watcher not in sys.meta_path
