"""One filter on one document. A document without the field never fits, `!=` and `not-in` included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.cloud.firestore_v1.types import StructuredQuery
from google.cloud.firestore_v1.types.document import Value

from ..errors import invalid
from .paths import NAME, split_path, value_at
from .values import NULL, is_nan, key, kind_of, rank

Predicate = Callable[[Any], bool]
Op, Unary, Composite = (
    StructuredQuery.FieldFilter.Operator,
    StructuredQuery.UnaryFilter.Operator,
    StructuredQuery.CompositeFilter.Operator,
)
INEQUALITIES = {Op.LESS_THAN, Op.LESS_THAN_OR_EQUAL, Op.GREATER_THAN, Op.GREATER_THAN_OR_EQUAL, Op.NOT_EQUAL, Op.NOT_IN}
COMPARES: dict[int, Callable[[tuple, tuple], bool]] = {
    Op.LESS_THAN: lambda found, wanted: found < wanted,
    Op.LESS_THAN_OR_EQUAL: lambda found, wanted: found <= wanted,
    Op.GREATER_THAN: lambda found, wanted: found > wanted,
    Op.GREATER_THAN_OR_EQUAL: lambda found, wanted: found >= wanted,
}
MOST_VALUES = {Op.IN: 30, Op.ARRAY_CONTAINS_ANY: 30, Op.NOT_IN: 10}


def field_of(document: Any, path: str) -> Any | None:
    """The value of a field; `__name__` is the document itself, as a reference."""
    if path == NAME:
        return Value.pb()(reference_value=document.name)
    return value_at(document.fields, split_path(path))


def compile_condition(condition: Any) -> Predicate:
    """A predicate over documents. Raises ApiError 400 for a filter that Firestore refuses."""
    kind = condition.WhichOneof("filter_type")
    if kind == "composite_filter":
        parts = [compile_condition(part) for part in condition.composite_filter.filters]
        if condition.composite_filter.op == Composite.OR:
            return lambda document: any(part(document) for part in parts)
        return lambda document: all(part(document) for part in parts)
    if kind == "unary_filter":
        test = _unary(condition.unary_filter.op)
        path = condition.unary_filter.field.field_path
    else:
        test = _binary(condition.field_filter.op, condition.field_filter.value)
        path = condition.field_filter.field.field_path

    def holds(document: Any) -> bool:
        value = field_of(document, path)
        return value is not None and test(value)

    return holds


def _unary(operator: int) -> Predicate:
    tests: dict[int, Predicate] = {
        Unary.IS_NAN: is_nan,
        Unary.IS_NULL: lambda value: rank(value) == NULL,
        Unary.IS_NOT_NAN: lambda value: not is_nan(value),
        Unary.IS_NOT_NULL: lambda value: rank(value) != NULL,
    }
    if operator not in tests:
        raise invalid(f"Unknown unary operator {operator}")
    return tests[operator]


def _binary(operator: int, wanted: Any) -> Predicate:
    if operator in COMPARES:
        compare, place, held = COMPARES[operator], rank(wanted), key(wanted)
        return lambda value: rank(value) == place and not is_nan(value) and compare(key(value), held)
    if operator == Op.EQUAL:
        return lambda value: key(value) == key(wanted)
    if operator == Op.NOT_EQUAL:
        return lambda value: rank(value) != NULL and key(value) != key(wanted)
    if operator == Op.ARRAY_CONTAINS:
        return lambda value: key(wanted) in [key(item) for item in value.array_value.values]
    return _many(operator, wanted)


def _many(operator: int, wanted: Any) -> Predicate:
    """The operators that take a list: in, not-in, array-contains-any."""
    if operator not in MOST_VALUES:
        raise invalid(f"Unknown operator {operator}")
    name, items = Op(operator).name, list(wanted.array_value.values)
    if kind_of(wanted) != "array_value" or not items:
        raise invalid(f"'{name}' requires a non-empty ArrayValue.")
    if len(items) > MOST_VALUES[operator]:
        raise invalid(f"'{name}' supports up to {MOST_VALUES[operator]} comparison values.")
    keys, has_null = [key(item) for item in items], any(rank(item) == NULL for item in items)
    if operator == Op.IN:
        return lambda value: key(value) in keys
    if operator == Op.NOT_IN:
        return lambda value: not has_null and rank(value) != NULL and key(value) not in keys
    return lambda value: any(key(item) in keys for item in value.array_value.values)


def inequality_fields(condition: Any) -> Iterator[str]:
    """The fields whose order matters to the filter: a query is sorted by them unless it says otherwise."""
    kind = condition.WhichOneof("filter_type")
    if kind == "composite_filter":
        for part in condition.composite_filter.filters:
            yield from inequality_fields(part)
    elif kind == "unary_filter" and condition.unary_filter.op in (Unary.IS_NOT_NAN, Unary.IS_NOT_NULL):
        yield condition.unary_filter.field.field_path
    elif kind == "field_filter" and condition.field_filter.op in INEQUALITIES:
        yield condition.field_filter.field.field_path
