"""Every RPC of Vertex AI, read off the installed client: its URL, and the types of its request and its answer.

Nothing is typed in by hand: `google.cloud.aiplatform_v1` and `..._v1beta1` bring, per service, a REST transport that
lists `{"method": ..., "uri": ..., "body": ...}` for each RPC. The URLs are read at once (some 40 ms); the types of an
RPC when it is first called.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

PACKAGES = {"v1": "google.cloud.aiplatform_v1", "v1beta1": "google.cloud.aiplatform_v1beta1"}
# Every transport lists these as well, under thousands of URLs; operations.py answers those that are served.
MIXIN = re.compile(r"(Get|List|Delete|Cancel|Wait)Operations?|(Get|List)Locations?|([SG]et|Test)Iam\w+")
LONG_RUNNING = re.compile(r"from_gapic\(\s*response,\s*[\w.]+,\s*([\w.]+),\s*metadata_type=([\w.]+)")

STREAM_OF = re.compile(r"ResponseIterator\(\s*response,\s*([\w.]+)")


@dataclass(frozen=True)
class Binding:
    """One URL of an RPC. `body` names the request field that the HTTP body fills; `*` is the whole request."""

    method: str
    uri: str
    body: str


@dataclass(frozen=True)
class Rpc:
    """One RPC of one version of the API, e.g. `ModelService.UploadModel`. `module` holds the client's service."""

    version: str
    service: str
    name: str
    module: str
    bindings: tuple[Binding, ...]

    @property
    def key(self) -> str:
        """What behaviours call it: `ModelService.UploadModel`."""
        return f"{self.service}.{self.name}"

    @cached_property
    def _stub(self) -> Callable[..., Any]:
        transport = getattr(import_module(f"{self.module}.transports.rest"), f"{self.service}RestTransport")
        return getattr(transport, f"_{self.name}").__call__

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._stub)

    @property
    def streaming(self) -> bool:
        """Whether the answer is a stream of messages."""
        return getattr(self._signature.return_annotation, "__name__", "") == "ResponseIterator"

    @cached_property
    def request_type(self) -> type:
        """The protobuf class of the request."""
        return _protobuf(self._signature.parameters["request"].annotation)

    @cached_property
    def response_type(self) -> type:
        """The protobuf class of the answer (of one message of a stream).

        A long-running RPC answers with `google.longrunning.Operation`.
        """
        if self.streaming:
            found = STREAM_OF.search(inspect.getsource(self._stub))
            return _protobuf(_resolve(import_module(f"{self.module}.transports.rest"), found[1]))
        found = self._signature.return_annotation
        if found in (None, inspect.Signature.empty):
            from google.protobuf.empty_pb2 import Empty

            return Empty
        return _protobuf(found)

    @cached_property
    def long_running(self) -> tuple[type, type] | None:
        """The protobuf classes of result and metadata if this RPC starts a long-running operation.

        They stand only in the source of the client's method: `from_gapic(response, ..., Result, metadata_type=Meta)`.
        """
        if self.response_type.DESCRIPTOR.full_name != "google.longrunning.Operation":
            return None
        client = import_module(f"{self.module}.client")
        method = getattr(getattr(client, f"{self.service}Client"), snake(self.name))
        found = LONG_RUNNING.search(inspect.getsource(method))
        if found is None:
            raise LookupError(f"found no result type in the client's {self.key}, expected a from_gapic(...) call")
        return _protobuf(_resolve(client, found[1])), _protobuf(_resolve(client, found[2]))

    @property
    def result_type(self) -> type:
        """The protobuf class of what the caller gets in the end."""
        return self.long_running[0] if self.long_running else self.response_type

    def sibling(self) -> Rpc | None:
        """The same RPC in the other version of the API, if that has it."""
        version = next(other for other in PACKAGES if other != self.version)
        siblings = _service_rpcs(version, self.module.rpartition(".")[2])
        return next((rpc for rpc in siblings if rpc.key == self.key), None)


def all_rpcs(version: str) -> Iterator[Rpc]:
    """Every RPC of one version, none for an unknown version.

    Takes as long as importing that version of the client does, if it is not imported yet.
    """
    if version in PACKAGES:
        for module in pkgutil.iter_modules(import_module(f"{PACKAGES[version]}.services").__path__):
            yield from _service_rpcs(version, module.name)


def _service_rpcs(version: str, name: str) -> Iterator[Rpc]:
    module = f"{PACKAGES[version]}.services.{name}"
    try:
        base = import_module(f"{module}.transports.rest_base")
    except ModuleNotFoundError:  # a service that the other version does not have
        return
    transport = next(name for name in vars(base) if re.fullmatch(r"_Base\w+RestTransport", name))
    service = transport.removeprefix("_Base").removesuffix("RestTransport")
    for name, owner in vars(getattr(base, transport)).items():
        if hasattr(owner, "_get_http_options") and not MIXIN.fullmatch(name.removeprefix("_Base")):
            bindings = tuple(_binding(option) for option in owner._get_http_options())
            yield Rpc(version, service, name.removeprefix("_Base"), module, bindings)


def _binding(option: dict[str, str]) -> Binding:
    return Binding(option["method"].upper(), option["uri"], option.get("body", ""))


def snake(name: str) -> str:
    """The Python name of an RPC or a field: `UploadModel` → `upload_model`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """The JSON name of a field: `display_name` → `displayName`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _protobuf(kind: Any) -> type:
    return kind.pb() if hasattr(kind, "meta") and hasattr(kind, "pb") else kind


def _resolve(module: Any, dotted: str) -> Any:
    found = module
    for part in dotted.split("."):
        found = getattr(found, part)
    return found
