"""Cloud Storage, offline: the state, and what other services ask of it in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from ..errors import invalid, not_found
from ..wire import Request
from . import lifecycle
from .assembly import Assembly
from .contents import MEMORY_BUDGET, Content, ContentStore
from .model import Bucket, Version
from .resumable import Upload
from .rewriting import Rewrite
from .routes import ROUTES
from .writes import write

if TYPE_CHECKING:
    from ..state import OfflineCloud

URI = re.compile(r"gs://([^/]+)/(.+)")


class Storage:
    """All buckets of one offline cloud.

    `wall_clock` gives the time by which signed URLs expire, `budget` the most bytes of objects held in memory.
    `uploads` (resumable) and `assemblies` (multipart, XML) are uploads under way, invisible until they are complete;
    `rewrites` are copies that take several calls.
    """

    routes = ROUTES

    def __init__(
        self, cloud: OfflineCloud, *, wall_clock: Callable[[], datetime] | None = None, budget: int = MEMORY_BUDGET
    ) -> None:
        self.cloud = cloud
        self.wall_clock = wall_clock or (lambda: datetime.now(UTC))
        self.contents = ContentStore(cloud.folder, cloud.next_id, budget=budget)
        self.buckets: dict[str, Bucket] = {}
        self.soft_deleted: list[Bucket] = []
        self.uploads: dict[str, Upload] = {}
        self.rewrites: dict[str, Rewrite] = {}
        self.assemblies: dict[str, Assembly] = {}

    def bucket(self, name: str) -> Bucket:
        """A bucket, after its lifecycle rules have acted. Raises ApiError 404."""
        bucket = self.buckets.get(name)
        if bucket is None:
            raise not_found(f"The specified bucket does not exist: {name}. Create it first, or check the name.")
        lifecycle.sweep(self, bucket)
        return bucket

    def open_object(self, bucket: str, name: str, generation: str | None = None) -> Content:
        """The bytes of an object, for another service. Raises ApiError 404."""
        with self.cloud.lock("storage"):
            return self.bucket(bucket).find(name, generation).content

    def list_objects(self, bucket: str, prefix: str = "") -> list[Version]:
        """The live versions whose names start with `prefix`, by name. Raises ApiError 404 for a missing bucket."""
        with self.cloud.lock("storage"):
            found = self.bucket(bucket)
            live = (found.live(name) for name in found.names if name.startswith(prefix))
            return [version for version in live if version is not None]

    def match_uri(self, uri: str) -> list[Version]:
        """The objects that `gs://bucket/path` names; one `*` in the path stands for any characters.

        Raises ApiError 400 for a text of another shape, 404 for a missing bucket or when nothing matches.
        """
        parts = URI.fullmatch(uri)
        if parts is None or parts[2].count("*") > 1 or "*" in parts[1]:
            raise invalid(
                f"Invalid URI: found {uri!r}, expected gs://bucket/object with at most one '*' in the object."
            )
        before, star, after = parts[2].partition("*")
        found = self.list_objects(parts[1], before)
        if star:
            shortest = len(before) + len(after)
            matching = [v for v in found if v.name.endswith(after) and len(v.name) >= shortest]
        else:
            matching = [v for v in found if v.name == before]
        if not matching:
            raise not_found(f"Not found: Uris {uri}. List the bucket to see which objects exist.")
        return matching

    def write_object(self, bucket: str, name: str, file: BinaryIO, content_type: str) -> Version:
        """Store what is left of a file as the live version of an object. Raises ApiError 403 or 404."""
        content = self.contents.add(file)
        with self.cloud.lock("storage"):
            body = {"name": name, "contentType": content_type}
            return write(self, Request("POST", "/"), self.bucket(bucket), content, body)

    def drop_uploads(self, bucket: str) -> None:
        """Forget the unfinished uploads to a bucket that is gone; their memory and files are released."""
        for held in (self.uploads, self.assemblies):
            for number in [number for number, upload in held.items() if upload.bucket == bucket]:
                held.pop(number).discard()

    def close(self) -> None:
        """Forget every object and every unfinished upload; their memory and files are released."""
        for upload in (*self.uploads.values(), *self.assemblies.values()):
            upload.discard()
        for held in (self.uploads, self.assemblies, self.buckets, self.rewrites):
            held.clear()
        self.soft_deleted.clear()
