"""Services that speak gRPC: one server on one loopback port, for all of them, started by the first question.

    methods    every RPC of a service with its message types, read off the installed client
    server     the one adapter between gRPC and handlers that take and return messages
    threads    a thread for each call, none of which keeps Python from exiting
    errors     from a refusal to a gRPC status
    filters    the filter language of Google's list methods (AIP-160), as a tree
    paging     page sizes and page tokens
    resources  create, get, list, update, delete for plain named resources

A service behind it (`logging`, `monitoring`, `firestore`) has `transports`, the client's transport classes, and `rpcs`,
a table from the name of an RPC to its handler. What is in no table is refused by name with UNIMPLEMENTED.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .server import RpcServer


def open_service(cloud: OfflineCloud) -> RpcServer:
    """Called by the cloud when somebody asks where a gRPC service listens."""
    from .server import RpcServer

    return RpcServer(cloud)
