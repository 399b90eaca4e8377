"""IAM on buckets: the policy is kept and guarded by its etag; nobody is checked, for offline there is one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import invalid, precondition_failed
from ..wire import Request
from .access import check_public_access
from .model import Bucket, etag

if TYPE_CHECKING:
    from .service import Storage

MEMBER_KINDS = ("user:", "group:", "serviceAccount:", "domain:", "projectOwner:", "projectEditor:", "projectViewer:",
                "principal:", "principalSet:", "deleted:")  # fmt: skip
VERSIONS = (1, 3)
KINDS = ("buckets", "objects", "managedFolders", "folders", "multipartUploads", "hmacKeys", "anywhereCaches",
         "bucketOperations", "intelligenceConfigs")  # fmt: skip


def default_policy(bucket: Bucket) -> dict:
    """The policy of a new bucket: its project's owners, editors and viewers."""
    owners = [f"projectEditor:{bucket.project}", f"projectOwner:{bucket.project}"]
    bindings = [
        {"role": "roles/storage.legacyBucketOwner", "members": owners},
        {"role": "roles/storage.legacyBucketReader", "members": [f"projectViewer:{bucket.project}"]},
    ]
    return {"version": 1, "bindings": bindings, "revision": 1}


def show(bucket: Bucket) -> dict:
    """The policy as Google's JSON shows it."""
    policy = bucket.policy
    return {
        "kind": "storage#policy",
        "resourceId": f"projects/_/buckets/{bucket.name}",
        "version": policy["version"],
        "etag": etag(str(policy["revision"])),
        "bindings": policy["bindings"],
    }


def get_policy(storage: Storage, request: Request) -> dict:
    """The bucket's policy. Raises ApiError 400 when it holds conditions and an older version was asked for."""
    bucket = storage.bucket(request.params["bucket"])
    asked = request.query("optionsRequestedPolicyVersion") or "1"
    if bucket.policy["version"] == 3 and asked != "3":
        raise invalid(f"The policy holds conditions: found requested version {asked}, expected 3 to read it whole.")
    return show(bucket)


def set_policy(storage: Storage, request: Request) -> dict:
    """Replace the policy. Raises ApiError 400 for unknown members, 412 for an etag that is not the current one."""
    bucket, sent = storage.bucket(request.params["bucket"]), request.json()
    current = etag(str(bucket.policy["revision"]))
    if sent.get("etag") and sent["etag"] != current:
        raise precondition_failed(
            f"The policy was changed meanwhile: found etag {sent['etag']}, expected {current}. "
            "Read the policy again, repeat the change, write it."
        )
    bindings = [check_binding(bucket, binding) for binding in sent.get("bindings") or []]
    version = int(sent.get("version") or 1)
    if version not in VERSIONS or (version != 3 and any("condition" in binding for binding in bindings)):
        raise invalid(f"Invalid policy version: found {version}, expected one of {VERSIONS}, and 3 for conditions.")
    bucket.policy = {"version": version, "bindings": bindings, "revision": bucket.policy["revision"] + 1}
    storage.cloud.clock.tick()
    return show(bucket)


def check_binding(bucket: Bucket, binding: dict) -> dict:
    """One role and its members, checked; members sorted as Google returns them. Raises ApiError 400 or 412."""
    role, members = binding.get("role") or "", binding.get("members") or []
    if not role.startswith(("roles/", "projects/", "organizations/")):
        raise invalid(f"Invalid role: found {role!r}, expected one such as 'roles/storage.objectViewer'.")
    for member in members:
        if member not in ("allUsers", "allAuthenticatedUsers") and not member.startswith(MEMBER_KINDS):
            expected = f"allUsers, allAuthenticatedUsers, or one that begins with {', '.join(MEMBER_KINDS)}"
            raise invalid(f"Invalid member of {role}: found {member!r}, expected {expected}.")
    check_public_access(bucket, members)
    return {**binding, "members": sorted(members)}


def tested_permissions(storage: Storage, request: Request) -> dict:
    """Which of the asked permissions the caller has: offline, all. Raises ApiError 400 for unknown ones."""
    storage.bucket(request.params["bucket"])
    asked = request.queries.get("permissions", [])
    for permission in asked:
        service, _, rest = permission.partition(".")
        if service != "storage" or rest.partition(".")[0] not in KINDS:
            raise invalid(f"Permission {permission} is not valid for this resource: expected e.g. storage.objects.get.")
    return {"kind": "storage#testIamPermissionsResponse", "permissions": asked}
