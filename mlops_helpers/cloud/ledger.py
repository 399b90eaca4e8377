"""What a session created, line by line in a journal that survives a crash."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CONTAINERS = ("bucket", "dataset", "vertex")  # what is in one of these goes with it


@dataclass(frozen=True)
class Entry:
    """One created resource.

    `kind` is bucket, object, dataset, table, job, vertex, document, log and so on; `name` its full name; `made` proves
    that it is still the same one: the creation time, an object's generation, or a name that is never given twice.
    """

    kind: str
    name: str
    made: str


class Ledger:
    """An append-only journal (JSON lines): one header, then one entry for each resource created."""

    def __init__(self, path: Path, *, header: dict | None = None) -> None:
        self.path = path
        if header is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(header)
        self._entries = [Entry(**line) for line in self._lines()[1:]]
        self._known = set(self._entries)
        self._containers = {entry.name for entry in self._entries if entry.kind in CONTAINERS}
        self._lock = threading.Lock()

    @property
    def header(self) -> dict:
        """Which session this is: its id, cloud, project and, offline, the server's address."""
        return self._lines()[0]

    @property
    def entries(self) -> list[Entry]:
        """Everything created, oldest first, each once."""
        return list(self._entries)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: kind, name, made."""
        import pandas as pd

        return pd.DataFrame([asdict(entry) for entry in self.entries], columns=["kind", "name", "made"])

    def add(self, entry: Entry) -> None:
        """Write an entry down before anything else happens; one inside a recorded bucket or dataset is not needed."""
        with self._lock:
            if self.holds(entry):
                return
            self._append(asdict(entry))
            self._entries.append(entry)
            self._known.add(entry)
            if entry.kind in CONTAINERS:
                self._containers.add(entry.name)

    def holds(self, entry: Entry) -> bool:
        """Whether this entry, or the bucket, dataset or Vertex AI resource it lives in, is in the journal already."""
        slashes = [place for place, letter in enumerate(entry.name) if letter == "/"]
        return entry in self._known or any(entry.name[:place] in self._containers for place in slashes)

    def close(self) -> None:
        """Nothing is left: the journal has done its work."""
        self.path.unlink(missing_ok=True)

    def _append(self, line: dict) -> None:
        with self.path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(line) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def _lines(self) -> list[dict]:
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        whole = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]  # a crash may cut the last
        return [json.loads(line) for line in whole]
