"""The offline cloud itself: one clock, one folder, and the services, each loaded when it is first called.

`OfflineCloud.answer` is the whole life of a request: find the service, find the operation, check the request against
the published contract, let the handler answer, tell the observers.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from . import contract
from .clock import Clock
from .errors import ApiError, unsupported
from .faults import Faults
from .gemini.matching import is_gemini
from .metadata import is_metadata
from .router import Route, Router
from .trust import TrustedModels
from .wire import Request, Response

log = logging.getLogger(__name__)
Observer = Callable[[Route, Request, Response], None]


class Keeper(Protocol):
    """Whatever wants to write down what is done (`keeping.Keeper`)."""

    def perform(self, operation: str, request: Request, act: Callable[[], Response]) -> Response:
        """What `act` answers to a request over HTTP."""

    def call(self, operation: str, message: Any, act: Callable[[], Any]) -> Any:
        """What `act` answers to a message over gRPC."""

    def background(self, service: str) -> AbstractContextManager[list[Any] | None]:
        """Inside, a service changes what no request changes, and lists the effects."""

    def note(self, record: dict[str, Any], body: bytes) -> None:
        """Anything else."""


class Service(Protocol):
    """What every service module's `open_service(cloud)` returns.

    A service whose routes are not known before they are asked for brings a `router` of its own, with `find(request)`.
    """

    routes: tuple[Route, ...]

    def close(self) -> None:
        """Release files and connections."""


# Which service answers a path: the first prefix that fits. Signed URLs and multipart uploads (the XML interface of
# Cloud Storage) have paths that start with the bucket's name, so Storage comes last and takes the rest.
PREFIXES = (
    ("/_offline/", "control"),
    ("/bigquery/", "bigquery"),
    ("/upload/bigquery/", "bigquery"),
    ("/v1/projects/", "vertex"),
    ("/v1beta1/projects/", "vertex"),
    ("/ui/projects/", "vertex"),
    ("/", "storage"),
)


def service_for(request: Request) -> str:
    """The name of the service that answers. Gemini shares Vertex AI's prefixes, and tells its own requests itself."""
    if is_gemini(request):
        return "gemini"
    if is_metadata(request):
        return "metadata"
    return next(service for prefix, service in PREFIXES if request.path.startswith(prefix))


@dataclass
class Opened:
    """A service that has been called at least once, with its own lock: services do not wait for each other."""

    service: Service
    router: Router
    lock: threading.RLock


class OfflineCloud:
    """Everything the offline Google Cloud knows, for one server.

    `clock` gives the time of every write; `folder` is the only place on disk that is ever written; `usage` counts
    operations (and bytes billed) for the receipt. `trust` knows which pickled models may be loaded, `faults` what is to
    go wrong on purpose, and `keeper`, if there is one, keeps what was acknowledged. Closing deletes all of it, except
    what the keeper keeps; `repeating` says that it is being put back, and `restarts` how often it was. `parent` is
    where the folder is made, by default where temporary files go. gRPC and Redis want to see the `token`; `url` is
    where a server answers for this cloud, if there is one.
    """

    def __init__(self, *, clock: Clock | None = None, trust_models: bool = True, parent: str | None = None) -> None:
        self.clock = clock or Clock()
        self.usage: Counter[str] = Counter()
        self.trust = TrustedModels(enabled=trust_models)
        self.faults = Faults()
        self.observers: list[Observer] = []
        self.keeper: Keeper | None = None
        self.repeating, self.restarts = False, 0
        self.token: str | None = None
        self.url = ""
        self._folder = tempfile.TemporaryDirectory(prefix="offline-cloud-", dir=parent, ignore_cleanup_errors=True)
        self.folder = self._folder.name
        self._opened: dict[str, Opened] = {}
        self._opening = threading.RLock()
        self._ids: Counter[str] = Counter()

    def service(self, name: str) -> Service:
        """A service by name (`storage`, `bigquery`), loaded on first use."""
        return self._open(name).service

    def lock(self, name: str) -> threading.RLock:
        """The lock that a service's handlers hold: other services take it before they call the service in Python."""
        return self._open(name).lock

    def is_open(self, name: str) -> bool:
        """Whether a service has been called yet: a look at it must not be what loads it."""
        return name in self._opened

    def _open(self, name: str) -> Opened:
        with self._opening:
            if name not in self._opened:
                service = import_module(f".{name}", __package__).open_service(self)
                router = getattr(service, "router", None) or Router(service.routes)
                self._opened[name] = Opened(service, router, threading.RLock())
            return self._opened[name]

    def next_id(self, kind: str) -> str:
        """A fresh id that depends only on how many of this kind were given: 16 hexadecimal digits."""
        with self._opening:
            self._ids[kind] += 1
            return hashlib.sha256(f"{kind}/{self._ids[kind]}".encode()).hexdigest()[:16]

    def count(self, what: str, amount: int = 1) -> None:
        """Add to the receipt: an operation, or bytes billed."""
        with self._opening:
            self.usage[what] += amount

    def marks(self) -> dict[str, dict[str, int]]:
        """How far the cloud has counted: ids given, operations billed."""
        with self._opening:
            return {"ids": dict(self._ids), "usage": dict(self.usage)}

    def set_marks(self, marks: dict[str, dict[str, int]]) -> None:
        """Count on from here: the next ids follow from these numbers."""
        with self._opening:
            self._ids.update({kind: n - self._ids[kind] for kind, n in marks.get("ids", {}).items()})
            self.usage.update({what: n - self.usage[what] for what, n in marks.get("usage", {}).items()})

    def answer(self, request: Request) -> Response:
        """The response to any request; never raises."""
        name = service_for(request)
        try:
            opened = self._open(name)
            route = opened.router.find(request)
            contract.check_request(route.operation, request)
            if name != "control":
                self.faults.strike(route.operation)
            response = self._perform(opened, route, request)
            self.count(route.operation)
        except ApiError as problem:
            return Response.error(problem)
        except Exception as problem:  # a fault of ours must not look like a passing fault of the network
            log.exception("fault while answering %s %s", request.method, request.path)
            fault = f"{request.method} {request.path} (internal fault: {type(problem).__name__}: {problem})"
            return Response.error(unsupported(fault))
        for observer in self.observers:
            observer(route, request, response)
        return self.faults.shorten(route.operation, response)

    def _perform(self, opened: Opened, route: Route, request: Request) -> Response:
        def act() -> Response:
            with opened.lock:
                return Response.of(route.handler(opened.service, request))

        return self.keeper.perform(route.operation, request, act) if self.keeper else act()

    def call(self, name: str, rpc: str, message: Any) -> Any:
        """What a service that speaks gRPC answers to a message. Raises ApiError."""
        service = self.service(name)

        def act() -> Any:
            with self.lock(name):
                return service.rpcs[rpc](service, message)

        return self.keeper.call(f"{name}.{rpc}", message, act) if self.keeper else act()

    def close(self) -> None:
        """Close every service and delete the folder."""
        with self._opening:
            for opened in self._opened.values():
                opened.service.close()
            self._opened.clear()
        self._folder.cleanup()
