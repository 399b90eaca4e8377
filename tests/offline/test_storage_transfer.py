"""The other doors: transfer manager, XML multipart uploads, signed URLs, batches."""

import datetime as dt
import io

import pytest
import requests
from google.api_core import exceptions
from google.auth import crypt
from google.cloud import storage
from google.cloud.storage import transfer_manager
from google.oauth2 import service_account

MIB = 2**20
THREADS = {"worker_type": transfer_manager.THREAD, "max_workers": 3}


class MadeUpSigner(crypt.Signer):
    """Signs with nobody's key: the offline cloud checks expiry, not signatures."""

    key_id = "made-up"

    def sign(self, message):
        return b"signature"


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


@pytest.fixture
def signed(bucket, server):
    """A function that signs a URL for one object."""
    credentials = service_account.Credentials(MadeUpSigner(), "lab@example.com", f"{server.url}/token")

    def sign(name="a", version="v4", expiration=dt.timedelta(minutes=5), **options):
        options |= {"credentials": credentials, "api_access_endpoint": server.url}
        return bucket.blob(name).generate_signed_url(version=version, expiration=expiration, **options)

    return sign


def test_many_files_up_and_down(bucket, tmp_path):
    names = [f"part/{number}.txt" for number in range(6)]
    (tmp_path / "part").mkdir()
    for name in names:
        (tmp_path / name).write_text(name)
    up = transfer_manager.upload_many_from_filenames(bucket, names, source_directory=str(tmp_path), **THREADS)
    assert up == [None] * 6
    target = tmp_path / "down"
    transfer_manager.download_many_to_path(bucket, names, destination_directory=str(target), **THREADS)
    assert [(target / name).read_text() for name in names] == names


def test_upload_many_reports_what_was_refused(bucket):
    pairs = [(io.BytesIO(b"1"), bucket.blob("good")), (io.BytesIO(b"2"), bucket.blob(".."))]
    good, bad = transfer_manager.upload_many(pairs, **THREADS)
    assert (good, type(bad)) == (None, exceptions.BadRequest)


def test_chunks_at_once_in_both_directions(bucket, tmp_path):
    data = bytes(range(256)) * (11 * MIB // 256) + b"tail"
    (tmp_path / "up").write_bytes(data)
    blob = bucket.blob("large")
    transfer_manager.upload_chunks_concurrently(str(tmp_path / "up"), blob, chunk_size=5 * MIB, **THREADS)
    blob.reload()
    assert (blob.size, blob.component_count, blob.md5_hash) == (len(data), 3, None)
    transfer_manager.download_chunks_concurrently(blob, str(tmp_path / "down"), chunk_size=4 * MIB, **THREADS)
    assert (tmp_path / "down").read_bytes() == data


def begin(server, name="big"):
    return (
        requests.post(f"{server.url}/lesson-data/{name}?uploads", timeout=5).text.split("<UploadId>")[1].split("<")[0]
    )


def put_part(server, upload, number, data, **headers):
    url = f"{server.url}/lesson-data/big?partNumber={number}&uploadId={upload}"
    return requests.put(url, data=data, headers=headers, timeout=5)


def complete(server, upload, parts):
    listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in parts)
    url = f"{server.url}/lesson-data/big?uploadId={upload}"
    return requests.post(url, data=f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>", timeout=5)


def test_parts_are_invisible_until_complete_and_released_when_aborted(bucket, server, cloud):
    upload = begin(server)
    put_part(server, upload, 1, b"x" * 100)
    contents = cloud.service("storage").contents
    assert (list(bucket.list_blobs()), contents.in_memory) == ([], 100)
    assert requests.delete(f"{server.url}/lesson-data/big?uploadId={upload}", timeout=5).status_code == 204
    assert contents.in_memory == 0


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "InvalidPartOrder"),
        ([(2, "b"), (1, "a")], "InvalidPartOrder"),
        ([(1, "wrong")], "InvalidPart"),
        ([(3, None)], "InvalidPart"),
        ([(1, None), (2, None)], "EntityTooSmall"),
    ],
)
def test_bad_lists_of_parts_are_refused(bucket, server, parts, code):
    upload = begin(server)
    tags = {number: put_part(server, upload, number, b"tiny").headers["ETag"] for number in (1, 2)}
    answer = complete(server, upload, [(number, tag or tags.get(number, "?")) for number, tag in parts])
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True)
    assert list(bucket.list_blobs()) == []


def test_a_damaged_part_and_a_wrong_number_are_refused(bucket, server):
    upload = begin(server)
    damaged = put_part(server, upload, 1, b"x", **{"x-goog-hash": "crc32c=AAAAAA=="})
    assert (damaged.status_code, "the bytes changed on the way" in damaged.text) == (400, True)
    assert put_part(server, upload, 0, b"x").status_code == 400


@pytest.mark.parametrize("version", ["v2", "v4"])
def test_signed_urls_read_and_write(bucket, signed, version):
    answer = requests.put(signed(version=version, method="PUT"), data=b"hello", timeout=5)
    assert answer.status_code == 200
    assert requests.get(signed(version=version), timeout=5).content == b"hello"
    assert requests.head(signed(version=version, method="HEAD"), timeout=5).headers["Content-Length"] == "5"
    assert requests.delete(signed(version=version, method="DELETE"), timeout=5).status_code == 204
    assert not bucket.blob("a").exists()


def test_a_signed_upload_brings_type_and_metadata(bucket, signed):
    headers = {"Content-Type": "text/csv", "x-goog-meta-owner": "Ada", "x-goog-if-generation-match": "0"}
    url = signed(method="PUT", headers=headers, content_type="text/csv")
    assert requests.put(url, data=b"a,b", headers=headers, timeout=5).status_code == 200
    blob = bucket.get_blob("a")
    assert (blob.content_type, blob.metadata) == ("text/csv", {"owner": "Ada"})
    assert requests.put(url, data=b"c,d", headers=headers, timeout=5).status_code == 412


def test_a_signed_url_may_name_the_downloads_file(bucket, signed):
    bucket.blob("a").upload_from_string("x")
    url = signed(response_disposition="attachment; filename=b.txt", response_type="text/css")
    headers = requests.get(url, timeout=5).headers
    assert (headers["Content-Disposition"], headers["Content-Type"]) == ("attachment; filename=b.txt", "text/css")


def test_a_signed_url_cannot_forge_headers(bucket, server):
    bucket.blob("a").upload_from_string("x")
    query = {"response-content-type": "text/css\r\nSet-Cookie: a=b"}
    answer = requests.get(f"{server.url}/lesson-data/a", params=query, timeout=5)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)


def test_signed_urls_expire_by_the_computers_clock(bucket, signed, cloud):
    bucket.blob("a").upload_from_string("x")
    past = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    old = requests.get(signed(version="v2", expiration=past), timeout=5)
    assert (old.status_code, "<Code>ExpiredToken</Code>" in old.text) == (400, True)
    cloud.service("storage").wall_clock = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)
    assert "Sign a new one" in requests.get(signed(version="v4"), timeout=5).text


@pytest.mark.parametrize(
    "query", ["X-Goog-Date=today&X-Goog-Expires=5", "X-Goog-Date=20260105T090000Z&X-Goog-Expires=x"]
)
def test_malformed_signatures_are_refused(bucket, server, query):
    answer = requests.get(f"{server.url}/lesson-data/a?X-Goog-Signature=00&{query}", timeout=5)
    assert (answer.status_code, "Invalid signed URL" in answer.text) == (400, True)


def test_errors_of_the_xml_interface_are_xml(bucket, server):
    answer = requests.get(f"{server.url}/lesson-data/ghost", timeout=5)
    assert answer.status_code == 404
    assert answer.text.startswith("<?xml")
    assert "<Code>NoSuchKey</Code><Message>No such object: lesson-data/ghost" in answer.text


def test_ranges_through_the_xml_interface(bucket, server):
    bucket.blob("a").upload_from_string("0123456789")
    part = requests.get(f"{server.url}/lesson-data/a", headers={"Range": "bytes=2-3"}, timeout=5)
    assert (part.status_code, part.text) == (206, "23")
    beyond = requests.get(f"{server.url}/lesson-data/a", headers={"Range": "bytes=20-"}, timeout=5)
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */10")
    assert "<Code>InvalidRange</Code>" in beyond.text


def test_a_batch_answers_each_call(storage_client, bucket):
    for name in "abc":
        bucket.blob(name).upload_from_string(name)
    with storage_client.batch():
        for name in "ab":
            bucket.blob(name).delete()
        blob = bucket.blob("c")
        blob.metadata = {"stage": "raw"}
        blob.patch()
    assert [(found.name, found.metadata) for found in bucket.list_blobs()] == [("c", {"stage": "raw"})]


def test_one_failure_does_not_stop_a_batch(storage_client, bucket):
    bucket.blob("a").upload_from_string("a")
    with storage_client.batch(raise_exception=False) as batch:
        bucket.blob("ghost").delete()
        bucket.blob("a").delete()
    assert [answer.status_code for answer in batch._responses] == [404, 204]
    assert list(bucket.list_blobs()) == []


def test_a_batch_has_a_limit(storage_client, bucket):
    batch = storage_client.batch()
    storage_client._push_batch(batch)
    for number in range(101):
        bucket.blob(str(number)).delete()
    storage_client._pop_batch()
    with pytest.raises(exceptions.BadRequest, match="holds 101 calls, expected at most 100"):
        batch.finish()


def test_deleting_many(storage_client, bucket):
    bucket.blob("a").upload_from_string("a")
    missing = []
    bucket.delete_blobs([bucket.blob("a"), bucket.blob("ghost")], on_error=missing.append)
    assert [blob.name for blob in missing] == ["ghost"]


def test_blob_from_uri(storage_client, bucket):
    bucket.blob("x/a.txt").upload_from_string("hello")
    assert storage.Blob.from_uri("gs://lesson-data/x/a.txt", client=storage_client).download_as_text() == "hello"
