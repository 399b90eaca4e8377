"""While a session is offline nothing leaves this machine: not a look-up of a name, not a connection.

Python's sockets and gRPC (which brings its own) are guarded. A refused attempt raises `NotLoopback` at once, with a
sentence; left alone, Google's clients would retry a dead network for minutes.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import unquote

from .errors import NotLoopback
from .patches import Patches

LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "")


def is_loopback(host: Any) -> bool:
    """Whether a host name or address can only mean this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("storage.googleapis.com")
    (True, False)
    """
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    if text.lower().rstrip(".") in LOCAL_NAMES or text == socket.gethostname():
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def need_loopback(host: Any) -> None:
    """Raise NotLoopback unless the host is this machine."""
    if not is_loopback(host):
        remedy = 'Call session.close() first, or connect("google") if you mean the real Google Cloud.'
        raise NotLoopback(f"an attempt to reach {host!r} while offline", "an address of this machine only", remedy)


def grpc_host(target: str) -> str:
    """The host of a gRPC target such as `dns:///host:443` or `ipv4:127.0.0.1:8080`; unix sockets count as local."""
    text = unquote(target)
    if text.startswith("unix"):
        return "localhost"
    for scheme in ("dns:", "ipv4:", "ipv6:", "passthrough:"):
        text = text.removeprefix(scheme)
    host = text.rpartition("/")[2]
    return host.rpartition(":")[0].strip("[]") if ":" in host else host


def guard(patches: Patches) -> None:
    """Refuse every way out of this machine until `patches.restore()`."""
    _guard_connections(patches)
    _guard_names(patches)
    _guard_grpc(patches)


def _guard_connections(patches: Patches) -> None:
    for name in ("connect", "connect_ex"):
        patches.replace(socket.socket, name, _checked_connect(getattr(socket.socket, name)))


def _checked_connect(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            need_loopback(address[0])
        return original(self, address)

    return connect


def _guard_names(patches: Patches) -> None:
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patches.replace(socket, name, _checked_first(getattr(socket, name)))


def _checked_first(original: Any) -> Any:
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        need_loopback(host)
        return original(host, *args, **options)

    return look_up


def _guard_grpc(patches: Patches) -> None:
    import grpc
    import grpc.aio

    for module in (grpc, grpc.aio):
        for name in ("secure_channel", "insecure_channel"):
            patches.replace(module, name, _checked_channel(getattr(module, name)))


def _checked_channel(original: Any) -> Any:
    def channel(target: str, *args: Any, **options: Any) -> Any:
        need_loopback(grpc_host(target))
        return original(target, *args, **options)

    return channel
