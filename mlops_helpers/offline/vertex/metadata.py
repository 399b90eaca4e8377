"""ML metadata: artifacts, executions and contexts in metadata stores; experiments and their runs live here as well.

    MetadataStore   one per location is enough: `default`
      Artifact      a thing: a dataset, a model, measured values        Execution   a step that made or used things
      Context       what groups both: an experiment, a run, a pipeline; contexts have parents

Who made what of what is in `lineage`; which kinds there are in `metadata_schemas`. An experiment is a context of kind
`system.Experiment`, a run a context of kind `system.ExperimentRun` whose parent it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import generic, listing
from .behaviours import Call, behaviour
from .errors import bad_field, precondition
from .filters import compile_filter
from .lineage import Lineage, neighbour
from .metadata_schemas import check_schema
from .operations import LongRunning
from .store import Resource, parent_of

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = (
    "MetadataService.GetMetadataStore",
    "MetadataService.ListMetadataStores",
    "MetadataService.GetArtifact",
    "MetadataService.GetExecution",
)
MOST_PARENTS = 10
SAMPLE = 100


@behaviour("MetadataService.CreateMetadataStore")
def create_metadata_store(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An empty metadata store."""
    return generic.create(vertex, call)


@behaviour("MetadataService.DeleteMetadataStore")
def delete_metadata_store(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a metadata store with all it holds; `force` is deprecated and changes nothing."""
    generic.delete(vertex, call)
    vertex.part(Lineage).forget(f"{call.request.name}/")
    return {}


@behaviour("MetadataService.CreateArtifact", "MetadataService.CreateExecution", "MetadataService.CreateContext")
def create_node(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An artifact, an execution or a context of a registered kind."""
    vertex.store.get(call.request.parent)
    sent = getattr(call.request, generic.resource_field(call))
    check_schema(vertex, call.request.parent, sent)
    if getattr(sent, "parent_contexts", None):
        raise bad_field("context.parent_contexts", list(sent.parent_contexts), "nothing: call add_context_children")
    return generic.create(vertex, call)


@behaviour("MetadataService.UpdateArtifact", "MetadataService.UpdateExecution", "MetadataService.UpdateContext")
def update_node(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Change what the mask names; with `allow_missing` create it."""
    sent = getattr(call.request, generic.resource_field(call))
    store = parent_of(sent.name)
    vertex.store.get(store)
    check_schema(vertex, store, sent)
    if "parent_contexts" in sent.DESCRIPTOR.fields_by_name:
        sent.ClearField("parent_contexts")
    return _shown(vertex, generic.update(vertex, call))


@behaviour("MetadataService.GetContext")
def get_context(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A context with its parents."""
    return _shown(vertex, generic.get(vertex, call))


@behaviour("MetadataService.DeleteArtifact", "MetadataService.DeleteExecution", "MetadataService.DeleteContext")
def delete_node(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete one; its events, its memberships and (of a context) its place among the parents go with it."""
    generic.delete(vertex, call)
    vertex.part(Lineage).forget(call.request.name)
    return {}


@behaviour("MetadataService.ListArtifacts", "MetadataService.ListExecutions", "MetadataService.ListContexts")
def list_nodes(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A page of them. The filter knows `in_context("...")` beside the fields."""
    vertex.store.get(call.request.parent)
    held = vertex.store.list(call.request.parent, generic.collection_of(call))
    items = [_shown(vertex, resource) for resource in held]
    return listing.answer(call.request, call.rpc.response_type, items, functions=_functions(vertex))


@behaviour("MetadataService.PurgeArtifacts", "MetadataService.PurgeExecutions", "MetadataService.PurgeContexts")
def purge(vertex: Vertex, call: Call) -> LongRunning:
    """Delete all that a filter finds; without `force` only count them."""
    if not call.request.filter:
        raise bad_field("filter", "", 'a filter; name them all with create_time > "1970-01-01T00:00:00Z"')
    collection = call.rpc.name.removeprefix("Purge").lower()
    holds = compile_filter(call.request.filter, _functions(vertex))
    held = vertex.store.list(call.request.parent, collection)
    names = [item["name"] for item in held if holds(_shown(vertex, item))]
    for name in names if call.request.force else ():
        vertex.store.remove(name)
        vertex.part(Lineage).forget(name)
    sample = {} if call.request.force else {"purgeSample": names[:SAMPLE]}
    return LongRunning({"purgeCount": str(len(names)), **sample}, about=call.request.parent)


@behaviour("MetadataService.AddContextChildren")
def add_context_children(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Put contexts under a context. Raises ApiError 400 for a circle, or for more than ten parents."""
    lineage, parent = vertex.part(Lineage), vertex.store.get(call.request.context)["name"]
    above = {parent, *lineage.ancestors(parent)}
    children = [neighbour(vertex, parent, name, "contexts") for name in call.request.child_contexts]
    for child in children:
        if child in above:
            raise precondition(f"{child} is above {parent} already: contexts must not form a circle.")
        if len({*lineage.parents(child), parent}) > MOST_PARENTS:
            raise precondition(f"{child} has {MOST_PARENTS} parents already, the most that a context can have.")
    for child in children:
        lineage.put_under(parent, child)
    return {}


@behaviour("MetadataService.RemoveContextChildren")
def remove_context_children(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Take contexts out of a context; those that are not in it are skipped."""
    vertex.store.get(call.request.context)
    for name in call.request.child_contexts:
        vertex.part(Lineage).take_out(call.request.context, vertex.store.get(name)["name"])
    return {}


def _shown(vertex: Vertex, resource: Resource) -> Resource:
    """The resource with its parents. They are links, no fields: a new parent leaves a context's etag as it is."""
    parents = vertex.part(Lineage).parents(resource["name"])
    return {**resource, "parentContexts": parents} if parents else resource


def _functions(vertex: Vertex) -> dict[str, Any]:
    lineage = vertex.part(Lineage)
    return {"in_context": lambda resource, context: lineage.is_member(context, resource["name"])}
