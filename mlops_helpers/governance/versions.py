"""Versions of a file in Cloud Storage: every write is a generation, every generation can come back.

    blob = put_version(bucket, path, "raw/churn.csv")     # upload; the version before it is kept
    list_versions(blob)                                   # one row per generation, oldest first
    restore_version(blob, generation)                     # an old generation becomes the newest one

Every write here names the generation it expects to replace (`if_generation_match`; 0 means "none yet"). If somebody
else wrote in between, Cloud Storage answers 412 and nothing is lost: that is how two writers share a name safely.
`snapshots` does the same for BigQuery.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import InvalidSetting, UnknownArtifact, VersionConflict, VersionNotFound
from mlops_helpers.governance.files import check_name, sha256_of

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage

_CARRIED = ("content_type", "content_encoding", "content_language", "content_disposition", "cache_control", "metadata")


def put_version(
    bucket: storage.Bucket, path: Path | str, name: str, *, if_generation_match: int | None = None
) -> storage.Blob:
    """Upload a file as the newest version of `name` and return its blob, generation included.

    The SHA-256 of the file is stored with it (`blob.metadata["sha256"]`); the CRC32C is checked by the service, so a
    damaged upload is refused. `if_generation_match` is the generation you decided on; left out, it is the current one.

    Raises `UnsafeName`, `UnknownArtifact` (no such file), `InvalidSetting` (the bucket keeps no versions),
    `VersionConflict` (somebody else wrote first).
    """
    check_name(name)
    if not (source := Path(path)).is_file():
        raise UnknownArtifact(f"no file {source.name!r} to upload", "a file that was written already", "write it first")
    _require_versioning(bucket)
    expected = _current(bucket, name) if if_generation_match is None else if_generation_match
    blob = bucket.blob(name)
    blob.metadata = {"sha256": sha256_of(source)}
    with _expecting(bucket, name, expected):
        blob.upload_from_filename(source, checksum="crc32c", if_generation_match=expected)
    return blob


def list_versions(blob: storage.Blob) -> pd.DataFrame:
    """Return all generations of an object, oldest first; empty if there are none.

    Columns: generation, live, bytes, crc32c, md5, sha256 (if `put_version` wrote it), storage_class, created, replaced.
    """
    import pandas as pd

    rows = [
        {
            "generation": version.generation,
            "live": version.time_deleted is None,
            "bytes": version.size,
            "crc32c": version.crc32c,
            "md5": version.md5_hash,
            "sha256": (version.metadata or {}).get("sha256"),
            "storage_class": version.storage_class,
            "created": version.time_created,
            "replaced": version.time_deleted,
        }
        for version in _versions(blob.bucket, blob.name)
    ]
    columns = ["generation", "live", "bytes", "crc32c", "md5", "sha256", "storage_class", "created", "replaced"]
    return pd.DataFrame(rows, columns=columns)


def restore_version(blob: storage.Blob, generation: int, *, if_generation_match: int | None = None) -> storage.Blob:
    """Copy an old generation over the newest one, inside the service, and return the new blob.

    Nothing is undone: the restored content gets a generation of its own, and the one it replaces stays in the list.
    Raises `VersionNotFound` with the generations there are, `VersionConflict` if somebody else wrote first.
    """
    bucket, name = blob.bucket, check_name(blob.name)
    versions = {version.generation: version for version in _versions(bucket, name)}
    if generation not in versions:
        known = ", ".join(map(str, versions)) or "none"
        raise VersionNotFound(f"no generation {generation} of {name!r}", f"one of: {known}")
    expected = _current(bucket, name) if if_generation_match is None else if_generation_match
    target, source = bucket.blob(name), versions[generation]
    for field in _CARRIED:
        if (value := getattr(source, field)) is not None:
            setattr(target, field, value)
    with _expecting(bucket, name, expected):
        token, _, _ = target.rewrite(source, if_generation_match=expected)
        while token is not None:  # large objects are copied in several calls
            token, _, _ = target.rewrite(source, token=token, if_generation_match=expected)
    target.reload()
    return target


def _versions(bucket: storage.Bucket, name: str) -> list[storage.Blob]:
    found = bucket.list_blobs(prefix=name, versions=True)
    return sorted((version for version in found if version.name == name), key=lambda version: version.generation)


def _current(bucket: storage.Bucket, name: str) -> int:
    """Return the live generation of a name, 0 if there is none."""
    live = bucket.get_blob(name)
    return 0 if live is None else live.generation


def _require_versioning(bucket: storage.Bucket) -> None:
    bucket.reload()
    if not bucket.versioning_enabled:
        raise InvalidSetting(
            f"the bucket {bucket.name!r}, which keeps no old versions",
            "a bucket with object versioning",
            "set bucket.versioning_enabled = True, then bucket.patch()",
        )


@contextmanager
def _expecting(bucket: storage.Bucket, name: str, expected: int) -> Iterator[None]:
    """Turn the service's 412 into a `VersionConflict` that names both generations."""
    from google.api_core.exceptions import PreconditionFailed

    try:
        yield
    except PreconditionFailed as error:
        raise VersionConflict(
            f"generation {_current(bucket, name)} of {name!r}, written by somebody else",
            f"generation {expected}" if expected else "no object of this name yet",
        ) from error
