"""What the service remembers: buckets, and in them the versions of objects.

A version is *live* (what a name stands for), *noncurrent* (kept by object versioning) or *soft-deleted* (deleted, but
restorable for some days). The published fields are kept in `meta` as Google's JSON shows them; links and access lists
are added when a version is shown.
"""

from __future__ import annotations

import base64
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from ..clock import rfc3339
from ..errors import not_found
from .contents import Content


def etag(*parts: str) -> str:
    """An opaque tag that changes with its parts."""
    return base64.b64encode("/".join(parts).encode()).decode()


@dataclass(eq=False)
class Version:
    """One generation of one object.

    `created` is when it was written, `retired` when it stopped being live, `deleted` when it was soft-deleted;
    `kept_from` is where its retention period starts (the writing, or the release of an event-based hold).
    """

    meta: dict
    content: Content
    created: datetime
    acl: list[dict] = field(default_factory=list)
    retired: datetime | None = None
    deleted: datetime | None = None
    kept_from: datetime | None = None

    def __post_init__(self) -> None:
        self.name: str = self.meta["name"]
        self.generation: str = self.meta["generation"]
        self.path = f"/storage/v1/b/{self.meta['bucket']}/o/{quote(self.name, safe='')}"
        self.kept_from = self.kept_from or self.created

    @property
    def metageneration(self) -> str:
        """How often the metadata were changed, plus one."""
        return self.meta["metageneration"]

    def touch(self, now: datetime) -> None:
        """Mark the metadata as changed."""
        number = str(int(self.metageneration) + 1)
        self.meta |= {"metageneration": number, "updated": rfc3339(now), "etag": etag(self.generation, number)}


@dataclass(eq=False)
class Bucket:
    """A bucket: settings, access, and versions by object name (oldest first; a live version is the last)."""

    meta: dict
    project: str
    created: datetime
    swept: datetime
    acl: list[dict] = field(default_factory=list)
    default_acl: list[dict] = field(default_factory=list)
    policy: dict = field(default_factory=dict)
    objects: dict[str, list[Version]] = field(default_factory=dict)
    soft_deleted: list[Version] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name: str = self.meta["name"]
        self.generation: str = self.meta["generation"]

    @property
    def metageneration(self) -> str:
        """How often the settings were changed, plus one."""
        return self.meta["metageneration"]

    @property
    def versioning(self) -> bool:
        """Whether an overwritten or deleted version is kept as noncurrent."""
        return self.meta.get("versioning", {}).get("enabled", False)

    @property
    def uniform(self) -> bool:
        """Whether access lists are switched off in favour of IAM alone."""
        return self.meta["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"]

    def touch(self, now: datetime) -> None:
        """Mark the settings as changed."""
        number = str(int(self.metageneration) + 1)
        self.meta |= {"metageneration": number, "updated": rfc3339(now), "etag": etag(number)}

    def live(self, name: str) -> Version | None:
        """The version a name stands for, if there is one."""
        versions = self.objects.get(name)
        return versions[-1] if versions and versions[-1].retired is None else None

    def find(self, name: str, generation: str | None = None) -> Version:
        """The live version, or the one of a generation. Raises ApiError 404."""
        if generation is None:
            found = self.live(name)
        else:
            found = next((v for v in self.objects.get(name, []) if v.generation == generation), None)
        if found is None:
            raise no_such_object(self.name, name, generation)
        return found

    def add(self, version: Version) -> None:
        """Add a version as the newest of its name. Names stay sorted by code point, which is the order of UTF-8."""
        if version.name not in self.objects:
            self.objects[version.name] = []
            insort(self.names, version.name)
        self.objects[version.name].append(version)

    def remove(self, version: Version) -> None:
        """Take a version out for good; the name goes with its last version."""
        versions = self.objects[version.name]
        versions.remove(version)
        if not versions:
            del self.objects[version.name]
            self.names.pop(bisect_left(self.names, version.name))


def no_such_object(bucket: str, name: str, generation: str | None = None) -> Exception:
    """The 404 for an object or one of its generations."""
    which = f"{bucket}/{name}" + (f"#{generation}" if generation else "")
    return not_found(f"No such object: {which}. List the bucket to see what exists; names are case-sensitive.")
