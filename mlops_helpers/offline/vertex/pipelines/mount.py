"""The files of artifacts, between the offline bucket and a step: what Vertex AI does with a mounted bucket.

A component reads `artifact.path`; on Vertex AI that is a folder where Cloud Storage is mounted. Here the files of the
inputs are copied into the step's folder before it starts, and what it wrote is uploaded when it has ended: by the
same request that a client sends, so that a standalone server keeps it like any other.
"""

from __future__ import annotations

import mimetypes
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...errors import ApiError
from ...wire import Request
from ..errors import bad_field

if TYPE_CHECKING:
    from ..service import Vertex

SCHEME = "gs://"
OK = 200


class Mount:
    """A folder in which `gs://bucket/object` is the file `bucket/object`."""

    def __init__(self, vertex: Vertex, folder: Path) -> None:
        self._cloud, self._storage = vertex.cloud, vertex.cloud.service("storage")
        self.folder = folder.resolve()

    def path(self, uri: str) -> Path:
        """Where an address is found. Raises ApiError 400 for one that would lead out of the folder."""
        found = (self.folder / uri.removeprefix(SCHEME)).resolve()
        if not uri.startswith(SCHEME) or not found.is_relative_to(self.folder) or "\0" in uri:
            raise bad_field("artifact.uri", uri, "gs://bucket/object")
        return found

    def fetch(self, artifacts: Iterable[dict[str, Any]]) -> None:
        """Copy the files of artifacts here. An artifact without files (metrics) is fine. Raises ApiError 404."""
        for artifact in artifacts:
            uri = artifact.get("uri", "")
            if uri.startswith(SCHEME):
                self._fetch(uri)

    def store(self, artifacts: Iterable[dict[str, Any]]) -> None:
        """Copy what was written for artifacts to the bucket. Raises ApiError 404 for a missing bucket."""
        for artifact in artifacts:
            uri = artifact.get("uri", "")
            if not uri.startswith(SCHEME):
                continue
            place = self.path(uri)
            files = [place] if place.is_file() else sorted(found for found in place.rglob("*") if found.is_file())
            for file in files:
                self._store(file)

    def _fetch(self, uri: str) -> None:
        bucket, _, name = uri.removeprefix(SCHEME).rstrip("/").partition("/")
        for version in self._storage.list_objects(bucket, name):
            if version.name == name or (version.name.startswith(f"{name}/") and not version.name.endswith("/")):
                target = self.path(f"{SCHEME}{bucket}/{version.name}")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(version.content.bytes())

    def _store(self, file: Path) -> None:
        bucket, _, name = file.relative_to(self.folder).as_posix().partition("/")
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        target = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?uploadType=media&name={quote(name, safe='')}"
        with file.open("rb") as content:
            answer = self._cloud.answer(Request("POST", target, {"content-type": kind}, content))
        if answer.status != OK:
            raise ApiError(answer.status, "notFound", answer.json["error"]["message"])

    def close(self) -> None:
        """Remove the copies; the bucket keeps what it has."""
        shutil.rmtree(self.folder, ignore_errors=True)
