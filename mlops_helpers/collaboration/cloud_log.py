"""The log of incidents in Firestore, each entry a document that is created and never written again; copies elsewhere.

    log = CloudLog(firestore.Client(), logging.Client().logger("incidents"))

    incidents/INC-7/log/000004        in Firestore, written under the condition that there is no such document
    incidents                         in Cloud Logging, one entry for each, with the same hash

Firestore decides who was first. The copy makes a change visible that was made with care: whoever may edit documents
can compute a new chain of hashes, but may not edit Cloud Logging, which nobody can. A process that dies between the
two leaves an entry without a copy; `complete_copies` writes it later.

On Google Cloud a copy can be read some seconds after it was written, and is kept for 30 days unless the log's bucket
says otherwise: verify after a moment, and give the bucket the retention (and its lock) that your auditors ask for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration.errors import LogTampered, UnknownIncident
from mlops_helpers.collaboration.log_entries import REFUSED, Entry, log_table, taken, verify_chain

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import firestore
    from google.cloud.logging_v2.logger import Logger


@dataclass(frozen=True)
class CloudLog:
    """An `IncidentLog` on Google's clients for Firestore and Cloud Logging."""

    database: firestore.Client
    logger: Logger
    collection: str = "incidents"

    def append(self, entry: Entry) -> None:
        """Write an entry and its copy. Raises `LogChanged` if there is one of its number; then no copy is written."""
        from google.api_core.exceptions import AlreadyExists

        try:
            self._folder(entry.incident).document(f"{entry.number:06d}").create(entry.to_dict())
        except AlreadyExists as error:
            raise taken(entry) from error
        self._copy(entry)

    def entries(self, incident: str) -> list[Entry]:
        """Return the entries of an incident by number. One query."""
        found = self._folder(incident).order_by("number").stream()
        return [Entry(**document.to_dict()) for document in found]

    def copies(self, incident: str) -> dict[int, Entry]:
        """Return what Cloud Logging knows, by number. Raises `LogTampered` for two copies of one entry that differ."""
        wanted = f'logName="{self.logger.full_name}" AND labels.incident="{incident}"'
        found: dict[int, Entry] = {}
        for item in self.logger.client.list_entries(filter_=wanted, order_by="timestamp asc"):
            entry = Entry(**json.loads(item.payload["entry"]))
            if found.setdefault(entry.number, entry).hash != entry.hash:
                told = f"two copies of entry {entry.number} of {incident}"
                raise LogTampered(told, "one, or two that are equal", "Find out who may write to this log.")
        return found

    def verify(self, incident: str) -> int:
        """Return how many entries hold in both places. Raises `LogTampered` for the first that does not,
        `UnknownIncident` if there is no log of it at all.

        An entry without a copy is told as well: see `complete_copies`.
        """
        entries, copies = self.entries(incident), self.copies(incident)
        if not entries and not copies:
            raise UnknownIncident(f"no log of {incident!r}", "one that was opened", "Check its id.")
        verify_chain(entries)
        kept = {entry.number: entry.hash for entry in entries}
        for number in sorted({*kept, *copies}):
            copy = copies[number].hash if number in copies else None
            if kept.get(number) != copy:
                raise _differs(incident, number, kept.get(number), copy)
        return len(entries)

    def complete_copies(self, incident: str) -> int:
        """Write the copies that are missing at the end, and return how many: what a process that died left undone."""
        entries, known = self.entries(incident), self.copies(incident)
        verify_chain(entries)
        missing = [entry for entry in entries if entry.number > max(known, default=-1)]
        for entry in missing:
            self._copy(entry)
        return len(missing)

    def table(self, incident: str) -> pd.DataFrame:
        """Return the log as a table: number, at, kind, stage, role, message."""
        return log_table(self.entries(incident))

    def _folder(self, incident: str) -> Any:
        return self.database.collection(self.collection).document(incident).collection("log")

    def _copy(self, entry: Entry) -> None:
        """The whole entry as text: Cloud Logging turns whole numbers into others, and then no hash would fit."""
        self.logger.log_struct(
            {"message": str(entry).strip(), "entry": json.dumps(entry.to_dict(), sort_keys=True)},
            severity="WARNING" if entry.kind == REFUSED else "NOTICE",
            timestamp=entry.time,
            labels={"incident": entry.incident, "kind": entry.kind},
            insert_id=entry.hash[:32],
        )


def _differs(incident: str, number: int, kept: str | None, copy: str | None) -> LogTampered:
    shown = [value[:12] if value else "nothing" for value in (kept, copy)]
    found = f"entry {number} of {incident}: {shown[0]} in Firestore, {shown[1]} in Cloud Logging"
    remedy = "If the copy is missing at the end, complete_copies() writes it; anything else was done by hand."
    return LogTampered(found, "the same in both places", remedy)
