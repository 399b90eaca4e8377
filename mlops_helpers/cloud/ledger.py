"""What a session created, line by line in a journal that survives a crash."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Entry:
    """One created resource.

    `kind` is bucket, object, dataset, table or job; `name` its full name; `made` proves that it is still the same one:
    the creation time, or an object's generation.
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
        if not self.holds(entry):
            self._append(asdict(entry))
            self._entries.append(entry)

    def holds(self, entry: Entry) -> bool:
        """Whether this entry, or the bucket or dataset it lives in, is in the journal already."""
        return any(entry == known or entry.name.startswith(f"{known.name}/") for known in self._entries)

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
