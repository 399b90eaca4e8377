"""Queries: from where, which documents, in what order, between which cursors, how many, which of their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key, partial
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.types import RunQueryResponse, StructuredQuery

from ..errors import invalid, unsupported
from .conditions import compile_condition, field_of, inequality_fields
from .paths import NAME, segments
from .reads import masked
from .transactions import Documents, reading
from .values import key

if TYPE_CHECKING:
    from .service import Firestore

DESCENDING = StructuredQuery.Direction.DESCENDING


@dataclass(frozen=True)
class Order:
    """One field to sort by."""

    path: str
    descending: bool


def run_query(service: Firestore, request: Any) -> Iterator[Any]:
    """The documents that a query finds, one message each; without any, one message that tells the time."""
    if request.HasField("explain_options"):
        raise unsupported("firestore.RunQuery with explain_options")
    query = request.structured_query
    ask = asking(request.parent, query)
    transaction, documents, begun = reading(service, request)
    if transaction:
        transaction.questions.append(ask)
    answer = partial(RunQueryResponse.pb(), read_time=service.now())
    paths = [field.field_path for field in query.select.fields] if query.HasField("select") else None
    found = ask(documents)
    for position, document in enumerate(found):
        yield answer(document=masked(document, paths), transaction=b"" if position else begun)
    if not found:
        yield answer(transaction=begun)


def asking(parent: str, query: Any) -> Callable[[Documents], list[Any]]:
    """A query as a question that can be put to any set of documents. Raises ApiError 400 or 501 for a malformed one."""
    segments(parent)
    if query.HasField("find_nearest"):
        raise unsupported("firestore vector search (find_nearest)")
    if len(query.from_) != 1:
        raise invalid(f"A query must name exactly one collection selector: found {len(query.from_)}")
    if query.offset < 0 or query.limit.value < 0:
        raise invalid("limit and offset must not be negative")
    fits = compile_condition(query.where) if query.HasField("where") else lambda document: True
    orders = _orders(query)
    starts, ends = _cursor(query, "start_at", orders), _cursor(query, "end_at", orders)

    def ask(documents: Documents) -> list[Any]:
        found = [document for document in _sources(documents, parent, query.from_[0]) if fits(document)]
        found = [document for document in found if all(_has(document, order) for order in orders)]
        found.sort(key=cmp_to_key(partial(_compare, orders)))
        found = [document for document in found if starts(document) and ends(document)][query.offset :]
        return found[: query.limit.value] if query.HasField("limit") else found

    return ask


def _sources(documents: Documents, parent: str, selector: Any) -> Iterator[Any]:
    """The documents of a collection, or of all collections of that name below the parent (a collection group)."""
    prefix = f"{parent}/"
    for name, document in documents.items():
        if not name.startswith(prefix):
            continue
        parts = name[len(prefix) :].split("/")
        named = not selector.collection_id or parts[-2] == selector.collection_id
        if named and (selector.all_descendants or len(parts) == 2):
            yield document


def _orders(query: Any) -> list[Order]:
    """What to sort by: what the query says, then the fields of its inequalities, and at last the name."""
    orders = [Order(order.field.field_path, order.direction == DESCENDING) for order in query.order_by]
    last = orders[-1].descending if orders else False
    unsorted = {*inequality_fields(query.where)} - {order.path for order in orders} - {NAME}
    orders += [Order(path, last) for path in sorted(unsorted)]
    if NAME not in {order.path for order in orders}:
        orders.append(Order(NAME, last))
    return orders


def _has(document: Any, order: Order) -> bool:
    return field_of(document, order.path) is not None


def _compare(orders: list[Order], first: Any, second: Any) -> int:
    return _sign(orders, first, [key(field_of(second, order.path)) for order in orders])


def _sign(orders: list[Order], document: Any, keys: list[tuple]) -> int:
    """-1, 0 or 1: whether the document comes before, at or after a position given by some of the order's values."""
    for order, wanted in zip(orders, keys, strict=False):
        found = key(field_of(document, order.path))
        if found != wanted:
            return -1 if (found < wanted) != order.descending else 1
    return 0


def _cursor(query: Any, name: str, orders: list[Order]) -> Callable[[Any], bool]:
    """Whether a document is on the right side of a cursor; `before` says on which side of equal ones it stands."""
    if not query.HasField(name):
        return lambda document: True
    cursor = getattr(query, name)
    if len(cursor.values) > len(orders):
        raise invalid(f"{name} has {len(cursor.values)} values, expected at most one for each of {len(orders)} orders")
    keys = [key(value) for value in cursor.values]
    if name == "start_at":
        least = 0 if cursor.before else 1
        return lambda document: _sign(orders, document, keys) >= least
    most = -1 if cursor.before else 0
    return lambda document: _sign(orders, document, keys) <= most
