"""Endpoints: where models are deployed, and which share of the traffic each one gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from . import generic, masks, typed
from .artifacts import Artifacts, check_servable
from .behaviours import Call, behaviour
from .errors import bad_field, missing, precondition
from .operations import LongRunning
from .registry import Registry, split
from .store import Resource
from .traffic import NEW, checked

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = ("EndpointService.GetEndpoint", "EndpointService.ListEndpoints")
RESOURCES = ("dedicated_resources", "automatic_resources")


@behaviour("EndpointService.CreateEndpoint")
def create_endpoint(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An endpoint without models. A private one is refused: it lives in a network that is not here."""
    endpoint = call.request.endpoint
    if not endpoint.display_name:
        raise bad_field("endpoint.display_name", "", "1 to 128 characters")
    if (
        endpoint.network
        or endpoint.enable_private_service_connect
        or endpoint.private_service_connect_config.ByteSize()
    ):
        raise unsupported("Vertex AI: private endpoints")
    if endpoint.deployed_models or endpoint.traffic_split:
        raise bad_field("endpoint", "deployed models or a traffic split", "neither: deploy with DeployModel")
    created = generic.create(vertex, call)
    return vertex.store.change(created["name"], _address(created)) if endpoint.dedicated_endpoint_enabled else created


@behaviour("EndpointService.UpdateEndpoint", "EndpointService.UpdateEndpointLongRunning")
def update_endpoint(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Change names, labels or the traffic split."""
    sent = call.request.endpoint
    before = vertex.store.get(sent.name)
    generic.check_etag(before, sent.etag)
    mask = call.request.update_mask if "update_mask" in call.request.DESCRIPTOR.fields_by_name else None
    changes = masks.merge(type(sent), before, sent, mask)
    changes.pop("deployedModels", None)
    if changes.get("trafficSplit") is not None:
        changes["trafficSplit"] = checked(changes["trafficSplit"], _ids(before))
    return vertex.store.change(sent.name, changes)


@behaviour("EndpointService.DeleteEndpoint")
def delete_endpoint(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete an endpoint on which nothing is deployed."""
    if deployed := _ids(vertex.store.get(call.request.name)):
        remedy = "Undeploy them first (endpoint.undeploy_all()), or delete with force=True."
        raise precondition(f"{call.request.name} has deployed models: {', '.join(deployed)}. {remedy}")
    return generic.delete(vertex, call)


@behaviour("EndpointService.DeployModel")
def deploy_model(vertex: Vertex, call: Call) -> LongRunning:
    """Load a model's artifact and let it answer a share of the endpoint's requests."""
    request = call.request
    endpoint = vertex.store.get(request.endpoint)
    version = _deployable(vertex, request)
    number = request.deployed_model.id or vertex.store.new_id("deployed models")
    if number in _ids(endpoint) or number == NEW:
        raise bad_field("deployed_model.id", number, "an id that is not in use on this endpoint")
    shares = {number if key == NEW else key: share for key, share in request.traffic_split.items()}
    shares = checked(shares, [*_ids(endpoint), number])
    deployed = {
        "explanationSpec": version.get("explanationSpec", {}),
        "displayName": version["displayName"],
        **typed.to_json(request.deployed_model),
        "id": number,
        "model": split(request.deployed_model.model)[0],
        "modelVersionId": version["versionId"],
        "createTime": vertex.store.stamp(),
    }
    changes: Resource = {"deployedModels": [*endpoint.get("deployedModels", []), deployed]}
    vertex.store.change(request.endpoint, changes | ({"trafficSplit": shares} if shares else {}))
    return LongRunning({"deployedModel": deployed}, about=request.endpoint)


@behaviour("EndpointService.UndeployModel")
def undeploy_model(vertex: Vertex, call: Call) -> LongRunning:
    """Take a model off the endpoint, if it has no traffic left or this call takes its traffic away."""
    request = call.request
    endpoint = vertex.store.get(request.endpoint)
    _deployed(endpoint, request.deployed_model_id)
    left = [model for model in endpoint["deployedModels"] if model["id"] != request.deployed_model_id]
    before = endpoint.get("trafficSplit", {})
    shares = checked(dict(request.traffic_split), [model["id"] for model in left])
    if before.get(request.deployed_model_id) and left and not shares:
        raise precondition(
            f"The deployed model {request.deployed_model_id} has {before[request.deployed_model_id]} % of the traffic. "
            "Pass a traffic_split that gives it to the others."
        )
    changes = {"deployedModels": left or None, "trafficSplit": (shares or before if left else None) or None}
    vertex.store.change(request.endpoint, changes)
    return LongRunning({}, about=request.endpoint)


@behaviour("EndpointService.MutateDeployedModel")
def mutate_deployed_model(vertex: Vertex, call: Call) -> LongRunning:
    """Change how a deployed model is run: its resources, logging, or the container's settings."""
    request = call.request
    endpoint = vertex.store.get(request.endpoint)
    before = _deployed(endpoint, request.deployed_model.id)
    changes = masks.merge(type(request.deployed_model), before, request.deployed_model, request.update_mask)
    if {"id", "model", "modelVersionId"} & set(changes):
        raise bad_field("update_mask", list(request.update_mask.paths), "resources or logging of the deployed model")
    merged = {key: value for key, value in {**before, **changes}.items() if value is not None}
    models = [merged if model["id"] == before["id"] else model for model in endpoint["deployedModels"]]
    vertex.store.change(request.endpoint, {"deployedModels": models})
    return LongRunning({"deployedModel": merged}, about=request.endpoint)


def _deployable(vertex: Vertex, request: Any) -> Resource:
    """The version to deploy, once its artifact has been loaded. Raises ApiError 400, 404 or 501."""
    model = request.deployed_model.model
    if not model.startswith(request.endpoint.rsplit("/", 2)[0] + "/"):
        raise bad_field("deployed_model.model", model, "a model in the project and location of the endpoint")
    if request.deployed_model.WhichOneof("prediction_resources") is None:
        raise bad_field("deployed_model.prediction_resources", "none", f"one of {', '.join(RESOURCES)}")
    if request.deployed_model.shared_resources:
        raise unsupported("Vertex AI: deployment resource pools (shared_resources)")
    version = vertex.part(Registry).version(model)
    check_servable(version)
    vertex.part(Artifacts).load(f"{split(model)[0]}@{version['versionId']}")
    return version


def _ids(endpoint: Resource) -> list[str]:
    return [model["id"] for model in endpoint.get("deployedModels", [])]


def _deployed(endpoint: Resource, number: str) -> Resource:
    for model in endpoint.get("deployedModels", []):
        if model["id"] == number:
            return model
    raise missing(f"{endpoint['name']}/deployedModels/{number}")


def _address(endpoint: Resource) -> dict[str, str]:
    """The host name of a dedicated endpoint, as Google forms it."""
    _, project, _, location, _, number = endpoint["name"].split("/")
    return {"dedicatedEndpointDns": f"{number}.{location}-{project}.prediction.vertexai.goog"}
