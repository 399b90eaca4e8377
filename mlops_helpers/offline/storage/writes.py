"""Every change to a bucket's objects ends here: write a version, retire the live one, delete.

write     checks the name, the preconditions and what protects the live version, then adds the new version
retire    what becomes of a version that is overwritten or deleted: noncurrent, soft-deleted or gone
delete    retires the live version, or removes one generation for good
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import micros, rfc3339
from ..errors import ApiError, invalid
from ..wire import Request
from . import access, preconditions
from .contents import Content
from .metadata import new_metadata, parse_time, retention_expiry
from .model import Bucket, Version, etag
from .names import check_object_name

if TYPE_CHECKING:
    from .service import Storage

DEFAULT_TYPE = "application/octet-stream"


def write(storage: Storage, request: Request, bucket: Bucket, content: Content, body: dict) -> Version:
    """Make `content` the live version of the object that `body` names, with the metadata of `body`.

    `request` brings preconditions and the predefined access list. Raises ApiError 400, 403 or 412 before anything
    changes.
    """
    name = check_object_name(body.get("name"))
    live = bucket.live(name)
    preconditions.check(request, live)
    check_replaceable(storage, bucket, live)
    check_hashes(content, body)
    fields = new_metadata(body, storage.cloud.clock.now())
    acl = access.object_acl(bucket, body, request.query("predefinedAcl") or request.query("destinationPredefinedAcl"))
    now = storage.cloud.clock.tick()
    if live is not None:
        retire(bucket, live, now)
    version = Version(new_resource(bucket, name, content, fields, now), content, now, acl)
    if "componentCount" in body:
        version.meta["componentCount"] = body["componentCount"]
        version.meta.pop("md5Hash")
    bucket.add(version)
    storage.cloud.trust.note(name, content.open)
    return version


def new_resource(bucket: Bucket, name: str, content: Content, fields: dict, now: datetime) -> dict:
    """The published fields of a new version."""
    generation, stamp = str(micros(now)), rfc3339(now)
    held = {"eventBasedHold": True} if bucket.meta.get("defaultEventBasedHold") else {}
    return {
        "kind": "storage#object",
        "id": f"{bucket.name}/{name}/{generation}",
        "name": name,
        "bucket": bucket.name,
        "generation": generation,
        "metageneration": "1",
        "contentType": DEFAULT_TYPE,
        "storageClass": bucket.meta["storageClass"],
        "size": str(content.size),
        "md5Hash": content.md5,
        "crc32c": content.crc32c,
        "etag": etag(generation, "1"),
        "timeCreated": stamp,
        "updated": stamp,
        "timeStorageClassUpdated": stamp,
        "timeFinalized": stamp,
        **held,
        **fields,
    }


def check_hashes(content: Content, sent: dict) -> None:
    """Refuse bytes that are not those the client hashed. Raises ApiError 400."""
    for field, found in (("crc32c", content.crc32c), ("md5Hash", content.md5)):
        if sent.get(field) and sent[field] != found:
            raise invalid(
                f'Provided {field} "{sent[field]}" doesn\'t match calculated {field} "{found}": '
                "the bytes changed on the way. Send them again."
            )


def check_replaceable(storage: Storage, bucket: Bucket, live: Version | None) -> None:
    """Refuse to overwrite or delete the live version while a hold or a retention protects it. Raises ApiError 403."""
    if live is not None:
        check_holds(live)
        if not bucket.versioning:  # with versioning it stays, as a noncurrent version
            check_retention(storage, bucket, live)


def check_holds(version: Version) -> None:
    """Raises ApiError 403 when the version is under a temporary or event-based hold."""
    for field, kind in (("temporaryHold", "Temporary"), ("eventBasedHold", "Event-Based")):
        if version.meta.get(field):
            what = f"Object '{version.meta['bucket']}/{version.name}' is under active {kind} hold"
            rest = "and cannot be deleted, overwritten or archived until hold is removed"
            raise ApiError(403, "objectUnderActiveHold", f"{what} {rest}: set {field} to false first.")


def check_retention(storage: Storage, bucket: Bucket, version: Version) -> None:
    """Raises ApiError 403 when a retention policy, or the object's own retention, still keeps the version."""
    ends = [retention_expiry(bucket, version)]
    if own := version.meta.get("retention"):
        ends.append(parse_time(own["retainUntilTime"], "retainUntilTime"))
    until = max((end for end in ends if end is not None), default=None)
    if until is not None and until > storage.cloud.clock.now():
        raise ApiError(
            403,
            "retentionPolicyNotMet",
            f"Object '{bucket.name}/{version.name}' is subject to bucket's retention policy or object retention and "
            f"cannot be deleted or overwritten until {rfc3339(until)}. Wait, or shorten an unlocked policy.",
        )


def delete(storage: Storage, bucket: Bucket, version: Version, *, for_good: bool) -> None:
    """Delete a version; `for_good` also when versioning would keep it. Raises ApiError 403."""
    check_holds(version)
    if for_good or not bucket.versioning:
        check_retention(storage, bucket, version)
        remove(bucket, version, storage.cloud.clock.tick())
    else:
        retire(bucket, version, storage.cloud.clock.tick())


def retire(bucket: Bucket, version: Version, now: datetime) -> None:
    """The end of a live version: noncurrent in a bucket with versioning, removed otherwise."""
    if bucket.versioning:
        version.retired = now
        version.meta["timeDeleted"] = rfc3339(now)
    else:
        remove(bucket, version, now)


def remove(bucket: Bucket, version: Version, now: datetime) -> None:
    """Take a version out of the bucket; it stays restorable as long as the soft delete policy says."""
    bucket.remove(version)
    seconds = int(bucket.meta.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
    if seconds:
        version.deleted = now
        until = now + timedelta(seconds=seconds)
        version.meta |= {"softDeleteTime": rfc3339(now), "hardDeleteTime": rfc3339(until)}
        bucket.soft_deleted.append(version)
