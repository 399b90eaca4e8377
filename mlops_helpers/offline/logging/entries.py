"""What a log entry is, and how entries are listed and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.cloud.logging_v2.types import (
    ListLogEntriesResponse,
    ListLogsResponse,
    LogEntry,
)
from google.protobuf import json_format

from ..errors import invalid, not_found, unsupported
from ..rpc.paging import page
from ..rpc.resources import copied
from .matching import compile_filter

if TYPE_CHECKING:
    from .service import Logging

DEFAULT_PAGE = 50


@dataclass(frozen=True)
class Stored:
    """An entry as a message, and as JSON for filters."""

    message: Any
    json: dict[str, Any]

    @property
    def moment(self) -> int:
        """Nanoseconds since 1970."""
        return self.message.timestamp.ToNanoseconds()

    @property
    def identity(self) -> tuple[str, int, str]:
        """Two entries with the same are one."""
        return self.message.log_name, self.moment, self.message.insert_id


def stored(entry: Any) -> Stored:
    """The entry together with its JSON."""
    return Stored(entry, _as_json(entry))


def _as_json(entry: Any) -> dict[str, Any]:
    try:
        found = json_format.MessageToDict(entry)
    except TypeError:  # a packed message of a type that is not known here: its fields cannot be searched
        bare = copied(entry)
        bare.ClearField("proto_payload")
        found = json_format.MessageToDict(bare)
        found["protoPayload"] = {"@type": entry.proto_payload.type_url}
    found.setdefault("severity", "DEFAULT")
    return found


def list_entries(service: Logging, request: Any) -> Any:
    """The entries of some projects that fit a filter, oldest first unless asked otherwise."""
    if not request.resource_names:
        raise invalid("resource_names must name at least one project, e.g. projects/offline-project")
    for name in request.resource_names:
        if "/locations/" in name:
            raise unsupported(f"logging.ListLogEntries of a log view ({name})")
    fits, newest_first = compile_filter(request.filter), _newest_first(request.order_by)
    parents = tuple(f"{name}/" for name in request.resource_names)
    found = [entry for entry in service.entries.values() if _under(entry, parents) and fits(entry.json)]
    found.sort(key=lambda entry: (entry.moment, entry.message.insert_id), reverse=newest_first)
    shown, token = page(found, request, default=DEFAULT_PAGE)
    response = ListLogEntriesResponse.pb()(next_page_token=token)
    response.entries.extend(entry.message for entry in shown)
    return response


def _under(entry: Stored, parents: tuple[str, ...]) -> bool:
    return entry.message.log_name.startswith(parents)


def _newest_first(order: str) -> bool:
    words = order.lower().split() or ["timestamp", "asc"]
    if words[0] != "timestamp" or words[1:] not in ([], ["asc"], ["desc"]):
        raise invalid(f"order_by is invalid: found {order!r}, expected 'timestamp asc' or 'timestamp desc'")
    return words[1:] == ["desc"]


def list_logs(service: Logging, request: Any) -> Any:
    """The names of all logs that hold an entry."""
    parents = tuple(f"{name}/logs/" for name in (request.parent, *request.resource_names) if name)
    names = sorted({entry.message.log_name for entry in service.entries.values() if _under(entry, parents)})
    shown, token = page(names, request)
    return ListLogsResponse.pb()(log_names=shown, next_page_token=token)


def delete_log(service: Logging, request: Any) -> None:
    """Delete all entries of a log. Raises ApiError 404 if there are none."""
    gone = [identity for identity in service.entries if identity[0] == request.log_name]
    if not gone:
        raise not_found(f"Log {request.log_name} does not exist")
    for identity in gone:
        del service.entries[identity]


def make_entry(**fields: Any) -> Any:
    """A log entry that the service itself writes."""
    return LogEntry.pb(LogEntry(**fields))
