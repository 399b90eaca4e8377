"""What follows an evaluation: approve or reject, deploy, watch. Each of them is safe to run again.

The gate that decides is not the author: the registry refuses an approval by whoever made the model. With
`automatic=False` the pipeline ends with a version that waits, and a person approves, deploys and rolls out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.managed import create_monitor
from mlops_helpers.tooling.approval import REJECTED
from mlops_helpers.tooling.pipeline_evaluation import DEPLOY, Evaluation
from mlops_helpers.tooling.pipeline_registering import AUTHOR, Registered, is_waiting, model_registry
from mlops_helpers.tooling.pipeline_settings import PipelineRun
from mlops_helpers.tooling.registry import CHAMPION

if TYPE_CHECKING:
    from google.cloud import aiplatform

GATE = "evaluation-gate"


@dataclass(frozen=True)
class Release:
    """Where a version is: its endpoint and the id of the deployed model; both empty while it waits for a person."""

    version: str
    endpoint: str = ""
    deployed_model: str = ""
    alias: str = ""


def decide(registered: Registered, evaluation: Evaluation, run: PipelineRun) -> str:
    """Approve or reject a version that waits, as the evaluation says, and give its state.

    A version that a person decided about keeps that decision; the gate's own rejection is reconsidered, since the
    champion may be another one by now.
    """
    registry, version = model_registry(run), registered.version
    approval, better = registry.approval(version), evaluation.decision == DEPLOY
    if better and approval.state == REJECTED and approval.steps[-1].by == GATE:
        registry.request(version, by=AUTHOR, why=str(evaluation))
    if run.settings.automatic and is_waiting(registry, version):
        step = registry.approve if better else registry.reject
        step(version, by=GATE, why=str(evaluation))
    return registry.approval(version).state


def release(registered: Registered, run: PipelineRun) -> Release:
    """Deploy an approved version: the first one as champion with all traffic, a later one as challenger with none.

    A rollout gives the challenger its traffic. A version that is deployed stays as it is; one that waits for a person
    is left waiting. Raises NotApproved for one that was rejected.
    """
    registry, version = model_registry(run), registered.version
    if is_waiting(registry, version):
        return Release(version)
    registry.need_approved(version)
    endpoint = _endpoint(run)
    deployed = _deployed(endpoint, version) or registry.deploy(version, endpoint)
    if registry.alias(CHAMPION) is None:
        registry.promote(version)
    elif registry.alias(CHAMPION) != version:
        registry.challenge(version)
    alias = CHAMPION if registry.alias(CHAMPION) == version else "challenger"
    return Release(version, endpoint.resource_name, deployed, alias)


def watch(registered: Registered, run: PipelineRun) -> str:
    """A monitor that compares with the version's own training rows; gives its name, made now or before."""
    from vertexai.resources.preview import ml_monitoring

    model = model_registry(run).get(registered.version)
    name = model.resource_name.partition("@")[0]
    for monitor in ml_monitoring.ModelMonitor.list():
        target = monitor.gca_resource.model_monitoring_target.vertex_model
        if (target.model, target.model_version_id) == (name, registered.version):
            return monitor.resource_name
    kinds = {**dict.fromkeys(run.settings.categorical, "categorical"), **dict.fromkeys(run.settings.numeric, "float")}
    return create_monitor(registered.about(run.bucket, "reference.csv"), model=model, features=kinds).resource_name


def _endpoint(run: PipelineRun) -> aiplatform.Endpoint:
    """The model's endpoint, made if it is not there."""
    from google.cloud import aiplatform

    found = aiplatform.Endpoint.list(filter=f'display_name="{run.settings.model}"', order_by="create_time")
    return found[0] if found else aiplatform.Endpoint.create(display_name=run.settings.model)


def _deployed(endpoint: Any, version: str) -> str | None:
    """The id under which a version is deployed, None if it is not."""
    return next((found.id for found in endpoint.list_models() if found.model_version_id == version), None)
