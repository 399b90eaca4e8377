"""Buckets: created, changed, listed, locked and deleted by the real client."""

from datetime import timedelta

import pytest
from google.api_core import exceptions
from google.cloud import storage


def test_new_bucket_has_what_google_gives_it(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    assert (bucket.location, bucket.location_type, bucket.storage_class) == ("US", "multi-region", "STANDARD")
    assert (bucket.metageneration, bucket.versioning_enabled) == (1, False)
    assert bucket.soft_delete_policy.retention_duration_seconds == 7 * 86400
    assert bucket.project_number == storage_client.get_bucket("lesson-data").project_number


def test_settings_given_at_creation_are_kept(storage_client):
    bucket = storage.Bucket(storage_client, "lesson-data")
    bucket.storage_class, bucket.labels, bucket.versioning_enabled = "NEARLINE", {"course": "mlops"}, True
    bucket.cors = [{"origin": ["*"], "method": ["GET"], "maxAgeSeconds": 60}]
    bucket.add_lifecycle_delete_rule(age=30)
    bucket.configure_website("index.html", "404.html")
    storage_client.create_bucket(bucket, location="europe-west1")
    found = storage_client.get_bucket("lesson-data")
    assert (found.location, found.location_type, found.storage_class) == ("EUROPE-WEST1", "region", "NEARLINE")
    assert found.labels == {"course": "mlops"}
    assert found.versioning_enabled
    assert found.cors[0]["maxAgeSeconds"] == 60
    assert next(iter(found.lifecycle_rules))["condition"] == {"age": 30}


def test_dual_region_from_two_regions(storage_client):
    bucket = storage_client.create_bucket("lesson-data", location="EU", data_locations=["EUROPE-WEST1", "EUROPE-WEST4"])
    assert (bucket.location_type, bucket.data_locations) == ("dual-region", ["EUROPE-WEST1", "EUROPE-WEST4"])


def test_a_dual_region_needs_two_regions(storage_client):
    with pytest.raises(exceptions.BadRequest, match="expected two regions in dataLocations"):
        storage_client.create_bucket("lesson-data", location="EU", data_locations=["EUROPE-WEST1"])


def test_patch_merges_and_none_removes(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.labels = {"team": "data", "stage": "raw"}
    bucket.patch()
    bucket.labels = {"team": "data"}
    bucket.versioning_enabled = True
    bucket.patch()
    found = storage_client.get_bucket("lesson-data")
    assert (found.labels, found.versioning_enabled, found.metageneration) == ({"team": "data"}, True, 3)


def test_update_resets_what_is_not_sent(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.storage_class = "COLDLINE"
    bucket.patch()
    fresh = storage.Bucket(storage_client, "lesson-data")
    fresh.labels = {"stage": "raw"}
    fresh.update()
    found = storage_client.get_bucket("lesson-data")
    assert (found.labels, found.storage_class) == ({"stage": "raw"}, "STANDARD")


@pytest.mark.parametrize("name", ["ab", "Upper", "a" * 64, "da/sh", "192.168.1.1", "goog-data", "a..b", "x_google"])
def test_bucket_names_that_google_refuses(storage_client, name):
    with pytest.raises(exceptions.BadRequest, match="Invalid bucket name: found .* expected"):
        storage_client.create_bucket(name)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "under_score", "my.site.example"])
def test_bucket_names_that_google_allows(storage_client, name):
    assert storage_client.create_bucket(name).exists()


def test_a_taken_name_is_a_conflict(storage_client):
    storage_client.create_bucket("lesson-data")
    with pytest.raises(exceptions.Conflict, match=r"already own it: lesson-data.*choose another name"):
        storage_client.create_bucket("lesson-data")


def test_a_missing_bucket_is_named(storage_client):
    assert storage_client.lookup_bucket("no-such-bucket") is None
    with pytest.raises(exceptions.NotFound, match="bucket does not exist: no-such-bucket"):
        storage_client.get_bucket("no-such-bucket")


def test_only_an_empty_bucket_can_be_deleted(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.blob("a").upload_from_string("1")
    with pytest.raises(exceptions.Conflict, match="not empty: lesson-data holds 1 object"):
        bucket.delete()
    bucket.delete(force=True)
    assert not bucket.exists()


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("storage_class", "ICE", "found storage class 'ICE', expected one of STANDARD"),
        ("labels", {"Upper": "x"}, "Invalid label key: found 'Upper'"),
        ("labels", {"key": "Value"}, "Invalid value of label 'key'"),
        ("retention_period", -5, "Invalid retention period: found -5 s"),
    ],
)
def test_bad_settings_are_refused_and_nothing_changes(storage_client, attribute, value, message):
    bucket = storage_client.create_bucket("lesson-data")
    if attribute == "storage_class":
        bucket._patch_property("storageClass", value)
    else:
        setattr(bucket, attribute, value)
    with pytest.raises(exceptions.BadRequest, match=message):
        bucket.patch()
    assert storage_client.get_bucket("lesson-data").metageneration == 1


def test_a_location_that_does_not_exist_is_refused(storage_client):
    with pytest.raises(exceptions.BadRequest, match="location constraint is not valid: found 'EU-WEST1'"):
        storage_client.create_bucket("lesson-data", location="eu-west1")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"action": {"type": "Burn"}, "condition": {"age": 1}}, "Invalid lifecycle action: found 'Burn'"),
        ({"action": {"type": "Delete"}, "condition": {}}, "found no condition"),
        ({"action": {"type": "Delete"}, "condition": {"createdBefore": "soon"}}, "expected a date"),
        ({"action": {"type": "Delete"}, "condition": {"age": -1}}, "found age=-1"),
        ({"action": {"type": "Delete"}, "condition": {"agee": 1}}, "Unknown name 'agee'"),
    ],
)
def test_bad_lifecycle_rules_are_refused(storage_client, rule, message):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.lifecycle_rules = [rule]
    with pytest.raises(exceptions.BadRequest, match=message):
        bucket.patch()


def test_metageneration_preconditions(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.labels = {"a": "1"}
    with pytest.raises(exceptions.PreconditionFailed, match="metageneration to be 7, found 1"):
        bucket.patch(if_metageneration_match=7)
    bucket.patch(if_metageneration_match=1)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.patch(if_metageneration_not_match=2)
    with pytest.raises(exceptions.NotModified):
        bucket.reload(if_metageneration_not_match=2)


def test_buckets_are_listed_by_prefix_and_page(storage_client):
    for name in ("raw-b", "raw-a", "raw-c", "clean-a"):
        storage_client.create_bucket(name)
    pages = storage_client.list_buckets(prefix="raw", page_size=2).pages
    assert [[bucket.name for bucket in page] for page in pages] == [["raw-a", "raw-b"], ["raw-c"]]
    assert [bucket.name for bucket in storage_client.list_buckets(max_results=1)] == ["clean-a"]


def test_buckets_belong_to_a_project_but_names_are_global(storage_client):
    storage_client.create_bucket("lesson-data", project="another-project")
    assert list(storage_client.list_buckets()) == []
    assert [bucket.name for bucket in storage_client.list_buckets(project="another-project")] == ["lesson-data"]
    with pytest.raises(exceptions.Conflict):
        storage_client.create_bucket("lesson-data")


def test_a_locked_retention_policy_only_grows(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.retention_period = 100
    bucket.patch()
    bucket.lock_retention_policy()
    assert bucket.retention_policy_locked
    bucket.retention_period = 50
    with pytest.raises(exceptions.Forbidden, match="found 50 s, expected at least 100 s"):
        bucket.patch()
    bucket._patch_property("retentionPolicy", None)
    with pytest.raises(exceptions.Forbidden):
        bucket.patch()
    bucket.reload()
    bucket.retention_period = 200
    bucket.patch()
    assert storage_client.get_bucket("lesson-data").retention_period == 200


def test_nothing_to_lock(storage_client):
    storage_client.create_bucket("lesson-data")
    with pytest.raises(exceptions.BadRequest, match="cannot be locked: found none"):
        storage_client._post_resource(
            "/b/lesson-data/lockRetentionPolicy", None, query_params={"ifMetagenerationMatch": 1}
        )


def test_uniform_access_is_shown_under_both_names(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    found = storage_client.get_bucket("lesson-data")
    assert found.iam_configuration.uniform_bucket_level_access_enabled
    assert found._properties["iamConfiguration"]["bucketPolicyOnly"]["enabled"]
    found.iam_configuration.uniform_bucket_level_access_enabled = False
    found.patch()
    assert not storage_client.get_bucket("lesson-data").iam_configuration.uniform_bucket_level_access_enabled


def test_uniform_access_locks_after_ninety_days(storage_client, cloud):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    cloud.clock.advance(timedelta(days=91))
    bucket.iam_configuration.uniform_bucket_level_access_enabled = False
    with pytest.raises(exceptions.BadRequest, match="can no longer be switched off"):
        bucket.patch()


def test_a_deleted_bucket_is_restored_within_its_days(storage_client, cloud):
    bucket = storage_client.create_bucket("lesson-data")
    generation = bucket.generation
    bucket.delete()
    assert [found.name for found in storage_client.list_buckets(soft_deleted=True)] == ["lesson-data"]
    assert storage_client.restore_bucket("lesson-data", generation).exists()
    bucket.delete()
    cloud.clock.advance(timedelta(days=8))
    with pytest.raises(exceptions.NotFound, match="No soft-deleted bucket lesson-data"):
        storage_client.restore_bucket("lesson-data", generation)


def test_soft_delete_days_are_checked(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.soft_delete_policy.retention_duration_seconds = 3600
    with pytest.raises(exceptions.BadRequest, match="Invalid soft delete duration: found 3600 s"):
        bucket.patch()


def test_default_storage_class_applies_to_new_objects(storage_client):
    bucket = storage.Bucket(storage_client, "lesson-data")
    bucket.storage_class = "ARCHIVE"
    storage_client.create_bucket(bucket)
    bucket.blob("a").upload_from_string("1")
    assert bucket.get_blob("a").storage_class == "ARCHIVE"


def test_service_account_of_a_project(storage_client):
    assert storage_client.get_service_account_email().endswith("@gs-project-accounts.iam.gserviceaccount.com")


def test_storage_layout(storage_client, server):
    storage_client.create_bucket("lesson-data", location="US-CENTRAL1")
    layout = storage_client._get_resource("/b/lesson-data/storageLayout")
    assert (layout["locationType"], layout["hierarchicalNamespace"]) == ("region", {"enabled": False})
