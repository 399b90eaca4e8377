"""Record data that lives in Cloud Storage or BigQuery: the service knows size, hash, rows and schema already.

An object is one generation (`gs://bucket/object#17…`), a table one moment (`bq://project.dataset.table@2026…Z`).
The record is the same as for files; it goes into a local folder or, for objects, beside the object in its bucket.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_helpers.governance.artifacts import Artifact, Business, Evidence, Run
from mlops_helpers.governance.errors import AlreadyRecorded, ArtifactChanged, InvalidSetting, UnknownArtifact
from mlops_helpers.governance.openlineage import from_event, to_event
from mlops_helpers.governance.recording import METADATA_SUFFIX, store

if TYPE_CHECKING:
    from google.cloud import bigquery, storage


def record_object(
    blob: storage.Blob,
    business: Business,
    run: Run,
    *,
    evidence: Evidence | None = None,
    root: Path | str | None = None,
) -> Artifact:
    """Record one generation of an object: below `root`, or beside it as `<name>.<generation>.metadata.json`.

    If an input has the same SHA-256 (the file that was uploaded), its rows and schema are taken over.
    Raises `AlreadyRecorded` if the record beside the object exists, `InvalidSetting` for row maps without `root`.
    """
    evidence = evidence or Evidence()
    blob.reload()
    artifact = _with_rows_of_copy(_object_artifact(blob, business, run), evidence).described(evidence)
    name = f"{blob.name}.{blob.generation}"
    if root is not None:
        return store(artifact, evidence, Path(root), f"gs/{blob.bucket.name}/{name}")
    if evidence.row_maps:
        raise InvalidSetting("row maps for a record in the bucket", "a folder for them", "pass root")
    _upload_record(blob.bucket, name + METADATA_SUFFIX, artifact)
    return artifact


def _object_artifact(blob: storage.Blob, business: Business, run: Run) -> Artifact:
    facts = {
        "generation": blob.generation,
        "crc32c": blob.crc32c,
        "md5": blob.md5_hash,
        "content_type": blob.content_type,
        "storage_class": blob.storage_class,
    }
    name, sha256 = f"gs://{blob.bucket.name}/{blob.name}", (blob.metadata or {}).get("sha256")
    return Artifact(name, str(blob.generation), business, run, blob.size, sha256=sha256, facts=facts)


def _with_rows_of_copy(artifact: Artifact, evidence: Evidence) -> Artifact:
    for item in evidence.inputs:
        if isinstance(item, Artifact) and artifact.sha256 is not None and item.sha256 == artifact.sha256:
            return replace(artifact, rows=item.rows, schema=dict(item.schema))
    return artifact


def _upload_record(bucket: storage.Bucket, name: str, artifact: Artifact) -> None:
    """Write the record unless there is one: generation 0 means that no object of this name exists yet."""
    from google.api_core.exceptions import PreconditionFailed

    text = json.dumps(to_event(artifact), indent=2, ensure_ascii=False)
    try:
        bucket.blob(name).upload_from_string(text, content_type="application/json", if_generation_match=0)
    except PreconditionFailed as error:
        raise AlreadyRecorded(f"a record {name!r} in bucket {bucket.name!r}") from error


def read_object_record(blob: storage.Blob) -> Artifact:
    """Read the record beside an object. Raises `UnknownArtifact` if this generation was never recorded there."""
    blob.reload()
    name = f"{blob.name}.{blob.generation}{METADATA_SUFFIX}"
    if (record := blob.bucket.get_blob(name)) is None:
        raise UnknownArtifact(f"no record of generation {blob.generation}", f"an object {name!r} beside the data")
    return from_event(json.loads(record.download_as_bytes()))


def verify_object(artifact: Artifact, client: storage.Client) -> Artifact:
    """Return the artifact if its generation still exists with the recorded CRC32C, else raise `ArtifactChanged`."""
    bucket, _, name = artifact.name.removeprefix("gs://").partition("/")
    blob = client.bucket(bucket).get_blob(name, generation=int(artifact.version))
    if blob is None:
        raise ArtifactChanged(f"no generation {artifact.version} of {artifact.name} any more")
    if blob.crc32c != artifact.facts["crc32c"]:
        raise ArtifactChanged(f"CRC32C {blob.crc32c} of {artifact.id}", f"CRC32C {artifact.facts['crc32c']}")
    return artifact


def record_table(
    table: bigquery.Table, business: Business, run: Run, *, evidence: Evidence | None = None, root: Path | str
) -> Artifact:
    """Record a table as it is now, below `root`; `table` comes from `client.get_table`.

    Its version is the moment of its last change, or of the snapshot if it is one.
    """
    facts = {"table_type": table.table_type, "location": table.location}
    if table.snapshot_definition is not None:
        facts["snapshot_of"] = str(table.snapshot_definition.base_table_reference)
    name = f"{table.project}.{table.dataset_id}.{table.table_id}"
    artifact = Artifact(
        f"bq://{name}",
        table_version(table),
        business,
        run,
        table.num_bytes or 0,
        rows=table.num_rows,
        schema={field.name: field.field_type for field in table.schema},
        facts=facts,
    ).described(evidence := evidence or Evidence())
    return store(artifact, evidence, Path(root), f"bq/{name}@{artifact.version}")


def table_version(table: bigquery.Table) -> str:
    """Return the moment a table stands for, such as "20260301T120000.250000Z"; fit for a file name on any system."""
    snapshot = table.snapshot_definition
    moment = table.modified if snapshot is None else snapshot.snapshot_time
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def verify_table(artifact: Artifact, client: bigquery.Client) -> Artifact:
    """Return the artifact if the table is as it was recorded, else raise `ArtifactChanged`."""
    from google.api_core.exceptions import NotFound

    try:
        table = client.get_table(artifact.name.removeprefix("bq://"))
    except NotFound as error:
        raise ArtifactChanged(f"no table {artifact.name} any more") from error
    if (found := (table_version(table), table.num_rows)) != (artifact.version, artifact.rows):
        raise ArtifactChanged(
            f"{artifact.name} of {found[0]} with {found[1]} rows", f"{artifact.version} with {artifact.rows} rows"
        )
    return artifact
