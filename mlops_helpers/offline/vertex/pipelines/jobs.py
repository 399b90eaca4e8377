"""Pipeline jobs: create one and the compiled pipeline runs, in the background, until it ends or is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import ApiError, unsupported
from .. import generic
from ..behaviours import Call, behaviour
from ..custom_jobs import need_ended
from ..errors import bad_field
from ..operations import LongRunning
from ..running import Place, Runs
from .dag import Dag, RunCancelled, TaskFailed
from .spec import Spec, inputs_of, read_spec
from .steps import ComponentSteps
from .tracking import Tracking
from .values import Values

if TYPE_CHECKING:
    from ..service import Vertex

GENERIC = ("PipelineService.GetPipelineJob", "PipelineService.ListPipelineJobs")
STATES = "PIPELINE_STATE"
FAIL_FAST = "PIPELINE_FAILURE_POLICY_FAIL_FAST"
EXECUTION_STATES = {"SUCCEEDED": "COMPLETE", "FAILED": "FAILED", "CANCELLED": "CANCELLED"}


@behaviour("PipelineService.CreatePipelineJob")
def create_pipeline_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Store the job and start its pipeline."""
    sent = call.json["pipelineJob"]
    check_job(sent)
    job = generic.create(vertex, call, {"state": f"{STATES}_PENDING"})
    return start(vertex, job, call.wire.base)


@behaviour("PipelineService.CancelPipelineJob")
def cancel_pipeline_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """End the step that runs now; no other one starts."""
    vertex.store.get(call.request.name)
    vertex.part(Runs).cancel(call.request.name)
    return {}


@behaviour("PipelineService.DeletePipelineJob")
def delete_pipeline_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a job that has ended. Its artifacts, its metadata and what the cache knows stay."""
    need_ended(vertex.store.get(call.request.name))
    return generic.delete(vertex, call)


@behaviour("PipelineService.BatchCancelPipelineJobs")
def batch_cancel(vertex: Vertex, call: Call) -> LongRunning:
    """Cancel several jobs of one location. Raises ApiError 404 before any is cancelled."""
    jobs = [vertex.store.get(name) for name in call.request.names]
    for job in jobs:
        vertex.part(Runs).cancel(job["name"])
    return LongRunning({"pipelineJobs": jobs}, about=call.request.parent)


@behaviour("PipelineService.BatchDeletePipelineJobs")
def batch_delete(vertex: Vertex, call: Call) -> LongRunning:
    """Delete several jobs of one location. Raises ApiError 400 or 404 before any is deleted."""
    jobs = [vertex.store.get(name) for name in call.request.names]
    for job in jobs:
        need_ended(job)
    for job in jobs:
        vertex.store.remove(job["name"])
    return LongRunning({"pipelineJobs": jobs}, about=call.request.parent)


def check_job(sent: dict[str, Any]) -> tuple[Spec, dict[str, Any]]:
    """The pipeline of a job and its parameters. Raises ApiError 400 or 501 for what cannot run."""
    if "templateUri" in sent:
        raise unsupported("Vertex AI: pipeline templates in Artifact Registry (load the compiled file)")
    spec = read_spec(sent.get("pipelineSpec", {}))
    config = sent.get("runtimeConfig", {})
    if not config.get("gcsOutputDirectory", "").startswith("gs://"):
        raise bad_field(
            "runtime_config.gcs_output_directory", config.get("gcsOutputDirectory", ""), "gs://bucket/folder"
        )
    return spec, inputs_of(spec, config.get("parameterValues", {}))


def start(vertex: Vertex, job: dict[str, Any], url: str) -> dict[str, Any]:
    """Start the pipeline of a job that is stored; gives the job as it is now. `url` leads steps to this cloud."""
    spec, parameters = check_job(job)
    tracking = Tracking(vertex, job["name"])
    job = vertex.store.change(job["name"], {"jobDetail": tracking.start(spec.name, parameters)})
    dag = _dag(vertex, job, spec, url)

    def work() -> None:
        with vertex.effects.writing():
            now = vertex.store.stamp()
            vertex.store.change(job["name"], {"state": f"{STATES}_RUNNING", "startTime": now})
        state, error = _run(dag, parameters)
        tracking.finish(EXECUTION_STATES[state])
        _end(vertex, job["name"], state, error)

    vertex.part(Runs).start(work, kind="pipeline")
    return job


def _dag(vertex: Vertex, job: dict[str, Any], spec: Spec, url: str) -> Dag:
    name, config = job["name"], job["runtimeConfig"]
    number = name.rpartition("/")[2]
    root = f"{config['gcsOutputDirectory'].rstrip('/')}/{name.split('/')[1]}/{number}"
    steps = ComponentSteps(vertex, Place(name, url), spec, root)
    names = {
        "pipeline_job_name": number,
        "pipeline_job_resource_name": name,
        "pipeline_job_uuid": number,
        "pipeline_root": config["gcsOutputDirectory"],
        "pipeline_job_create_time_utc": job["createTime"],
    }
    return Dag(spec, steps, steps.board, names, config.get("failurePolicy") == FAIL_FAST)


def _run(dag: Dag, parameters: dict[str, Any]) -> tuple[str, str]:
    """How the pipeline ended: its state, and an error's message."""
    try:
        dag.run(Values(parameters))
    except (TaskFailed, ApiError) as problem:
        return "FAILED", str(problem)
    except RunCancelled:
        return "CANCELLED", "The job was cancelled."
    return "SUCCEEDED", ""


def _end(vertex: Vertex, name: str, state: str, error: str) -> None:
    with vertex.effects.writing():
        if vertex.store.find(name) is not None:
            problem = {"error": {"code": 1 if state == "CANCELLED" else 9, "message": error}} if error else {}
            ended = {"state": f"{STATES}_{state}", "endTime": vertex.store.stamp()}
            vertex.store.change(name, {**ended, **problem})
