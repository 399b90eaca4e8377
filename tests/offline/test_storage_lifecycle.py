"""Lifecycle rules act by themselves when the offline clock has passed."""

from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import storage

DAY = timedelta(days=1)


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


def put(bucket, name, text="1"):
    bucket.blob(name).upload_from_string(text)
    return bucket.blob(name)


def rule(bucket, condition, action="Delete", **target):
    bucket.lifecycle_rules = [*bucket.lifecycle_rules, {"action": {"type": action, **target}, "condition": condition}]
    bucket.patch()


def names(bucket, **options):
    return [blob.name for blob in bucket.list_blobs(**options)]


def test_objects_are_deleted_at_their_age(bucket, cloud):
    rule(bucket, {"age": 30})
    put(bucket, "old")
    cloud.clock.advance(29 * DAY)
    put(bucket, "young")
    assert names(bucket) == ["old", "young"]
    cloud.clock.advance(1 * DAY)
    assert names(bucket) == ["young"]
    assert names(bucket, soft_deleted=True) == ["old"]


def test_reading_one_object_is_enough_to_see_the_effect(bucket, cloud):
    rule(bucket, {"age": 1})
    blob = put(bucket, "old")
    cloud.clock.advance(2 * DAY)
    assert not blob.exists()


def test_classes_get_colder_never_warmer(bucket, cloud):
    rule(bucket, {"age": 30}, "SetStorageClass", storageClass="NEARLINE")
    rule(bucket, {"age": 90}, "SetStorageClass", storageClass="ARCHIVE")
    put(bucket, "a")
    cloud.clock.advance(31 * DAY)
    assert bucket.get_blob("a").storage_class == "NEARLINE"
    cloud.clock.advance(60 * DAY)
    assert bucket.get_blob("a").storage_class == "ARCHIVE"
    cloud.clock.advance(60 * DAY)
    assert bucket.get_blob("a").storage_class == "ARCHIVE"


def test_deleting_wins_over_a_colder_class(bucket, cloud):
    rule(bucket, {"age": 1}, "SetStorageClass", storageClass="ARCHIVE")
    rule(bucket, {"age": 1})
    put(bucket, "a")
    cloud.clock.advance(2 * DAY)
    assert names(bucket) == []


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"matchesPrefix": ["tmp/"]}, ["data.csv", "log.txt"]),
        ({"matchesSuffix": [".csv", ".txt"]}, ["tmp/x"]),
        ({"matchesStorageClass": ["STANDARD"]}, []),
        ({"matchesStorageClass": ["ARCHIVE"]}, ["data.csv", "log.txt", "tmp/x"]),
        ({"createdBefore": "2026-01-06"}, []),
        ({"createdBefore": "2026-01-05"}, ["data.csv", "log.txt", "tmp/x"]),
        ({"age": 1, "matchesPrefix": ["log"]}, ["data.csv", "tmp/x"]),
        ({"isLive": False}, ["data.csv", "log.txt", "tmp/x"]),
        ({"daysSinceCustomTime": 0}, ["data.csv", "log.txt", "tmp/x"]),
        ({"noncurrentTimeBefore": "2030-01-01"}, ["data.csv", "log.txt", "tmp/x"]),
    ],
)
def test_conditions(bucket, cloud, condition, left):
    rule(bucket, condition)
    for name in ("data.csv", "log.txt", "tmp/x"):
        put(bucket, name)
    cloud.clock.advance(2 * DAY)
    assert names(bucket) == left


def test_numbers_sent_as_text_are_numbers(bucket, cloud):
    rule(bucket, {"age": "1", "isLive": "true"})
    blob = put(bucket, "a")
    cloud.clock.advance(2 * DAY)
    assert not blob.exists()


def test_custom_time(bucket, cloud):
    rule(bucket, {"daysSinceCustomTime": 10})
    blob = bucket.blob("a")
    blob.custom_time = datetime(2026, 1, 5, tzinfo=UTC)
    blob.upload_from_string("1")
    cloud.clock.advance(9 * DAY)
    assert blob.exists()
    cloud.clock.advance(1 * DAY)
    assert not blob.exists()


def test_only_so_many_versions_are_kept(storage_client, cloud):
    bucket = storage.Bucket(storage_client, "versioned-data")
    bucket.versioning_enabled = True
    storage_client.create_bucket(bucket)
    rule(bucket, {"numNewerVersions": 2})
    for text in "1234":
        put(bucket, "a", text)
    cloud.clock.advance(DAY)
    kept = [blob.download_as_text() for blob in bucket.list_blobs(versions=True)]
    assert kept == ["3", "4"]


def test_old_noncurrent_versions_go_and_live_ones_become_noncurrent(storage_client, cloud):
    bucket = storage.Bucket(storage_client, "versioned-data")
    bucket.versioning_enabled = True
    storage_client.create_bucket(bucket)
    rule(bucket, {"daysSinceNoncurrentTime": 5})
    rule(bucket, {"age": 20, "isLive": True})
    put(bucket, "a", "1")
    put(bucket, "a", "2")
    cloud.clock.advance(6 * DAY)
    assert len(names(bucket, versions=True)) == 1
    cloud.clock.advance(20 * DAY)
    assert (names(bucket), names(bucket, versions=True)) == ([], ["a"])


def test_holds_and_retention_are_stronger_than_rules(bucket, cloud):
    rule(bucket, {"age": 1})
    bucket.retention_period = 10 * 86400
    bucket.patch()
    held = put(bucket, "held")
    put(bucket, "retained")
    held.temporary_hold = True
    held.patch()
    cloud.clock.advance(5 * DAY)
    assert names(bucket) == ["held", "retained"]
    cloud.clock.advance(6 * DAY)
    assert names(bucket) == ["held"]


def test_unfinished_multipart_uploads_are_aborted(bucket, cloud, server):
    from requests import post
    from requests import put as send

    rule(bucket, {"age": 7}, "AbortIncompleteMultipartUpload")
    begun = post(f"{server.url}/lesson-data/big?uploads", timeout=5).text
    number = begun.partition("<UploadId>")[2].partition("<")[0]
    cloud.clock.advance(8 * DAY)
    late = send(f"{server.url}/lesson-data/big?partNumber=1&uploadId={number}", data=b"x", timeout=5)
    assert (late.status_code, "<Code>NoSuchUpload</Code>" in late.text) == (404, True)
