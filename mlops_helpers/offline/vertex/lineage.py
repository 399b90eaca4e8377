"""Lineage: which execution read and wrote which artifact, and what belongs to which context.

An *event* joins an artifact and an execution, as input or output. The graph's hops are its events: one hop leads from
an artifact to the executions that made or used it, the next one from there to their other artifacts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import typed
from .behaviours import Call, behaviour
from .errors import bad_field
from .filters import compile_filter
from .store import parent_of

if TYPE_CHECKING:
    from .service import Vertex

DIRECTIONS = ("INPUT", "OUTPUT")


class Lineage:
    """All events, memberships and parents. Names only: the resources are in the store."""

    def __init__(self, vertex: Vertex) -> None:
        self._effects = vertex.effects
        self._events: dict[tuple[str, str], dict[str, Any]] = {}
        self._members: dict[str, dict[str, None]] = {}
        self._parents: dict[str, dict[str, None]] = {}

    def join(self, event: dict[str, Any]) -> None:
        """Keep an event; a second one between the same two is skipped."""
        self._events.setdefault((event["execution"], event["artifact"]), event)
        self._effects.note("join", event)

    def events(self, *, execution: str | None = None, artifact: str | None = None) -> list[dict[str, Any]]:
        """The events of an execution or of an artifact, oldest first."""
        return [
            event
            for (step, thing), event in self._events.items()
            if execution in (None, step) and artifact in (None, thing)
        ]

    def enter(self, context: str, names: Iterable[str]) -> None:
        """Put artifacts and executions into a context; those that are there already stay."""
        entering = dict.fromkeys(names)
        self._members.setdefault(context, {}).update(entering)
        self._effects.note("enter", context, list(entering))

    def is_member(self, context: str, name: str) -> bool:
        """Whether an artifact or an execution is in a context."""
        return name in self._members.get(context, {})

    def members(self, context: str) -> list[str]:
        """The names of what is in a context, in the order in which it came."""
        return list(self._members.get(context, {}))

    def put_under(self, parent: str, child: str) -> None:
        """Make a context the parent of another; nothing new if it is already."""
        self._parents.setdefault(child, {})[parent] = None

    def take_out(self, parent: str, child: str) -> None:
        """Undo `put_under`."""
        self._parents.get(child, {}).pop(parent, None)

    def parents(self, context: str) -> list[str]:
        """The contexts right above a context."""
        return list(self._parents.get(context, {}))

    def ancestors(self, context: str) -> set[str]:
        """All contexts above a context."""
        parents = self.parents(context)
        return set(parents).union(*(self.ancestors(parent) for parent in parents))

    def forget(self, name: str) -> None:
        """Drop every link of a resource; of everything below it if the name ends with a slash."""

        def gone(other: str) -> bool:
            return other == name or (name.endswith("/") and other.startswith(name))

        self._events = {key: event for key, event in self._events.items() if not any(map(gone, key))}
        self._members, self._parents = (
            {key: {name: None for name in held if not gone(name)} for key, held in links.items() if not gone(key)}
            for links in (self._members, self._parents)
        )


@behaviour("MetadataService.AddContextArtifactsAndExecutions")
def add_to_context(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Put artifacts and executions into a context. Raises ApiError 404 before anything is changed."""
    context = vertex.store.get(call.request.context)["name"]
    artifacts = [neighbour(vertex, context, name, "artifacts") for name in call.request.artifacts]
    executions = [neighbour(vertex, context, name, "executions") for name in call.request.executions]
    vertex.part(Lineage).enter(context, [*artifacts, *executions])
    return {}


@behaviour("MetadataService.AddExecutionEvents")
def add_execution_events(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Join an execution with its inputs and outputs. Raises ApiError 400 or 404 before anything is changed."""
    execution = vertex.store.get(call.request.execution)["name"]
    events = [typed.to_json(event) for event in call.request.events]
    for event in events:
        if event.get("type") not in DIRECTIONS:
            raise bad_field("events.type", event.get("type", "TYPE_UNSPECIFIED"), " or ".join(DIRECTIONS))
        neighbour(vertex, execution, event.get("artifact", ""), "artifacts")
    for event in events:
        vertex.part(Lineage).join({**event, "execution": execution, "eventTime": vertex.store.stamp()})
    return {}


@behaviour("MetadataService.QueryExecutionInputsAndOutputs")
def inputs_and_outputs(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An execution with its events and their artifacts."""
    execution = vertex.store.get(call.request.execution)["name"]
    events = vertex.part(Lineage).events(execution=execution)
    return subgraph(vertex, [execution, *(event["artifact"] for event in events)], events)


@behaviour("MetadataService.QueryContextLineageSubgraph")
def context_lineage(vertex: Vertex, call: Call) -> dict[str, Any]:
    """What is in a context, and the events between any two of it; the contexts under it are not looked into."""
    lineage, context = vertex.part(Lineage), vertex.store.get(call.request.context)["name"]
    inside = lineage.members(context)
    within = [event for event in lineage.events() if {event["artifact"], event["execution"]} <= set(inside)]
    return subgraph(vertex, inside, within)


@behaviour("MetadataService.QueryArtifactLineageSubgraph")
def artifact_lineage(vertex: Vertex, call: Call) -> dict[str, Any]:
    """All that an artifact was made of and all that was made of it, as far as `max_hops` events away.

    Without `max_hops` there is no limit; 0 is the artifact alone. A filter chooses the artifacts that are shown.
    """
    limit = call.request.max_hops if "maxHops" in call.wire.queries else None
    if limit is not None and limit < 0:
        raise bad_field("max_hops", limit, "0 or more")
    start = vertex.store.get(call.request.artifact)["name"]
    names, events = walk(vertex.part(Lineage), start, limit)
    holds = compile_filter(call.request.filter)
    shown = [name for name in names if "/artifacts/" not in name or holds(vertex.store.get(name))]
    return subgraph(vertex, shown, [event for event in events if event["artifact"] in shown])


def neighbour(vertex: Vertex, beside: str, name: str, collection: str) -> str:
    """The name, if it is one of this collection in the same metadata store. Raises ApiError 400 or 404."""
    wanted = f"{parent_of(beside)}/{collection}/"
    if not name.startswith(wanted):
        raise bad_field(collection, name, f"a name that begins with {wanted}")
    return vertex.store.get(name)["name"]


def walk(lineage: Lineage, start: str, limit: int | None) -> tuple[list[str], list[dict[str, Any]]]:
    """The names that are at most `limit` events away from an artifact, nearest first, and the events on the way."""
    names, events = {start: None}, {}
    edge, hops = [start], 0
    while edge and (limit is None or hops < limit):
        reached: dict[str, None] = {}
        for name in edge:
            for event in lineage.events(**{"artifact" if hops % 2 == 0 else "execution": name}):
                events[event["execution"], event["artifact"]] = event
                reached[event["execution" if hops % 2 == 0 else "artifact"]] = None
        edge = [name for name in reached if name not in names]
        names.update(dict.fromkeys(edge))
        hops += 1
    return list(names), list(events.values())


def subgraph(vertex: Vertex, names: Iterable[str], events: list[dict[str, Any]]) -> dict[str, Any]:
    """A lineage subgraph as JSON: the resources behind the names, and the events."""
    found = [vertex.store.get(name) for name in dict.fromkeys(names)]
    return {
        "artifacts": [resource for resource in found if "/artifacts/" in resource["name"]],
        "executions": [resource for resource in found if "/executions/" in resource["name"]],
        "events": events,
    }
