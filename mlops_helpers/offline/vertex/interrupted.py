"""Jobs that ran when the server was killed: they end as failed, or as cancelled if that was asked for.

A job's creation was acknowledged, so the job must be there after a restart; what its process did is not known. On
Vertex AI, the failure of a zone ends a job without restarts in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .custom_jobs import RUNNING, end
from .pipelines.board import ENDED
from .pipelines.tracking import Tracking
from .running import Finished, Runs

if TYPE_CHECKING:
    from .service import Vertex

COLLECTIONS = ("customJobs", "hyperparameterTuningJobs", "trainingPipelines", "pipelineJobs")
STOPPED = "The offline Google Cloud was stopped while this job ran. Create the job again."
ABORTED = 10


def end_interrupted(vertex: Vertex) -> list[str]:
    """Give every job that is still running its end; returns their names."""
    found = [job for kind in COLLECTIONS for job in vertex.store.list("projects/-/locations/-", kind)]
    names = [job["name"] for job in found if job.get("state") in RUNNING]
    for name in names:
        _end(vertex, name)
    return names


def _end(vertex: Vertex, name: str) -> None:
    job, cancelled = vertex.store.get(name), vertex.part(Runs).cancelled(name)
    kind = job["state"].partition("_STATE_")[0] + "_STATE"
    more: dict[str, Any] = {} if cancelled else {"error": {"code": ABORTED, "message": STOPPED}}
    with vertex.effects.writing():
        if "/pipelineJobs/" in name:
            Tracking(vertex, name).finish("CANCELLED" if cancelled else "FAILED")
            more["jobDetail"] = _ended(job.get("jobDetail", {}), "CANCELLED" if cancelled else "FAILED")
        end(vertex, name, kind, Finished(None if cancelled else 1, ""), more)


def _ended(detail: dict[str, Any], state: str) -> dict[str, Any]:
    """A pipeline's details with no task that still runs."""
    tasks = [task if task.get("state") in ENDED else {**task, "state": state} for task in detail.get("taskDetails", [])]
    return {**detail, "taskDetails": tasks}
