"""One entry of an incident's log, and the chain that shows when one was changed, removed or put in between.

Each entry holds the hash of the one before it (Haber and Stornetta 1991, "How to time-stamp a digital document"):
whoever changes an entry would have to change all that follow, and their copies in Cloud Logging.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mlops_helpers.collaboration.errors import InvalidSetting, LogChanged, LogTampered

if TYPE_CHECKING:
    import pandas as pd

OPENED, SHOWN, SIGNED, MOVED = "opened", "shown", "signed", "moved"
REFUSED, ESCALATED, NOTED = "refused", "escalated", "noted"
BEGINNING = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One line: its number from 0, when (ISO 8601, UTC), what kind, what; the hash before it, and its own."""

    incident: str
    number: int
    at: str
    kind: str
    content: Mapping[str, Any]
    previous: str
    hash: str

    @property
    def time(self) -> datetime:
        """When, as an aware time."""
        return datetime.fromisoformat(self.at)

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON-able values."""
        return asdict(self)

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.number:3} {self.time:%a %H:%M} {self.kind}: {self.content.get('message', '')}"


class IncidentLog(Protocol):
    """What the protocol needs of a log: add an entry that nobody can replace, give all of an incident in order."""

    def append(self, entry: Entry) -> None:
        """Write an entry. Raises `LogChanged` if there is one of its number."""

    def entries(self, incident: str) -> list[Entry]:
        """Return the entries of an incident by number; none for an unknown one."""


class MemoryLog:
    """A log in this process only: for replays and for thinking. It keeps the same promises while it lives."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Entry] = {}

    def append(self, entry: Entry) -> None:
        """Write an entry. Raises `LogChanged` if there is one of its number."""
        if (entry.incident, entry.number) in self._kept:
            raise taken(entry)
        self._kept[entry.incident, entry.number] = entry

    def entries(self, incident: str) -> list[Entry]:
        """Return the entries of an incident by number."""
        return [entry for (name, _), entry in sorted(self._kept.items()) if name == incident]


def next_entry(before: Sequence[Entry], incident: str, at: datetime, kind: str, content: Mapping[str, Any]) -> Entry:
    """Return the entry that follows on these.

    Raises `InvalidSetting` for a time without zone, and for content that JSON cannot hold.
    """
    if at.tzinfo is None:
        raise InvalidSetting(f"the clock's time {at} without a zone", "one with a zone", "Use datetime.now(UTC).")
    number, previous = len(before), before[-1].hash if before else BEGINNING
    try:
        plain = json.loads(json.dumps(content, allow_nan=False))
    except (TypeError, ValueError) as problem:
        remedy = "Convert it first: float(), str(), isoformat()."
        raise InvalidSetting(f"content with {problem}", "texts, finite numbers, lists and dicts", remedy) from None
    stamp = at.isoformat(timespec="seconds")
    return Entry(incident, number, stamp, kind, plain, previous, _hash(incident, number, stamp, kind, plain, previous))


def verify_chain(entries: Iterable[Entry]) -> int:
    """Return how many entries there are. Raises `LogTampered` for the first that is not what was written."""
    previous, count = BEGINNING, 0
    for entry in entries:
        parts = entry.incident, entry.number, entry.at, entry.kind, entry.content, entry.previous
        if entry.number != count:
            raise _tampered(entry, f"number {entry.number} where {count} belongs", "an entry was removed or added")
        if entry.previous != previous:
            raise _tampered(entry, "a hash that does not follow on the one before", "one of the two was replaced")
        if entry.hash != _hash(*parts):
            raise _tampered(entry, "content that does not give its hash", "its content was changed")
        previous, count = entry.hash, count + 1
    return count


def log_table(entries: Iterable[Entry]) -> pd.DataFrame:
    """Return a log as a table: number, at, kind, stage, role, message."""
    import pandas as pd

    rows = [
        (one.number, one.time, one.kind, *(str(one.content.get(name, "")) for name in ("stage", "role", "message")))
        for one in entries
    ]
    return pd.DataFrame(rows, columns=["number", "at", "kind", "stage", "role", "message"])


def taken(entry: Entry) -> LogChanged:
    """Return the error for a number that is taken."""
    found = f"an entry {entry.number} of {entry.incident} already"
    return LogChanged(found, "to write it first", "Read the log again: somebody else was faster.")


def _tampered(entry: Entry, found: str, why: str) -> LogTampered:
    where = f"entry {entry.number} of {entry.incident}: {found}"
    return LogTampered(where, "the log as it was written", f"It seems that {why}: compare with the copies elsewhere.")


def _hash(*parts: Any) -> str:
    """SHA-256 of all parts as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
