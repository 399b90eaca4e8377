"""Records of runs in a folder or a bucket: written once, never overwritten, not even by two writers at the same time.

    store = RunStore(bucket)                    or RunStore(Path("runs"))
    store.save(record);  store.load("monday");  store.table()

One file or object a run, `runs/monday.json` in a bucket. Cloud Storage refuses a second writer by
`if_generation_match=0`, a folder by a hard link to the finished file, which fails if the name is taken.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mlops_helpers.debugging.errors import InvalidSetting, RecordChanged, RunExists, UnknownRun
from mlops_helpers.debugging.run_record import RUN_NAME, RunRecord
from mlops_helpers.debugging.tables import nearest_names
from mlops_helpers.governance.files import write_whole

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage

SUFFIX = ".json"
COLUMNS = ["run", "recorded", "function", "seed"]


class Place(Protocol):
    """Somewhere to keep texts by name."""

    def add(self, name: str, text: str) -> bool:
        """Keep a new text; return False, and change nothing, if there is one of this name."""
        ...

    def get(self, name: str) -> str | None:
        """Return a text, None if there is none."""
        ...

    def names(self) -> list[str]:
        """Return all names, in order."""
        ...


class RunStore:
    """Records below `prefix` of a bucket, or in a folder (a `Path`, made when something is saved)."""

    def __init__(self, place: storage.Bucket | Path, prefix: str = "runs/") -> None:
        self._place: Place = _Folder(place) if isinstance(place, Path) else _Objects(place, prefix)

    def save(self, record: RunRecord) -> None:
        """Keep a record. Saving the same one again changes nothing.

        Raises `RunExists` if another run has the name, `RecordChanged` if the record is not what `record_run` gave.
        """
        text = record.to_json()
        RunRecord.from_json(text)
        if self._place.add(record.name, text) or self._place.get(record.name) == text:
            return
        found, expected = f"another run called {record.name!r}", "a name that was not used before"
        raise RunExists(found, expected, "Give this run a name of its own; nothing was overwritten.")

    def load(self, name: str) -> RunRecord:
        """Return a record. Raises `UnknownRun`, with the nearest names, and `RecordChanged` if it was edited."""
        if not RUN_NAME.fullmatch(name):
            raise InvalidSetting(f"the name {name!r:.100}", "the name of a run", "See names().")
        text = self._place.get(name)
        if text is None:
            known = self.names()
            shown = ", ".join(nearest_names(name, known) or known[:20]) or "a run that was saved"
            raise UnknownRun(f"no run {name!r}", shown, "Check the spelling, or save it first.")
        record = RunRecord.from_json(text)
        if record.name != name:
            expected = f"the record of {name!r}"
            raise RecordChanged(f"the record of {record.name!r}", expected, "It was renamed by hand: rename it back.")
        return record

    def names(self) -> list[str]:
        """Return the names of all runs, in order."""
        return self._place.names()

    def table(self) -> pd.DataFrame:
        """Return one row for each run, in the order of their times: run, recorded, function, seed, and the metrics."""
        import pandas as pd

        records = sorted((self.load(name) for name in self.names()), key=lambda record: (record.recorded, record.name))
        rows = [
            {"run": record.name, "recorded": record.recorded, "function": record.function, "seed": record.seed}
            | record.metrics
            for record in records
        ]
        return pd.DataFrame(rows, columns=None if rows else COLUMNS)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, text: str) -> bool:
        path = self._folder / f"{name}{SUFFIX}"
        draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
        write_whole(draft, text.encode())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def get(self, name: str) -> str | None:
        path = self._folder / f"{name}{SUFFIX}"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def names(self) -> list[str]:
        return sorted(path.name.removesuffix(SUFFIX) for path in self._folder.glob(f"*{SUFFIX}"))


class _Objects:
    def __init__(self, bucket: storage.Bucket, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix

    def add(self, name: str, text: str) -> bool:
        from google.api_core.exceptions import PreconditionFailed

        blob = self._bucket.blob(f"{self._prefix}{name}{SUFFIX}")
        try:
            blob.upload_from_string(text.encode(), content_type="application/json", if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    def get(self, name: str) -> str | None:
        from google.api_core.exceptions import NotFound

        try:
            return self._bucket.blob(f"{self._prefix}{name}{SUFFIX}").download_as_bytes().decode(errors="replace")
        except NotFound:
            return None

    def names(self) -> list[str]:
        found = (blob.name.removeprefix(self._prefix) for blob in self._bucket.list_blobs(prefix=self._prefix))
        return sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))
