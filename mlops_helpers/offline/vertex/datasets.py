"""Managed datasets: text and image items with annotations, tabular sources, imports, exports, versions.

An import is all or nothing: if one line is wrong, or an image that it names is not in its bucket, nothing is imported.
A version is a snapshot of the items and their annotations; restoring it puts them back.
"""

from __future__ import annotations

import io
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from . import generic
from .annotated import Format, Item, read, to_json
from .behaviours import Call, behaviour
from .errors import bad_field, precondition
from .filters import compile_filter
from .operations import LongRunning
from .store import Resource, parent_of

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = (
    "DatasetService.GetDataset",
    "DatasetService.ListDatasets",
    "DatasetService.UpdateDataset",
    "DatasetService.DeleteDataset",
    "DatasetService.GetDatasetVersion",
    "DatasetService.ListDatasetVersions",
    "DatasetService.UpdateDatasetVersion",
    "DatasetService.ListDataItems",
    "DatasetService.ListAnnotations",
)


class Snapshots:
    """The items and annotations of every dataset version, by the version's name."""

    def __init__(self, vertex: Vertex) -> None:
        self.held: dict[str, list[tuple[Resource, list[Resource]]]] = {}


@behaviour("DatasetService.CreateDataset")
def create_dataset(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A dataset without items; a tabular one names its source in its metadata."""
    dataset = call.request.dataset
    if not dataset.display_name:
        raise bad_field("dataset.display_name", "", "1 to 128 characters")
    if not dataset.metadata_schema_uri:
        raise bad_field("dataset.metadata_schema_uri", "", "the gs:// address of a dataset schema")
    return generic.create(vertex, call)


@behaviour("DatasetService.ImportData")
def import_data(vertex: Vertex, call: Call) -> LongRunning:
    """Add the items of import files in Cloud Storage."""
    dataset = vertex.store.get(call.request.name)
    found: list[tuple[Format, Item]] = []
    for config in call.request.import_configs:
        form = Format.of(config.import_schema_uri)
        common = dict(config.data_item_labels)
        for uri in config.gcs_source.uris:
            items = _read_files(vertex, form, uri)
            found += [(form, Item(item.payload, {**common, **item.labels}, item.annotations)) for item in items]
    _need_images(vertex, [item for _, item in found])
    for form, item in found:
        _add(vertex, dataset["name"], form, item)
    _recount(vertex, dataset["name"])
    return LongRunning({}, about=dataset["name"])


@behaviour("DatasetService.ExportData")
def export_data(vertex: Vertex, call: Call) -> LongRunning:
    """Write the items as JSON Lines, in the form that an import reads."""
    dataset, config = vertex.store.get(call.request.name), call.request.export_config
    if config.WhichOneof("split") or config.saved_query_id:
        raise unsupported("Vertex AI: exporting a dataset in splits or by a saved query")
    holds = compile_filter(config.annotations_filter)
    lines, prefix = [], config.gcs_destination.output_uri_prefix
    for item in vertex.store.list(dataset["name"], "dataItems"):
        annotations = [note for note in vertex.store.list(item["name"], "annotations") if holds(note)]
        if annotations or not config.annotations_filter:
            lines.append(_line(item, annotations))
    stamp = vertex.store.stamp().replace(":", "-")
    name = f"export-data-{dataset['displayName']}-{stamp}/data-00001-of-00001.jsonl"
    uri = write_text(vertex, prefix, name, "".join(f"{line}\n" for line in lines))
    return LongRunning({"exportedFiles": [uri]}, about=dataset["name"])


@behaviour("DatasetService.CreateDatasetVersion")
def create_dataset_version(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Freeze the present items, annotations and metadata under a name of their own."""
    dataset = vertex.store.get(call.request.parent)
    items = vertex.store.list(dataset["name"], "dataItems")
    held = [(item, vertex.store.list(item["name"], "annotations")) for item in items]
    frozen = {key: dataset[key] for key in ("metadata", "modelReference") if key in dataset}
    version = generic.create(vertex, call, frozen)
    vertex.part(Snapshots).held[version["name"]] = deepcopy(held)
    return version


@behaviour("DatasetService.RestoreDatasetVersion")
def restore_dataset_version(vertex: Vertex, call: Call) -> LongRunning:
    """Put the items, annotations and metadata of a version back into its dataset."""
    version = vertex.store.get(call.request.name)
    dataset = parent_of(version["name"])
    for item in vertex.store.list(dataset, "dataItems"):
        vertex.store.remove(item["name"])
    for item, notes in deepcopy(vertex.part(Snapshots).held[version["name"]]):
        for resource in (item, *notes):
            vertex.store.add(resource["name"], resource, stamped=False)
    if "metadata" in version:
        vertex.store.change(dataset, {"metadata": version["metadata"]})
    _recount(vertex, dataset)
    return LongRunning(version, about=version["name"])


@behaviour("DatasetService.DeleteDatasetVersion")
def delete_dataset_version(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a version and its snapshot."""
    generic.delete(vertex, call)
    vertex.part(Snapshots).held.pop(call.request.name, None)
    return {}


def _read_files(vertex: Vertex, form: Format, uri: str) -> list[Item]:
    items = []
    for version in vertex.cloud.service("storage").match_uri(uri):
        try:
            text = version.content.bytes().decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise bad_field("gcs_source.uris", uri, f"a file in UTF-8 ({problem})") from None
        items += read(form, version.name, text)
    return items


def _need_images(vertex: Vertex, items: list[Item]) -> None:
    """Raises ApiError 400 unless every object that an item names exists."""
    storage = vertex.cloud.service("storage")
    named = {value for item in items for key, value in item.payload.items() if key.endswith("GcsUri")}
    buckets = {uri.removeprefix("gs://").partition("/")[0] for uri in named}
    stored = {f"gs://{bucket}/{found.name}" for bucket in buckets for found in storage.list_objects(bucket)}
    if lost := sorted(named - stored):
        raise precondition(f"{len(lost)} objects do not exist, so nothing was imported: {', '.join(lost[:5])}")


def _add(vertex: Vertex, dataset: str, form: Format, item: Item) -> None:
    name = f"{dataset}/dataItems/{vertex.store.new_id('data items')}"
    labels = {"labels": item.labels} if item.labels else {}
    vertex.store.add(name, {"payload": item.payload, **labels})
    for payload in item.annotations:
        annotation = {"payload": payload, "payloadSchemaUri": form.annotation_schema}
        use = {"labels": {"aiplatform.googleapis.com/annotation_set_name": form.name}}
        vertex.store.add(f"{name}/annotations/{vertex.store.new_id('annotations')}", {**annotation, **use})


def _recount(vertex: Vertex, dataset: str) -> None:
    count = len(vertex.store.list(dataset, "dataItems"))
    vertex.store.change(dataset, {"dataItemCount": str(count) if count else None})


def _line(item: Resource, annotations: list[Resource]) -> str:
    sets = [note["labels"]["aiplatform.googleapis.com/annotation_set_name"] for note in annotations]
    form = Format(sets[0] if sets else "text_classification_single_label")
    payloads = tuple(note["payload"] for note in annotations)
    return to_json(form, Item(item["payload"], item.get("labels", {}), payloads))


def write_text(vertex: Vertex, prefix: str, name: str, text: str) -> str:
    """Store a text under a `gs://` prefix; gives its address. Raises ApiError 400 or 404 for a wrong prefix."""
    bucket, _, folder = prefix.removeprefix("gs://").rstrip("/").partition("/")
    if not prefix.startswith("gs://") or not bucket:
        raise bad_field("output_uri_prefix", prefix, "gs://bucket/folder")
    path = f"{folder}/{name}" if folder else name
    vertex.cloud.service("storage").write_object(bucket, path, io.BytesIO(text.encode()), "application/jsonl")
    return f"gs://{bucket}/{path}"
