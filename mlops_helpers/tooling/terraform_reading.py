"""What a ledger's entries are now, as the cloud describes them; what is no infrastructure is listed with the reason.

The ledger notes a dataset and not its tables, a feature group and not its features, because they go with it. Terraform
wants each by itself: they are listed with the real clients.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling import terraform_tables as tables
from mlops_helpers.tooling import terraform_vertex as vertex
from mlops_helpers.tooling import terraform_watching as watching
from mlops_helpers.tooling.terraform_syntax import Described

if TYPE_CHECKING:
    from mlops_helpers.cloud import Session
    from mlops_helpers.cloud.ledger import Entry

PLAIN_TABLES = ("TABLE", "VIEW", "MATERIALIZED_VIEW")
INSIDE = MappingProxyType(
    {vertex.GROUP: ("features", vertex.FEATURE), vertex.STORE: ("featureViews", vertex.VIEW)}
)  # in the same file, though not in the ledger
GONE, REPLACED = "it is no longer there", "somebody replaced it since: it is not the one that was created"
DATA = "data, not infrastructure"
REASONS = MappingProxyType(
    {
        "object": DATA,
        "document": DATA,
        "log": "a log appears with its first entry and has no resource",
        "job": "a job is an order, not infrastructure; a table that it made is written by itself",
        "tuning job": "a job is an order, not infrastructure",
        "models": "the provider has no resource for models: a pipeline registers them",
        "metadataStores": "the provider has no resource for it outside of its beta; Vertex AI makes the default one",
        "modelMonitors": "the provider has no resource for model monitors: a pipeline makes them",
    }
)
NO_RESOURCE = "the google provider has no resource for it, or none that is written here"


@dataclass(frozen=True)
class LeftOut:
    """An entry of the ledger that the file does not hold, and why."""

    kind: str
    name: str
    reason: str


def attached_entries(session: Session) -> list[Entry]:
    """What other processes created in a session's offline cloud: steps of a pipeline that ran locally, for example.

    They keep journals of their own in the course's folder; those of other clouds are left alone. Order: by name.
    """
    from mlops_helpers.cloud.home import course_home
    from mlops_helpers.cloud.ledger import Ledger

    if session.url is None:
        return []
    journals = [Ledger(path) for path in sorted((course_home() / "ledger").glob("*.jsonl")) if _has_header(path)]
    found = {entry for journal in journals if journal.header.get("url") == session.url for entry in journal.entries}
    return sorted(found - set(session.ledger.entries), key=lambda entry: (entry.kind, entry.name))


def _has_header(path: Any) -> bool:
    """Whether a journal's first line is whole; a process that died while it opened one leaves an empty file."""
    first = path.read_text(encoding="utf-8").partition("\n")
    return bool(first[1]) and "session" in json.loads(first[0])


class Reader:
    """Looks up entries of a ledger in the cloud of the session that is open."""

    def __init__(self, project: str) -> None:
        from mlops_helpers.cloud.cleanup import Cleaner

        self._cloud = Cleaner(project)
        self.left_out: list[LeftOut] = []

    def read(self, entries: Iterable[Entry]) -> list[Described]:
        """All resources that Terraform can hold, by type and name, each once; the rest is in `left_out`."""
        found = {one.name: one for entry in entries for one in self._described(entry)}
        return sorted(found.values(), key=lambda one: (one.type, one.name))

    def _described(self, entry: Entry) -> Iterator[Described]:
        if entry.kind in ("job", "tuning job"):
            self._leave(entry, REASONS[entry.kind])
            outputs = self._cloud.outputs.of(entry)
            yield from (one for made in outputs if made.kind in ("table", "dataset") for one in self._described(made))
            return
        type, reason = _type_of(entry)
        if type is None:
            return self._leave(entry, reason)
        data, reason = self._look(entry)
        if data is None:
            return self._leave(entry, reason)
        yield from self._with_inside(Described(type, entry.name, data), entry)

    def _look(self, entry: Entry) -> tuple[Mapping[str, Any] | None, str]:
        """An entry's description; None and the reason if it is gone, or not what it was."""
        from mlops_helpers.cloud.cleanup import made

        found = self._cloud.look(entry)
        if found is None:
            return None, GONE
        return (_json(found), "") if made(found) == entry.made else (None, REPLACED)

    def _with_inside(self, resource: Described, entry: Entry) -> Iterator[Described]:
        """The resource, and what goes with it."""
        if resource.type == tables.TABLE and resource.data["type"] not in PLAIN_TABLES:
            return self._leave(entry, f"a table of the type {resource.data['type']}: {DATA}")
        yield resource
        if resource.type == tables.DATASET:
            for item in self._cloud.bigquery.list_tables(entry.name.removeprefix("bq://").replace("/", ".")):
                yield from self._table(f"{entry.name}/{item.table_id}", entry)
        elif resource.type in INSIDE:
            collection, type = INSIDE[resource.type]
            for data in self._cloud.vertex.inside(dict(resource.data), collection):
                last = data["name"].rpartition("/")[2]
                yield Described(type, f"{resource.name}/{collection}/{last}", data)

    def _table(self, name: str, owner: Entry) -> Iterator[Described]:
        from mlops_helpers.cloud.ledger import Entry

        table = self._cloud.bigquery.get_table(name.removeprefix("bq://").replace("/", "."))
        entry = Entry("table", name, owner.made)
        yield from self._with_inside(Described(tables.TABLE, name, table.to_api_repr()), entry)

    def _leave(self, entry: Entry, reason: str) -> None:
        self.left_out.append(LeftOut(entry.kind, entry.name, reason))


def _type_of(entry: Entry) -> tuple[str | None, str]:
    """The Terraform type of an entry; None and the reason if there is none."""
    plain = {"bucket": tables.BUCKET, "dataset": tables.DATASET, "table": tables.TABLE, **watching.KINDS}
    if entry.kind in plain:
        return plain[entry.kind], ""
    if entry.kind != "vertex":
        return None, REASONS.get(entry.kind, NO_RESOURCE)
    collection = entry.name.split("/")[-2]
    if entry.name.count("/") == 7 and collection in vertex.COLLECTIONS:  # vertex://projects/p/locations/l/endpoints/1
        return vertex.COLLECTIONS[collection], ""
    default = REASONS["tuning job"] if collection.endswith("Jobs") else NO_RESOURCE
    return None, REASONS.get(collection, default)


def _json(found: Any) -> Mapping[str, Any]:
    """A description as JSON, whatever client gave it. Field names of gRPC are those of Terraform already."""
    if isinstance(found, dict):
        return found
    if hasattr(found, "to_api_repr"):
        return found.to_api_repr()
    if not hasattr(found, "resource"):
        return dict(found._properties)  # a bucket: its client has no other name for the answer
    from google.protobuf.json_format import MessageToDict

    return {
        name.rstrip("_"): value
        for name, value in MessageToDict(found.resource, preserving_proto_field_name=True).items()
    }
