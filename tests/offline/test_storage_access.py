"""Who may use what: IAM policies and access lists. They are kept, checked for sense, and shown."""

import pytest
from google.api_core import exceptions


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


@pytest.fixture
def blob(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string("1")
    return blob


def grants(acl):
    return {entry["entity"]: entry["role"] for entry in acl}


def test_the_policy_is_read_and_written(bucket):
    policy = bucket.get_iam_policy(requested_policy_version=3)
    assert "roles/storage.legacyBucketOwner" in policy
    policy["roles/storage.objectViewer"] = {"user:ada@example.com"}
    bucket.set_iam_policy(policy)
    found = bucket.get_iam_policy(requested_policy_version=3)
    assert found["roles/storage.objectViewer"] == {"user:ada@example.com"}
    assert found.etag != policy.etag


def test_conditions_need_version_three(bucket):
    policy = bucket.get_iam_policy(requested_policy_version=3)
    condition = {"title": "until", "expression": 'request.time < timestamp("2027-01-01T00:00:00Z")'}
    binding = {"role": "roles/storage.objectViewer", "members": {"user:ada@example.com"}, "condition": condition}
    policy.bindings.append(binding)
    with pytest.raises(exceptions.BadRequest, match="Invalid policy version: found 1"):
        bucket.set_iam_policy(policy)
    policy.version = 3
    bucket.set_iam_policy(policy)
    with pytest.raises(exceptions.BadRequest, match="expected 3 to read it whole"):
        bucket.get_iam_policy(requested_policy_version=1)
    assert bucket.get_iam_policy(requested_policy_version=3).bindings[-1]["condition"] == condition


def test_a_policy_changed_meanwhile_is_not_overwritten(bucket):
    mine, theirs = bucket.get_iam_policy(), bucket.get_iam_policy()
    theirs["roles/storage.admin"] = {"user:bob@example.com"}
    bucket.set_iam_policy(theirs)
    mine["roles/storage.admin"] = {"user:ada@example.com"}
    with pytest.raises(exceptions.PreconditionFailed, match="The policy was changed meanwhile"):
        bucket.set_iam_policy(mine)
    assert bucket.get_iam_policy()["roles/storage.admin"] == {"user:bob@example.com"}


@pytest.mark.parametrize(
    ("role", "member", "message"),
    [
        ("roles/storage.admin", "ada@example.com", "Invalid member of roles/storage.admin: found 'ada@example.com'"),
        ("storage.admin", "user:ada@example.com", "Invalid role: found 'storage.admin'"),
    ],
)
def test_bad_bindings_are_refused(bucket, role, member, message):
    policy = bucket.get_iam_policy()
    policy[role] = {member}
    with pytest.raises(exceptions.BadRequest, match=message):
        bucket.set_iam_policy(policy)


def test_permissions_can_be_tested(bucket):
    asked = ["storage.objects.get", "storage.buckets.delete"]
    assert bucket.test_iam_permissions(asked) == asked
    with pytest.raises(exceptions.BadRequest, match="bigquery.tables.get is not valid"):
        bucket.test_iam_permissions(["bigquery.tables.get"])


def test_new_objects_get_the_default_list(bucket, blob):
    bucket.acl.reload()
    blob.acl.reload()
    assert set(grants(bucket.acl).values()) == {"OWNER", "READER"}
    assert f"project-owners-{bucket.project_number}" in grants(blob.acl)


def test_access_to_an_object_is_granted_and_revoked(blob):
    blob.acl.user("ada@example.com").grant_read()
    blob.acl.save()
    blob.acl.reload()
    assert grants(blob.acl)["user-ada@example.com"] == "READER"
    blob.acl.user("ada@example.com").revoke_read()
    blob.acl.save()
    blob.acl.reload()
    assert "user-ada@example.com" not in grants(blob.acl)


def test_a_public_object(blob):
    blob.make_public()
    blob.acl.reload()
    assert grants(blob.acl)["allUsers"] == "READER"
    blob.make_private()
    blob.acl.reload()
    assert "allUsers" not in grants(blob.acl)


def test_default_list_applies_to_later_objects(bucket):
    bucket.default_object_acl.all().grant_read()
    bucket.default_object_acl.save()
    later = bucket.blob("later")
    later.upload_from_string("1")
    later.acl.reload()
    assert grants(later.acl)["allUsers"] == "READER"


def test_predefined_lists(bucket):
    blob = bucket.blob("a")
    blob.upload_from_string("1", predefined_acl="publicRead")
    blob.acl.reload()
    assert grants(blob.acl) == {"user-offline@example.com": "OWNER", "allUsers": "READER"}
    bucket.acl.save_predefined("private")
    bucket.acl.reload()
    assert grants(bucket.acl) == {"user-offline@example.com": "OWNER"}
    with pytest.raises(exceptions.BadRequest, match="Invalid predefined ACL: found 'secret'"):
        bucket.client._patch_resource(bucket.path, {}, query_params={"predefinedAcl": "secret"})


@pytest.mark.parametrize("path", ["/acl", "/defaultObjectAcl", "/o/a/acl"])
def test_single_entries(storage_client, bucket, blob, path):
    base, entry = f"{bucket.path}{path}", {"entity": "group-team@example.com", "role": "READER"}
    assert storage_client._post_resource(base, entry)["email"] == "team@example.com"
    one = f"{base}/group-team@example.com"
    assert storage_client._patch_resource(one, {"role": "OWNER"})["role"] == "OWNER"
    assert storage_client._get_resource(one)["role"] == "OWNER"
    storage_client._delete_resource(one)
    with pytest.raises(exceptions.NotFound, match="ACL entry does not exist: found group-team@example.com"):
        storage_client._get_resource(one)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"entity": "ada", "role": "READER"}, "Invalid entity in access list: found 'ada'"),
        ({"entity": "allUsers", "role": "WRITER"}, "Invalid role for allUsers: found 'WRITER'"),
    ],
)
def test_bad_entries_are_refused(storage_client, bucket, blob, entry, message):
    with pytest.raises(exceptions.BadRequest, match=message):
        storage_client._post_resource(f"{blob.path}/acl", entry)


def test_uniform_access_has_no_lists(bucket, blob):
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    for refused in (blob.acl.reload, bucket.acl.reload, blob.make_public):
        with pytest.raises(exceptions.BadRequest, match="uniform bucket-level access is enabled"):
            refused()
    with pytest.raises(exceptions.BadRequest):
        bucket.blob("b").upload_from_string("1", predefined_acl="publicRead")
    bucket.blob("b").upload_from_string("1")


def test_public_access_prevention(bucket, blob):
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    with pytest.raises(exceptions.PreconditionFailed, match="public access prevention is enforced"):
        blob.make_public()
    policy = bucket.get_iam_policy()
    policy["roles/storage.objectViewer"] = {"allUsers"}
    with pytest.raises(exceptions.PreconditionFailed, match="public access prevention"):
        bucket.set_iam_policy(policy)
