"""The offline Cloud Logging: entries that can be written, searched in Google's query language and deleted.

service    which RPC is answered by what: start reading there
entries    what an entry is; listing and deleting them
writing    writing entries, and what sinks make of them
matching   what a filter means for an entry
config     log-based metrics and sinks, as resources; a sink's export is refused in the log, as Google reports it

Reached by `google.cloud.logging` over gRPC (see `rpc`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Logging


def open_service(cloud: OfflineCloud) -> Logging:
    """Called by the cloud on the first call to Cloud Logging."""
    from .service import Logging

    return Logging(cloud)
