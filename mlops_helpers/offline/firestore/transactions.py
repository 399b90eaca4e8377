"""Transactions: reads see the documents as they were when it began; a commit fails if what was read has changed since.

Google's servers lock what a transaction reads, or check it at the end (optimistic). Here it is always checked at the
end: the first to commit wins, the other gets ABORTED, and the client runs the transaction again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.types import BeginTransactionResponse

from ..errors import invalid, unsupported
from ..rpc.errors import aborted
from .paths import check_database
from .writes import apply_all

if TYPE_CHECKING:
    from .service import Firestore

Documents = dict[str, Any]
Question = Callable[[Documents], list[Any]]
MOST_OPEN = 1000
CONTENTION = "Too much contention on these documents. Please try again."


@dataclass
class Transaction:
    """The documents as they were at the beginning, what was read of them, and the questions that were asked."""

    documents: Documents
    read_only: bool
    names: set[str] = field(default_factory=set)
    questions: list[Question] = field(default_factory=list)

    def is_current(self, documents: Documents) -> bool:
        """Whether everything that was read would be read again."""
        same = all(documents.get(name) is self.documents.get(name) for name in self.names)
        return same and all(_same(ask(documents), ask(self.documents)) for ask in self.questions)


def _same(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(one is other for one, other in zip(first, second, strict=True))


def begin(service: Firestore, request: Any) -> Any:
    """A new transaction."""
    check_database(request.database)
    return BeginTransactionResponse.pb()(transaction=start(service, request.options))


def start(service: Firestore, options: Any) -> bytes:
    """Begin a transaction and answer its id. The oldest open one is forgotten when there are too many.

    A restarted server has none, and must not give the id of one that a client still holds.
    """
    if options.read_only.HasField("read_time"):
        raise unsupported("firestore.BeginTransaction with read_time")
    read_only = options.WhichOneof("mode") == "read_only"
    token = service.cloud.next_id(f"transaction {service.cloud.restarts}").encode()
    service.transactions[token] = Transaction(dict(service.documents), read_only)
    while len(service.transactions) > MOST_OPEN:
        service.transactions.popitem(last=False)
    return token


def reading(service: Firestore, request: Any) -> tuple[Transaction | None, Documents, bytes]:
    """What a read is about: its transaction if it has one, the documents to read, the id of a transaction it begins."""
    selector = request.WhichOneof("consistency_selector")
    if selector == "read_time":
        raise unsupported(f"{request.DESCRIPTOR.name} with read_time")
    if selector is None:
        return None, service.documents, b""
    token = start(service, request.new_transaction) if selector == "new_transaction" else request.transaction
    found = _open(service, token)
    return found, found.documents, token if selector == "new_transaction" else b""


def commit(service: Firestore, request: Any) -> Any:
    """Apply the writes, unless the transaction's reads are out of date: then ABORTED."""
    check_database(request.database)
    if request.transaction:
        found = _open(service, request.transaction)
        del service.transactions[request.transaction]
        if found.read_only and request.writes:
            raise invalid("Cannot modify entities in a read-only transaction.")
        if not found.read_only and not found.is_current(service.documents):
            raise aborted(CONTENTION)
    return apply_all(service, request.writes)


def rollback(service: Firestore, request: Any) -> None:
    """Forget a transaction; one that is over already is fine, as clients roll back after a failed commit."""
    check_database(request.database)
    service.transactions.pop(request.transaction, None)


def _open(service: Firestore, token: bytes) -> Transaction:
    if token not in service.transactions:
        raise invalid("The referenced transaction has expired or is no longer valid.")
    return service.transactions[token]
