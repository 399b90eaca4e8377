"""Buckets with nothing in them, old versions of overwritten objects, datasets that were meant to be temporary.

Cloud Storage does not say when an object was last read (its audit logs and insights may), so live objects are never
called idle here: `storage_tiers` decides about them, on reads that were counted. A dataset is temporary if its label
`lifetime` says `temporary`, or its name begins with tmp, temp or scratch; idle, if no table in it changed in the span.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .idle_items import Idle, Window
from .money import Money
from .prices import price

if TYPE_CHECKING:
    from google.cloud import bigquery, storage

GIB = 2**30
TEMPORARY = ("tmp", "temp", "scratch")
LABEL = ("lifetime", "temporary")


def idle_buckets(project: str, window: Window) -> Iterator[Idle]:
    """Yield buckets without any object, and those with versions that were replaced before `window.since`."""
    from google.cloud import storage

    client = storage.Client(project=project)
    for bucket in client.list_buckets():
        if not window.holds(bucket.time_created):
            continue
        name, made = f"gs://{bucket.name}", bucket.time_created.isoformat()
        if not any(client.list_blobs(bucket, versions=True, max_results=1)):
            yield Idle("bucket", name, "empty", Money(0), made)
        elif old := _old_versions(client, bucket, window):
            size = sum((_stored(blob, window) for blob in old), start=Money(0))
            why = f"{len(old)} versions of objects that were replaced before {window.since:%Y-%m-%d}"
            yield Idle("old objects", name, why, size, made)


def _old_versions(client: storage.Client, bucket: storage.Bucket, window: Window) -> list[storage.Blob]:
    """Return versions that are no longer the live one, and have not been for the whole span."""
    found = client.list_blobs(bucket, versions=True)
    return [blob for blob in found if blob.time_deleted is not None and blob.time_deleted <= window.since]


def _stored(blob: storage.Blob, window: Window) -> Money:
    """A month of a version in its class; classes of old (MULTI_REGIONAL, ...) count as STANDARD."""
    name = blob.storage_class.lower()
    kind = name if name in ("nearline", "coldline", "archive") else "standard"
    return price(f"storage.{kind}.gib_month", at=window.now.date()).each * blob.size / GIB


def idle_datasets(project: str, window: Window) -> Iterator[Idle]:
    """Yield temporary datasets in which nothing changed since `window.since`, and empty ones of any name."""
    from google.cloud import bigquery

    client = bigquery.Client(project=project)
    for listed in client.list_datasets():
        dataset = client.get_dataset(listed.reference)
        tables = [client.get_table(table.reference) for table in client.list_tables(dataset)]
        latest = max([dataset.created, *(table.modified for table in tables)])
        if not window.holds(latest) or (tables and not _is_temporary(dataset)):
            continue
        why = f"temporary, {len(tables)} tables unchanged since {latest:%Y-%m-%d}" if tables else "empty"
        name = f"bq://{dataset.project}/{dataset.dataset_id}"
        yield Idle("dataset", name, why, _kept(tables, window), dataset.created.isoformat())


def _is_temporary(dataset: bigquery.Dataset) -> bool:
    return dataset.labels.get(LABEL[0]) == LABEL[1] or dataset.dataset_id.lower().startswith(TEMPORARY)


def _kept(tables: list[bigquery.Table], window: Window) -> Money:
    """A month of active storage: the dearer of the two prices, as long-term begins after 90 days."""
    size = sum(table.num_bytes or 0 for table in tables)
    return price("bigquery.storage.active", at=window.now.date()).each * Decimal(size) / GIB


def remove_bucket(item: Idle, window: Window) -> None:
    """Delete an empty bucket; one that is not empty by now is refused by Cloud Storage."""
    from google.cloud import storage

    storage.Client().bucket(item.name.removeprefix("gs://")).delete()


def remove_old_objects(item: Idle, window: Window) -> None:
    """Delete the old versions, each by its generation; the live objects stay."""
    from google.cloud import storage

    client = storage.Client()
    bucket = client.bucket(item.name.removeprefix("gs://"))
    for blob in _old_versions(client, bucket, window):
        bucket.delete_blob(blob.name, generation=blob.generation)


def remove_dataset(item: Idle, window: Window) -> None:
    """Delete a dataset with its tables, unless it was made anew since the report."""
    from google.cloud import bigquery

    client = bigquery.Client()
    project, _, name = item.name.removeprefix("bq://").partition("/")
    dataset = client.get_dataset(f"{project}.{name}")
    if dataset.created == datetime.fromisoformat(item.made):
        client.delete_dataset(dataset, delete_contents=True)


REMOVERS = {"bucket": remove_bucket, "old objects": remove_old_objects, "dataset": remove_dataset}
