"""Update masks: which fields of a resource an update replaces.

The merge itself is protobuf's own (`FieldMask.MergeMessage`), on the client's own types: a path that the type does
not have is refused, and a repeated field or a map is replaced as a whole, as Vertex AI does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from . import typed
from .errors import bad_field

OUTPUT_ONLY = {"name", "create_time", "update_time", "etag"}


def merge(kind: type, before: Mapping[str, Any], sent: Any, mask: FieldMask | None) -> dict[str, Any]:
    """The changes that an update makes, by JSON name; None for a field that it empties.

    `sent` is the typed resource of the request. Without a mask, or with `*`, every field that was sent is replaced.
    Raises ApiError 400 for a path that does not exist or that only the service writes.
    """
    paths = [path for path in (mask.paths if mask else ()) if path != "*"]
    if not paths:
        changes = typed.to_json(sent)
        return {name: value for name, value in changes.items() if name not in ("name", "etag")}
    check(kind, paths)
    known = kind.DESCRIPTOR.fields_by_name
    current = typed.parse({key: value for key, value in before.items() if _settable(known, key)}, kind)
    FieldMask(paths=paths).MergeMessage(sent, current, replace_message_field=True, replace_repeated_field=True)
    after = typed.to_json(current)
    touched = {known[path.split(".")[0]].json_name for path in paths}
    return {name: after.get(name) for name in touched}


def check(kind: type, paths: list[str]) -> None:
    """Raises ApiError 400 unless every path names a field of this type that a caller may write."""
    for path in paths:
        if not FieldMask(paths=[path]).IsValidForDescriptor(kind.DESCRIPTOR):
            raise bad_field("update_mask", path, f"a field of {kind.DESCRIPTOR.name}")
        if path.split(".")[0] in OUTPUT_ONLY:
            raise bad_field("update_mask", path, "a field that callers may write")


def select(resource: Mapping[str, Any], mask: FieldMask | None, descriptor: Any) -> dict[str, Any]:
    """The part of a resource that a read mask asks for; all of it without a mask."""
    paths = [path for path in (mask.paths if mask else ()) if path != "*"]
    if not paths:
        return dict(resource)
    known = descriptor.fields_by_name
    wanted = {known[path.split(".")[0]].json_name for path in paths if path.split(".")[0] in known}
    return {key: value for key, value in resource.items() if key in wanted | {"name"}}


def _settable(known: Mapping[str, Any], name: str) -> bool:
    return any(field.json_name == name for field in known.values())
