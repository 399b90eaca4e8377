"""A standalone server as a person starts it: a process of its own, with a token, on a free port."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery, storage

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.adapters import OfflineCredentials
from mlops_helpers.cloud.attaching import Address
from mlops_helpers.offline.journal import Journal
from mlops_helpers.offline.keeping import settings
from mlops_helpers.offline.restoring import restore
from mlops_helpers.offline.state import OfflineCloud
from mlops_helpers.offline.wire import Request

PROJECT = "offline-project"
PLACE = "/v1/projects/p/locations/us-central1"
SETTINGS = settings(wall_clock=False, trust_models=False)


@dataclass
class Server:
    """A running server: what it printed, and how to reach it."""

    process: subprocess.Popen
    banner: str

    @property
    def address(self):
        return Address.parse(self.banner.rpartition("MLOPS_OFFLINE_URL=")[2].strip())

    @property
    def url(self):
        return self.address.url

    def kill(self):
        """What a power cut or `kill -9` does: no goodbye."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def get(self, path, **options):
        return requests.get(self.url + path, headers=self.address.headers, timeout=10, **options)

    def post(self, path, body):
        return requests.post(self.url + path, headers=self.address.headers, json=body, timeout=10)

    def storage(self, project=PROJECT):
        return storage.Client(**self._options(project))

    def bigquery(self, project=PROJECT):
        return bigquery.Client(**self._options(project))

    def _options(self, project):
        credentials = OfflineCredentials(self.address.token)
        session = AuthorizedSession(credentials)
        options = {"api_endpoint": self.url}
        return {"project": project, "credentials": credentials, "_http": session, "client_options": options}


@pytest.fixture
def start():
    """Start a server with options; it is killed at the end of the test."""
    yield from _starter()


@pytest.fixture(scope="module")
def starting():
    """The same for a server that the tests of a module share."""
    yield from _starter()


def _starter():
    running = []

    def starter(*options):
        command = [sys.executable, "-m", "mlops_helpers.offline", "--port", "0", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MLOPS_OFFLINE")}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        lines = []
        while line := process.stdout.readline():
            lines.append(line)
            if line.startswith("MLOPS_OFFLINE_URL="):
                break
        running.append(Server(process, "".join(lines)))
        return running[-1]

    yield starter
    for server in running:
        if server.process.returncode is None:
            server.kill()


@pytest.fixture
def attach(monkeypatch, tmp_path):
    """Open a session with a running server, as a lesson does."""
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path / "home"))
    opened = []

    def attacher(server, **options):
        monkeypatch.setenv("MLOPS_OFFLINE_URL", f"{server.url}/?token={server.address.token}")
        opened.append(connect("offline", **options))
        return opened[-1]

    yield attacher
    for session in opened:
        session.close()


@pytest.fixture
def reopen(tmp_path):
    """Open a cloud on one folder again and again; each time the one before is left as a crash leaves it."""
    opened = []

    def opener():
        for _, journal in opened:
            journal._file.close()
            journal._lock.close()
        journal = Journal(tmp_path / "kept", SETTINGS)
        cloud = OfflineCloud(parent=str(journal.running), trust_models=False)
        opened.append((cloud, journal))
        restore(cloud, journal)
        return cloud

    yield opener
    for cloud, journal in opened:
        cloud.close()
        journal.close()


def ask(cloud, method, target, body=None, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    form = "text/plain" if isinstance(body, bytes) else "application/json"
    kind = {"content-type": form, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return cloud.answer(Request(method, target, kind, io.BytesIO(raw)))
