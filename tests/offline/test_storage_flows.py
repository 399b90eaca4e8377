"""What people do with Cloud Storage all day: locks, pipelines of parts, interrupted uploads, many threads."""

import datetime as dt
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from google.api_core import exceptions
from google.cloud.storage import transfer_manager

KIB = 1024


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lake")


def test_names_that_look_like_paths_are_only_names(bucket, cloud):
    names = ["a b/ü%2F#?&+=.txt", "дир/файл", "a//b", "/lead", "trail/", "../up", "emoji😀"]

    for name in names:
        bucket.blob(name).upload_from_string(name)

    assert [bucket.blob(name).download_as_text() for name in names] == names
    assert sorted(blob.name for blob in bucket.list_blobs()) == sorted(names)


@pytest.mark.parametrize("name", [".", "..", "a\nb", "bad\x00", "x" * 1025])
def test_a_bad_name_says_found_expected_and_remedy(bucket, name):
    with pytest.raises(exceptions.BadRequest, match=r"found .*expected .*Rename the object"):
        bucket.blob(name).upload_from_string("x")

    assert list(bucket.list_blobs()) == []


def test_one_of_many_writers_takes_the_lock(bucket):
    def take(number):
        try:
            bucket.blob("lock").upload_from_string(str(number), if_generation_match=0)
        except exceptions.PreconditionFailed:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(take, range(8)) if number is not None]

    assert [bucket.blob("lock").download_as_text()] == [str(number) for number in winners]


def test_read_change_write_without_losing_a_count(bucket):
    bucket.blob("count").upload_from_string("0")

    def add_one(_):
        while True:
            try:
                blob = bucket.get_blob("count")  # the read asks for this generation, and may lose the race as well
                return blob.upload_from_string(
                    str(int(blob.download_as_text()) + 1), if_generation_match=blob.generation
                )
            except (exceptions.PreconditionFailed, exceptions.NotFound):
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_one, range(20)))

    assert bucket.blob("count").download_as_text() == "20"


def test_parts_are_composed_then_appended_to(bucket):
    parts = [bucket.blob(f"parts/{number}") for number in range(3)]
    for number, part in enumerate(parts):
        part.upload_from_string(str(number) * 2)

    whole = bucket.blob("whole")
    whole.compose(parts)
    whole.compose([whole, parts[0]], if_generation_match=whole.generation)

    assert whole.download_as_text() == "00112200"
    assert bucket.get_blob("whole").component_count == 4
    with pytest.raises(exceptions.NotFound, match="No such object: lake/none"):
        bucket.blob("broken").compose([parts[0], bucket.blob("none")])
    assert not bucket.blob("broken").exists()


def test_an_interrupted_upload_goes_on_where_it_stopped(bucket):
    data = b"x" * 600 * KIB
    url = bucket.blob("big").create_resumable_upload_session(size=len(data))
    first = requests.put(url, data[: 256 * KIB], headers={"Content-Range": f"bytes 0-{256 * KIB - 1}/{len(data)}"})
    gap = requests.put(url, b"y", headers={"Content-Range": f"bytes 500000-500000/{len(data)}"})
    asked = requests.put(url, headers={"Content-Range": f"bytes */{len(data)}"})

    assert (first.status_code, asked.status_code, asked.headers["Range"]) == (308, 308, f"bytes=0-{256 * KIB - 1}")
    assert gap.status_code == 400
    assert not bucket.blob("big").exists()
    rest = requests.put(
        url, data[256 * KIB :], headers={"Content-Range": f"bytes {256 * KIB}-{len(data) - 1}/{len(data)}"}
    )
    assert rest.status_code == 200
    assert bucket.blob("big").download_as_bytes() == data


@pytest.mark.parametrize(
    "tail",
    [
        "Content-Length: 1000\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_an_upload_cut_off_half_way_leaves_nothing(bucket, server, capfd, tail):
    with socket.create_connection(("127.0.0.1", server.server_port)) as line:
        head = "POST /upload/storage/v1/b/lake/o?uploadType=media&name=cut HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        line.sendall((head + tail).encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""

    assert not bucket.blob("cut").exists()
    assert capfd.readouterr().err == ""


def test_rules_act_when_the_clock_passes(bucket, cloud):
    bucket.add_lifecycle_set_storage_class_rule("COLDLINE", age=10)
    bucket.add_lifecycle_delete_rule(age=30, matches_prefix=["tmp/"])
    bucket.patch()
    bucket.blob("tmp/a").upload_from_string("x")
    bucket.blob("keep").upload_from_string("x")

    cloud.clock.advance(dt.timedelta(days=12))
    assert {blob.storage_class for blob in bucket.list_blobs()} == {"COLDLINE"}
    cloud.clock.advance(dt.timedelta(days=20))
    assert [blob.name for blob in bucket.list_blobs()] == ["keep"]


def test_many_files_up_and_down(bucket, tmp_path):
    names = [f"f{number}" for number in range(5)]
    for name in names:
        (tmp_path / name).write_text(name)
    threads = {"worker_type": transfer_manager.THREAD, "max_workers": 4}

    sent = transfer_manager.upload_many_from_filenames(bucket, names, source_directory=str(tmp_path), **threads)
    got = transfer_manager.download_many_to_path(
        bucket, [*names, "missing"], destination_directory=str(tmp_path / "out"), **threads
    )

    assert (sent, [type(result).__name__ for result in got]) == ([None] * 5, ["NoneType"] * 5 + ["NotFound"])
    assert [(tmp_path / "out" / name).read_text() for name in names] == names
    assert not (tmp_path / "out" / "missing").exists()


def test_eight_threads_lose_nothing(bucket):
    done = threading.Barrier(8)

    def work(thread):
        done.wait()
        for number in range(12):
            blob = bucket.blob(f"{thread}/{number}")
            blob.upload_from_string(f"{thread}-{number}")
            blob.metadata = {"n": str(number)}
            blob.patch()
            assert bucket.blob(blob.name).download_as_text() == f"{thread}-{number}"
            if number % 3 == 0:
                blob.delete()
            else:
                bucket.copy_blob(blob, bucket, f"copies/{blob.name}")
            assert len(list(bucket.list_blobs(prefix=f"{thread}/"))) == number - number // 3

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    kept = sorted(f"{thread}/{number}" for thread in range(8) for number in range(12) if number % 3)
    copies = {blob.name: blob.metadata for blob in bucket.list_blobs(prefix="copies/")}
    assert sorted(blob.name for blob in bucket.list_blobs() if not blob.name.startswith("copies/")) == kept
    assert copies == {f"copies/{name}": {"n": name.partition("/")[2]} for name in kept}
