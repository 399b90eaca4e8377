"""How an RPC gets its behaviour: a function that carries the RPC's name.

    @behaviour("ModelService.UploadModel")
    def upload_model(vertex: Vertex, call: Call) -> dict: ...

The function returns the answer as JSON; for a long-running RPC the *result* (the service wraps it into a finished
operation). It may return `LongRunning` to name what the operation is about, or a `Response` with bytes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..wire import Request, Response
from . import typed
from .operations import LongRunning
from .rpcs import Rpc

if TYPE_CHECKING:
    from .service import Vertex

Answer = dict[str, Any] | LongRunning | Response
Behaviour = Callable[["Vertex", "Call"], Answer]


@dataclass(frozen=True)
class Call:
    """One call of an RPC: `request` is the typed message, `wire` the HTTP request it came in."""

    rpc: Rpc
    request: Any
    wire: Request

    @cached_property
    def json(self) -> dict[str, Any]:
        """The typed request as JSON; fields that have their default value are left out."""
        return typed.to_json(self.request)


@dataclass(frozen=True)
class JsonRoute:
    """A URL that some clients call although no RPC of the installed client has it; it is answered untyped."""

    operation: str
    method: str
    template: str


@dataclass(frozen=True)
class JsonCall:
    """A call of a `JsonRoute`: the variables of its URL, and the HTTP request (`wire.json()` is the body)."""

    variables: Mapping[str, str]
    wire: Request


def behaviour(*operations: str | JsonRoute) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Marks a function as the answer to these RPCs, each named `Service.Rpc`."""

    def mark(function: Callable[..., Answer]) -> Callable[..., Answer]:
        function.operations = operations
        return function

    return mark


def collect(modules: Iterable[ModuleType]) -> dict[str | JsonRoute, Callable[..., Answer]]:
    """The behaviours of some modules by operation. Raises ValueError if two claim the same one."""
    found: dict[str | JsonRoute, Callable[..., Answer]] = {}
    for module in modules:
        for function in vars(module).values():
            if getattr(function, "__module__", None) != module.__name__:
                continue
            for operation in getattr(function, "operations", ()):
                if operation in found:
                    raise ValueError(f"found two behaviours for {operation}, expected one: see {module.__name__}")
                found[operation] = function
    return found


def generic_operations(modules: Iterable[ModuleType]) -> dict[str, str]:
    """The RPCs that the generic store answers: what the modules list under `GENERIC`, with the module's name."""
    return {operation: module.__name__ for module in modules for operation in getattr(module, "GENERIC", ())}
