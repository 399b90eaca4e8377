"""Create, get, list, update, delete: the five verbs that mean the same for every resource.

A subject's module lists the RPCs that are no more than that under `GENERIC`; everything else needs a behaviour, or it
is refused. Behaviours call these functions too and add what is special.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import listing, masks, typed
from .errors import bad_field, precondition
from .rpcs import snake
from .store import Resource

if TYPE_CHECKING:
    from .behaviours import Call
    from .service import Vertex

VERBS = ("Create", "Get", "List", "Update", "Delete")
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")


def answer(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Answer a call by the first word of its RPC's name."""
    verb = re.match(r"[A-Z][a-z]+", call.rpc.name)[0]
    return {"Create": create, "Get": get, "List": list_all, "Update": update, "Delete": delete}[verb](vertex, call)


def create(vertex: Vertex, call: Call, extra: Mapping[str, Any] | None = None) -> Resource:
    """Store the request's resource under its parent; `extra` are fields that the service fills in.

    Raises ApiError 400 for an id of the wrong form and 409 for one that is taken.
    """
    sent = typed.to_json(getattr(call.request, resource_field(call)))
    collection = collection_of(call)
    name = f"{call.request.parent}/{collection}/{wanted_id(call) or vertex.store.new_id(collection)}"
    return vertex.store.add(name, {**sent, **(extra or {})})


def get(vertex: Vertex, call: Call) -> Resource:
    """The resource that the request names. Raises ApiError 404."""
    return vertex.store.get(call.request.name)


def list_all(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A page of the collection under the request's parent."""
    items = vertex.store.list(call.request.parent, collection_of(call))
    return listing.answer(call.request, call.rpc.response_type, items)


def update(vertex: Vertex, call: Call) -> Resource:
    """Change what the update mask names; with `allow_missing` create what does not exist.

    Raises ApiError 400 for a wrong mask or an etag that is no longer the resource's, 404 for an unknown name.
    """
    sent = getattr(call.request, resource_field(call))
    before = vertex.store.find(sent.name)
    if before is None and getattr(call.request, "allow_missing", False):
        return vertex.store.add(sent.name, typed.to_json(sent))
    before = vertex.store.get(sent.name)
    check_etag(before, getattr(sent, "etag", ""))
    mask = call.request.update_mask if "update_mask" in call.request.DESCRIPTOR.fields_by_name else None
    return vertex.store.change(sent.name, masks.merge(type(sent), before, sent, mask))


def delete(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete the resource and all under it. Raises ApiError 404."""
    check_etag(vertex.store.get(call.request.name), getattr(call.request, "etag", ""))
    vertex.store.remove(call.request.name)
    return {}


def check_etag(before: Mapping[str, Any], sent: str) -> None:
    """Raises ApiError 400 (FAILED_PRECONDITION) if the caller saw another state than the present one."""
    if sent and sent != before.get("etag"):
        raise precondition(
            f"The etag {sent!r} of {before['name']} is out of date: somebody changed it. Read it again, then change it."
        )


def resource_field(call: Call) -> str:
    """The field of a Create or Update request that holds the resource, e.g. `endpoint`."""
    fields = call.request.DESCRIPTOR.fields_by_name
    wanted = snake(re.sub(r"^[A-Z][a-z]+", "", call.rpc.name))
    if wanted in fields:
        return wanted
    result = call.rpc.result_type.DESCRIPTOR.full_name
    return next(name for name, known in fields.items() if known.message_type and known.message_type.full_name == result)


def collection_of(call: Call) -> str:
    """The collection in the URL of a Create or List request, e.g. `endpoints`."""
    return call.wire.path.partition(":")[0].rstrip("/").rpartition("/")[2]


def wanted_id(call: Call) -> str:
    """The id that the caller chose, or an empty text. Raises ApiError 400 for an id of the wrong form."""
    field = f"{resource_field(call)}_id"
    found = getattr(call.request, field, "")
    if found and not ID.fullmatch(found):
        raise bad_field(field, found, "letters, digits, '-', '_' and '.', at most 128 of them")
    return found
