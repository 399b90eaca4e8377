"""The model registry: upload, versions, aliases, labels, copies, deletion.

Rules beyond storage, as Google documents them: an upload under `parent_model` makes a new version; aliases move; the
default version cannot be deleted, nor can a model that is deployed; an artifact must exist when it is uploaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import listing, masks, typed
from .artifacts import Artifacts, files_under
from .behaviours import Call, behaviour
from .errors import bad_field, exists, missing, precondition
from .generic import ID, check_etag
from .operations import LongRunning
from .registry import DEFAULT, Registry, split
from .store import Resource

if TYPE_CHECKING:
    from .service import Vertex

SERVICE_FIELDS = ("name", "etag", "versionId", "versionAliases", "createTime", "updateTime", "deployedModels")
MUTABLE = ("displayName", "description", "labels", "versionDescription")
DESCRIBED = {
    "supportedDeploymentResourcesTypes": ["DEDICATED_RESOURCES"],
    "supportedInputStorageFormats": ["jsonl", "bigquery", "csv"],
    "supportedOutputStorageFormats": ["jsonl", "bigquery"],
}


@dataclass(frozen=True)
class Target:
    """Where an upload or a copy goes: a new model of a location, or a new version of `parent_model`."""

    parent: str
    parent_model: str = ""
    model_id: str = ""

    def name(self, vertex: Vertex) -> str:
        """The model's name. Raises ApiError 400 for an id of the wrong form, 404 or 409."""
        registry = vertex.part(Registry)
        if self.parent_model:
            parent = split(self.parent_model)[0]
            if not registry.has(parent):
                raise missing(parent)
            return parent
        if self.model_id and not ID.fullmatch(self.model_id):
            raise bad_field("model_id", self.model_id, "letters, digits, '-' and '_', at most 128 of them")
        name = f"{self.parent}/models/{self.model_id or vertex.store.new_id('models')}"
        if registry.has(name):
            raise exists(name)
        return name


def register(vertex: Vertex, target: Target, model: dict[str, Any]) -> Resource:
    """Add a model to the registry, as JSON. Raises ApiError 400 when it has no name or its artifact does not exist."""
    if not 1 <= len(model.get("displayName", "")) <= 128:
        raise bad_field("model.display_name", model.get("displayName", ""), "1 to 128 characters")
    files = files_under(vertex, model["artifactUri"]) if "artifactUri" in model else {}
    sent = {key: value for key, value in model.items() if key not in SERVICE_FIELDS}
    source = {"modelSourceInfo": {"sourceType": "CUSTOM"}}
    aliases = model.get("versionAliases", [])
    added = vertex.part(Registry).add(target.name(vertex), {**DESCRIBED, **source, **sent}, aliases)
    vertex.part(Artifacts).keep(added["name"], files)
    if files:
        vertex.effects.note("artifact", added["name"], model["artifactUri"])
    return added


@behaviour("ModelService.UploadModel")
def upload_model(vertex: Vertex, call: Call) -> LongRunning:
    """Register a model, or a new version of the one that `parent_model` names."""
    target = Target(call.request.parent, call.request.parent_model, call.request.model_id)
    added = register(vertex, target, typed.to_json(call.request.model))
    return _uploaded(split(added["name"])[0], added)


@behaviour("ModelService.CopyModel")
def copy_model(vertex: Vertex, call: Call) -> LongRunning:
    """A copy of one version, in the same or another location: a new model, or a version of `parent_model`."""
    original = vertex.part(Registry).version(call.request.source_model)
    kept = {key: value for key, value in original.items() if key not in SERVICE_FIELDS}
    kept["modelSourceInfo"] = {**kept.get("modelSourceInfo", {}), "copy": True}
    kept["originalModelInfo"] = {"model": f"{split(original['name'])[0]}@{original['versionId']}"}
    for own in ("versionCreateTime", "versionUpdateTime"):
        kept.pop(own, None)
    name = Target(call.request.parent, call.request.parent_model, call.request.model_id).name(vertex)
    added = vertex.part(Registry).add(name, kept, [])
    vertex.part(Artifacts).keep(added["name"], vertex.part(Artifacts).files(kept["originalModelInfo"]["model"]))
    return _uploaded(name, added)


@behaviour("ModelService.GetModel")
def get_model(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A model: its default version, or the one behind the `@`."""
    return vertex.part(Registry).version(call.request.name)


@behaviour("ModelService.ListModels")
def list_models(vertex: Vertex, call: Call) -> dict[str, Any]:
    """The default version of every model."""
    return listing.answer(call.request, call.rpc.response_type, vertex.part(Registry).models(call.request.parent))


@behaviour("ModelService.ListModelVersions")
def list_model_versions(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Every version of one model, oldest first."""
    versions = vertex.part(Registry).versions(split(call.request.name)[0])
    return listing.answer(call.request, call.rpc.response_type, versions)


@behaviour("ModelService.UpdateModel")
def update_model(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Change what the mask names of the version that the model's name names."""
    registry, sent = vertex.part(Registry), call.request.model
    before = registry.version(sent.name)
    check_etag(before, sent.etag)
    changes = masks.merge(type(sent), before, sent, call.request.update_mask)
    if found := sorted(set(changes) - set(MUTABLE)):
        raise bad_field("update_mask", ", ".join(found), f"among {', '.join(MUTABLE)}: the rest is fixed at the upload")
    return registry.change(sent.name, {**changes, "versionUpdateTime": vertex.store.stamp()})


@behaviour("ModelService.MergeVersionAliases")
def merge_version_aliases(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Add aliases to a version, or take them away (`-alias`); an alias that is added leaves its old version."""
    aliases = list(call.request.version_aliases)
    add = [alias for alias in aliases if not alias.startswith("-")]
    remove = [alias[1:] for alias in aliases if alias.startswith("-")]
    return vertex.part(Registry).move_aliases(call.request.name, add, remove)


@behaviour("ModelService.DeleteModelVersion")
def delete_model_version(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete one version; not the default one, not one that is deployed."""
    registry = vertex.part(Registry)
    found = registry.version(call.request.name)
    model = split(call.request.name)[0]
    if DEFAULT in found.get("versionAliases", []):
        remedy = "Move the alias 'default' to another version first, or delete the whole model."
        raise precondition(f"Version {found['versionId']} of {model} is the default version. {remedy}")
    _need_undeployed(vertex, model, found["versionId"])
    registry.remove(f"{model}@{found['versionId']}")
    vertex.part(Artifacts).forget(f"{model}@{found['versionId']}")
    return {}


@behaviour("ModelService.DeleteModel")
def delete_model(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a model with all its versions; not while one of them is deployed."""
    model, version = split(call.request.name)
    if version:
        raise bad_field("name", call.request.name, "a model without version: use DeleteModelVersion for one version")
    vertex.store.get(model)
    _need_undeployed(vertex, model)
    for found in vertex.part(Registry).versions(model):
        vertex.part(Artifacts).forget(found["name"])
    vertex.part(Registry).remove(model)
    return {}


def deployments(vertex: Vertex, model: str, version: str | None = None) -> list[str]:
    """The endpoints on which a model (or one version of it) is deployed."""
    location = model.rsplit("/", 2)[0]
    return [
        endpoint["name"]
        for endpoint in vertex.store.list(location, "endpoints")
        for deployed in endpoint.get("deployedModels", [])
        if deployed["model"] == model and version in (None, deployed["modelVersionId"])
    ]


def _need_undeployed(vertex: Vertex, model: str, version: str | None = None) -> None:
    if found := deployments(vertex, model, version):
        which = f"{model}@{version}" if version else model
        raise precondition(f"{which} is deployed on {', '.join(found)}. Undeploy it there first.")


def _uploaded(name: str, version: dict[str, Any]) -> LongRunning:
    return LongRunning({"model": name, "modelVersionId": version["versionId"]}, about=name)
