"""Lifecycle rules: they act by themselves as the offline clock passes.

Google looks at each object about once a day. Here a bucket is swept when it is next used after a full hour of the
offline clock has struck: `clock.advance(timedelta(days=30))` is followed by the effect, ordinary writes (a second each)
cost nothing. Deleting wins over changing the class; of several classes the coldest wins.
Source: cloud.google.com/storage/docs/lifecycle
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import rfc3339
from ..errors import ApiError
from .metadata import parse_time
from .model import Bucket, Version
from .settings import STORAGE_CLASSES
from .writes import check_holds, check_retention, remove, retire

if TYPE_CHECKING:
    from .service import Storage

DAY = timedelta(days=1)
# From warm to cold; the old names count as STANDARD. A rule never warms an object up.
COLDNESS = {name: rank for rank, name in enumerate(STORAGE_CLASSES)}


@dataclass(frozen=True)
class Case:
    """One version at the moment of a sweep. `newer` counts the versions of the same name that came after it."""

    version: Version
    now: datetime
    newer: int

    @property
    def meta(self) -> dict:
        """The version's published fields."""
        return self.version.meta

    def days_since(self, moment: datetime | None) -> float:
        """Days since a moment; less than any age when there is none."""
        return -1.0 if moment is None else (self.now - moment) / DAY

    def custom_time(self) -> datetime | None:
        """The custom time, if the object has one."""
        text = self.meta.get("customTime")
        return parse_time(text, "customTime") if text else None


def _before(moment: datetime | None, day: str) -> bool:
    return moment is not None and moment < datetime.fromisoformat(day).replace(tzinfo=UTC)


CONDITIONS: dict[str, Callable[[Case, object], bool]] = {
    "age": lambda case, days: case.days_since(case.version.created) >= days,
    "createdBefore": lambda case, day: _before(case.version.created, day),
    "customTimeBefore": lambda case, day: _before(case.custom_time(), day),
    "daysSinceCustomTime": lambda case, days: case.days_since(case.custom_time()) >= days,
    "daysSinceNoncurrentTime": lambda case, days: case.days_since(case.version.retired) >= days,
    "noncurrentTimeBefore": lambda case, day: _before(case.version.retired, day),
    "isLive": lambda case, live: (case.version.retired is None) == live,
    "numNewerVersions": lambda case, count: case.newer >= count,
    "matchesPrefix": lambda case, prefixes: case.version.name.startswith(tuple(prefixes)),
    "matchesSuffix": lambda case, suffixes: case.version.name.endswith(tuple(suffixes)),
    "matchesStorageClass": lambda case, classes: case.meta["storageClass"] in classes,
    "sizeAboveBytes": lambda case, size: case.version.content.size > int(size),
    "sizeBelowBytes": lambda case, size: case.version.content.size < int(size),
}


def sweep(storage: Storage, bucket: Bucket) -> None:
    """Let a bucket's rules act, and soft-deleted versions expire, if an hour mark has passed since the last time."""
    now = storage.cloud.clock.now()
    if now.replace(minute=0, second=0, microsecond=0) <= bucket.swept:
        return
    bucket.swept = now
    bucket.soft_deleted = [v for v in bucket.soft_deleted if v.meta["hardDeleteTime"] > rfc3339(now)]
    rules = bucket.meta.get("lifecycle", {}).get("rule", [])
    if rules:
        for versions in list(bucket.objects.values()):
            newest_first = list(reversed(versions))
            for newer, version in enumerate(newest_first):
                act(storage, bucket, Case(version, now, newer), rules)
    drop_uploads(storage, bucket, now, rules)


def act(storage: Storage, bucket: Bucket, case: Case, rules: list[dict]) -> None:
    """Apply the rules that fit one version."""
    actions = [rule["action"] for rule in rules if fits(rule["condition"], case)]
    if any(action["type"] == "Delete" for action in actions):
        expire(storage, bucket, case)
        return
    colder = [action["storageClass"] for action in actions if action["type"] == "SetStorageClass"]
    target = max(colder, key=lambda name: COLDNESS.get(name, 0), default=case.meta["storageClass"])
    if COLDNESS.get(target, 0) > COLDNESS.get(case.meta["storageClass"], 0):
        case.meta.update(storageClass=target, timeStorageClassUpdated=rfc3339(case.now))
        case.version.touch(case.now)


def fits(condition: dict, case: Case) -> bool:
    """Whether all conditions of a rule hold."""
    return all(CONDITIONS[name](case, value) for name, value in condition.items() if value is not None)


def expire(storage: Storage, bucket: Bucket, case: Case) -> None:
    """Delete a version as a rule says: a live one in a bucket with versioning becomes noncurrent first.

    Holds and retention are stronger than any rule.
    """
    try:
        check_holds(case.version)
        if case.version.retired is None and bucket.versioning:
            retire(bucket, case.version, case.now)
        else:
            check_retention(storage, bucket, case.version)
            remove(bucket, case.version, case.now)
    except ApiError:
        return


def drop_uploads(storage: Storage, bucket: Bucket, now: datetime, rules: list[dict]) -> None:
    """Abort unfinished multipart uploads that a rule says are too old."""
    ages = [rule["condition"].get("age", 0) for rule in rules if rule["action"]["type"].startswith("Abort")]
    if ages:
        for upload in [u for u in storage.assemblies.values() if u.bucket == bucket.name]:
            if (now - upload.created) / DAY >= min(ages):
                storage.assemblies.pop(upload.number)
                upload.discard()
