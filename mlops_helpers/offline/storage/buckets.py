"""Buckets: create, get, list, change, delete, restore, lock the retention policy."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

from ..clock import micros, rfc3339
from ..errors import ApiError, conflict, invalid, not_found
from ..projects import project_number
from ..wire import Request, Response
from . import access, iam, preconditions, settings
from .listing import make_token, page_size, parse_token
from .metadata import merge
from .model import Bucket, etag
from .names import check_bucket_name

if TYPE_CHECKING:
    from .service import Storage

DEFAULT_ACL = "projectPrivate"


def insert(storage: Storage, request: Request) -> dict:
    """Create a bucket. Raises ApiError 400 for bad settings, 409 when the name is taken; names are global."""
    body, project = merge({}, request.json()), request.query("project")
    if not project:
        raise no_project()
    name = body.get("name", "")
    check_bucket_name(name)
    if name in storage.buckets:
        raise conflict(
            f"Your previous request to create the named bucket succeeded and you already own it: {name}. "
            "Use it, delete it first, or choose another name."
        )
    now = storage.cloud.clock.now()
    location = settings.place(body.get("location", "US"), body.get("customPlacementConfig"))
    sent = {key: value for key, value in body.items() if key in (*settings.EDITABLE, "customPlacementConfig")}
    settings.refuse_unsupported(body)
    checked = settings.check_settings(merge(settings.default_settings(now), sent), {}, now)
    if request.flag("enableObjectRetention"):
        checked["objectRetention"] = {"mode": "Enabled"}
    fixed = fixed_fields(name, project)
    bucket = Bucket({**fixed, **location, **checked, "generation": "0"}, project, now, now)
    set_lists(request, bucket, body, new=True)
    publish(storage, bucket)
    return show(request, bucket, full=True if "acl" in body or "defaultObjectAcl" in body else None)


def no_project() -> ApiError:
    """The refusal of a request that names no project."""
    return invalid("Required parameter: project. Name it: storage.Client(project=...).", reason="required")


def fixed_fields(name: str, project: str) -> dict:
    """The fields of a new bucket that nobody chooses."""
    fixed = {"kind": "storage#bucket", "id": name, "name": name, "projectNumber": project_number(project)}
    return {**fixed, "metageneration": "1", "etag": etag("1")}


def publish(storage: Storage, bucket: Bucket) -> None:
    """Give a complete bucket its time and generation, and make it visible."""
    now = storage.cloud.clock.tick()
    bucket.created = bucket.swept = now
    bucket.generation = str(micros(now))
    bucket.meta |= {"generation": bucket.generation, "timeCreated": rfc3339(now), "updated": rfc3339(now)}
    bucket.policy = iam.default_policy(bucket)
    storage.buckets[bucket.name] = bucket


def set_lists(request: Request, bucket: Bucket, body: dict, *, new: bool = False) -> None:
    """Set a bucket's own and default access lists as sent, as predefined, or for a new one as Google does.

    Raises ApiError 400 or 412 before any of them changes.
    """
    wanted = {}
    for field, parameter, roles in (
        ("acl", "predefinedAcl", access.BUCKET_ROLES),
        ("defaultObjectAcl", "predefinedDefaultObjectAcl", access.OBJECT_ROLES),
    ):
        name = request.query(parameter)
        access.check_lists_allowed(bucket, "bucket", asked=bool(name or body.get(field)))
        if name or (new and field not in body):
            pairs = access.predefined(name or DEFAULT_ACL, bucket.meta["projectNumber"])
            wanted[field] = access.entries(bucket, pairs, roles=roles)
        elif body.get(field) is not None:
            wanted[field] = access.entries(bucket, access.pairs_of(body[field]), roles=roles)
    bucket.acl = wanted.get("acl", bucket.acl)
    bucket.default_acl = wanted.get("defaultObjectAcl", bucket.default_acl)


def show(request: Request, bucket: Bucket, *, full: bool | None = None) -> dict:
    """A bucket as Google's JSON shows it; `full` adds owner and access lists."""
    shown = {**bucket.meta, "selfLink": f"{request.base}/storage/v1/b/{bucket.name}"}
    if (request.query("projection") == "full" if full is None else full) and not bucket.uniform:
        shown["acl"] = access.show_bucket_entries(request.base, bucket)
        shown["defaultObjectAcl"] = access.show_default_entries(bucket)
        shown["owner"] = {"entity": f"project-owners-{bucket.meta['projectNumber']}"}
    return shown


def get(storage: Storage, request: Request) -> dict | Response:
    """The settings of a bucket, also of a soft-deleted one."""
    if request.flag("softDeleted"):
        return show(request, find_soft_deleted(storage, request))
    bucket = storage.bucket(request.params["bucket"])
    return Response(status=304) if preconditions.not_modified(request, bucket) else show(request, bucket)


def list_buckets(storage: Storage, request: Request) -> dict:
    """The buckets of a project by name, page by page."""
    project, prefix = request.query("project"), request.query("prefix") or ""
    if not project:
        raise no_project()
    now = rfc3339(storage.cloud.clock.now())
    gone = [bucket for bucket in storage.soft_deleted if bucket.meta["hardDeleteTime"] > now]
    known = gone if request.flag("softDeleted") else storage.buckets.values()
    found = [b for b in known if b.project == project and b.name.startswith(prefix)]
    found.sort(key=place)
    size, start = page_size(request), bisect_right(found, parse_token(request.query("pageToken")), key=place)
    page = found[start : start + size]
    shown = {"kind": "storage#buckets", "items": [show(request, bucket) for bucket in page]}
    return shown | ({"nextPageToken": make_token(place(page[-1]))} if start + size < len(found) else {})


def place(bucket: Bucket) -> tuple[str, int]:
    """Where a bucket stands in a list."""
    return bucket.name, int(bucket.generation)


def patch(storage: Storage, request: Request) -> dict:
    """Change what the body names; null removes."""
    return change(storage, request, replace=False)


def update(storage: Storage, request: Request) -> dict:
    """Replace all settings; those not sent return to what a new bucket has."""
    return change(storage, request, replace=True)


def change(storage: Storage, request: Request, *, replace: bool) -> dict:
    """Change a bucket's settings. Raises ApiError 400, 403, 404 or 412 and then leaves it as it was."""
    bucket, body = storage.bucket(request.params["bucket"]), request.json()
    preconditions.check(request, bucket)
    now = storage.cloud.clock.now()
    check_unchanged(bucket, body)
    fixed = {key: value for key, value in bucket.meta.items() if key not in settings.EDITABLE}
    start = {**fixed, **settings.default_settings(now)} if replace else bucket.meta
    merged = merge(start, {key: value for key, value in body.items() if key in settings.EDITABLE})
    settings.refuse_unsupported(body)
    for name, value in settings.default_settings(now).items():
        merged.setdefault(name, value)
    checked = settings.check_settings(merged, bucket.meta, now)
    set_lists(request, bucket, body)
    bucket.meta = checked
    bucket.touch(storage.cloud.clock.tick())
    return show(request, bucket)


def check_unchanged(bucket: Bucket, body: dict) -> None:
    """Raises ApiError 400 for a change of what is fixed when the bucket is created."""
    found = body.get("location")
    if found is not None and found.upper() != bucket.meta["location"]:
        raise invalid(
            f"Cannot change the location of a bucket: found {found}, expected {bucket.meta['location']}. "
            "Create a bucket there and copy the objects."
        )


def delete(storage: Storage, request: Request) -> Response:
    """Delete an empty bucket; it can be restored for as long as its soft delete policy says."""
    bucket = storage.bucket(request.params["bucket"])
    preconditions.check(request, bucket)
    if bucket.objects:
        held = sum(map(len, bucket.objects.values()))
        raise conflict(
            f"The bucket you tried to delete is not empty: {bucket.name} holds {held} object versions. "
            "Delete them first, or use bucket.delete(force=True)."
        )
    now = storage.cloud.clock.tick()
    del storage.buckets[bucket.name]
    storage.drop_uploads(bucket.name)
    seconds = int(bucket.meta["softDeletePolicy"]["retentionDurationSeconds"])
    if seconds:
        until = now + timedelta(seconds=seconds)
        bucket.meta |= {"softDeleteTime": rfc3339(now), "hardDeleteTime": rfc3339(until)}
        storage.soft_deleted.append(bucket)
    return Response(status=204)


def find_soft_deleted(storage: Storage, request: Request) -> Bucket:
    """The soft-deleted bucket of a name and generation. Raises ApiError 404."""
    name, generation = request.params["bucket"], request.query("generation")
    now = rfc3339(storage.cloud.clock.now())
    for bucket in storage.soft_deleted:
        if (bucket.name, bucket.generation) == (name, generation) and bucket.meta["hardDeleteTime"] > now:
            return bucket
    raise not_found(f"No soft-deleted bucket {name}#{generation}: list with soft_deleted=True to see which there are.")


def restore(storage: Storage, request: Request) -> dict:
    """Bring a soft-deleted bucket back, without its objects: each is restored on its own."""
    bucket = find_soft_deleted(storage, request)
    if bucket.name in storage.buckets:
        raise conflict(f"A bucket named {bucket.name} exists: delete or rename it before the old one is restored.")
    storage.soft_deleted.remove(bucket)
    for name in ("softDeleteTime", "hardDeleteTime"):
        bucket.meta.pop(name)
    storage.buckets[bucket.name] = bucket
    bucket.touch(storage.cloud.clock.tick())
    return show(request, bucket)


def lock_retention(storage: Storage, request: Request) -> dict:
    """Lock the retention policy: from now on it can be extended, not shortened or removed."""
    bucket = storage.bucket(request.params["bucket"])
    if request.query("ifMetagenerationMatch") is None:
        raise invalid("Required parameter: ifMetagenerationMatch. Reload the bucket first.", reason="required")
    preconditions.check(request, bucket)
    bucket.meta["retentionPolicy"] = settings.locked(bucket.meta.get("retentionPolicy"))
    bucket.touch(storage.cloud.clock.tick())
    return show(request, bucket)


def storage_layout(storage: Storage, request: Request) -> dict:
    """Where and how a bucket keeps its objects: here always in a flat namespace."""
    bucket = storage.bucket(request.params["bucket"])
    names = ("location", "locationType", "customPlacementConfig")
    return {
        "kind": "storage#storageLayout",
        "bucket": bucket.name,
        **{name: bucket.meta[name] for name in names if name in bucket.meta},
        "hierarchicalNamespace": {"enabled": False},
    }


def service_account(storage: Storage, request: Request) -> dict:
    """The e-mail address under which Cloud Storage itself acts for a project."""
    number = project_number(request.params["project"])
    return {
        "kind": "storage#serviceAccount",
        "email_address": f"service-{number}@gs-project-accounts.iam.gserviceaccount.com",
    }
