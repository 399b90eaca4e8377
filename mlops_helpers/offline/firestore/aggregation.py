"""Aggregations of a query's documents on the server: count, sum and average."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from google.cloud.firestore_v1.types import RunAggregationQueryResponse
from google.cloud.firestore_v1.types.document import Value

from ..errors import invalid, unsupported
from .conditions import field_of
from .queries import asking
from .transactions import reading
from .values import INT64, is_number, number, set_number

if TYPE_CHECKING:
    from .service import Firestore

MOST = 5


def run(service: Firestore, request: Any) -> Iterator[Any]:
    """One message with the value of each aggregation under its alias."""
    if request.HasField("explain_options"):
        raise unsupported("firestore.RunAggregationQuery with explain_options")
    query = request.structured_aggregation_query
    if not 1 <= len(query.aggregations) <= MOST:
        raise invalid(f"An aggregation query needs 1 to {MOST} aggregations: found {len(query.aggregations)}")
    ask = asking(request.parent, query.structured_query)
    transaction, documents, begun = reading(service, request)
    if transaction:
        transaction.questions.append(ask)
    found = ask(documents)
    response = RunAggregationQueryResponse.pb()(read_time=service.now(), transaction=begun)
    for position, aggregation in enumerate(query.aggregations, start=1):
        alias = aggregation.alias or f"field_{position}"
        response.result.aggregate_fields[alias].CopyFrom(_value(aggregation, found))
    yield response


def _value(aggregation: Any, documents: list[Any]) -> Any:
    """Only numbers take part in sum and average; the average of none is null, the sum of none 0."""
    kind, value = aggregation.WhichOneof("operator"), Value.pb()()
    if kind == "count":
        most = aggregation.count.up_to.value if aggregation.count.HasField("up_to") else len(documents)
        value.integer_value = min(len(documents), most)
        return value
    path = getattr(aggregation, kind).field.field_path
    numbers = [number(field) for field in (field_of(document, path) for document in documents) if is_number(field)]
    total = sum(numbers)
    if kind == "avg":
        set_number(value, total / len(numbers)) if numbers else setattr(value, "null_value", 0)
    else:
        set_number(value, float(total) if abs(total) >= INT64 else total)
    return value
