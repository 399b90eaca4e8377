"""Everything in a project that takes labels and costs money, through the real clients; and how to label it.

Jobs are not here: the labels of a job that has run cannot be changed, and its cost is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """A resource and its labels as they were when it was listed; `parent` is the dataset of a table."""

    kind: str
    name: str
    labels: Mapping[str, str]
    parent: str | None = None


def resources(project: str, location: str) -> Iterator[Resource]:
    """Every bucket, dataset, table (views too), and every Vertex AI dataset, model and endpoint of the location.

    Raises google.api_core's errors, for example PermissionDenied where listing is not allowed.
    """
    yield from _buckets(project)
    yield from _tables(project)
    yield from _vertex(project, location)


def _buckets(project: str) -> Iterator[Resource]:
    from google.cloud import storage

    for bucket in storage.Client(project=project).list_buckets():
        yield Resource("bucket", f"gs://{bucket.name}", dict(bucket.labels))


def _tables(project: str) -> Iterator[Resource]:
    from google.cloud import bigquery

    client = bigquery.Client(project=project)
    for dataset in client.list_datasets():
        name = f"{dataset.project}.{dataset.dataset_id}"
        yield Resource("dataset", name, dict(dataset.labels))
        for table in client.list_tables(dataset.reference):
            yield Resource("table", f"{name}.{table.table_id}", dict(table.labels), name)


def _vertex(project: str, location: str) -> Iterator[Resource]:
    for kind, cls in vertex_kinds().items():
        for found in cls.list(project=project, location=location):
            yield Resource(kind, found.resource_name, dict(found.labels))


def vertex_kinds() -> dict[str, Any]:
    """The classes of `google.cloud.aiplatform` whose resources take labels and keep them changeable."""
    from google.cloud import aiplatform

    return {"tabular dataset": aiplatform.TabularDataset, "model": aiplatform.Model, "endpoint": aiplatform.Endpoint}


def _bucket(name: str) -> tuple[Any, Callable[[], Any]]:
    from google.cloud import storage

    bucket = storage.Client().get_bucket(name.removeprefix("gs://"))
    return bucket, lambda: bucket.patch(if_metageneration_match=bucket.metageneration)


def _dataset(name: str) -> tuple[Any, Callable[[], Any]]:
    from google.cloud import bigquery

    client = bigquery.Client()
    dataset = client.get_dataset(name)
    return dataset, lambda: client.update_dataset(dataset, ["labels"])  # the client sends the ETag along


def _table(name: str) -> tuple[Any, Callable[[], Any]]:
    from google.cloud import bigquery

    client = bigquery.Client()
    table = client.get_table(name)
    return table, lambda: client.update_table(table, ["labels"])


OPEN = {"bucket": _bucket, "dataset": _dataset, "table": _table}


def read_labels(kind: str, name: str) -> dict[str, str]:
    """The labels of a resource as they are now. Raises NotFound if it is gone."""
    found = OPEN[kind](name)[0] if kind in OPEN else vertex_kinds()[kind](name)
    return dict(found.labels)


def relabel(kind: str, name: str, change: Callable[[dict], dict]) -> None:
    """Read the labels of a resource and write `change(labels)`.

    For buckets, datasets and tables the write fails (PreconditionFailed) if somebody else wrote in between. What
    `change` raises stops it before anything is written.
    """
    if kind in OPEN:
        found, write = OPEN[kind](name)
        found.labels = change(dict(found.labels))
        write()
        return
    found = vertex_kinds()[kind](name)
    found.update(labels=change(dict(found.labels)))
