"""New objects from old ones without moving bytes through the client: copy, compose, move.

Contents never change, so a copy shares the bytes of its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import invalid, precondition_failed
from ..wire import Request
from . import preconditions
from .contents import Content
from .metadata import EDITABLE, merge, show
from .model import Bucket, Version
from .names import check_object_name
from .sent import refuse_encryption
from .writes import check_replaceable, remove, write

if TYPE_CHECKING:
    from .service import Storage

MAX_SOURCES = 32
HASHES = ("crc32c", "md5Hash")
# Protection belongs to one object; its copies start without.
NOT_COPIED = ("eventBasedHold", "temporaryHold", "retention")


def source(storage: Storage, request: Request) -> Version:
    """The source of a copy, its preconditions met. Raises ApiError 404 or 412."""
    bucket = storage.bucket(request.params.get("sourceBucket") or request.params["bucket"])
    found = bucket.find(request.params["sourceObject"], request.query("sourceGeneration"))
    preconditions.check(request, found, source=True)
    return found


def target_body(request: Request, old: Version) -> dict:
    """What the new object gets: the metadata of the request, or those of its source when it has none.

    Contexts come along unless the request brings others or drops them.
    """
    sent = {name: value for name, value in request.json().items() if value is not None}
    inherited = {name: old.meta[name] for name in EDITABLE if name in old.meta and name not in NOT_COPIED}
    if request.query("dropContextGroups") or "contexts" in sent:
        inherited.pop("contexts", None)
    named = any(name in sent for name in EDITABLE)
    kept = {name: inherited[name] for name in ("contexts",) if name in inherited} if named else inherited
    body = merge(kept, sent) | {"name": check_object_name(request.params["destinationObject"])}
    for name in (*HASHES, "componentCount"):
        body.pop(name, None)
    return body | ({"componentCount": old.meta["componentCount"]} if "componentCount" in old.meta else {})


def copy(storage: Storage, request: Request) -> dict:
    """`objects.copy`: the whole object in one call."""
    refuse_encryption(request)
    old, bucket = source(storage, request), storage.bucket(request.params["destinationBucket"])
    return show(request, bucket, write(storage, request, bucket, old.content, target_body(request, old)))


def move(storage: Storage, request: Request) -> dict:
    """`objects.move`: rename within a bucket, in one step: the source is gone when the target is there."""
    old, bucket = source(storage, request), storage.bucket(request.params["bucket"])
    body = {name: old.meta[name] for name in (*EDITABLE, "storageClass", "componentCount") if name in old.meta}
    body["name"] = check_object_name(request.params["destinationObject"])
    if body["name"] == old.name:
        raise invalid(f"Cannot move {old.name} onto itself: expected another name as the destination.")
    check_replaceable(storage, bucket, old)
    new = write(storage, request, bucket, old.content, body)
    remove(bucket, old, new.created)
    return show(request, bucket, new)


def compose(storage: Storage, request: Request) -> dict:
    """`objects.compose`: one object from up to 32, in the order given."""
    refuse_encryption(request)
    bucket, sent = storage.bucket(request.params["bucket"]), request.json()
    parts = [component(bucket, wanted) for wanted in sent.get("sourceObjects") or []]
    if not 1 <= len(parts) <= MAX_SOURCES:
        raise invalid(
            f"The number of source components provided ({len(parts)}) must be from 1 to {MAX_SOURCES}: "
            "compose the first ones, then the result with the rest."
        )
    given = sent.get("destination") or {}  # its hashes are those of an older version: the client sends all it knows
    body = {name: value for name, value in given.items() if value is not None and name not in HASHES}
    body |= {"name": check_object_name(request.params["object"]), "componentCount": sum(map(component_count, parts))}
    if "contexts" not in body and not request.query("dropContextGroups"):
        body |= shared_contexts(parts)
    version = write(storage, request, bucket, joined(storage, parts), body)
    if sent.get("deleteSourceObjects"):
        for part in {id(part): part for part in parts if part.retired is None and part.name != version.name}.values():
            remove(bucket, part, version.created)
    return show(request, bucket, version)


def component(bucket: Bucket, wanted: dict) -> Version:
    """One source of a composition. Raises ApiError 400, 404 or 412."""
    generation = wanted.get("generation")
    found = bucket.find(check_object_name(wanted.get("name")), None if generation is None else str(generation))
    expected = (wanted.get("objectPreconditions") or {}).get("ifGenerationMatch")
    if expected is not None and str(expected) != found.generation:
        raise precondition_failed(
            f"At least one of the pre-conditions you specified did not hold: expected generation {expected} of "
            f"{found.name}, found {found.generation}. Read the current state and decide again."
        )
    return found


def component_count(version: Version) -> int:
    """Of how many uploads a version consists."""
    return version.meta.get("componentCount", 1)


def shared_contexts(parts: list[Version]) -> dict:
    """The contexts of all sources together; of one key, the last source's."""
    custom = {}
    for part in parts:
        custom |= part.meta.get("contexts", {}).get("custom", {})
    return {"contexts": {"custom": custom}} if custom else {}


def joined(storage: Storage, parts: list[Version]) -> Content:
    """The bytes of all parts in their order, copied piece by piece."""
    writer = storage.contents.writer()
    for part in parts:
        with part.content.open() as file:
            writer.copy(file)
    return writer.finish()
