"""Vertex AI, offline: from a request to the behaviour that answers it.

`Vertex` is a service of the offline cloud. It finds the RPC by URL, decodes the request into the client's own type,
lets the behaviour answer and encodes the answer. What has no behaviour is refused by name.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import unsupported
from ..router import Route
from ..wire import Request, Response
from . import generic, typed
from .behaviours import Answer, Call, JsonCall, JsonRoute, collect, generic_operations
from .effects import Effects
from .operations import LongRunning, Operations
from .rpcs import PACKAGES, Rpc, all_rpcs
from .store import ResourceStore
from .subjects import SUBJECTS
from .templates import Template, Tree

if TYPE_CHECKING:
    from ..state import OfflineCloud

Part = TypeVar("Part")
PREFIX = "vertex."


class Vertex:
    """Everything behind `/v1/` and `/v1beta1/` of `aiplatform.googleapis.com`.

    `store` holds the resources and `operations` the long-running operations. State that is no resource (links,
    measured values, models in memory) lives in a `part`. Threads in the background change anything only inside
    `effects.writing()`.
    """

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.effects = Effects(self)
        self.store = ResourceStore(cloud, self.effects)
        self.operations = Operations(self.store)
        self.router = self
        self._parts: dict[type, Any] = {}
        self._trees: dict[str, Tree] = {}
        subjects = [import_module(f"{__package__}.{name}") for name in SUBJECTS]
        self._behaviours = collect(subjects)
        self._generic = generic_operations(subjects)

    def part(self, kind: Callable[[Vertex], Part]) -> Part:
        """The one object of this class that belongs to this service; made on first use as `kind(vertex)`."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        return self._parts[kind]

    @cached_property
    def lock(self) -> threading.RLock:
        """What every handler holds; a thread takes it before it writes."""
        return self.cloud.lock("vertex")

    def folder(self) -> Path:
        """A new, empty folder of the cloud's own; it goes with the cloud."""
        return Path(tempfile.mkdtemp(prefix="vertex-", dir=self.cloud.folder))

    def find(self, request: Request) -> Route:
        """The route that answers (the core's router asks this). Raises ApiError 501 by the RPC's name."""
        found = self._tree(request.path.split("/")[1]).find(request.method, request.path)
        if found is None:
            raise unsupported(f"Vertex AI: {request.method} {request.path}")
        target, variables = found
        return Route(PREFIX + _name(target), request.method, request.path, partial(_answer, target, variables))

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every operation that is answered, for the coverage page."""
        rpcs = [Route(PREFIX + name, "RPC", name, generic.answer) for name in sorted(self._answered())]
        extra = [target for target in self._behaviours if isinstance(target, JsonRoute)]
        return (
            *rpcs,
            *(Route(PREFIX + target.operation, target.method, target.template, generic.answer) for target in extra),
            *(Route(PREFIX + name, method, template, generic.answer) for name, method, template in OPERATION_ROUTES),
        )

    def refused(self) -> list[str]:
        """Every RPC of the installed client that is refused, by name."""
        return sorted({rpc.key for version in PACKAGES for rpc in all_rpcs(version)} - self._answered())

    def respond(self, call: Call) -> dict[str, Any] | Response:
        """The encoded answer to a typed call. Raises ApiError."""
        function = self._behaviours.get(call.rpc.key)
        if function is None and call.rpc.key not in self._generic:
            raise unsupported(f"Vertex AI: {call.rpc.key}")
        found: Answer = (function or generic.answer)(self, call)
        if isinstance(found, Response):
            return found
        if call.rpc.long_running is not None:
            wrapped = found if isinstance(found, LongRunning) else LongRunning(found)
            return self.operations.finished(call, wrapped)
        return typed.encode(call.rpc, found)

    def respond_json(self, route: JsonRoute, call: JsonCall) -> Answer:
        """The answer to a URL that no RPC has."""
        return self._behaviours[route](self, call)

    def put_back(self, notes: list[Any]) -> None:
        """What a job changed before this server was restarted."""
        self.effects.put_back(notes)

    def end_interrupted(self) -> None:
        """End the jobs that ran when the server before this one was killed."""
        from .interrupted import end_interrupted

        end_interrupted(self)

    def close(self) -> None:
        """Stop what runs in the background."""
        for part in self._parts.values():
            if hasattr(part, "close"):
                part.close()

    def _answered(self) -> set[str]:
        return {name for name in self._behaviours if isinstance(name, str)} | set(self._generic)

    def _tree(self, version: str) -> Tree:
        """Every URL of one version of the API; built when that version is first called.

        That imports the client; two threads that do so at once would meet modules that are half imported.
        """
        if version not in self._trees:
            with self.lock:
                self._trees[version] = self._trees.get(version) or self._build_tree(version)
        return self._trees[version]

    def _build_tree(self, version: str) -> Tree:
        tree, answered = Tree(), self._answered()
        for target in self._behaviours:
            if isinstance(target, JsonRoute):
                tree.add(target.method, Template.parse(target.template), target)
        for rpc in sorted(all_rpcs(version), key=lambda rpc: rpc.key not in answered):
            for binding in rpc.bindings:
                tree.add(binding.method, Template.parse(binding.uri), rpc)
        for name, method, template in OPERATION_ROUTES:
            for prefix in ("projects/*/locations/*", *OPERATION_PARENTS):
                tree.add(method, Template.parse(template.format(version=version, parent=prefix)), name)
        return tree


# Operations live under the resource that they are about; clients rebuild the path from ids.
OPERATION_PARENTS = tuple("projects/*/locations/*/" + "/".join(["*/*"] * depth) for depth in range(1, 5))
OPERATION_ROUTES = (
    ("Operations.Get", "GET", "/{version}/{{name={parent}/operations/*}}"),
    ("Operations.List", "GET", "/{version}/{{name={parent}}}/operations"),
    ("Operations.Delete", "DELETE", "/{version}/{{name={parent}/operations/*}}"),
    ("Operations.Cancel", "POST", "/{version}/{{name={parent}/operations/*}}:cancel"),
    ("Operations.Wait", "POST", "/{version}/{{name={parent}/operations/*}}:wait"),
)


def _name(target: Rpc | JsonRoute | str) -> str:
    if isinstance(target, str):
        return target
    return target.key if isinstance(target, Rpc) else target.operation


def _answer(target: Rpc | JsonRoute | str, variables: dict, vertex: Vertex, request: Request) -> dict | Response:
    """The handler of every route: typed RPC, untyped URL, or one of the operations' own."""
    if isinstance(target, str):
        return _operation(vertex, target, variables["name"])
    if isinstance(target, JsonRoute):
        return vertex.respond_json(target, JsonCall(variables, request))
    return vertex.respond(Call(target, typed.decode(target, request, variables), request))


def _operation(vertex: Vertex, name: str, resource: str) -> dict[str, Any]:
    if name == "Operations.List":
        return {"operations": vertex.operations.list(resource)}
    found = vertex.operations.get(resource)
    if name == "Operations.Delete":
        vertex.operations.remove(resource)
    return found if name in ("Operations.Get", "Operations.Wait") else {}
