"""Copy, rewrite, compose, move."""

import pytest
from google.api_core import exceptions
from google.cloud import storage

MIB = 2**20


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lesson-data")


def put(bucket, name, text, **metadata):
    blob = bucket.blob(name)
    blob.metadata = metadata or None
    blob.upload_from_string(text, content_type="text/plain")
    return blob


def test_a_copy_has_the_bytes_and_metadata_of_its_source(storage_client, bucket, cloud):
    source = put(bucket, "a", "hello", owner="Ada")
    other = storage_client.create_bucket("other-data")
    copy = bucket.copy_blob(source, other, "b")
    assert (copy.metadata, copy.content_type, copy.md5_hash) == ({"owner": "Ada"}, "text/plain", source.md5_hash)
    assert other.blob("b").download_as_text() == "hello"
    assert cloud.service("storage").contents.in_memory == 5


def test_copies_obey_preconditions_on_both_sides(bucket):
    source = put(bucket, "a", "1")
    put(bucket, "b", "2")
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.copy_blob(source, bucket, "b", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.copy_blob(source, bucket, "c", if_source_generation_match=source.generation + 1)
    assert bucket.blob("b").download_as_text() == "2"


def test_a_missing_source_is_named(bucket):
    with pytest.raises(exceptions.NotFound, match="lesson-data/ghost"):
        bucket.copy_blob(bucket.blob("ghost"), bucket, "b")


def test_update_storage_class_rewrites_in_place(bucket):
    blob = put(bucket, "a", "hello", owner="Ada")
    blob.update_storage_class("COLDLINE")
    found = bucket.get_blob("a")
    assert (found.storage_class, found.metadata, found.generation > 0) == ("COLDLINE", {"owner": "Ada"}, True)
    assert found.download_as_text() == "hello"


def test_the_class_cannot_be_patched(bucket):
    blob = put(bucket, "a", "hello")
    blob._patch_property("storageClass", "COLDLINE")
    with pytest.raises(exceptions.BadRequest, match=r"blob.update_storage_class\(\)"):
        blob.patch()


def test_a_large_rewrite_takes_several_calls(storage_client, bucket):
    source = put(bucket, "a", b"x" * (2 * MIB + 1))
    target = storage_client.create_bucket("archive-data", location="EU").blob("b")
    query = {"maxBytesRewrittenPerCall": MIB}
    path = f"{source.path}/rewriteTo{target.path}"
    answer, token, progress = {}, {}, []
    while not progress or not answer["done"]:
        answer = storage_client._post_resource(path, {}, query_params=query | token)
        token = {"rewriteToken": answer["rewriteToken"]} if "rewriteToken" in answer else {}
        progress.append(int(answer["totalBytesRewritten"]))
        assert target.exists() == answer["done"]
    assert progress == [MIB, 2 * MIB, 2 * MIB + 1]
    assert answer["resource"]["size"] == answer["objectSize"] == str(2 * MIB + 1)


def test_within_one_place_and_class_one_call_is_enough(storage_client, bucket):
    source = put(bucket, "a", b"x" * (2 * MIB))
    answer = storage_client._post_resource(
        f"{source.path}/rewriteTo{bucket.blob('b').path}", {}, query_params={"maxBytesRewrittenPerCall": MIB}
    )
    assert answer["done"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"maxBytesRewrittenPerCall": 5}, "expected a multiple of 1048576"),
        ({"rewriteToken": "made-up"}, "found 'made-up', expected the one of the call before"),
    ],
)
def test_bad_rewrites_are_refused(storage_client, bucket, query, message):
    source = put(bucket, "a", "1")
    with pytest.raises(exceptions.BadRequest, match=message):
        storage_client._post_resource(f"{source.path}/rewriteTo{bucket.blob('b').path}", {}, query_params=query)
    assert not bucket.blob("b").exists()


def test_compose_joins_in_order_and_counts_components(bucket):
    parts = [put(bucket, name, text) for name, text in (("a", "1,"), ("b", "2,"), ("c", "3"))]
    whole = bucket.blob("whole")
    whole.content_type = "text/csv"
    whole.compose(parts)
    assert (whole.download_as_text(), whole.component_count, whole.content_type) == ("1,2,3", 3, "text/csv")
    assert (whole.md5_hash, bucket.get_blob("whole").crc32c is not None) == (None, True)
    whole.compose([whole, parts[0]])
    assert (whole.download_as_text(), whole.component_count) == ("1,2,31,", 4)


def test_compose_checks_each_source_and_the_target(bucket):
    parts = [put(bucket, "a", "1"), put(bucket, "b", "2")]
    whole = bucket.blob("whole")
    with pytest.raises(exceptions.PreconditionFailed, match=f"expected generation {parts[0].generation - 1} of a"):
        whole.compose(parts, if_source_generation_match=[parts[0].generation - 1, None])
    with pytest.raises(exceptions.PreconditionFailed):
        whole.compose(parts, if_generation_match=99)
    with pytest.raises(exceptions.NotFound, match="lesson-data/ghost"):
        whole.compose([parts[0], bucket.blob("ghost")])
    assert not whole.exists()
    whole.compose(parts, if_source_generation_match=[parts[0].generation, parts[1].generation], if_generation_match=0)


@pytest.mark.parametrize("count", [0, 33])
def test_compose_takes_one_to_thirty_two_sources(bucket, count):
    part = put(bucket, "a", "1")
    with pytest.raises(exceptions.BadRequest, match=rf"source components provided \({count}\)"):
        bucket.blob("whole").compose([part] * count)


def test_compose_can_delete_its_sources(storage_client, bucket):
    for name in "ab":
        put(bucket, name, name)
    body = {"sourceObjects": [{"name": "a"}, {"name": "b"}], "deleteSourceObjects": True}
    storage_client._post_resource(f"{bucket.path}/o/whole/compose", body)
    assert [blob.name for blob in bucket.list_blobs()] == ["whole"]


def test_rename_and_move(bucket):
    blob = put(bucket, "a", "hello", owner="Ada")
    blob = bucket.rename_blob(blob, "b")
    assert [found.name for found in bucket.list_blobs()] == ["b"]
    moved = bucket.move_blob(blob, "c", if_generation_match=0, if_source_generation_match=blob.generation)
    assert [found.name for found in bucket.list_blobs()] == ["c"]
    assert (moved.metadata, moved.download_as_text()) == ({"owner": "Ada"}, "hello")


def test_a_held_object_cannot_be_moved(bucket):
    blob = put(bucket, "a", "hello")
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="Temporary hold"):
        bucket.move_blob(blob, "b")
    copy = bucket.copy_blob(blob, bucket, "b")
    assert not copy.temporary_hold


def test_moving_onto_itself_is_refused(bucket):
    with pytest.raises(exceptions.BadRequest, match="Cannot move a onto itself"):
        bucket.move_blob(put(bucket, "a", "1"), "a")


def test_new_metadata_replace_those_of_the_source(bucket):
    source = put(bucket, "a", "hello", owner="Ada")
    target = storage.Blob("b", bucket)
    target.metadata = {"copied": "yes"}
    target.rewrite(source)
    assert bucket.get_blob("b").metadata == {"copied": "yes"}
