"""Uploads: simple, multipart and resumable; checked, complete or not there at all."""

import base64
import hashlib
import io
import socket
from concurrent.futures import ThreadPoolExecutor

import google_crc32c
import pytest
import requests
from google.api_core import exceptions
from google.cloud import storage

QUARTER = 256 * 1024


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


@pytest.fixture
def contents(cloud, server):
    return cloud.service("storage").contents


def upload_url(server):
    return f"{server.url}/upload/storage/v1/b/lesson-data/o"


def start(server, name="a", **headers):
    answer = requests.post(
        upload_url(server), params={"uploadType": "resumable", "name": name}, headers=headers, timeout=5
    )
    return answer.headers["Location"]


def send(url, data, content_range, **headers):
    return requests.put(url, data=data, headers={"Content-Range": content_range, **headers}, timeout=5)


def test_both_hashes_are_those_of_the_bytes(bucket):
    data = bytes(range(256)) * 40
    bucket.blob("a").upload_from_string(data)
    found = bucket.get_blob("a")
    assert found.md5_hash == base64.b64encode(hashlib.md5(data).digest()).decode()
    assert found.crc32c == base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("checksum", ["md5", "crc32c", None])
@pytest.mark.parametrize("size", [0, 1, 1000, 9 * 2**20])
def test_what_goes_up_comes_down(bucket, size, checksum):
    data = (b"0123456789abcdef\r\n" * (size // 18 + 1))[:size]
    bucket.blob("a").upload_from_file(io.BytesIO(data), size=size, checksum=checksum)
    assert bucket.blob("a").download_as_bytes() == data


def test_resumable_in_chunks(bucket, contents):
    data = bytes(range(256)) * 4096
    bucket.blob("a", chunk_size=QUARTER).upload_from_file(io.BytesIO(data))
    assert bucket.blob("a").download_as_bytes() == data
    assert contents.in_memory == len(data)


def test_an_upload_of_unknown_size(bucket):
    class Stream(io.RawIOBase):
        """A source that cannot say how long it is."""

        def __init__(self, data):
            self.source = io.BytesIO(data)

        def read(self, size=-1):
            return self.source.read(size)

        def tell(self):
            return self.source.tell()

    bucket.blob("a", chunk_size=QUARTER).upload_from_file(Stream(b"x" * (QUARTER + 5)))
    assert bucket.get_blob("a").size == QUARTER + 5


def test_blob_opened_like_a_file(bucket):
    with bucket.blob("a").open("w") as file:
        file.writelines(f"line {number}\n" for number in range(3))
    with bucket.blob("a").open("r") as file:
        assert file.readlines()[-1] == "line 2\n"
    with bucket.blob("a").open("rb") as file:
        file.seek(5)
        assert file.read(1) == b"0"


@pytest.mark.parametrize("field", ["crc32c", "md5Hash"])
def test_wrong_hashes_are_refused_and_nothing_is_stored(bucket, contents, field):
    blob = bucket.blob("a")
    blob._properties[field] = "AAAAAA=="
    blob._changes.add(field)
    with pytest.raises(exceptions.BadRequest, match=f"Provided {field} .* match calculated"):
        blob.upload_from_string("hello", checksum=None)
    assert bucket.get_blob("a") is None
    assert contents.in_memory == 0


def test_a_simple_upload_checks_its_header_hash(bucket, server):
    params = {"uploadType": "media", "name": "a"}
    wrong = requests.post(upload_url(server), params=params, data=b"x", headers={"x-goog-hash": "md5=no"}, timeout=5)
    assert wrong.status_code == 400
    right = requests.post(upload_url(server), params=params, data=b"x", headers={"Content-Type": "text/csv"}, timeout=5)
    assert (right.json()["size"], right.json()["contentType"]) == ("1", "text/csv")


def test_a_client_that_hangs_up_half_way_leaves_nothing(bucket, server, contents):
    head = "POST /upload/storage/v1/b/lesson-data/o?uploadType=media&name=a HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    with socket.create_connection(server.server_address) as connection:
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n".encode() + b"x" * 500)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert list(bucket.list_blobs()) == []
    assert contents.in_memory == 0


def test_a_multipart_body_that_is_cut_off_is_refused(bucket, server):
    body = b'--b\r\nContent-Type: application/json\r\n\r\n{"name": "a"}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhalf'
    headers = {"Content-Type": "multipart/related; boundary=b"}
    answer = requests.post(
        upload_url(server), params={"uploadType": "multipart"}, data=body, headers=headers, timeout=5
    )
    assert (answer.status_code, "incomplete" in answer.json()["error"]["message"]) == (400, True)
    assert list(bucket.list_blobs()) == []


def test_a_multipart_body_may_hold_its_own_boundary_inside(bucket, server):
    body = b'--b\r\n\r\n{"name": "a"}\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\ny\r\n--b--\r\n'
    headers = {"Content-Type": 'multipart/related; boundary="b"'}
    requests.post(upload_url(server), params={"uploadType": "multipart"}, data=body, headers=headers, timeout=5)
    assert bucket.blob("a").download_as_bytes() == b"x\r\n--b--\r\ny"


def test_encoded_parts_are_refused_by_name(bucket, server):
    part = b"Content-Transfer-Encoding: base64\r\n\r\neA=="
    body = b'--b\r\n\r\n{"name": "a"}\r\n--b\r\n' + part + b"\r\n--b--"
    headers = {"Content-Type": "multipart/related; boundary=b"}
    answer = requests.post(
        upload_url(server), params={"uploadType": "multipart"}, data=body, headers=headers, timeout=5
    )
    assert (answer.status_code, "Content-Transfer-Encoding base64" in answer.text) == (501, True)


def test_of_many_who_create_one_wins(bucket):
    def create(number):
        try:
            return bucket.blob("a").upload_from_string(str(number), if_generation_match=0) is None
        except exceptions.PreconditionFailed:
            return False

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(16)))
    assert sum(won) == 1
    assert bucket.blob("a").download_as_text() == str(won.index(True))


def test_an_unfinished_resumable_upload_is_invisible_until_cancelled(bucket, server, contents):
    url = start(server)
    answer = send(url, b"x" * QUARTER, f"bytes 0-{QUARTER - 1}/*")
    assert (answer.status_code, answer.headers["Range"]) == (308, f"bytes=0-{QUARTER - 1}")
    assert (list(bucket.list_blobs()), contents.in_memory) == ([], QUARTER)
    assert requests.delete(url, timeout=5).status_code == 499
    assert contents.in_memory == 0
    assert send(url, b"x", "bytes */*").status_code == 410


def test_closing_the_cloud_releases_abandoned_uploads(bucket, server, cloud, contents):
    send(start(server), b"x" * QUARTER, f"bytes 0-{QUARTER - 1}/*")
    cloud.service("storage").close()
    assert contents.in_memory == 0


def test_a_resumable_upload_goes_on_where_it_stopped(bucket, server):
    url = start(server)
    send(url, b"a" * QUARTER, f"bytes 0-{QUARTER - 1}/*")
    assert send(url, b"", "bytes */*").headers["Range"] == f"bytes=0-{QUARTER - 1}"
    overlapping = b"a" * QUARTER + b"bc"
    done = send(url, overlapping, f"bytes 0-{QUARTER + 1}/{QUARTER + 2}")
    assert done.status_code == 200
    assert bucket.blob("a").download_as_bytes() == overlapping
    assert send(url, b"", f"bytes */{QUARTER + 2}").json() == done.json()


@pytest.mark.parametrize(
    ("data", "content_range", "message"),
    [
        (b"x", "bytes 5-5/6", "found upload offset 5, expected at most 0"),
        (b"x", "bytes 0-1/2", "found a body of 1 bytes, expected 2"),
        (b"xx", "bytes 0-1/*", "expected a multiple of 262144"),
        (b"xx", "bytes 0-1/1", "found last byte 1"),
        (b"xx", "pages 1", "expected 'bytes first-last/total'"),
    ],
)
def test_bad_chunks_are_refused(bucket, server, data, content_range, message):
    answer = send(start(server), data, content_range)
    assert (answer.status_code, message in answer.json()["error"]["message"]) == (400, True)
    assert list(bucket.list_blobs()) == []


def test_preconditions_are_checked_again_at_the_end(bucket, server, contents):
    blob = bucket.blob("a", chunk_size=QUARTER)
    url = blob.create_resumable_upload_session(size=3, if_generation_match=0)
    bucket.blob("a").upload_from_string("first")
    assert send(url, b"abc", "bytes 0-2/3").status_code == 412
    assert bucket.blob("a").download_as_bytes() == b"first"
    assert contents.in_memory == 5


def test_uploads_end_with_their_bucket(bucket, server, contents):
    url = start(server)
    send(url, b"x" * QUARTER, f"bytes 0-{QUARTER - 1}/*")
    bucket.delete()
    assert contents.in_memory == 0
    assert send(url, b"", "bytes */*").status_code == 410


def test_an_upload_shorter_than_announced_is_refused(bucket, server):
    url = start(server, **{"X-Upload-Content-Length": "10"})
    answer = send(url, b"abc", "bytes 0-2/3")
    assert "found 3 bytes, expected the announced 10" in answer.json()["error"]["message"]


def test_uploads_need_a_bucket_and_a_kind(storage_client, server):
    with pytest.raises(exceptions.NotFound, match="bucket does not exist"):
        storage_client.bucket("no-such-bucket").blob("a").upload_from_string("x")
    storage_client.create_bucket("lesson-data")
    answer = requests.post(upload_url(server), params={"uploadType": "pigeon"}, timeout=5)
    assert "found 'pigeon', expected one of media, multipart, resumable" in answer.json()["error"]["message"]


def test_customer_keys_are_refused_by_name(bucket):
    with pytest.raises(exceptions.MethodNotImplemented, match="keys of the customer"):
        storage.Blob("a", bucket, encryption_key=b"k" * 32).upload_from_string("x")
    with pytest.raises(exceptions.MethodNotImplemented, match="keys of the customer"):
        storage.Blob("a", bucket, kms_key_name="projects/p/locations/l/keyRings/r/cryptoKeys/k").upload_from_string("x")
