"""What only the offline cloud can do: its own clock, its usage counts, its health. All under `/_offline/`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .clock import rfc3339
from .errors import invalid
from .router import Route
from .wire import Request

if TYPE_CHECKING:
    from .state import OfflineCloud

GRPC_SERVICES = ("logging", "monitoring", "firestore")


class Control:
    """The service behind `/_offline/`: used by the Session, never by a Google client."""

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.routes = (
            Route("offline.health", "GET", "/_offline/health", health),
            Route("offline.clock", "GET", "/_offline/clock", clock),
            Route("offline.clock.advance", "POST", "/_offline/clock:advance", advance),
            Route("offline.usage", "GET", "/_offline/usage", usage),
            Route("offline.grpc", "GET", "/_offline/grpc/{service}", grpc_address),
            Route("offline.redis", "GET", "/_offline/redis", redis_address),
            Route("offline.faults.list", "GET", "/_offline/faults", list_faults),
            Route("offline.faults.inject", "POST", "/_offline/faults", inject_fault),
            Route("offline.faults.clear", "POST", "/_offline/faults:clear", clear_faults),
        )

    def close(self) -> None:
        """Nothing to release."""


def health(control: Control, request: Request) -> dict:
    """Says that this is the offline Google Cloud and that it answers."""
    return {"offline": True, "now": rfc3339(control.cloud.clock.now())}


def clock(control: Control, request: Request) -> dict:
    """The offline cloud's time."""
    return {"now": rfc3339(control.cloud.clock.now())}


def advance(control: Control, request: Request) -> dict:
    """Jump ahead by `seconds`, to see lifecycle rules and expiries act."""
    seconds = request.json().get("seconds")
    if not isinstance(seconds, (int, float)) or seconds <= 0:
        raise invalid(f"found seconds={seconds!r}, expected a positive number: the clock only moves ahead")
    return {"now": rfc3339(control.cloud.clock.advance(timedelta(seconds=seconds)))}


def usage(control: Control, request: Request) -> dict:
    """How often each operation was called, and the bytes that Google would bill."""
    return {"usage": dict(sorted(control.cloud.usage.items()))}


def grpc_address(control: Control, request: Request) -> dict:
    """Where a gRPC service listens; it is started by the first question."""
    name = request.params["service"]
    if name == "bigquerystorage":
        return {"address": control.cloud.service("bigquery").grpc_address()}
    if name not in GRPC_SERVICES:
        expected = ", ".join(("bigquerystorage", *GRPC_SERVICES))
        raise invalid(f"found gRPC service {name!r}, expected one of {expected}: no other is served over gRPC")
    return {"address": control.cloud.service("rpc").address}


def redis_address(control: Control, request: Request) -> dict:
    """Where the Redis server listens; it is started by the first question."""
    return {"address": control.cloud.service("redis").address}


def list_faults(control: Control, request: Request) -> dict:
    """The faults that were injected, how often each has struck and how often it still will."""
    return {"faults": control.cloud.faults.listed()}


def inject_fault(control: Control, request: Request) -> dict:
    """Let something go wrong: see `faults` for the kinds."""
    body = request.json()
    if unknown := body.keys() - {"kind", "operation", "times", "seconds", "detail"}:
        raise invalid(f"found {sorted(unknown)}, expected kind, operation, times, seconds and detail only")
    control.cloud.faults.inject(body.pop("kind", None), **body)
    return list_faults(control, request)


def clear_faults(control: Control, request: Request) -> dict:
    """Forget all faults."""
    control.cloud.faults.clear()
    return list_faults(control, request)


def open_service(cloud: OfflineCloud) -> Control:
    """Called by the cloud on the first request under `/_offline/`."""
    return Control(cloud)
