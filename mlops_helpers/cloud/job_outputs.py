"""What jobs left behind: a job is an order, and what it made has names that only the job can tell.

    BigQuery jobs          tables of loads, copies, queries and CREATE statements; files of extracts
    batch prediction jobs  the folder, or the table (and the dataset), that the predictions were written to
    tuning jobs            the tuned model and its endpoint; a job that still runs is cancelled

A job that only changed what was there made nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from google.api_core.exceptions import NotFound
from google.cloud import bigquery, storage

from .ledger import Entry
from .recorder import bq_name
from .vertex_cleanup import VertexResources

BATCH_JOBS = "/batchPredictionJobs/"


class JobOutputs:
    """Finds what a ledger's jobs made, through the real clients."""

    def __init__(
        self, storage_client: storage.Client, bigquery_client: bigquery.Client, vertex: VertexResources
    ) -> None:
        self._storage, self._bigquery, self._vertex = storage_client, bigquery_client, vertex

    def of(self, entry: Entry) -> Iterator[Entry]:
        """What the job of an entry made; nothing for an entry that is no job, or whose job is forgotten."""
        if entry.kind == "job":
            yield from self._of_bigquery(entry)
        elif entry.kind == "tuning job":
            for name in self._vertex.tuned_by(entry.made):
                yield Entry("vertex", f"vertex://{name}", name)
        elif entry.kind == "vertex" and BATCH_JOBS in entry.made:
            yield from self._predicted(self._vertex.find(entry.made) or {})

    def _of_bigquery(self, entry: Entry) -> Iterator[Entry]:
        _, _, project, job_id = entry.name.split("/")
        try:
            job = self._bigquery.get_job(job_id, project=project, location=entry.made)
        except NotFound:
            return
        if isinstance(job, bigquery.ExtractJob):
            for uri in job.destination_uris:
                yield from self._objects(uri, job.created)
        elif (target := getattr(job, "ddl_target_table", None) or job.destination) is not None:
            yield from self._table(target, job.created)

    def _predicted(self, job: dict[str, Any]) -> Iterator[Entry]:
        """A folder of a batch job is its own; a table is if it is not older than the job."""
        outputs = job.get("outputInfo", {})
        if folder := outputs.get("gcsOutputDirectory"):
            yield from self._objects(f"{folder.rstrip('/')}/*", _moment(job))
        if dataset := outputs.get("bigqueryOutputDataset", "").removeprefix("bq://"):
            table = outputs.get("bigqueryOutputTable", "").rpartition(".")[2]
            yield from self._dataset(dataset, _moment(job))
            if table:
                yield from self._table(f"{dataset}.{table}", _moment(job))

    def _dataset(self, name: str, since: datetime) -> Iterator[Entry]:
        try:
            dataset = self._bigquery.get_dataset(name)
        except NotFound:
            return
        if dataset.created >= since:
            reference = dataset.reference.to_api_repr()
            yield Entry("dataset", bq_name(reference, "datasetId"), dataset._properties["creationTime"])

    def _table(self, target: bigquery.TableReference | str, since: datetime) -> Iterator[Entry]:
        try:
            table = self._bigquery.get_table(target)
        except NotFound:
            return
        if table.created >= since:
            reference = table.reference.to_api_repr()
            yield Entry("table", bq_name(reference, "datasetId", "tableId"), table._properties["creationTime"])

    def _objects(self, uri: str, since: datetime) -> Iterator[Entry]:
        bucket, _, pattern = uri.removeprefix("gs://").partition("/")
        try:
            found = list(self._storage.list_blobs(bucket, prefix=pattern.partition("*")[0]))
        except NotFound:  # the bucket is gone, and everything in it
            return
        for blob in found:
            if blob.time_created >= since:
                yield Entry("object", f"gs://{bucket}/{blob.name}", str(blob.generation))


def _moment(job: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(job["createTime"])
