"""Downloads: whole, in ranges, and unpacked on the way."""

import gzip
import io

import pytest
import requests
from google.api_core import exceptions

from mlops_helpers.offline.storage.downloads import requested_range

DIGITS = b"0123456789"


@pytest.fixture
def bucket(storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.blob("digits").upload_from_string(DIGITS, content_type="text/plain")
    return bucket


def media_url(server, name="digits"):
    return f"{server.url}/download/storage/v1/b/lesson-data/o/{name}?alt=media"


@pytest.mark.parametrize(("start", "end"), [(0, 3), (3, 3), (7, None), (None, 4), (5, 99)])
def test_ranges_include_their_last_byte(bucket, start, end):
    expected = DIGITS[start or 0 : None if end is None else end + 1]
    assert bucket.blob("digits").download_as_bytes(start=start, end=end) == expected


def test_the_last_bytes(bucket, server):
    answer = requests.get(media_url(server), headers={"Range": "bytes=-3"}, timeout=5)
    assert (answer.status_code, answer.content, answer.headers["Content-Range"]) == (206, b"789", "bytes 7-9/10")


def test_a_range_beyond_the_end(bucket, server):
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        bucket.blob("digits").download_as_bytes(start=10)
    for header in ("bytes=10-", "bytes=500-", "bytes=10-12"):
        answer = requests.get(media_url(server), headers={"Range": header}, timeout=5)
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize("header", [None, "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2"])
def test_other_range_headers_mean_the_whole_object(header):
    assert requested_range(header, 10) is None


def test_an_empty_object_in_chunks(bucket):
    bucket.blob("empty").upload_from_string(b"")
    target = io.BytesIO()
    bucket.blob("empty", chunk_size=2**18).download_to_file(target)
    assert target.getvalue() == b""


def test_a_large_object_in_chunks_with_its_hash_checked(bucket, tmp_path):
    data = DIGITS * 300_000
    bucket.blob("large").upload_from_string(data)
    bucket.blob("large", chunk_size=2**20).download_to_filename(tmp_path / "large", checksum="md5")
    assert (tmp_path / "large").read_bytes() == data


def test_headers_describe_the_stored_bytes(bucket, server):
    blob = bucket.get_blob("digits")
    blob.cache_control, blob.content_disposition = "max-age=5", 'attachment; filename="größe"'
    blob.patch()
    headers = requests.get(media_url(server), timeout=5).headers
    assert headers["X-Goog-Hash"] == f"crc32c={blob.crc32c},md5={blob.md5_hash}"
    assert (headers["X-Goog-Generation"], headers["X-Goog-Metageneration"]) == (str(blob.generation), "2")
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/plain", "max-age=5")
    assert headers["Last-Modified"] == "Mon, 05 Jan 2026 09:00:02 GMT"


def test_gzip_objects_are_unpacked_for_those_who_cannot(bucket, server):
    blob = bucket.blob("packed")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"plain text" * 100), content_type="text/plain")
    assert blob.download_as_bytes() == b"plain text" * 100
    assert gzip.decompress(blob.download_as_bytes(raw_download=True)) == b"plain text" * 100
    plain = requests.get(media_url(server, "packed"), headers={"Accept-Encoding": "identity"}, timeout=5)
    assert (plain.content, "Content-Encoding" in plain.headers) == (b"plain text" * 100, False)


def test_no_transform_keeps_an_object_packed(bucket, server):
    blob = bucket.blob("packed")
    blob.content_encoding, blob.cache_control = "gzip", "no-transform"
    blob.upload_from_string(gzip.compress(b"plain"))
    with requests.get(media_url(server, "packed"), headers={"Accept-Encoding": ""}, stream=True, timeout=5) as answer:
        assert gzip.decompress(answer.raw.read()) == b"plain"


def test_bytes_that_are_not_gzip_are_named(bucket, server):
    blob = bucket.blob("packed")
    blob.content_encoding = "gzip"
    blob.upload_from_string(b"not packed at all")
    answer = requests.get(media_url(server, "packed"), headers={"Accept-Encoding": ""}, timeout=5)
    assert "its contentEncoding is gzip, but its bytes are not" in answer.json()["error"]["message"]


def test_an_object_without_a_type_is_bytes(bucket, server):
    blob = bucket.get_blob("digits")
    blob.content_type = None
    blob.patch()
    assert requests.get(media_url(server), timeout=5).headers["Content-Type"] == "application/octet-stream"


def test_media_link_can_be_followed(bucket):
    answer = requests.get(bucket.get_blob("digits").media_link, timeout=5)
    assert answer.content == DIGITS


def test_reading_goes_on_while_the_object_is_deleted(bucket, server):
    data = DIGITS * 400_000
    bucket.blob("large").upload_from_string(data)
    with requests.get(media_url(server, "large"), stream=True, timeout=5) as answer:
        first = answer.raw.read(10)
        bucket.blob("large").delete()
        assert first + answer.raw.read() == data
