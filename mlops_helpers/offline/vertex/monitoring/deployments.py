"""The older monitoring jobs, of the models on an endpoint: kept, changed, paused and resumed as resources.

Nothing is computed for them, so their statistics are refused by name (`SearchModelDeploymentMonitoringStatsAnomalies`),
and their state never says that a run took place. Model Monitoring v2 (`monitors`) does the analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import generic
from ..behaviours import Call, behaviour
from ..errors import bad_field, precondition

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
NOUN = "ModelDeploymentMonitoringJob"
GENERIC = (f"JobService.Get{NOUN}", f"JobService.List{NOUN}s", f"JobService.Update{NOUN}", f"JobService.Delete{NOUN}")
RUNNING, PAUSED = "JOB_STATE_RUNNING", "JOB_STATE_PAUSED"


@behaviour("JobService.CreateModelDeploymentMonitoringJob")
def create_job(vertex: Vertex, call: Call) -> Json:
    """A job for an endpoint with models. Raises ApiError 400 or 404."""
    sent = call.json["modelDeploymentMonitoringJob"]
    endpoint = vertex.store.get(sent.get("endpoint", ""))
    deployed = {model["id"] for model in endpoint.get("deployedModels", [])}
    if not deployed:
        raise precondition(f"{endpoint['name']} has no deployed models. Deploy one first.")
    configs = sent.get("modelDeploymentMonitoringObjectiveConfigs", [])
    if strange := [
        config.get("deployedModelId") for config in configs if config.get("deployedModelId") not in deployed
    ]:
        raise bad_field("deployed_model_id", strange[0], f"one of {', '.join(sorted(deployed))}")
    return generic.create(vertex, call, {"state": RUNNING, "scheduleState": "PENDING"})


@behaviour("JobService.PauseModelDeploymentMonitoringJob")
def pause_job(vertex: Vertex, call: Call) -> Json:
    """Pause a job that is running."""
    return _switch(vertex, call.request.name, RUNNING, PAUSED)


@behaviour("JobService.ResumeModelDeploymentMonitoringJob")
def resume_job(vertex: Vertex, call: Call) -> Json:
    """Resume a job that is paused."""
    return _switch(vertex, call.request.name, PAUSED, RUNNING)


def _switch(vertex: Vertex, name: str, before: str, after: str) -> Json:
    job = vertex.store.get(name)
    if job["state"] != before:
        raise precondition(f"{name} is in the state {job['state']}, expected {before}.")
    vertex.store.change(name, {"state": after})
    return {}
