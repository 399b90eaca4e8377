"""`objects.get`, `patch`, `update`, `delete` and `restore`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import micros, rfc3339
from ..errors import forbidden, invalid
from ..wire import Request, Response
from . import access, preconditions
from .downloads import download
from .metadata import edited, parse_time, show
from .model import Bucket, Version, etag, no_such_object
from .names import check_object_name
from .writes import check_replaceable, delete, retire

if TYPE_CHECKING:
    from .service import Storage

RETENTION_MODES = ("Unlocked", "Locked")


def locate(storage: Storage, request: Request) -> tuple[Bucket, Version]:
    """The bucket and the version that path and `generation` name. Raises ApiError 404."""
    bucket = storage.bucket(request.params["bucket"])
    return bucket, bucket.find(check_object_name(request.params["object"]), request.query("generation"))


def get(storage: Storage, request: Request) -> dict | Response:
    """Metadata, or with `alt=media` the bytes."""
    if request.flag("softDeleted"):
        bucket = storage.bucket(request.params["bucket"])
        return show(request, bucket, find_soft_deleted(bucket, request))
    bucket, version = locate(storage, request)
    if request.query("alt") == "media":
        return download(storage, request, version)
    if preconditions.not_modified(request, version):
        return Response(status=304)
    return show(request, bucket, version)


def media(storage: Storage, request: Request) -> Response:
    """The bytes, at the address that `mediaLink` gives."""
    return download(storage, request, locate(storage, request)[1])


def patch(storage: Storage, request: Request) -> dict:
    """Change what the body names; null removes."""
    return change(storage, request, replace=False)


def update(storage: Storage, request: Request) -> dict:
    """Replace all that a client can set."""
    return change(storage, request, replace=True)


def change(storage: Storage, request: Request, *, replace: bool) -> dict:
    """Change a version's metadata. Raises ApiError 400, 403, 404 or 412 and then leaves it as it was."""
    bucket, version = locate(storage, request)
    preconditions.check(request, version)
    body, now = request.json(), storage.cloud.clock.now()
    meta = edited(version.meta, body, now, replace=replace)
    check_own_retention(request, bucket, version, meta, now)
    name = request.query("predefinedAcl")
    lists = access.object_acl(bucket, body, name) if name or body.get("acl") is not None else version.acl
    now = storage.cloud.clock.tick()
    if version.meta.get("eventBasedHold") and not meta.get("eventBasedHold"):
        version.kept_from = now
    version.meta, version.acl = meta, lists
    version.touch(now)
    return show(request, bucket, version)


def check_own_retention(request: Request, bucket: Bucket, version: Version, meta: dict, now: datetime) -> None:
    """Check a change of the object's own retention. Raises ApiError 400 or 403.

    A locked one can only be extended; an unlocked one is shortened only with `overrideUnlockedRetention`.
    """
    old, new = version.meta.get("retention"), meta.get("retention") or {}
    if not new:
        meta.pop("retention", None)
    if old == meta.get("retention"):
        return
    if new:
        check_new_retention(bucket, new, now)
    if not old:
        return
    shorter = new.get("retainUntilTime", "") < old["retainUntilTime"]
    if old["mode"] == "Locked" and (shorter or new["mode"] != "Locked"):
        raise forbidden(f"Locked until {old['retainUntilTime']}: a locked retention can only be extended.")
    if shorter and not request.flag("overrideUnlockedRetention"):
        raise forbidden("Shortening an unlocked retention needs override_unlocked_retention=True. Pass it to confirm.")


def check_new_retention(bucket: Bucket, new: dict, now: datetime) -> None:
    """Check and normalise a retention, in place. Raises ApiError 400."""
    if not bucket.meta.get("objectRetention"):
        raise invalid(f"Object retention is off in {bucket.name}: create the bucket with enable_object_retention=True.")
    if new.get("mode") not in RETENTION_MODES or "retainUntilTime" not in new:
        raise invalid(f"Invalid retention: found {new}, expected mode (one of {RETENTION_MODES}) and retainUntilTime.")
    until = parse_time(new["retainUntilTime"], "retainUntilTime")
    if until <= now:
        raise invalid(f"Invalid retainUntilTime: found {rfc3339(until)}, expected later than now ({rfc3339(now)}).")
    new["retainUntilTime"] = rfc3339(until)


def remove(storage: Storage, request: Request) -> Response:
    """Delete the live version, or with `generation` that one for good."""
    bucket, version = locate(storage, request)
    preconditions.check(request, version)
    delete(storage, bucket, version, for_good=request.query("generation") is not None)
    return Response(status=204)


def find_soft_deleted(bucket: Bucket, request: Request) -> Version:
    """The soft-deleted version that path and `generation` name. Raises ApiError 400 or 404."""
    name, generation = request.params["object"], request.query("generation")
    if generation is None:
        raise invalid("Required parameter: generation. List with soft_deleted=True to see which there are.")
    found = [v for v in bucket.soft_deleted if v.name == name and v.generation == generation]
    if not found:
        raise no_such_object(bucket.name, name, generation)
    return found[0]


def restore(storage: Storage, request: Request) -> dict:
    """Bring a soft-deleted version back, as a new generation that is live."""
    bucket = storage.bucket(request.params["bucket"])
    old = find_soft_deleted(bucket, request)
    live = bucket.live(old.name)
    preconditions.check(request, live)
    check_replaceable(storage, bucket, live)
    now = storage.cloud.clock.tick()
    if live is not None:
        retire(bucket, live, now)
    acl = old.acl if request.flag("copySourceAcl") else list(bucket.default_acl)
    version = Version(restored(old.meta, now), old.content, now, acl)
    bucket.add(version)
    return show(request, bucket, version)


def restored(meta: dict, now: datetime) -> dict:
    """The metadata of a restored version: those it had, with a new generation."""
    generation, stamp = str(micros(now)), rfc3339(now)
    gone = ("softDeleteTime", "hardDeleteTime", "timeDeleted")
    kept = {name: value for name, value in meta.items() if name not in gone}
    times = dict.fromkeys(("timeCreated", "updated", "timeFinalized"), stamp)
    fresh = {"generation": generation, "metageneration": "1", "etag": etag(generation, "1"), **times}
    return {**kept, **fresh, "id": f"{meta['bucket']}/{meta['name']}/{generation}"}
