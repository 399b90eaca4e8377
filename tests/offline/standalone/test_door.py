"""Who may pass the door of a standalone server, and how Google's clients show their token."""

import subprocess
import sys

import pytest
import requests
from google.cloud import bigquery, storage

from mlops_helpers.cloud.attaching import Address, known
from mlops_helpers.offline.clock import Clock
from mlops_helpers.offline.door import COOKIE, Access
from mlops_helpers.offline.wire import Request


def test_real_clients_with_bare_constructors_carry_the_token(start, attach):
    attach(start())
    bucket = storage.Client().create_bucket("token-bucket")
    bucket.blob("a").upload_from_string(b"x" * 300_000)
    bucket.blob("b", chunk_size=262_144).upload_from_string(b"x" * 300_000)
    assert [blob.size for blob in bucket.list_blobs()] == [300_000, 300_000]
    assert bucket.blob("a").download_as_bytes() == bucket.blob("b").download_as_bytes()
    client = bigquery.Client()
    client.create_dataset("d")
    client.load_table_from_json([{"n": 1}], "d.t").result()
    assert [row.n for row in client.query("SELECT n + 1 AS n FROM d.t").result()] == [2]
    assert client.list_rows("d.t").to_arrow(create_bqstorage_client=False).to_pylist() == [{"n": 1}]


def test_gemini_and_vertex_ai_carry_the_token(start, attach):
    from google import genai
    from google.cloud import aiplatform

    session = attach(start(), project="offline-project")
    with genai.Client() as client:
        assert client.models.count_tokens(model="gemini-3.5-flash", contents="Say hello.").total_tokens > 0
    aiplatform.init(project=session.project, location=session.location)
    endpoint = aiplatform.Endpoint.create(display_name="e")
    assert [found.name for found in aiplatform.Endpoint.list()] == [endpoint.name]
    assert session.now().tzinfo is not None


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic {token}", "Bearer", "Bearer {token}x", "{token}"])
@pytest.mark.parametrize("path", ["/storage/v1/b?project=p", "/_offline/usage", "/", "/computeMetadata/v1/x", "/b/o"])
def test_whoever_lacks_the_token_is_refused(shared, path, header):
    headers = {"Authorization": header.format(token=shared.address.token)} if header else {}
    answer = requests.get(shared.url + path, headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert "MLOPS_OFFLINE_URL=http://127.0.0.1:PORT/?token=TOKEN" in answer.json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.fixture
def shared(start):
    return start()


def test_health_tells_everybody_that_there_is_an_offline_cloud(shared):
    assert requests.get(f"{shared.url}/_offline/health", timeout=5).json()["offline"] is True


def test_every_server_has_a_token_of_its_own(start):
    first, second = start().address.token, start().address.token
    assert first != second
    assert len(first) >= 32


def test_without_a_token_the_server_says_who_may_do_what(start):
    server = start("--no-token")
    assert "every program on this machine may read and change everything here" in server.banner
    assert requests.get(f"{server.url}/storage/v1/b?project=p", timeout=5).json()["kind"] == "storage#buckets"


def test_the_consoles_cookie_opens_nothing_else(shared):
    cookie = {COOKIE: Access(shared.address.token).cookie}
    assert requests.get(f"{shared.url}/console", cookies=cookie, timeout=5).status_code == 200
    assert requests.get(f"{shared.url}/storage/v1/b?project=p", cookies=cookie, timeout=5).status_code == 401


@pytest.mark.parametrize("shown", ["", "ünïcode", "x" * 10_000, "\x00"])
def test_strange_tokens_are_only_wrong(shown):
    access = Access("secret")
    assert not access.bears(Request("GET", "/", {"authorization": f"Bearer {shown}"}))
    assert not access.signed_in(Request("GET", "/", {"cookie": f"{COOKIE}={shown}"}))


def test_an_address_may_hold_its_token(monkeypatch):
    monkeypatch.delenv("MLOPS_OFFLINE_TOKEN", raising=False)
    assert Address.parse("http://127.0.0.1:1/") == Address("http://127.0.0.1:1", None)
    assert Address.parse("http://127.0.0.1:1/?token=a").headers == {"Authorization": "Bearer a"}
    monkeypatch.setenv("MLOPS_OFFLINE_TOKEN", "b")
    assert Address.parse("http://127.0.0.1:1").token == "b"
    monkeypatch.setenv("MLOPS_OFFLINE_URL", "http://127.0.0.1:1/?token=c")
    assert (known("http://127.0.0.1:1").token, known("http://127.0.0.1:2").token) == ("c", "b")


def test_the_token_is_sent_nowhere_else(start, attach):
    other = start("--no-token")
    with attach(start()):
        found = storage.Client(client_options={"api_endpoint": other.url})._http
        sent = found.get(f"{other.url}/_offline/health").request
        assert "Authorization" not in sent.headers


def test_training_code_gets_the_token_too(start):
    code = "import os, mlops_helpers.offline.vertex.running as r; print('MLOPS_OFFLINE_TOKEN' in r.INHERITED)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "True\n"
    assert Clock().now().tzinfo is not None
