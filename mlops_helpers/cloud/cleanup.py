"""Delete what a ledger names, and nothing else; then look again and prove that nothing is left.

A resource is deleted only if it is still the one that was created (same creation time, same generation). One that was
replaced in the meantime belongs to somebody else: it is refused, not deleted. What that means for documents and logs
says `rpc_cleanup`, for jobs `job_outputs`.

Not in the ledger: keys in Redis. Offline the server is the session's own and ends with it; a standalone server's, or a
Memorystore instance, is shared, and nothing tells whose a key is. Nor what Google writes by itself, such as job logs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import NotFound
from google.cloud import bigquery, storage

from .errors import ForeignResource, LeftBehind
from .job_outputs import JobOutputs
from .ledger import Entry, Ledger
from .rpc_cleanup import Found, RpcResources
from .vertex_cleanup import VertexResources

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CleanUp:
    """What happened to every entry of the ledger: `deleted`, `already gone`, `left`, or `shared`.

    Shared is a log that others write to as well: it stays, for Cloud Logging deletes only whole logs.
    """

    outcomes: tuple[tuple[Entry, str], ...]

    @property
    def left(self) -> list[str]:
        """Names of what is still there; empty after a complete clean-up."""
        return [entry.name for entry, outcome in self.outcomes if outcome == "left"]

    @property
    def table(self) -> pd.DataFrame:
        """Columns: kind, name, outcome."""
        import pandas as pd

        rows = [(entry.kind, entry.name, outcome) for entry, outcome in self.outcomes]
        return pd.DataFrame(rows, columns=["kind", "name", "outcome"])


ORDERS = ("job", "tuning job")  # Google keeps them in its lists; only what they made can go
WAITS = (0.5, 1, 2, 4)  # seconds between looks at something that Google says is deleted


class Cleaner:
    """Deletes ledger entries through the real clients of one project."""

    def __init__(self, project: str) -> None:
        self.storage = storage.Client(project=project)
        self.bigquery = bigquery.Client(project=project)
        self.vertex, self.rpc = VertexResources(), RpcResources()
        self.outputs = JobOutputs(self.storage, self.bigquery, self.vertex)
        self._find: dict[str, Callable[[Entry], Any]] = {
            "bucket": self._bucket,
            "object": self._object,
            "dataset": self._dataset,
            "table": self._table,
            "vertex": lambda entry: self.vertex.find(entry.made),
        }

    def clean(self, ledger: Ledger) -> CleanUp:
        """Delete every entry, newest first, then verify each.

        Raises ForeignResource before anything is deleted if an entry is no longer what was created, and LeftBehind
        with the names if something survives.
        """
        entries = [found for entry in reversed(ledger.entries) for found in self._resolved(entry, ledger)]
        there = {entry: self._same(entry) for entry in dict.fromkeys(entries)}
        shared = {entry for entry, found in there.items() if found is not None and self._is_shared(entry, ledger)}
        # Endpoints first: a model that is still deployed somewhere cannot be deleted.
        for entry, found in sorted(there.items(), key=lambda pair: "/endpoints/" not in pair[0].name):
            if found is not None and entry not in shared:
                self._delete(entry, found)
        result = CleanUp(
            tuple(
                (entry, "shared" if entry in shared else self._outcome(entry, found)) for entry, found in there.items()
            )
        )
        if result.left:
            remedy = "Delete it in the console, or run `python -m mlops_helpers.cloud clean-up` again."
            raise LeftBehind(f"still there: {', '.join(result.left)}", "nothing left of this session", remedy)
        ledger.close()
        return result

    def _is_shared(self, entry: Entry, ledger: Ledger) -> bool:
        """Whether a log holds entries of others; nobody else writes to the cloud of an offline session of its own."""
        alone = ledger.header["session"] == "offline"
        return entry.kind == "log" and not alone and self.rpc.is_shared(entry, ledger.header["session"])

    def _outcome(self, entry: Entry, found: Any) -> str:
        if found is None:
            return "already gone"
        for seconds in WAITS:
            if self.look(entry) is None:
                return "deleted"
            time.sleep(seconds)
        return "left" if self.look(entry) is not None else "deleted"

    def look(self, entry: Entry) -> Any:
        """What an entry of any kind but a job names now, None if it is gone."""
        try:
            return self.rpc.find(entry) if self.rpc.knows(entry.kind) else self._find[entry.kind](entry)
        except NotFound:
            return None

    def _same(self, entry: Entry) -> Any:
        found = self.look(entry)
        if found is not None and entry.made != made(found):
            kind = f"{entry.kind} {entry.name} made at {made(found)}"
            remedy = "Somebody replaced it: delete it by hand if it is yours."
            raise ForeignResource(kind, f"the one made at {entry.made} by this session", remedy)
        return found

    def _delete(self, entry: Entry, found: Any) -> None:
        if entry.kind == "bucket":
            for blob in list(self.storage.list_blobs(found, versions=True)):
                blob.delete()
        if entry.kind == "dataset":
            self.bigquery.delete_dataset(found, delete_contents=True)
        elif entry.kind == "table":
            self.bigquery.delete_table(found)
        elif entry.kind == "vertex":
            self.vertex.delete(found)
        elif self.rpc.knows(entry.kind):
            self.rpc.delete(entry, found)
        else:
            found.delete()

    def _resolved(self, entry: Entry, ledger: Ledger) -> Iterator[Entry]:
        """An entry, and what its job made outside of the recorded buckets and datasets.

        A job that nobody can delete is no entry of its own; nor is a written document that was there before.
        """
        yield from (found for found in self.outputs.of(entry) if not ledger.holds(found))
        if entry.kind == "document":
            found = self.rpc.find(entry)
            yield from [entry] if found is None or found.made == entry.made else []
        elif entry.kind not in ORDERS:
            yield entry

    def _bucket(self, entry: Entry) -> storage.Bucket:
        return self.storage.get_bucket(entry.name.removeprefix("gs://"))

    def _object(self, entry: Entry) -> storage.Blob | None:
        bucket, _, name = entry.name.removeprefix("gs://").partition("/")
        return self.storage.bucket(bucket).get_blob(name, generation=int(entry.made))

    def _dataset(self, entry: Entry) -> bigquery.Dataset:
        return self.bigquery.get_dataset(entry.name.removeprefix("bq://").replace("/", "."))

    def _table(self, entry: Entry) -> bigquery.Table:
        return self.bigquery.get_table(entry.name.removeprefix("bq://").replace("/", "."))


def made(resource: Any) -> str:
    """What tells a resource from a later one of the same name: creation time, or an object's generation."""
    if isinstance(resource, storage.Blob):
        return str(resource.generation)
    if isinstance(resource, Found):
        return resource.made
    if isinstance(resource, dict):
        return resource["name"]
    properties = resource._properties
    return properties.get("timeCreated") or properties["creationTime"]
