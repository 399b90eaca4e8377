"""Redis, as Memorystore serves it: fakeredis behind a loopback port of its own, started by the first question.

Any Redis client works: strings with expiry, hashes, lists, sets, sorted sets, streams, pipelines, transactions,
publish and subscribe. Expiry follows this machine's clock, as clients count real seconds. Scripts (EVAL) need an
optional part of fakeredis that the course does not install: Redis answers that it does not know the command.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .state import OfflineCloud

POLL_SECONDS = 0.02


class Redis:
    """A running Redis server. `address` is where it listens."""

    routes = ()  # nothing over HTTP

    def __init__(self) -> None:
        self._server: Any = _server()
        host, port = self._server.server_address
        self.address = f"{host}:{port}"
        threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def close(self) -> None:
        """End every connection and free the port."""
        self._server.shutdown()
        self._server.server_close()


def _server() -> Any:
    """fakeredis' server, changed in one place: it must not wait for a client that stays silent."""
    from fakeredis import TcpFakeServer

    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    server.daemon_threads = True
    return server


def open_service(cloud: OfflineCloud) -> Redis:
    """Called by the cloud when somebody asks where Redis listens."""
    return Redis()
