"""Batch prediction jobs: a whole file or table through a registered model, without an endpoint.

The work is done when the job is created: it is finished at the first look. A record that the model cannot take is
counted as failed and written to the errors; the job fails only if nothing could be predicted at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ApiError, unsupported
from .artifacts import Artifacts, check_servable
from .batch_inputs import Record, read_records
from .batch_outputs import Outcome, write_outcomes
from .behaviours import Call, behaviour
from .errors import bad_field
from .explaining import attribution, read_spec
from .registry import Registry, split
from .serving import run
from .store import Resource

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = (
    "JobService.GetBatchPredictionJob",
    "JobService.ListBatchPredictionJobs",
    "JobService.DeleteBatchPredictionJob",
)
CHUNK = 1000


@behaviour("JobService.CreateBatchPredictionJob")
def create_batch_prediction_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Run the job and store it with its outcome."""
    job = call.json["batchPredictionJob"]
    if "/publishers/" in job.get("model", "") or job.get("model", "").startswith("publishers/"):
        raise unsupported("Vertex AI: batch prediction with a publisher's model")
    if "unmanagedContainerModel" in job:
        raise unsupported("Vertex AI: batch prediction with a model that is not in the registry")
    if not job.get("displayName"):
        raise bad_field("batch_prediction_job.display_name", "", "1 to 128 characters")
    version = vertex.part(Registry).version(job.get("model", ""))
    check_servable(version)
    name = f"{call.request.parent}/batchPredictionJobs/{vertex.store.new_id('batch prediction jobs')}"
    described = {"model": split(version["name"])[0], "modelVersionId": version["versionId"]}
    started = {"startTime": vertex.store.stamp()}
    outcome = _run(vertex, {**job, "name": name, "modelDisplayName": version["displayName"]}, version)
    return vertex.store.add(name, {**job, **described, **started, **outcome, "endTime": vertex.store.stamp()})


@behaviour("JobService.CancelBatchPredictionJob")
def cancel_batch_prediction_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Nothing is left to cancel in a job that is finished; like the real service this answers without complaint."""
    vertex.store.get(call.request.name)
    return {}


def _run(vertex: Vertex, job: Resource, version: Resource) -> dict[str, Any]:
    """The job's final fields: state, counts, where the answers are; an error if it failed."""
    project = job["name"].split("/")[1]
    try:
        model = vertex.part(Artifacts).load(f"{split(version['name'])[0]}@{version['versionId']}")
        records = read_records(vertex, job, project)
        chunks = [records[start : start + CHUNK] for start in range(0, len(records), CHUNK)]
        outcomes = [outcome for chunk in chunks for outcome in _predict(model, chunk)]
        if job.get("generateExplanation"):
            outcomes = _explained(model, outcomes, job, version)
        if outcomes and all(outcome.error for outcome in outcomes):
            raise bad_field("instances", outcomes[0].error, "at least one record that the model can take")
        stamp = vertex.store.stamp().replace(":", "-").replace(".", "-")
        info = write_outcomes(vertex, job, outcomes, stamp)
    except ApiError as problem:
        if problem.code == 501:
            raise
        return {"state": "JOB_STATE_FAILED", "error": {"code": 3, "message": problem.message}}
    failed = sum(bool(outcome.error) for outcome in outcomes)
    counts = {"successfulCount": str(len(outcomes) - failed), "failedCount": str(failed)}
    return {"state": "JOB_STATE_SUCCEEDED", "outputInfo": info, "completionStats": counts}


def _predict(model: Any, records: list[Record]) -> list[Outcome]:
    """The outcomes of some records: all at once, or one by one if one of them spoils the rest."""
    try:
        predictions = run(model, [record.instance for record in records])
    except ApiError as problem:
        if len(records) == 1:
            return [Outcome(records[0], error=problem.message)]
        return [outcome for record in records for outcome in _predict(model, [record])]
    return [Outcome(record, prediction) for record, prediction in zip(records, predictions, strict=True)]


def _explained(model: Any, outcomes: list[Outcome], job: Resource, version: Resource) -> list[Outcome]:
    spec = read_spec({"id": job["name"], **version}, job.get("explanationSpec", {}))
    return [
        outcome
        if outcome.error
        else Outcome(
            outcome.record,
            outcome.prediction,
            {"attributions": [attribution(model, outcome.record.instance, spec)]},
        )
        for outcome in outcomes
    ]
