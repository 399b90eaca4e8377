"""Many people on one server: projects apart, hostile names harmless, nothing lost in a crowd."""

import os
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from google.api_core.exceptions import NotFound

HOSTILE = (
    "../../../escaped",
    "/etc/escaped",
    "../..",
    "C:\\escaped",
    "\\\\server\\share",
    "a/../../b",
    "line\tand\x7fdelete",
    "é" * 512,
    "x" * 1024,
    unicodedata.normalize("NFC", "Zoë"),
    unicodedata.normalize("NFD", "Zoë"),
    "con",
    "%2e%2e%2f",
    "~root",
    "$HOME;`id`",
)


def test_projects_do_not_see_each_others_resources(start):
    server = start()
    for project in ("team-a", "team-b"):
        server.storage(project).create_bucket(f"{project}-bucket")
        server.bigquery(project).create_dataset("shop")
        server.bigquery(project).load_table_from_json([{"who": project}], "shop.names").result()
    for project in ("team-a", "team-b"):
        assert [b.name for b in server.storage(project).list_buckets()] == [f"{project}-bucket"]
        client = server.bigquery(project)
        assert [d.project for d in client.list_datasets()] == [project]
        assert [row.who for row in client.query("SELECT who FROM shop.names").result()] == [project]
        assert {job.project for job in client.list_jobs()} == {project}
    server.bigquery("team-a").delete_dataset("shop", delete_contents=True)
    assert server.bigquery("team-b").get_table("shop.names").num_rows == 1
    with pytest.raises(NotFound):
        server.bigquery("team-a").get_table("shop.names")


def test_models_and_caches_belong_to_a_project(start):
    server = start()
    for project in ("team-a", "team-b"):
        place = f"/v1/projects/{project}/locations/us-central1"
        assert server.post(f"{place}/endpoints", {"displayName": project}).status_code == 200
    for project in ("team-a", "team-b"):
        listed = server.get(f"/v1/projects/{project}/locations/us-central1/endpoints").json()
        assert [endpoint["displayName"] for endpoint in listed["endpoints"]] == [project]


def snapshot(folder, without):
    """Every file below a folder with its size and time, but for those of the server itself."""
    found = {}
    for path, _, files in os.walk(folder):
        if without not in Path(path).parents and Path(path) != without:
            found |= {os.path.join(path, name): os.stat(os.path.join(path, name)).st_mtime_ns for name in files}
    return found


@pytest.fixture
def fenced(start, tmp_path):
    """A server whose folder lies deep in one that nothing else touches, next to a secret."""
    data = tmp_path / "a" / "b" / "data"
    data.parent.mkdir(parents=True)
    (tmp_path / "a" / "secret.txt").write_text("secret")
    server = start("--data", str(data))
    before = snapshot(tmp_path, data)
    yield server
    assert snapshot(tmp_path, data) == before
    named = {part for path in data.rglob("*") for part in path.relative_to(data).parts}
    assert not [name for name in named if "escaped" in name or "x" * 20 in name]


def test_hostile_object_names_are_names_and_nothing_more(fenced):
    bucket = fenced.storage().create_bucket("hostile-bucket")
    for number, name in enumerate(HOSTILE):
        bucket.blob(name).upload_from_string(f"{number}".encode() * 20_000)
    assert {blob.name for blob in bucket.list_blobs()} == set(HOSTILE)
    for number, name in enumerate(HOSTILE):
        assert bucket.blob(name).download_as_bytes() == f"{number}".encode() * 20_000


def test_names_that_google_refuses_are_refused(fenced):
    fenced.storage().create_bucket("plain-bucket")
    for name in ("x" * 1025, "a\nb", "a\rb", "", ".", "..", ".well-known/acme-challenge/x"):
        url = f"/upload/storage/v1/b/plain-bucket/o?uploadType=media&name={quote(name)}"
        assert fenced.post(url, {}).status_code == 400, name


def test_hostile_bucket_names_are_refused(fenced):
    for name in ("../up", "/etc", "C:\\x", "nul\x00", "new\nline", "é", "a..b", "x" * 300, "-a", "A"):
        assert fenced.post("/storage/v1/b?project=p", {"name": name}).status_code == 400, name


def test_hostile_dataset_and_table_names_are_refused(fenced):
    datasets = "/bigquery/v2/projects/p/datasets"
    assert fenced.post(datasets, {"datasetReference": {"datasetId": "fine"}}).status_code == 200
    for name in ("../up", "a/b", "a.b", "C:\\x", "nul\x00", "new\nline", "x" * 1025, 'q"; DROP', "`"):
        assert fenced.post(datasets, {"datasetReference": {"datasetId": name}}).status_code == 400, name
        table = {"tableReference": {"projectId": "p", "datasetId": "fine", "tableId": name}}
        assert fenced.post(f"{datasets}/fine/tables", table).status_code == 400, name


SQL = (
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM `{secret}`",
    "COPY (SELECT 1) TO '{secret}'",
    "ATTACH '{secret}'",
    "EXPORT DATA OPTIONS (uri='{secret}', format='CSV') AS SELECT 1",
    "LOAD DATA INTO d.t FROM FILES (format='CSV', uris=['{secret}'])",
    "INSTALL httpfs",
)


def test_sql_reaches_no_file(fenced, tmp_path):
    for sql in SQL:
        body = {"query": sql.format(secret=tmp_path / "a" / "secret.txt"), "useLegacySql": False}
        answer = fenced.post("/bigquery/v2/projects/p/queries", body)
        assert answer.status_code in (400, 403, 404, 501), sql
        assert '"secret"' not in answer.text, sql


def test_a_thousand_requests_from_32_threads_lose_nothing(start):
    server, begun = start(), time.monotonic()
    server.storage().create_bucket("crowd-bucket")
    sessions = [requests.Session() for _ in range(32)]

    def upload(number):
        session = sessions[number % 32]
        url = f"{server.url}/upload/storage/v1/b/crowd-bucket/o?uploadType=media&name=object-{number}"
        return session.post(url, data=str(number).encode(), headers=server.address.headers, timeout=30).json()

    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(upload, range(1000)))
    for session in sessions:
        session.close()
    assert len({blob["generation"] for blob in made}) == 1000
    held = {blob.name: blob.md5_hash for blob in server.storage().bucket("crowd-bucket").list_blobs()}
    assert held == {blob["name"]: blob["md5Hash"] for blob in made}
    assert time.monotonic() - begun < 10
