"""The journal and the clean-up: all that was created goes, nothing else does."""

import google.auth
import pytest
from google.cloud import bigquery, storage
from google.cloud.bigquery import LoadJobConfig, QueryJobConfig

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.__main__ import main
from mlops_helpers.cloud.adapters import OfflineCredentials
from mlops_helpers.cloud.errors import ForeignResource
from mlops_helpers.cloud.ledger import Entry, Ledger
from mlops_helpers.cloud.session import Session


@pytest.fixture
def neighbours():
    """A cloud in which somebody else's bucket, object, dataset and table exist already."""
    with connect("offline") as room:
        storage.Client().create_bucket("theirs").blob("keep.txt").upload_from_string("keep")
        client = bigquery.Client()
        client.create_dataset("theirs")
        client.query_and_wait("CREATE TABLE theirs.keep AS SELECT 1 AS x")
        yield room


@pytest.fixture
def live(neighbours, monkeypatch):
    """A session in google mode, whose Google Cloud happens to be that room (as a learner's project would be)."""
    neighbours._patches.restore()
    monkeypatch.setattr(google.auth, "default", lambda *scopes, **options: (OfflineCredentials(), "offline-project"))
    Session.current = None
    with connect("google", project="offline-project") as session:
        yield session


def everything():
    buckets = [(b.name, [blob.name for blob in b.list_blobs(versions=True)]) for b in storage.Client().list_buckets()]
    client = bigquery.Client(project="offline-project")
    tables = [(d.dataset_id, [t.table_id for t in client.list_tables(d.dataset_id)]) for d in client.list_datasets()]
    return buckets, tables


def create_all_kinds():
    bucket = storage.Client().create_bucket("mine")
    bucket.versioning_enabled = True
    bucket.patch()
    for text in ("old", "new"):
        bucket.blob("twice.txt").upload_from_string(text)
    theirs = storage.Client().bucket("theirs")
    theirs.blob("mine.txt").upload_from_string("in their bucket")
    theirs.copy_blob(theirs.blob("keep.txt"), theirs, "copy.txt")
    client = bigquery.Client(project="offline-project")
    client.create_dataset("mine")
    client.create_table("offline-project.theirs.plain")
    client.query("CREATE TABLE theirs.by_ddl AS SELECT 2 AS x").result()
    client.query("SELECT 3 AS x", QueryJobConfig(destination="offline-project.theirs.by_query")).result()
    client.load_table_from_json([{"x": 4}], "theirs.by_load", job_config=LoadJobConfig(autodetect=True)).result()
    client.query("INSERT INTO theirs.keep SELECT 5").result()


def test_clean_up_takes_everything_this_session_made_and_nothing_else(live):
    before = everything()
    create_all_kinds()
    assert everything() != before
    result = live.clean_up()
    assert everything() == before
    assert set(result.table["outcome"]) == {"deleted"}
    assert not live.ledger.path.exists()


def test_resources_that_take_labels_are_labelled(live):
    bucket = storage.Client().create_bucket("mine")
    dataset = bigquery.Client(project="offline-project").create_dataset("mine")
    assert bucket.labels == dataset.labels == {"mlops-course": live.id}


def test_a_crash_leaves_a_journal_that_the_command_cleans(live, capsys):
    before = everything()
    create_all_kinds()
    assert main(["clean-up", "--list"]) == 0
    assert "bucket gs://mine" in capsys.readouterr().out
    live.close()  # what a crash would not even do; the journal stays because entries are left
    assert main(["clean-up"]) == 0
    assert "nothing left" in capsys.readouterr().out
    assert everything() == before


def test_a_replaced_resource_is_refused_and_nothing_is_deleted(live):
    client = storage.Client()
    mine = client.create_bucket("mine")
    client.create_bucket("mine-too")
    mine.delete()
    live._patches.restore()  # somebody else creates a bucket of the same name
    client.create_bucket("mine")
    with pytest.raises(ForeignResource, match="gs://mine made at .* Somebody replaced it"):
        live.clean_up()
    assert [b.name for b in client.list_buckets()] == ["mine", "mine-too", "theirs"]
    client.bucket("mine").delete()
    client.bucket("mine-too").delete()
    live.ledger.close()


def test_what_is_gone_already_is_reported_as_such():
    with connect("offline") as session:
        storage.Client().create_bucket("short-lived").delete()
        assert session.clean_up().table["outcome"].tolist() == ["already gone"]


def test_journals_of_offline_clouds_that_are_gone_are_dropped(course_home, capsys):
    header = {"session": "old", "cloud": "offline", "project": "p", "url": "http://127.0.0.1:9"}
    ledger = Ledger(course_home / "ledger" / "old.jsonl", header=header)
    ledger.add(Entry("bucket", "gs://b", "2026-01-05T09:00:01.000Z"))
    assert main(["clean-up"]) == 0
    assert "its offline cloud is gone" in capsys.readouterr().out
    assert not ledger.path.exists()


def test_a_line_cut_by_a_crash_is_ignored(tmp_path):
    ledger = Ledger(tmp_path / "s.jsonl", header={"session": "s"})
    ledger.add(Entry("bucket", "gs://b", "1"))
    with ledger.path.open("a") as journal:
        journal.write('{"kind": "bucket", "na')
    assert Ledger(ledger.path).entries == [Entry("bucket", "gs://b", "1")]


def test_contents_of_recorded_containers_are_not_listed_twice(tmp_path):
    ledger = Ledger(tmp_path / "s.jsonl", header={"session": "s"})
    for name in ("gs://b", "gs://b/x", "gs://bc/x"):
        ledger.add(Entry("bucket" if name == "gs://b" else "object", name, "1"))
    assert ledger.table["name"].tolist() == ["gs://b", "gs://bc/x"]
