"""The door: bare constructors work while it is open, and the environment is as before once it is closed."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import grpc
import pytest
import requests
from google.api_core import grpc_helpers
from google.auth.transport.requests import AuthorizedSession
from google.cloud import bigquery, storage

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.errors import NoCredentials, NotLoopback, NotOffline, PlaceholderLeft, UnknownCloud
from mlops_helpers.cloud.session import Session


def snapshot():
    patched = [socket.getaddrinfo, grpc.secure_channel, grpc_helpers.create_channel, AuthorizedSession.request]
    return dict(os.environ), patched, "connect" in vars(socket.socket)


def connect_ex(address):
    with socket.socket() as plain:
        return plain.connect_ex((address, 443))


def test_bare_constructors_just_work():
    with connect("offline"):
        bucket = storage.Client().create_bucket("first-bucket")
        bucket.blob("hello.txt").upload_from_string("hello")
        rows = list(bigquery.Client().query("SELECT 1 + 1 AS two").result())
        assert (bucket.blob("hello.txt").download_as_text(), rows[0].two) == ("hello", 2)


def test_closing_restores_everything_exactly(monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    before = snapshot()
    with connect("offline"):
        assert snapshot() != before
    assert snapshot() == before


def test_closing_restores_after_an_exception():
    before = snapshot()
    with pytest.raises(ZeroDivisionError), connect("offline"):
        raise ZeroDivisionError
    assert snapshot() == before


def test_connecting_again_closes_the_session_before():
    first = connect("offline")
    with connect("offline") as second:
        assert Session.current is second
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{first.url}/_offline/health", timeout=2)
    assert Session.current is None


def test_closing_twice_is_fine():
    session = connect("offline")
    session.close()
    session.close()
    assert Session.current is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda: requests.get("https://storage.googleapis.com", timeout=5),
        lambda: socket.create_connection(("192.0.2.1", 443), timeout=5),
        lambda: connect_ex("192.0.2.1"),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: socket.gethostbyname(b"example.com"),
        lambda: grpc.insecure_channel("192.0.2.1:50051"),
        lambda: grpc_helpers.create_channel("pubsub.googleapis.com:443"),
        lambda: storage.Client(client_options={"api_endpoint": "https://storage.googleapis.com"}).create_bucket("b-1"),
    ],
)
def test_nothing_leaves_this_machine(leave):
    with connect("offline"), pytest.raises(NotLoopback, match=r"(?s)while offline; expected .* Call session.close"):
        leave()


def test_the_other_loopback_addresses_stay_open():
    local = ("127.0.0.1", 0)
    with connect("offline"), socket.create_server(local) as server, socket.create_connection(server.getsockname()) as c:
        assert c.getpeername() == server.getsockname()


def test_a_company_proxy_is_bypassed(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet")
    with connect("offline"):
        assert [b.name for b in storage.Client().list_buckets()] == []
        assert os.environ["NO_PROXY"].split(",")[0] == "intranet"


def test_signed_urls_can_be_made_without_a_key_file():
    with connect("offline") as session:
        from google import auth

        credentials, project = auth.default()
        url = (
            storage.Client()
            .bucket("b-1")
            .blob("x")
            .generate_signed_url(expiration=timedelta(hours=1), version="v4", credentials=credentials)
        )
        assert "X-Goog-Signature" in url
        assert project == session.project


def test_a_server_that_runs_already_is_shared(monkeypatch):
    with connect("offline") as room:
        storage.Client().create_bucket("shared-bucket")
        monkeypatch.setenv("MLOPS_OFFLINE_URL", room.url)
        code = (
            "from mlops_helpers.cloud import connect; from google.cloud import storage\n"
            "with connect('offline'): print([b.name for b in storage.Client().list_buckets()])"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert found.stdout == "['shared-bucket']\n"


def test_the_offline_clock_moves_when_told():
    with connect("offline") as session:
        before = session.now()
        assert session.advance(timedelta(days=30)) == session.now() == before + timedelta(days=30)


def test_only_the_offline_clock_can_be_moved(google_credentials):
    with connect("google", project="my-project") as session:
        assert session.now().tzinfo is not None
        with pytest.raises(NotOffline, match="expected an offline session"):
            session.advance(timedelta(days=1))


def test_unknown_clouds_are_refused():
    with pytest.raises(UnknownCloud, match=r"Found cloud 'azure'; expected one of 'offline', 'google'\. Set CLOUD"):
        connect("azure")


@pytest.mark.parametrize("project", [None, "[your-project-id]", "your-project"])
def test_placeholders_stop_with_a_sentence(project, monkeypatch):
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(PlaceholderLeft, match="expected the id of your Google Cloud project. Set PROJECT_ID"):
        connect("google", project=project)


def test_missing_credentials_say_what_to_run(monkeypatch, tmp_path):
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(NoCredentials, match="gcloud auth application-default login"):
        connect("google", project="my-project")
