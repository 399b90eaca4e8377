"""Objects: metadata, generations, preconditions, holds, retention, restoring."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage.blob import ObjectContexts, ObjectCustomContextPayload


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


@pytest.fixture
def versioned(storage_client):
    bucket = storage.Bucket(storage_client, "versioned-data")
    bucket.versioning_enabled = True
    return storage_client.create_bucket(bucket)


def put(bucket, name, text, **options):
    blob = bucket.blob(name)
    blob.upload_from_string(text, **options)
    return blob


def test_metadata_survive_the_upload(bucket):
    blob = bucket.blob("report.csv")
    blob.metadata, blob.cache_control = {"owner": "Ada", "größe": "klein"}, "no-cache"
    blob.content_disposition, blob.content_language = "attachment", "de"
    blob.custom_time = datetime(2026, 1, 1, tzinfo=UTC)
    blob.upload_from_string("a,b", content_type="text/csv")
    found = bucket.get_blob("report.csv")
    assert found.metadata == {"owner": "Ada", "größe": "klein"}
    assert (found.content_type, found.cache_control, found.content_language) == ("text/csv", "no-cache", "de")
    assert (found.size, found.custom_time) == (3, datetime(2026, 1, 1, tzinfo=UTC))


def test_patch_merges_and_update_replaces(bucket):
    blob = put(bucket, "a", "1")
    blob.metadata = {"x": "1", "y": "2"}
    blob.patch()
    blob.metadata = {"x": None}
    blob.patch()
    assert bucket.get_blob("a").metadata == {"y": "2"}
    fresh = bucket.blob("a")
    fresh.content_type = "text/html"
    fresh.update()
    found = bucket.get_blob("a")
    assert (found.metadata, found.content_type, found.metageneration) == (None, "text/html", 4)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("content_type", "text/plain\r\nX-Evil: 1", "expected no control characters"),
        ("metadata", {"k": "v" * 9000}, "Custom metadata too large: found 9001 bytes"),
    ],
)
def test_bad_metadata_are_refused(bucket, field, value, message):
    blob = put(bucket, "a", "1")
    setattr(blob, field, value)
    with pytest.raises(exceptions.BadRequest, match=message):
        blob.patch()
    assert bucket.get_blob("a").metageneration == 1


def test_custom_time_only_moves_ahead(bucket):
    blob = put(bucket, "a", "1")
    blob.custom_time = datetime(2026, 2, 1, tzinfo=UTC)
    blob.patch()
    blob.custom_time = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(exceptions.BadRequest, match="Custom time only moves ahead"):
        blob.patch()


def test_contexts_are_stored_with_their_times(bucket):
    blob = bucket.blob("a")
    blob.contexts = ObjectContexts(blob, {"stage": ObjectCustomContextPayload(value="raw")})
    blob.upload_from_string("1")
    found = bucket.get_blob("a").contexts.custom["stage"]
    assert found.value == "raw"
    assert found.create_time == found.update_time


def test_names_that_need_care(bucket):
    names = ["a/b c", "100%", "#?&=+", "ü", "u\u0308", "日本/語", "a//b", "/lead", "../x", "..\\x", "~", "end/"]
    for name in names:
        put(bucket, name, name)
    assert sorted(blob.name for blob in bucket.list_blobs()) == sorted(names)
    assert [bucket.blob(name).download_as_text() for name in names] == names


@pytest.mark.parametrize("name", [".", "..", "a\nb", "a\rb", "nul\0", "x" * 1025, "é" * 513])
def test_names_that_google_refuses(bucket, name):
    with pytest.raises(exceptions.BadRequest, match="Invalid object name: found .* expected"):
        put(bucket, name, "1")
    assert list(bucket.list_blobs()) == []


def test_generations_grow_and_follow_from_the_calls(bucket, cloud):
    first, second = put(bucket, "a", "1").generation, put(bucket, "a", "2").generation
    assert second == first + 10**6
    assert put(bucket, "b", "3").time_created == cloud.clock.now()


def test_overwriting_without_versioning_forgets(bucket):
    old = put(bucket, "a", "1").generation
    put(bucket, "a", "2")
    assert bucket.get_blob("a", generation=old) is None
    assert [blob.name for blob in bucket.list_blobs(versions=True)] == ["a"]


def test_versions_are_kept_listed_read_and_deleted(versioned):
    first, second = put(versioned, "a", "1"), put(versioned, "a", "2")
    assert versioned.blob("a", generation=first.generation).download_as_text() == "1"
    assert [blob.generation for blob in versioned.list_blobs(versions=True)] == [first.generation, second.generation]
    versioned.blob("a").delete()
    assert versioned.get_blob("a") is None
    assert all(blob.time_deleted for blob in versioned.list_blobs(versions=True))
    versioned.delete_blob("a", generation=first.generation)
    assert [blob.generation for blob in versioned.list_blobs(versions=True)] == [second.generation]


def test_an_old_version_is_restored_by_copying(versioned):
    first = put(versioned, "a", "1")
    put(versioned, "a", "2")
    versioned.copy_blob(versioned.blob("a"), versioned, source_generation=first.generation)
    assert versioned.blob("a").download_as_text() == "1"


def test_generation_zero_means_create_only(bucket):
    blob = put(bucket, "a", "1", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed, match=f"generation to be 0, found {blob.generation}"):
        put(bucket, "a", "2", if_generation_match=0)
    assert bucket.blob("a").download_as_text() == "1"


def test_preconditions_guard_writes_and_deletes(bucket):
    blob = put(bucket, "a", "1")
    stale = blob.generation - 1
    for refused in (
        lambda: put(bucket, "a", "2", if_generation_match=stale),
        lambda: put(bucket, "a", "2", if_metageneration_match=5),
        lambda: put(bucket, "a", "2", if_generation_not_match=blob.generation),
        lambda: bucket.blob("a").delete(if_generation_match=stale),
        lambda: bucket.blob("a").patch(if_metageneration_not_match=1),
    ):
        with pytest.raises(exceptions.PreconditionFailed, match="Read the current state"):
            refused()
    assert put(bucket, "a", "2", if_generation_match=blob.generation).generation > blob.generation


def test_reads_are_answered_with_not_modified(bucket):
    blob = put(bucket, "a", "1")
    blob.reload()
    with pytest.raises(exceptions.NotModified):
        blob.reload(if_generation_not_match=blob.generation)
    with pytest.raises(exceptions.NotModified):
        blob.reload(if_etag_not_match=blob.etag)
    with pytest.raises(exceptions.PreconditionFailed, match="If-Match"):
        blob.reload(if_etag_match="another")
    assert blob.download_as_text(if_etag_match=blob.etag) == "1"


def test_missing_objects_are_named(bucket):
    with pytest.raises(exceptions.NotFound, match="No such object: lesson-data/ghost"):
        bucket.blob("ghost").download_as_bytes()
    with pytest.raises(exceptions.NotFound, match="ghost#17"):
        bucket.blob("ghost", generation=17).reload()
    with pytest.raises(exceptions.NotFound):
        bucket.delete_blob("ghost")


@pytest.mark.parametrize("hold", ["temporary_hold", "event_based_hold"])
def test_holds_protect_until_released(versioned, hold):
    blob = put(versioned, "a", "1")
    setattr(blob, hold, True)
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="under active .* hold"):
        blob.delete()
    with pytest.raises(exceptions.Forbidden, match="under active .* hold"):
        put(versioned, "a", "2")
    setattr(blob, hold, False)
    blob.patch()
    blob.delete()


def test_retention_policy_protects_until_its_time(bucket, cloud):
    bucket.retention_period = 3600
    bucket.patch()
    blob = put(bucket, "a", "1")
    assert blob.retention_expiration_time == blob.time_created + timedelta(hours=1)
    with pytest.raises(exceptions.Forbidden, match="subject to bucket's retention policy"):
        put(bucket, "a", "2")
    cloud.clock.advance(timedelta(hours=1))
    blob.delete()


def test_releasing_an_event_based_hold_starts_the_retention(bucket, cloud):
    bucket.retention_period, bucket.default_event_based_hold = 3600, True
    bucket.patch()
    blob = put(bucket, "a", "1")
    assert (blob.event_based_hold, blob.retention_expiration_time) == (True, None)
    cloud.clock.advance(timedelta(hours=2))
    blob.event_based_hold = False
    blob.patch()
    assert blob.retention_expiration_time == cloud.clock.now() + timedelta(hours=1)


def test_retention_of_one_object(storage_client, cloud):
    bucket = storage_client.create_bucket("lesson-data", enable_object_retention=True)
    blob = put(bucket, "a", "1")
    blob.retention.mode = "Unlocked"
    blob.retention.retain_until_time = cloud.clock.now() + timedelta(days=2)
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="object retention"):
        blob.delete()
    blob.retention.retain_until_time = cloud.clock.now() + timedelta(days=1)
    with pytest.raises(exceptions.Forbidden, match="override_unlocked_retention=True"):
        blob.patch()
    blob.patch(override_unlocked_retention=True)
    blob.retention.mode = "Locked"
    blob.patch()
    blob.retention.mode = "Unlocked"
    with pytest.raises(exceptions.Forbidden, match="locked retention can only be extended"):
        blob.patch(override_unlocked_retention=True)


def test_retention_of_one_object_needs_a_bucket_that_allows_it(bucket, cloud):
    blob = put(bucket, "a", "1")
    blob.retention.mode, blob.retention.retain_until_time = "Unlocked", cloud.clock.now() + timedelta(days=2)
    with pytest.raises(exceptions.BadRequest, match="enable_object_retention=True"):
        blob.patch()


def test_deleted_objects_are_listed_and_restored(storage_client, bucket):
    old = put(bucket, "a", "1").generation
    bucket.blob("a").delete()
    assert [blob.generation for blob in bucket.list_blobs(soft_deleted=True)] == [old]
    gone = bucket.get_blob("a", generation=old, soft_deleted=True)
    assert gone.hard_delete_time == gone.soft_delete_time + timedelta(days=7)
    back = bucket.restore_blob("a", generation=old)
    assert back.generation > old
    assert bucket.blob("a").download_as_text() == "1"


def test_soft_deleted_objects_vanish_after_their_days(bucket, cloud):
    old = put(bucket, "a", "1").generation
    bucket.blob("a").delete()
    cloud.clock.advance(timedelta(days=8))
    assert list(bucket.list_blobs(soft_deleted=True)) == []
    with pytest.raises(exceptions.NotFound):
        bucket.restore_blob("a", generation=old)


def test_soft_delete_can_be_switched_off(bucket):
    bucket.soft_delete_policy.retention_duration_seconds = 0
    bucket.patch()
    put(bucket, "a", "1").delete()
    assert list(bucket.list_blobs(soft_deleted=True)) == []
