"""Model evaluations: metrics that somebody measured, kept beside the version they belong to.

A name without version means the default version when evaluations are imported or listed. One evaluation is found by
its id under any version: that is how clients ask for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import listing
from .behaviours import Call, behaviour
from .errors import bad_field, missing
from .registry import Registry, split

if TYPE_CHECKING:
    from .service import Vertex


@behaviour("ModelService.ImportModelEvaluation")
def import_model_evaluation(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Keep an evaluation with its version."""
    sent = call.json.get("modelEvaluation", {})
    if not sent.get("metricsSchemaUri"):
        raise bad_field("model_evaluation.metrics_schema_uri", "", "the gs:// address of the metrics' schema")
    parent = _version_name(vertex, call.request.parent)
    created = {key: value for key, value in sent.items() if key not in ("name", "createTime")}
    name = f"{parent}/evaluations/{vertex.store.new_id('evaluations')}"
    return vertex.store.add(name, {**created, "createTime": vertex.store.stamp()}, stamped=False)


@behaviour("ModelService.GetModelEvaluation")
def get_model_evaluation(vertex: Vertex, call: Call) -> dict[str, Any]:
    """One evaluation, whichever version it belongs to."""
    parent, _, number = call.request.name.rpartition("/evaluations/")
    model, version = split(parent)
    versions = (
        [_version_name(vertex, parent)] if version else [v["name"] for v in vertex.part(Registry).versions(model)]
    )
    for name in versions:
        if found := vertex.store.find(f"{name}/evaluations/{number}"):
            return found
    raise missing(call.request.name)


@behaviour("ModelService.ListModelEvaluations")
def list_model_evaluations(vertex: Vertex, call: Call) -> dict[str, Any]:
    """The evaluations of one version."""
    items = vertex.store.list(_version_name(vertex, call.request.parent), "evaluations")
    return listing.answer(call.request, call.rpc.response_type, items)


def _version_name(vertex: Vertex, name: str) -> str:
    """The name with the version's number, for a name with an alias or without version."""
    return f"{split(name)[0]}@{vertex.part(Registry).version(name)['versionId']}"
