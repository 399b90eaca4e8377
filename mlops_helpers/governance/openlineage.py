"""Artifacts as OpenLineage run events, the open standard that Marquez, Dataplex and others read.

One event says: this run of this job completed at this time, read these inputs and wrote this output. Facets hang on
the output: schema, ownership, documentation, version, quality, column lineage. Whatever the standard has no place
for travels in one facet of our own, `mlops_artifact`, which holds the complete record; the standard facets are views
of it, so reading an event back loses nothing. Specification: https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from mlops_helpers.governance.artifacts import Artifact
from mlops_helpers.governance.errors import LineageError

PRODUCER = "urn:mlops-helpers:governance"
SPEC = "https://openlineage.io/spec"
EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
JOB_NAMESPACE = "mlops-helpers"
OWN_FACET = "mlops_artifact"
ID_FACET = "mlops_id"


def dataset_name(artifact_id: str) -> tuple[str, str]:
    """Return namespace and name of a dataset as OpenLineage spells them, without the version.

    >>> dataset_name("gs://lake/raw/churn.csv#17"), dataset_name("bq://shop.crm.churn@v1"), dataset_name("raw.csv@ab12")
    (('gs://lake', 'raw/churn.csv'), ('bigquery', 'shop.crm.churn'), ('file', 'raw.csv'))
    """
    if artifact_id.startswith("gs://"):
        bucket, _, name = artifact_id.removeprefix("gs://").rpartition("#")[0].partition("/")
        return f"gs://{bucket}", name
    if artifact_id.startswith("bq://"):
        return "bigquery", artifact_id.removeprefix("bq://").rpartition("@")[0]
    return "file", artifact_id.rpartition("@")[0] or artifact_id


def to_event(artifact: Artifact) -> dict[str, Any]:
    """Return the artifact as one COMPLETE run event, plain JSON data.

    OpenLineage wants a UUID for a run; ours is derived from job and run id, so the same run gives the same UUID.
    """
    run = artifact.run
    output = _dataset(artifact.id) | {
        "facets": _facets(artifact),
        "outputFacets": _output_facets(artifact),
    }
    return {
        "eventType": "COMPLETE",
        "eventTime": run.recorded_at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": EVENT_SCHEMA,
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{run.job}/{run.run_id}"))},
        "job": {"namespace": JOB_NAMESPACE, "name": run.job},
        "inputs": [_dataset(source) | {"facets": _identity(source)} for source in artifact.inputs],
        "outputs": [output],
    }


def from_event(event: Mapping[str, Any]) -> Artifact:
    """Return the artifact an event of `to_event` stands for; raise `LineageError` for an event of another producer."""
    try:
        return Artifact.from_dict(event["outputs"][0]["facets"][OWN_FACET]["record"])
    except (KeyError, IndexError, TypeError) as error:
        raise LineageError(
            f"an event without a usable facet {OWN_FACET!r} ({type(error).__name__}: {error})",
            "a run event written by record_artifact",
            "record the data again; events of other producers hold no hashes to verify",
        ) from error


def artifact_of(event: Mapping[str, Any]) -> Artifact | None:
    """Return the artifact an event records, `None` if it records only edges (`bare_event`, or another producer)."""
    own = [output.get("facets", {}).get(OWN_FACET, {}) for output in event.get("outputs", ())]
    return from_event(event) if any("record" in facet for facet in own) else None


def bare_event(product: str, sources: Iterable[str]) -> dict[str, Any]:
    """Return an event for a product of which only the inputs are known. Its time is unknown too: it says 1970."""
    run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{product}"))
    return {
        "eventType": "OTHER",
        "eventTime": "1970-01-01T00:00:00+00:00",
        "producer": PRODUCER,
        "schemaURL": EVENT_SCHEMA,
        "run": {"runId": run_id},
        "job": {"namespace": JOB_NAMESPACE, "name": "unknown"},
        "inputs": [_dataset(source) | {"facets": _identity(source)} for source in sources],
        "outputs": [_dataset(product) | {"facets": _identity(product)}],
    }


def edges_of(event: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """Return the (source id, product id) pairs of an event; the source is `None` for a product without inputs."""
    sources = [_id(dataset) for dataset in event.get("inputs", ())] or [None]
    return [(source, _id(output)) for output in event.get("outputs", ()) for source in sources]


def _id(dataset: Mapping[str, Any]) -> str:
    """Return the id of a dataset; one of another producer is called by its namespace, name and version."""
    facets = dataset.get("facets", {})
    if own := facets.get(ID_FACET):
        return own["id"]
    version = facets.get("version", {}).get("datasetVersion")
    return f"{dataset['namespace']}/{dataset['name']}" + (f"@{version}" if version else "")


def _dataset(artifact_id: str) -> dict[str, Any]:
    namespace, name = dataset_name(artifact_id)
    return {"namespace": namespace, "name": name}


def _facet(kind: str, version: str, **content: Any) -> dict[str, Any]:
    """Return a facet with the two fields that every facet must have."""
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{version}/{kind}.json#/$defs/{kind}", **content}


def _identity(artifact_id: str) -> dict[str, Any]:
    """Return the facets that every dataset gets: its id in our spelling, and its version if the id names one."""
    facets = {ID_FACET: {"_producer": PRODUCER, "_schemaURL": f"{PRODUCER}#{ID_FACET}", "id": artifact_id}}
    name, _, version = artifact_id.rpartition("#" if artifact_id.startswith("gs://") else "@")
    if name:
        facets["version"] = _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=version)
    return facets


def _facets(artifact: Artifact) -> dict[str, Any]:
    """Return the standard facets of the output, and our own with the complete record."""
    business = artifact.business
    owners = [{"name": business.owner, "type": "OWNER"}, {"name": business.steward, "type": "STEWARD"}]
    fields = [{"name": name, "type": kind} for name, kind in artifact.schema.items()]
    facets = _identity(artifact.id) | {
        "documentation": _facet("DocumentationDatasetFacet", "1-0-1", description=business.description),
        "ownership": _facet("OwnershipDatasetFacet", "1-0-1", owners=owners),
        "schema": _facet("SchemaDatasetFacet", "1-1-1", fields=fields),
        "dataQualityMetrics": _quality_metrics(artifact),
        "dataQualityAssertions": _assertions(artifact),
        "columnLineage": _column_lineage(artifact),
        OWN_FACET: {"_producer": PRODUCER, "_schemaURL": f"{PRODUCER}#{OWN_FACET}", "record": artifact.to_dict()},
    }
    return {name: facet for name, facet in facets.items() if facet is not None}


def _output_facets(artifact: Artifact) -> dict[str, Any]:
    if artifact.rows is None:
        return {}
    statistics = _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", rowCount=artifact.rows, size=artifact.bytes)
    return {"outputStatistics": statistics}


def _quality_metrics(artifact: Artifact) -> dict[str, Any] | None:
    if artifact.rows is None:
        return None
    columns = {name: {} for name in artifact.schema}
    counts = {"rowCount": artifact.rows, "bytes": artifact.bytes, "columnMetrics": columns}
    return _facet("DataQualityMetricsDatasetFacet", "1-0-0", **counts)


def _assertions(artifact: Artifact) -> dict[str, Any] | None:
    """Return one assertion per finding of the quality report; a rule over several columns speaks of the table."""
    if not (findings := artifact.quality.get("findings")):
        return None
    listed = []
    for finding in findings:
        columns = finding.get("columns", [])
        column = {"column": columns[0]} if len(columns) == 1 else {}
        listed.append({"assertion": finding["expectation"], "success": finding["failed"] == 0, **column})
    return _facet("DataQualityAssertionsDatasetFacet", "1-0-1", assertions=listed)


def _column_lineage(artifact: Artifact) -> dict[str, Any] | None:
    if not artifact.columns:
        return None
    fields = {
        column: {"inputFields": [_dataset(source) | {"field": field} for source, field in pairs]}
        for column, pairs in artifact.columns.items()
    }
    return _facet("ColumnLineageDatasetFacet", "1-2-0", fields=fields)
