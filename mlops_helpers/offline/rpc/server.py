"""The one place that speaks gRPC: loopback only, a free port, handlers that take and return messages.

A call names its service (`/google.firestore.v1.Firestore/Commit`); the service is loaded when it is first called. The
service's lock is held while a handler runs, except for streams in both directions, which live long and lock for
themselves. Every call passes `cloud.faults` and is counted for the receipt as `firestore.Commit`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from google.protobuf.empty_pb2 import Empty

from ..errors import ApiError, unsupported
from .errors import status_of, stranger
from .methods import Method, methods_of
from .threads import DaemonThreads

if TYPE_CHECKING:
    from ..state import OfflineCloud

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1:0"
GRACE_SECONDS, STOP_SECONDS = 0.5, 2.0  # idle clients leave at once; one that is cut off complains aloud
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
MIXINS = ("/google.longrunning.", "/google.cloud.location.")  # every client lists these as well
PACKAGES = {
    "google.logging.v2": "logging",
    "google.monitoring.v3": "monitoring",
    "google.firestore.v1": "firestore",
}


class RpcService(Protocol):
    """What a service behind the gRPC server brings."""

    transports: tuple[type, ...]
    rpcs: dict[str, Callable]

    def close(self) -> None:
        """Release what it holds."""


class RpcServer(grpc.GenericRpcHandler):
    """The gRPC server of one offline cloud. `address` is where it listens."""

    routes = ()  # nothing over HTTP

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self._methods: dict[str, dict[str, Method]] = {}
        self._server = grpc.server(DaemonThreads(), options=UNLIMITED)
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port(LOOPBACK)}"
        self._server.start()

    def close(self) -> None:
        """Say goodbye, end calls that still run, and free the port."""
        self._server.stop(GRACE_SECONDS).wait(STOP_SECONDS)

    def repeat(self, operation: str, message: bytes) -> None:
        """Make a call again that was kept as its bytes. Raises ApiError as it did then."""
        name, _, rpc = operation.partition(".")
        kind = next(method.request_type for method in self._methods_of(name).values() if method.name == rpc)
        self.cloud.call(name, rpc, kind.FromString(message))

    def coverage(self, name: str) -> dict[str, bool]:
        """Every RPC of a service by the name that errors use, and whether it is answered."""
        answered = self.cloud.service(name).rpcs
        own = {method.name for path, method in self._methods_of(name).items() if not path.startswith(MIXINS)}
        return {f"{name}.{method}": method in answered for method in sorted(own)}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """gRPC's question: who answers this path? Runs in a thread of gRPC's own."""
        if refusing := stranger(handler_call_details.invocation_metadata, self.cloud.token):
            return refusing
        path = handler_call_details.method
        package, _, rest = path.lstrip("/").rpartition(".")
        name = PACKAGES.get(package)
        if name is None:
            return _refusing(path.lstrip("/"))
        method = self._methods_of(name).get(path)
        if method is None:
            return _refusing(f"{name}.{rest.rpartition('/')[2]}")
        return self._handler(name, method)

    def _methods_of(self, name: str) -> dict[str, Method]:
        if name not in self._methods:
            self._methods[name] = methods_of(self.cloud.service(name).transports)
        return self._methods[name]

    def _handler(self, name: str, method: Method) -> grpc.RpcMethodHandler:
        make = getattr(grpc, f"{method.kind}_rpc_method_handler")
        answer = {"unary_unary": self._one, "unary_stream": self._many, "stream_stream": self._talk}.get(method.kind)
        if answer is None:
            return _refusing(f"{name}.{method.name}")
        if method.name not in self.cloud.service(name).rpcs:
            return _refusing(f"{name}.{method.name}")
        behaviour = answer(name, method.name)
        return make(behaviour, method.request_type.FromString, lambda message: message.SerializeToString())

    def _one(self, name: str, rpc: str) -> Callable:
        operation = f"{name}.{rpc}"

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            with refusals(context, operation):
                self.cloud.faults.strike(operation)
                found = self.cloud.call(name, rpc, request)
                self.cloud.count(operation)
                return Empty() if found is None else found

        return answer

    def _many(self, name: str, rpc: str) -> Callable:
        operation = f"{name}.{rpc}"

        def answer(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with refusals(context, operation):
                self.cloud.faults.strike(operation)
                service = self.cloud.service(name)
                with self.cloud.lock(name):
                    found = list(service.rpcs[rpc](service, request))
                self.cloud.count(operation)
                yield from self.cloud.faults.cut(operation, found)

        return answer

    def _talk(self, name: str, rpc: str) -> Callable:
        operation = f"{name}.{rpc}"

        def answer(requests: Iterable[Any], context: grpc.ServicerContext) -> Iterator[Any]:
            with refusals(context, operation):
                self.cloud.faults.strike(operation)
                self.cloud.count(operation)
                service = self.cloud.service(name)
                yield from service.rpcs[rpc](service, requests, context)

        return answer


@contextmanager
def refusals(context: grpc.ServicerContext, operation: str) -> Iterator[None]:
    """Inside: an ApiError ends the call with the status that fits; a fault of ours never looks like a passing one."""
    try:
        yield
    except ApiError as problem:
        context.abort(status_of(problem), problem.message)
    except Exception as problem:
        if not context.is_active() or isinstance(problem, grpc.RpcError):
            raise
        log.exception("fault while answering %s", operation)
        fault = unsupported(f"{operation} (internal fault: {type(problem).__name__}: {problem})")
        context.abort(status_of(fault), fault.message)


def _refusing(operation: str) -> grpc.RpcMethodHandler:
    """Refuses a call whose message types are unknown: the bytes are not looked at."""

    def refuse(requests: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, unsupported(operation).message)
        yield b""

    return grpc.stream_stream_rpc_method_handler(refuse)
