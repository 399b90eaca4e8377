"""Cloud Storage, offline: what the real `google.cloud.storage` client finds at the end of the wire.

    service     the state, and what other services (BigQuery) ask in Python
    routes      every operation, and what is refused by name
    model       Bucket and Version;  contents  the bytes
    buckets  settings  names  iam  access  acls          buckets and who may use them
    objects  metadata  preconditions  writes             objects and their versions
    uploads  resumable  sent  assembly                   bytes on their way in
    downloads  copying  rewriting                        ... out, and across
    listing  globs  partial                              lists
    lifecycle                                            rules that act as the offline clock passes
    xml  signed  batch                                   the other doors

Errors are `offline.errors.ApiError` with Google's status and reason words.

What is kept and shown but has no effect offline: CORS, website, logging, requester pays, access lists and IAM (nobody
is refused), and the signature of signed URLs (their expiry counts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .service import Storage

if TYPE_CHECKING:
    from ..state import OfflineCloud

__all__ = ["Storage", "open_service"]


def open_service(cloud: OfflineCloud) -> Storage:
    """Called by the cloud when Cloud Storage is first used."""
    return Storage(cloud)
