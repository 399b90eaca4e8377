"""The offline Firestore: documents, transactions, queries, aggregations and listeners, in memory.

service       which RPC is answered by what, and the state: start reading there
paths         names of documents, paths of fields
values        the order, equality and size of values
writes        preconditions, field transforms, limits; all of a commit or nothing
transactions  begin, check at commit, roll back
reads         documents and collections by name
queries       filters, order, cursors, limits;  conditions: one filter on one document
aggregation   count, sum, average
listening     streams of changes, for `on_snapshot`

Reached by `google.cloud.firestore` (also its asynchronous client) over gRPC (see `rpc`). Google asks for a composite
index for some queries; here every query runs. Documents of the past (`read_time`) are refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Firestore


def open_service(cloud: OfflineCloud) -> Firestore:
    """Called by the cloud on the first call to Firestore."""
    from .service import Firestore

    return Firestore(cloud)
