"""The access-list resources: `bucketAccessControls`, `defaultObjectAccessControls` and `objectAccessControls`.

All three work alike; a `Kind` says where the entries hang and how they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import not_found
from ..wire import Request, Response
from . import access
from .model import Bucket, Version
from .objects import locate

if TYPE_CHECKING:
    from .service import Storage

Owner = Bucket | Version


@dataclass(frozen=True)
class Kind:
    """One kind of access list: its name in `kind`, its owner's attribute, the roles, and how it is shown."""

    name: str
    attribute: str
    roles: tuple[str, ...]
    show: Callable[[Request, Owner], list[dict]]

    def find(self, storage: Storage, request: Request) -> tuple[Bucket, Owner]:
        """The bucket and what the list belongs to. Raises ApiError 404, or 400 with uniform access."""
        if "object" in request.params:
            bucket, owner = locate(storage, request)
        else:
            bucket = owner = storage.bucket(request.params["bucket"])
        access.check_lists_allowed(bucket, "object" if "object" in request.params else "bucket")
        return bucket, owner

    def entry(self, request: Request, owner: Owner, entity: str) -> dict:
        """One entry as it is shown. Raises ApiError 404."""
        for shown in self.show(request, owner):
            if shown["entity"] == entity:
                return shown
        known = ", ".join(entry["entity"] for entry in getattr(owner, self.attribute)) or "nobody"
        raise not_found(f"The specified ACL entry does not exist: found {entity}, expected one of: {known}.")

    def list(self, storage: Storage, request: Request) -> dict:
        """All entries."""
        _, owner = self.find(storage, request)
        return {"kind": f"storage#{self.name}s", "items": self.show(request, owner)}

    def get(self, storage: Storage, request: Request) -> dict:
        """The entry of one entity."""
        _, owner = self.find(storage, request)
        return self.entry(request, owner, request.params["entity"])

    def insert(self, storage: Storage, request: Request) -> dict:
        """Add an entry, or give a known entity another role."""
        return self.put(storage, request, request.json().get("entity", ""))

    def change(self, storage: Storage, request: Request) -> dict:
        """Give a known entity another role."""
        _, owner = self.find(storage, request)
        self.entry(request, owner, request.params["entity"])
        return self.put(storage, request, request.params["entity"])

    def put(self, storage: Storage, request: Request, entity: str) -> dict:
        """Set the role of an entity. Raises ApiError 400 or 412."""
        bucket, owner = self.find(storage, request)
        new = access.entry_for(bucket, entity, request.json().get("role", ""), roles=self.roles)
        self.replace(storage, owner, entity, [new])
        return self.entry(request, owner, entity)

    def delete(self, storage: Storage, request: Request) -> Response:
        """Take an entity off the list."""
        _, owner = self.find(storage, request)
        entity = self.entry(request, owner, request.params["entity"])["entity"]
        self.replace(storage, owner, entity, [])
        return Response(status=204)

    def replace(self, storage: Storage, owner: Owner, entity: str, new: list[dict]) -> None:
        """Put `new` in the place of an entity's entry; a new list, for others may share the old one."""
        kept = [entry for entry in getattr(owner, self.attribute) if entry["entity"] != entity]
        setattr(owner, self.attribute, kept + new)
        owner.touch(storage.cloud.clock.tick())


def _show_bucket(request: Request, owner: Bucket) -> list[dict]:
    return access.show_bucket_entries(request.base, owner)


def _show_default(request: Request, owner: Bucket) -> list[dict]:
    return access.show_default_entries(owner)


def _show_object(request: Request, owner: Version) -> list[dict]:
    return access.show_object_entries(request.base, owner)


BUCKET = Kind("bucketAccessControl", "acl", access.BUCKET_ROLES, _show_bucket)
DEFAULT = Kind("objectAccessControl", "default_acl", access.OBJECT_ROLES, _show_default)
OBJECT = Kind("objectAccessControl", "acl", access.OBJECT_ROLES, _show_object)
