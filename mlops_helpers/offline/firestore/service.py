"""Firestore's RPCs and what answers them, and the state they share. Everything else is refused by name."""

from __future__ import annotations

import queue
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport
from google.protobuf.timestamp_pb2 import Timestamp

from . import aggregation, listening, queries, reads, transactions, writes

if TYPE_CHECKING:
    from ..state import OfflineCloud

RPCS = {
    "GetDocument": reads.get_document,
    "BatchGetDocuments": reads.batch_get,
    "ListDocuments": reads.list_documents,
    "ListCollectionIds": reads.list_collections,
    "CreateDocument": writes.create_document,
    "UpdateDocument": writes.update_document,
    "DeleteDocument": writes.delete_document,
    "Commit": transactions.commit,
    "BatchWrite": writes.batch_write,
    "BeginTransaction": transactions.begin,
    "Rollback": transactions.rollback,
    "RunQuery": queries.run_query,
    "RunAggregationQuery": aggregation.run,
    "Listen": listening.listen,
}


class Firestore:
    """All documents by name. A stored document is never changed, only replaced: holding one is holding a version."""

    routes = ()
    transports = (FirestoreGrpcTransport,)
    rpcs = RPCS

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.documents: dict[str, Any] = {}
        self.transactions: OrderedDict[bytes, transactions.Transaction] = OrderedDict()
        self.listeners: set[queue.SimpleQueue] = set()

    def now(self) -> Timestamp:
        """The time of the last write: what a read is as of."""
        found = Timestamp()
        found.FromDatetime(self.cloud.clock.now().replace(tzinfo=None))
        return found

    def tick(self) -> Timestamp:
        """The time of a write."""
        self.cloud.clock.tick()
        return self.now()

    def keep(self, changed: dict[str, Any | None]) -> None:
        """Take over new versions (None deletes) at once, and wake the listeners."""
        for name, document in changed.items():
            if document is None:
                self.documents.pop(name, None)
            else:
                self.documents[name] = document
        for listener in list(self.listeners):
            listener.put(listening.CHANGED)

    def close(self) -> None:
        """End the listeners."""
        for listener in list(self.listeners):
            listener.put(listening.ENDED)
