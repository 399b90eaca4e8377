"""Where bytes live: memory up to a budget, files beyond it, and nothing once nobody needs them."""

import base64
import gc
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.storage.contents import ContentStore


@pytest.fixture
def store(tmp_path):
    numbers = iter(range(100))
    return ContentStore(str(tmp_path), lambda kind: str(next(numbers)), budget=1000)


def files(store):
    gc.collect()
    return list(Path(store._folder).iterdir())


def test_bytes_beyond_the_budget_go_to_files(store):
    small, large = store.add(io.BytesIO(b"s" * 600)), store.add(io.BytesIO(b"l" * 600))
    assert (store.in_memory, len(files(store))) == (600, 1)
    assert (small.bytes(), large.bytes()) == (b"s" * 600, b"l" * 600)
    assert large.md5 == base64.b64encode(hashlib.md5(b"l" * 600).digest()).decode()


def test_one_content_can_outgrow_the_memory_while_it_is_written(store):
    writer = store.writer()
    for _ in range(30):
        writer.write(b"x" * 100)
    assert store.in_memory == 0
    content = writer.finish()
    assert content.size == 3000
    with content.open() as file:
        assert file.read() == b"x" * 3000


def test_memory_and_files_are_given_back(store):
    contents = [store.add(io.BytesIO(b"x" * 900)) for _ in range(3)]
    assert (store.in_memory, len(files(store))) == (900, 2)
    contents.clear()
    assert (store.in_memory, files(store)) == (0, [])


def test_a_file_stays_while_it_is_read(store):
    file = store.add(io.BytesIO(b"x" * 2000)).open(10, 20)
    assert len(files(store)) == 1
    with file:
        assert file.read() == b"x" * 10
    del file
    assert files(store) == []


@pytest.mark.parametrize("size", [100, 2000])
def test_discarding_leaves_nothing(store, size):
    writer = store.writer()
    writer.write(b"x" * size)
    writer.discard()
    writer.discard()
    assert (store.in_memory, files(store)) == (0, [])


def test_a_source_that_fails_leaves_nothing(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        store.add(Broken())
    assert (store.in_memory, files(store)) == (0, [])


@given(size=st.integers(0, 50), start=st.integers(0, 60), length=st.integers(0, 60), budget=st.sampled_from([0, 1000]))
def test_every_stretch_is_that_of_the_bytes(tmp_path_factory, size, start, length, budget):
    data = bytes(range(size))
    store = ContentStore(str(tmp_path_factory.getbasetemp()), lambda kind: f"stretch-{size}", budget=budget)
    content = store.add(io.BytesIO(data))
    assert content.bytes(start, start + length) == data[start : start + length]
    with content.open(start, start + length) as file:
        file.seek(0, 2)
        assert file.tell() == len(data[start : start + length])
        file.seek(0)
        assert file.read() == data[start : start + length]


@pytest.fixture
def service(cloud, storage_client):
    return cloud.service("storage")


def test_other_services_write_read_and_list(service, storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    service.write_object("lesson-data", "out/a.csv", io.BytesIO(b"1,2"), "text/csv")
    assert bucket.get_blob("out/a.csv").content_type == "text/csv"
    assert service.open_object("lesson-data", "out/a.csv").bytes() == b"1,2"
    assert [version.name for version in service.list_objects("lesson-data", "out/")] == ["out/a.csv"]


def test_a_generation_can_be_opened(service, storage_client):
    bucket = storage_client.create_bucket("lesson-data")
    bucket.versioning_enabled = True
    bucket.patch()
    blob = bucket.blob("a")
    blob.upload_from_string("1")
    generation = blob.generation
    blob.upload_from_string("2")
    assert service.open_object("lesson-data", "a", str(generation)).bytes() == b"1"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["a", "a.csv", "d/a.csv"]),
        ("a", ["a"]),
        ("a*", ["a", "a.csv"]),
        ("*.csv", ["a.csv", "d/a.csv"]),
        ("d/*v", ["d/a.csv"]),
    ],
)
def test_uris_with_a_star(service, storage_client, pattern, names):
    bucket = storage_client.create_bucket("lesson-data")
    for name in ("a", "a.csv", "d/a.csv"):
        bucket.blob(name).upload_from_string(name)
    assert [version.name for version in service.match_uri(f"gs://lesson-data/{pattern}")] == names


@pytest.mark.parametrize(
    ("uri", "code"),
    [("lesson-data/a", 400), ("gs://lesson-data/*/*", 400), ("gs://lesson-data/x*", 404), ("gs://no/x", 404)],
)
def test_bad_uris_are_refused(service, storage_client, uri, code):
    storage_client.create_bucket("lesson-data")
    with pytest.raises(ApiError) as refusal:
        service.match_uri(uri)
    assert refusal.value.code == code


def test_a_refused_write_gives_its_memory_back(service):
    with pytest.raises(ApiError, match="bucket does not exist"):
        service.write_object("no-such-bucket", "a", io.BytesIO(b"x" * 100), "text/plain")
    gc.collect()
    assert service.contents.in_memory == 0
