"""The operations of Cloud Storage, from top to bottom; what is not offered is listed too, and refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import unsupported
from ..router import Route
from ..wire import Request, Response
from . import acls, batch, buckets, copying, iam, listing, objects, partial, resumable, rewriting, uploads, xml

if TYPE_CHECKING:
    from .service import Storage

Handler = Callable[["Storage", Request], "dict | Response"]
API = "/storage/v1"
BUCKETS = f"{API}/b"
BUCKET = f"{BUCKETS}/{{bucket}}"
OBJECTS = f"{BUCKET}/o"
OBJECT = f"{OBJECTS}/{{object}}"
SOURCE = f"{BUCKETS}/{{sourceBucket}}/o/{{sourceObject}}"
TARGET = "b/{destinationBucket}/o/{destinationObject}"
UPLOAD = f"/upload{OBJECTS}"
XML = "/{bucket}/{object*}"


def partially(handler: Handler) -> Handler:
    """The handler, with `fields=` applied to its answer."""

    def answer(storage: Storage, request: Request) -> dict | Response:
        result = handler(storage, request)
        fields = request.query("fields")
        return partial.select(result, fields) if fields and isinstance(result, dict) else result

    return answer


def refuse(what: str) -> Handler:
    """A handler for operations that are not offered: 501 with their name."""

    def answer(storage: Storage, request: Request) -> dict:
        raise unsupported(what)

    return answer


# (operation, method, path, handler); the operation is the name in Google's discovery document.
JSON = (
    ("objects.insert", "POST", UPLOAD, uploads.insert),
    ("objects.insert", "PUT", UPLOAD, resumable.proceed),
    ("uploads.cancel", "DELETE", UPLOAD, resumable.cancel),
    ("objects.insert", "POST", OBJECTS, uploads.insert),
    ("objects.get", "GET", f"/download{OBJECT}", objects.media),
    ("objects.get", "GET", OBJECT, objects.get),
    ("objects.list", "GET", OBJECTS, listing.list_objects),
    ("objects.patch", "PATCH", OBJECT, objects.patch),
    ("objects.update", "PUT", OBJECT, objects.update),
    ("objects.delete", "DELETE", OBJECT, objects.remove),
    ("objects.restore", "POST", f"{OBJECT}/restore", objects.restore),
    ("objects.compose", "POST", f"{OBJECT}/compose", copying.compose),
    ("objects.copy", "POST", f"{SOURCE}/copyTo/{TARGET}", copying.copy),
    ("objects.rewrite", "POST", f"{SOURCE}/rewriteTo/{TARGET}", rewriting.rewrite),
    ("objects.move", "POST", f"{OBJECTS}/{{sourceObject}}/moveTo/o/{{destinationObject}}", copying.move),
    ("buckets.insert", "POST", BUCKETS, buckets.insert),
    ("buckets.list", "GET", BUCKETS, buckets.list_buckets),
    ("buckets.get", "GET", BUCKET, buckets.get),
    ("buckets.patch", "PATCH", BUCKET, buckets.patch),
    ("buckets.update", "PUT", BUCKET, buckets.update),
    ("buckets.delete", "DELETE", BUCKET, buckets.delete),
    ("buckets.restore", "POST", f"{BUCKET}/restore", buckets.restore),
    ("buckets.lockRetentionPolicy", "POST", f"{BUCKET}/lockRetentionPolicy", buckets.lock_retention),
    ("buckets.getStorageLayout", "GET", f"{BUCKET}/storageLayout", buckets.storage_layout),
    ("buckets.getIamPolicy", "GET", f"{BUCKET}/iam", iam.get_policy),
    ("buckets.setIamPolicy", "PUT", f"{BUCKET}/iam", iam.set_policy),
    ("buckets.testIamPermissions", "GET", f"{BUCKET}/iam/testPermissions", iam.tested_permissions),
    ("projects.serviceAccount.get", "GET", f"{API}/projects/{{project}}/serviceAccount", buckets.service_account),
)

# (resource, path of the list, handlers)
ACCESS_LISTS = (
    ("bucketAccessControls", f"{BUCKET}/acl", acls.BUCKET),
    ("defaultObjectAccessControls", f"{BUCKET}/defaultObjectAcl", acls.DEFAULT),
    ("objectAccessControls", f"{OBJECT}/acl", acls.OBJECT),
)

OTHERS = (
    Route("storage.batch", "POST", "/batch/storage/v1", batch.batch),
    Route("storage.xml.get_object", "GET", XML, xml.get),
    Route("storage.xml.head_object", "HEAD", XML, xml.get),
    Route("storage.xml.put_object", "PUT", XML, xml.put),
    Route("storage.xml.post_object", "POST", XML, xml.post),
    Route("storage.xml.delete_object", "DELETE", XML, xml.delete),
)

# What is not offered, as (name for people, operations' common beginning, path, methods).
REFUSED = (
    ("HMAC keys", "projects.hmacKeys", f"{API}/projects/{{project}}/hmacKeys", "GET POST"),
    ("HMAC keys", "projects.hmacKeys", f"{API}/projects/{{project}}/hmacKeys/{{key}}", "GET PUT DELETE"),
    ("Pub/Sub notifications", "notifications", f"{BUCKET}/notificationConfigs", "GET POST"),
    ("Pub/Sub notifications", "notifications", f"{BUCKET}/notificationConfigs/{{number}}", "GET DELETE"),
    ("Anywhere caches", "anywhereCaches", f"{BUCKET}/anywhereCaches", "GET POST"),
    ("Anywhere caches", "anywhereCaches", f"{BUCKET}/anywhereCaches/{{rest*}}", "GET POST PATCH"),
    ("Rapid caches", "rapidCaches", f"{BUCKET}/rapidCaches", "GET POST"),
    ("Rapid caches", "rapidCaches", f"{BUCKET}/rapidCaches/{{rest*}}", "GET POST PATCH"),
    ("Managed folders", "managedFolders", f"{BUCKET}/managedFolders", "GET POST"),
    ("Managed folders", "managedFolders", f"{BUCKET}/managedFolders/{{rest*}}", "GET PUT PATCH DELETE"),
    ("Folders of a hierarchical namespace", "folders", f"{BUCKET}/folders", "GET POST"),
    ("Folders of a hierarchical namespace", "folders", f"{BUCKET}/folders/{{rest*}}", "GET POST DELETE"),
    ("IAM policies of single objects", "objects", f"{OBJECT}/iam", "GET PUT"),
    ("IAM policies of single objects", "objects", f"{OBJECT}/iam/testPermissions", "GET"),
    ("Restoring objects in bulk", "objects.bulkRestore", f"{OBJECTS}/bulkRestore", "POST"),
    ("Full contexts of objects", "objects.viewFullContext", f"{OBJECT}/viewFullContext", "GET"),
    ("Relocating buckets", "buckets.relocate", f"{BUCKET}/relocate", "POST"),
    ("Long-running bucket operations", "buckets.operations", f"{BUCKET}/operations", "GET"),
    ("Long-running bucket operations", "buckets.operations", f"{BUCKET}/operations/{{rest*}}", "GET POST"),
    ("Watching for changes (superseded by notifications)", "objects.watchAll", f"{OBJECTS}/watch", "POST"),
)


def access_routes(resource: str, path: str, kind: acls.Kind) -> tuple[Route, ...]:
    """The six operations of one kind of access list."""
    one = f"{path}/{{entity}}"
    table = (
        ("list", "GET", path, kind.list),
        ("insert", "POST", path, kind.insert),
        ("get", "GET", one, kind.get),
        ("patch", "PATCH", one, kind.change),
        ("update", "PUT", one, kind.change),
        ("delete", "DELETE", one, kind.delete),
    )
    return tuple(Route(f"storage.{resource}.{name}", verb, at, partially(act)) for name, verb, at, act in table)


ROUTES = (
    *(Route(f"storage.{name}", method, path, partially(handler)) for name, method, path, handler in JSON),
    *(route for resource in ACCESS_LISTS for route in access_routes(*resource)),
    *(
        Route(f"storage.refused.{name}", method, path, refuse(what), answered=False)
        for what, name, path, methods in REFUSED
        for method in methods.split()
    ),
    *OTHERS,
)
