"""Custom jobs: training code that runs as a process of its own (`running`), until it ends or is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from . import generic
from .behaviours import Call, behaviour
from .errors import precondition
from .packages import read_program
from .running import Finished, Place, Runs

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = ("JobService.GetCustomJob", "JobService.ListCustomJobs")
RUNNING = ("JOB_STATE_PENDING", "JOB_STATE_RUNNING", "PIPELINE_STATE_PENDING", "PIPELINE_STATE_RUNNING")


@behaviour("JobService.CreateCustomJob")
def create_custom_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Store the job and start it."""
    program = read_program(call.json["customJob"].get("jobSpec", {}))
    job = generic.create(vertex, call, {"state": "JOB_STATE_PENDING"})
    place = place_of(job["name"], call, job["jobSpec"])

    def work() -> None:
        begin(vertex, job["name"], "JOB_STATE")
        end(vertex, job["name"], "JOB_STATE", finish(vertex, place, program))

    vertex.part(Runs).start(work)
    return job


@behaviour("JobService.CancelCustomJob", "JobService.CancelHyperparameterTuningJob")
def cancel_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """End the job's process; its state becomes CANCELLED when it is gone."""
    vertex.store.get(call.request.name)
    vertex.part(Runs).cancel(call.request.name)
    return {}


@behaviour("JobService.DeleteCustomJob", "JobService.DeleteHyperparameterTuningJob")
def delete_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a job that has ended."""
    need_ended(vertex.store.get(call.request.name))
    return generic.delete(vertex, call)


def place_of(name: str, call: Call, job_spec: dict[str, Any]) -> Place:
    """Where a job runs: the address its client used, and its own output prefix."""
    return Place(name, call.wire.base, job_spec.get("baseOutputDirectory", {}).get("outputUriPrefix", ""))


def finish(vertex: Vertex, place: Place, program: Any) -> Finished:
    """Run a program; a package that cannot be used ends like a program that failed."""
    try:
        return vertex.part(Runs).run(place, program)
    except ApiError as problem:
        return Finished(1, problem.message)


def begin(vertex: Vertex, name: str, kind: str) -> None:
    """Mark a job as running. `kind` is the prefix of its states."""
    with vertex.effects.writing():
        vertex.store.change(name, {"state": f"{kind}_RUNNING", "startTime": vertex.store.stamp()})


def end(vertex: Vertex, name: str, kind: str, finished: Finished, more: dict[str, Any] | None = None) -> None:
    """Store how a job ended."""
    with vertex.effects.writing():
        if vertex.store.find(name) is None:
            return
        changes: dict[str, Any] = {"state": f"{kind}_SUCCEEDED"}
        if finished.status is None:
            changes = {"state": f"{kind}_CANCELLED", "error": {"code": 1, "message": "The job was cancelled."}}
        elif finished.status != 0:
            changes = {"state": f"{kind}_FAILED", "error": {"code": 3, "message": finished.error()}}
        vertex.store.change(name, {**changes, **(more or {}), "endTime": vertex.store.stamp()})


def need_ended(job: dict[str, Any]) -> None:
    """Raises ApiError 400 (FAILED_PRECONDITION) for a job that is still running."""
    if job.get("state") in RUNNING:
        raise precondition(f"{job['name']} is in the state {job['state']}. Cancel it first, or wait for its end.")
