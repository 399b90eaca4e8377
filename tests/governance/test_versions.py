"""Versions through a real Storage client: every generation comes back, and no write of somebody else is lost."""

import base64
import hashlib
from pathlib import Path

import pytest

from mlops_helpers.governance.errors import (
    InvalidSetting,
    UnknownArtifact,
    UnsafeName,
    VersionConflict,
    VersionNotFound,
)
from mlops_helpers.governance.versions import list_versions, put_version, restore_version


@pytest.fixture
def put(bucket, tmp_path):
    """Upload a text as the newest version of a name."""

    def put(text: str, name: str = "raw/churn.csv", **options):
        path = tmp_path / "upload.csv"
        path.write_text(text)
        return put_version(bucket, path, name, **options)

    return put


def test_each_upload_is_a_generation_with_its_hashes(put):
    put("one")
    blob = put("two, longer")
    put("elsewhere", "raw/churn.csv.bak")

    table = list_versions(blob)

    assert table["live"].tolist() == [False, True]
    assert table["bytes"].tolist() == [3, 11]
    assert table["generation"].iloc[-1] == blob.generation
    assert table["sha256"].iloc[0] == hashlib.sha256(b"one").hexdigest()
    assert base64.b64decode(table["md5"].iloc[0]) == hashlib.md5(b"one").digest()
    assert table["replaced"].isna().tolist() == [False, True]


def test_an_object_never_written_has_no_versions(bucket):
    assert list_versions(bucket.blob("nothing")).empty


def test_an_old_version_comes_back_as_a_new_generation(put, bucket):
    first, second = put("one"), put("two")

    restored = restore_version(first, first.generation)

    assert restored.generation not in (first.generation, second.generation)
    assert bucket.blob("raw/churn.csv").download_as_text() == "one"
    assert restored.metadata == {"sha256": hashlib.sha256(b"one").hexdigest()}
    assert restored.content_type == first.content_type
    assert len(list_versions(first)) == 3


def test_a_deleted_object_comes_back(put, bucket):
    blob = put("one")
    generation = blob.generation
    bucket.delete_blob("raw/churn.csv")

    restore_version(bucket.blob("raw/churn.csv"), generation)

    assert bucket.blob("raw/churn.csv").download_as_text() == "one"


def test_a_writer_who_was_too_slow_changes_nothing(put, bucket):
    mine = put("one")
    theirs = put("two")

    with pytest.raises(VersionConflict, match=f"Found: generation {theirs.generation} .*generation {mine.generation}"):
        put("three", if_generation_match=mine.generation)
    with pytest.raises(VersionConflict, match="no object of this name yet"):
        put("three", if_generation_match=0)
    with pytest.raises(VersionConflict, match="somebody else"):
        restore_version(mine, mine.generation, if_generation_match=mine.generation)

    assert bucket.blob("raw/churn.csv").download_as_text() == "two"
    assert len(list_versions(mine)) == 2


def test_unknown_generation_is_refused_with_those_that_exist(put):
    blob = put("one")

    with pytest.raises(VersionNotFound, match=f"no generation 1 of .*one of: {blob.generation}"):
        restore_version(blob, 1)


@pytest.mark.parametrize("name", ["../x", "/x", "a\nb", "C:x", ""])
def test_unsafe_names_are_refused_before_anything_is_sent(put, bucket, name):
    with pytest.raises(UnsafeName):
        put("one", name)
    assert list(bucket.list_blobs()) == []


def test_bucket_that_forgets_and_file_that_is_absent_are_refused(put, bucket):
    with pytest.raises(UnknownArtifact, match=r"no file 'absent\.csv'"):
        put_version(bucket, Path("absent.csv"), "x")
    bucket.versioning_enabled = False
    bucket.patch()
    with pytest.raises(InvalidSetting, match="versioning_enabled = True"):
        put("one")
