"""`session.faults`: what the real clients do when something goes wrong on purpose."""

import time
from contextlib import closing

import pytest
from google.api_core import exceptions
from google.cloud import bigquery, firestore, logging, storage

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.errors import NotOffline, UnknownFault


@pytest.fixture
def session():
    with connect("offline") as session:
        yield session


@pytest.fixture
def blob(session):
    with closing(storage.Client()) as client:
        blob = client.create_bucket("faulty").blob("data.txt")
        blob.upload_from_string(b"0123456789" * 1000)
        yield blob


def struck(session):
    return [(fault["kind"], fault["struck"], fault["left"]) for fault in session.faults.listed]


@pytest.mark.parametrize("kind", ["unavailable", "rate_limit", "internal"])
def test_storage_recovers_from_a_passing_fault(session, blob, kind):
    session.faults.inject(kind, operation="storage.objects.get", times=2)
    blob.reload()
    assert (blob.size, struck(session)) == (10_000, [(kind, 2, 0)])


def test_storage_does_not_retry_what_it_must_not(session, blob):
    session.faults.inject("permission_denied", operation="storage.objects.get", detail="'storage.objects.get'")
    with pytest.raises(exceptions.Forbidden, match=r"Permission 'storage\.objects\.get' denied"):
        blob.reload()
    assert blob.exists()


@pytest.mark.parametrize("size", [10_000, 9_000_000])
def test_a_truncated_download_is_noticed_and_finished(session, blob, size):
    blob.upload_from_string(b"0123456789" * (size // 10))
    session.faults.inject("truncated", operation="storage.objects.get")
    assert blob.download_as_bytes() == b"0123456789" * (size // 10)
    assert struck(session) == [("truncated", 1, 0)]


def test_bigquery_recovers_and_reports_a_quota(session):
    with closing(bigquery.Client()) as client:
        session.faults.inject("unavailable", operation="bigquery.jobs.*")
        assert [row[0] for row in client.query("SELECT 1").result()] == [1]
        session.faults.inject("quota", operation="bigquery.*")
        with pytest.raises(exceptions.Forbidden, match="Quota exceeded"):
            client.create_dataset("denied")


def test_firestore_recovers_over_grpc(session):
    one = firestore.Client().document("a/one")
    session.faults.inject("unavailable", operation="firestore.Commit", times=2)
    one.set({"number": 1})
    session.faults.inject("truncated", operation="firestore.BatchGetDocuments")
    session.faults.inject("rate_limit", operation="firestore.BatchGetDocuments")
    with pytest.raises((exceptions.ServiceUnavailable, exceptions.ResourceExhausted)):
        one.get(retry=None)
    assert one.get().to_dict() == {"number": 1}


def test_a_fault_that_changes_nothing_is_raised_by_its_name(session):
    log = logging.Client().logger("x")
    session.faults.inject("permission_denied", operation="logging.*")
    with pytest.raises(exceptions.PermissionDenied, match=r"'logging\.WriteLogEntries' denied"):
        log.log_text("lost")
    session.faults.inject("quota", operation="logging.WriteLogEntries")
    with pytest.raises(exceptions.ResourceExhausted, match="Quota exceeded"):
        log.log_text("lost")
    assert list(logging.Client().list_entries()) == []


def test_latency_is_felt(session, blob):
    session.faults.inject("latency", operation="storage.objects.get", seconds=0.1)
    start = time.perf_counter()
    blob.reload()
    assert time.perf_counter() - start >= 0.1


def test_the_name_of_a_retired_model_is_in_the_message(session, blob):
    session.faults.inject("retired_model", operation="storage.buckets.get", detail="`gemini-1.0-pro`")
    with pytest.raises(exceptions.NotFound, match="Publisher Model `gemini-1.0-pro` was not found"):
        blob.bucket.reload()


def test_faults_end_with_their_block(session, blob):
    with session.faults.inject("internal", times=1000):
        assert session.faults.table.kind.tolist() == ["internal"]
    assert session.faults.listed == []
    assert blob.exists()


@pytest.mark.parametrize(
    "wrong", [{"kind": "earthquake"}, {"kind": "quota", "times": 0}, {"kind": "latency", "seconds": 60}]
)
def test_a_fault_that_makes_no_sense_is_refused(session, wrong):
    with pytest.raises(UnknownFault, match="expected"):
        session.faults.inject(wrong.pop("kind"), **wrong)


def test_the_real_cloud_has_no_faults_on_purpose(google_credentials):
    with connect("google", project="my-project") as session, pytest.raises(NotOffline):
        session.faults.inject("quota")
