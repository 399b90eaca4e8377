"""The files a load job reads: an upload, or objects in the offline Cloud Storage (wildcards too).

Objects are asked for the way any client does, through the cloud's own front door, and copied to DuckDB's staging
folder. Gzip is unpacked on the way.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, urlencode

from ..errors import ApiError, invalid, not_found
from ..wire import Request, Response
from .engine import staging_folder

if TYPE_CHECKING:
    from ..state import OfflineCloud

GS_URI = re.compile(r"gs://([a-z0-9][\w.\-]{1,220})/(.+)")
GZIP = b"\x1f\x8b"
UPLOAD = "the uploaded file"


@dataclass(frozen=True)
class Source:
    """One file: what messages call it, where it is staged, and its size as it was stored."""

    name: str
    path: str
    stored_bytes: int


@contextmanager
def staged(cloud: OfflineCloud, names: list[str], upload: BinaryIO | None) -> Iterator[list[Source]]:
    """Copy the files into the staging folder for as long as the block runs."""
    sources: list[Source] = []
    try:
        if upload is not None:
            sources.append(_stage(cloud, UPLOAD, upload))
        for name in names:
            bucket, path = split_uri(name)
            with _open_object(cloud, bucket, path) as body:
                sources.append(_stage(cloud, name, body))
        yield sources
    finally:
        for source in sources:
            os.unlink(source.path)


def _stage(cloud: OfflineCloud, name: str, body: BinaryIO) -> Source:
    path = os.path.join(staging_folder(cloud.folder), cloud.next_id("staged file"))
    body.seek(0)
    packed = body.read(2) == GZIP
    body.seek(0)
    with open(path, "wb") as file:
        try:
            shutil.copyfileobj(gzip.GzipFile(fileobj=body) if packed else body, file)
        except (OSError, EOFError) as problem:
            os.unlink(path)
            raise invalid(f"Error while reading data, error message: {name} is cut off or no gzip: {problem}") from None
    return Source(name, path, body.seek(0, io.SEEK_END))


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and object of a `gs://` address. Raises ApiError 400 for anything else."""
    found = GS_URI.fullmatch(uri)
    if not found:
        raise invalid(f"Source URI must be a Google Cloud Storage location: found {uri!r}, expected gs://bucket/object")
    return found[1], found[2]


def matching_uris(cloud: OfflineCloud, uris: list[str]) -> list[str]:
    """The existing objects that the addresses name; one `*` in an object's name stands for any text.

    Raises ApiError 404 when an address names nothing, 400 for more than one `*` or one in the bucket's name.
    """
    found: list[str] = []
    for uri in uris:
        bucket, pattern = split_uri(uri)
        if pattern.count("*") > 1:
            raise invalid(f"Invalid source URI {uri}: found {pattern.count('*')} wildcards, expected at most one")
        names = _list_objects(cloud, bucket, pattern) if "*" in pattern else [pattern]
        if not names or ("*" not in pattern and not _exists(cloud, bucket, pattern)):
            raise not_found(f"Not found: URI {uri}")
        found += [f"gs://{bucket}/{name}" for name in names]
    return found


def _list_objects(cloud: OfflineCloud, bucket: str, pattern: str) -> list[str]:
    start, _, end = pattern.partition("*")
    names, token = [], ""
    while token is not None:
        query = urlencode({"prefix": start, **({"pageToken": token} if token else {})})
        answer = _call(cloud, "GET", f"/storage/v1/b/{bucket}/o?{query}").json or {}
        names += [item["name"] for item in answer.get("items", [])]
        token = answer.get("nextPageToken")
    return sorted(name for name in names if name.endswith(end) and len(name) >= len(start) + len(end))


def _exists(cloud: OfflineCloud, bucket: str, name: str) -> bool:
    try:
        _call(cloud, "GET", f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}")
    except ApiError as problem:
        if problem.code == 404:
            return False
        raise
    return True


def _open_object(cloud: OfflineCloud, bucket: str, name: str) -> BinaryIO:
    body = _call(cloud, "GET", f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}?alt=media").body
    return io.BytesIO(body) if isinstance(body, bytes) else body


def put_object(cloud: OfflineCloud, uri: str, path: str) -> None:
    """Store a local file as an object. Raises ApiError 404 without the bucket."""
    bucket, name = split_uri(uri)
    query = urlencode({"uploadType": "media", "name": name})
    with open(path, "rb") as body:
        headers = {"content-type": "application/octet-stream", "content-length": str(os.path.getsize(path))}
        _call(cloud, "POST", f"/upload/storage/v1/b/{bucket}/o?{query}", headers=headers, body=body)


def _call(
    cloud: OfflineCloud, method: str, target: str, *, headers: dict | None = None, body: BinaryIO | None = None
) -> Response:
    answer = cloud.answer(Request(method, target, headers or {}, body or io.BytesIO()))
    if answer.status >= 400:
        error = json.loads(answer.body)["error"]
        reason = error.get("errors", [{}])[0].get("reason", "invalid")
        raise ApiError(answer.status, reason, error["message"])
    return answer
