"""Long-running operations: offline the work is done before the answer leaves, so each one is born finished.

A client that gets `done: true` does not wait at all. Operations are named under the resource they concern, because
clients take the resource's id out of the operation's name; they look an operation up under other parents too, so the
id alone identifies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import typed
from .errors import missing
from .rpcs import Rpc
from .store import ResourceStore

if TYPE_CHECKING:
    from .behaviours import Call

NAMING_FIELDS = ("name", "model", "endpoint", "dataset", "featurestore", "parent")


@dataclass(frozen=True)
class LongRunning:
    """What a behaviour returns when the defaults do not do: the result, what the operation is about, its metadata."""

    result: Mapping[str, Any]
    about: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Operations:
    """All operations of one offline cloud."""

    def __init__(self, store: ResourceStore) -> None:
        self._store = store
        self._by_id: dict[str, dict[str, Any]] = {}

    def finished(self, call: Call, answer: LongRunning) -> dict[str, Any]:
        """A finished operation for the result of a call, as JSON."""
        rpc, about = call.rpc, answer.about or subject(call.request, answer.result)
        result_type, metadata_type = rpc.long_running
        number = self._store.new_id("operation")
        operation = {
            "name": f"{about.partition('@')[0]}/operations/{number}",
            "done": True,
            "metadata": _any(metadata_type, {**self._times(metadata_type), **answer.metadata}),
            "response": _any(result_type, typed.encode(rpc, answer.result, result=True)),
        }
        self._by_id[number] = operation
        return operation

    def get(self, name: str) -> dict[str, Any]:
        """An operation by its name, whatever parent the client put before the id. Raises ApiError 404."""
        found = self._by_id.get(name.rpartition("/")[2])
        if found is None:
            raise missing(name)
        return found

    def list(self, parent: str) -> list[dict[str, Any]]:
        """The operations of a resource, or of everything in a location."""
        return [found for found in self._by_id.values() if found["name"].startswith(f"{parent}/")]

    def remove(self, name: str) -> None:
        """Forget an operation. Raises ApiError 404."""
        self.get(name)
        del self._by_id[name.rpartition("/")[2]]

    def _times(self, metadata_type: type) -> dict[str, Any]:
        if "generic_metadata" not in metadata_type.DESCRIPTOR.fields_by_name:
            return {}
        now = self._store.stamp()
        return {"genericMetadata": {"createTime": now, "updateTime": now}}


def subject(request: Any, result: Mapping[str, Any]) -> str:
    """The resource that an operation is about: what was made, else what the request names, else its parent."""
    named = [result.get("name"), result.get("model") if isinstance(result.get("model"), str) else None]
    fields = request.DESCRIPTOR.fields_by_name
    named += [getattr(request, name) for name in NAMING_FIELDS if name in fields and not fields[name].message_type]
    return next(name for name in named if name)


def is_operation(rpc: Rpc) -> bool:
    """Whether an RPC answers with a long-running operation."""
    return rpc.long_running is not None


def _any(kind: type, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A `google.protobuf.Any` as JSON. Well-known types put their value under `value`."""
    name = kind.DESCRIPTOR.full_name
    content = typed.to_json(typed.parse(fields, kind))
    inner = {"value": content} if name in ("google.protobuf.Struct", "google.protobuf.Empty") else content
    return {"@type": f"type.googleapis.com/{name}", **inner}
