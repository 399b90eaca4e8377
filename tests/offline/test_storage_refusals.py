"""What the offline Cloud Storage does not do, it says by name."""

import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


def test_hmac_keys(storage_client):
    with pytest.raises(exceptions.MethodNotImplemented, match="HMAC keys: not available in the offline Google Cloud"):
        storage_client.create_hmac_key("lab@example.com")


def test_notifications(bucket):
    with pytest.raises(exceptions.MethodNotImplemented, match="Pub/Sub notifications: not available"):
        bucket.notification(topic_name="t").create()


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "b/lesson-data/anywhereCaches", "Anywhere caches"),
        ("POST", "b/lesson-data/managedFolders", "Managed folders"),
        ("POST", "b/lesson-data/folders", "Folders of a hierarchical namespace"),
        ("GET", "b/lesson-data/o/a/iam", "IAM policies of single objects"),
        ("POST", "b/lesson-data/relocate", "Relocating buckets"),
        ("POST", "b/lesson-data/o/bulkRestore", "Restoring objects in bulk"),
        ("GET", "b/lesson-data/unheard-of", "GET /storage/v1/b/lesson-data/unheard-of"),
        ("DELETE", "unheard-of", "DELETE /storage/v1/unheard-of"),
    ],
)
def test_whole_resources(server, method, path, name):
    answer = requests.request(method, f"{server.url}/storage/v1/{path}", timeout=5)
    assert answer.status_code == 501
    assert f"{name}: not available in the offline Google Cloud (see COVERAGE.md)" in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("autoclass", {"enabled": True}),
        ("hierarchicalNamespace", {"enabled": True}),
        ("encryption", {"defaultKmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"}),
        ("ipFilter", {"mode": "Enabled"}),
    ],
)
def test_settings_without_effect_here(storage_client, field, value):
    bucket = storage.Bucket(storage_client, "lesson-data")
    bucket._patch_property(field, value)
    with pytest.raises(exceptions.MethodNotImplemented, match=f"Buckets with {field}"):
        storage_client.create_bucket(bucket)
    assert not bucket.exists()


def test_forms_and_copies_through_the_xml_interface(bucket, server):
    form = requests.post(f"{server.url}/lesson-data/a", timeout=5)
    copy = requests.put(f"{server.url}/lesson-data/a", headers={"x-goog-copy-source": "lesson-data/b"}, timeout=5)
    assert [form.status_code, copy.status_code] == [501, 501]
    assert "Copying an object through the XML interface" in copy.text


def test_uploads_inside_a_batch(bucket, server):
    call = b"POST /upload/storage/v1/b/lesson-data/o HTTP/1.1\r\n\r\nx"
    body = b"--b\r\nContent-Type: application/http\r\n\r\n" + call + b"\r\n--b--"
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = requests.post(f"{server.url}/batch/storage/v1", data=body, headers=headers, timeout=5)
    assert (answer.status_code, "HTTP/1.1 501" in answer.text) == (200, True)


# Requests that no client library sends: each is answered in words, none by an internal fault.
ODD = [
    ("PATCH", "", {"versioning": {"enabled": "false"}}, 200),
    ("PATCH", "", {"iamConfiguration": None, "softDeletePolicy": None, "storageClass": None}, 200),
    ("PATCH", "", {"retentionPolicy": {}}, 400),
    ("PATCH", "", {"lifecycle": {"rule": [{}]}}, 400),
    ("PATCH", "", {"acl": [{}]}, 400),
    ("PUT", "/iam", {"bindings": None}, 200),
    ("PUT", "/iam", {"bindings": [{}]}, 400),
    ("POST", "/o/x/compose", {"sourceObjects": None}, 400),
    ("POST", "/o/x/compose", {"sourceObjects": [{}]}, 400),
    ("PATCH", "/o/a", {"metadata": None, "contexts": None, "retention": None, "customTime": None}, 200),
    ("PATCH", "/o/a", {"contexts": {"custom": {"k": {}}}}, 400),
    ("PATCH", "/o/a", {"customTime": "yesterday"}, 400),
    ("PATCH", "/o/a", {"temporaryHold": "false"}, 200),
    ("PUT", "/o/a", {}, 200),
    ("GET", "/o?maxResults=many", None, 400),
    ("GET", "/o?pageToken=W10=", None, 400),
    ("GET", "/o/a?ifGenerationMatch=one", None, 400),
    ("GET", "/o/a?softDeleted=true", None, 400),
    ("POST", "/acl", {}, 400),
    ("POST", "/lockRetentionPolicy", None, 400),
    ("POST", "/o?uploadType=multipart", None, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ODD)
def test_odd_requests(bucket, server, method, path, body, status):
    bucket.blob("a").upload_from_string("x")
    answer = requests.request(method, f"{server.url}/storage/v1/b/lesson-data{path}", json=body, timeout=5)
    assert (answer.status_code, "internal fault" in answer.text) == (status, False)
    assert bucket.get_blob("a").temporary_hold in (None, False)
    assert not bucket.client.get_bucket("lesson-data").versioning_enabled
