"""Write log entries.

An entry without a time gets the offline clock's; one that repeats log, time and insert id of an earlier entry is the
same entry and is kept once, so that a client may safely send a batch again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud.logging_v2.types import WriteLogEntriesResponse

from ..errors import ApiError, invalid
from ..rpc.resources import copied, need
from .config import report_exports
from .entries import Stored, stored

if TYPE_CHECKING:
    from .service import Logging

LARGEST = 256 * 1024
PARENTS = ("projects/", "organizations/", "billingAccounts/", "folders/")


def write(service: Logging, request: Any) -> Any:
    """Keep all entries, or none if one of them is malformed (unless `partial_success`)."""
    fresh, refused = [], []
    for position, entry in enumerate(request.entries):
        try:
            fresh.append(_completed(service, entry, request))
        except ApiError as problem:
            if not request.partial_success:
                raise invalid(f"entries[{position}]: {problem.message}") from None
            refused.append(problem)
    if not request.dry_run:
        _keep(service, fresh)
    if refused:
        raise invalid(f"{len(refused)} of {len(request.entries)} entries were not written: {refused[0].message}")
    return WriteLogEntriesResponse.pb()()


def _completed(service: Logging, sent: Any, request: Any) -> Stored:
    """The entry with what the request says for all of them, and with what the service adds."""
    entry, now = copied(sent), service.cloud.clock.tick()
    entry.log_name = entry.log_name or request.log_name
    _check_log_name(entry.log_name)
    if not entry.HasField("resource"):
        entry.resource.CopyFrom(request.resource)
    need(entry.resource.type, "resource.type")
    for key, value in request.labels.items():
        if key not in entry.labels:
            entry.labels[key] = value
    entry.insert_id = entry.insert_id or service.cloud.next_id("log entry")
    entry.receive_timestamp.FromDatetime(now.replace(tzinfo=None))
    if not entry.HasField("timestamp"):
        entry.timestamp.CopyFrom(entry.receive_timestamp)
    if entry.ByteSize() > LARGEST:
        raise invalid(f"Log entry with size {entry.ByteSize()} exceeds maximum size of {LARGEST}")
    return stored(entry)


def _check_log_name(name: str) -> None:
    parent, separator, log = name.partition("/logs/")
    if not separator or not log or "/" in log or not parent.startswith(PARENTS):
        expected = "projects/PROJECT/logs/LOG with every slash in LOG written as %2F"
        raise invalid(f"log_name is invalid: found {name!r}, expected {expected}")


def _keep(service: Logging, fresh: list[Stored]) -> None:
    for entry in fresh:
        if entry.identity not in service.entries:
            service.keep(entry)
            report_exports(service, entry)
