"""The order, the equality and the size of Firestore's values.

Values of different kinds are ordered by kind: null, boolean, number, time, text, bytes, reference, place, array, map;
NaN comes before all other numbers, and 1 equals 1.0.
Sources: https://firebase.google.com/docs/firestore/manage-data/data-types, .../firestore/storage-size
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

KINDS = (
    ("null_value",),
    ("boolean_value",),
    ("integer_value", "double_value"),
    ("timestamp_value",),
    ("string_value",),
    ("bytes_value",),
    ("reference_value",),
    ("geo_point_value",),
    ("array_value",),
    ("map_value",),
)
RANK = {name: rank for rank, names in enumerate(KINDS) for name in names}
NULL, NUMBER = RANK["null_value"], RANK["integer_value"]
INT64 = 2**63
DOCUMENT_OVERHEAD, NAME_OVERHEAD = 32, 16


def kind_of(value: Any) -> str:
    """Which field of the message is set: `integer_value`, `map_value`, ..."""
    return value.WhichOneof("value_type") or "null_value"


def rank(value: Any) -> int:
    """The place of the value's kind in the order of kinds."""
    return RANK[kind_of(value)]


def is_nan(value: Any) -> bool:
    """Whether the value is the number that equals nothing."""
    return kind_of(value) == "double_value" and math.isnan(value.double_value)


def key(value: Any) -> tuple:
    """A sort key: two values are equal if their keys are, and keys of any two values can be compared."""
    kind = kind_of(value)
    place = RANK[kind]
    if place == NUMBER:
        return (place, 0, 0) if is_nan(value) else (place, 1, number(value))
    if kind == "null_value":
        return (place,)
    if kind == "timestamp_value":
        return place, value.timestamp_value.ToNanoseconds()
    if kind == "reference_value":
        return place, value.reference_value.split("/")
    if kind == "geo_point_value":
        return place, value.geo_point_value.latitude, value.geo_point_value.longitude
    if kind == "array_value":
        return place, [key(item) for item in value.array_value.values]
    if kind == "map_value":
        return place, [(name, key(inner)) for name, inner in sorted(value.map_value.fields.items())]
    return place, getattr(value, kind)


def number(value: Any) -> int | float:
    """The number in a value that holds one."""
    return value.integer_value if kind_of(value) == "integer_value" else value.double_value


def is_number(value: Any | None) -> bool:
    """Whether there is a value and it is a number."""
    return value is not None and rank(value) == NUMBER


def set_number(value: Any, found: int | float) -> None:
    """Put a number into a value; whole numbers beyond 64 bits stop at the largest."""
    if isinstance(found, int):
        value.integer_value = max(-INT64, min(INT64 - 1, found))
    else:
        value.double_value = found


def text_size(text: str) -> int:
    """Bytes that Firestore counts for a text or a name."""
    return len(text.encode()) + 1


def name_size(parts: Iterable[str]) -> int:
    """Bytes that Firestore counts for a document's name, given as collections and ids in turn."""
    return sum(text_size(part) for part in parts) + NAME_OVERHEAD


def value_size(value: Any) -> int:
    """Bytes that Firestore counts for a value."""
    kind = kind_of(value)
    if kind in ("null_value", "boolean_value"):
        return 1
    if kind == "string_value":
        return text_size(value.string_value)
    if kind == "bytes_value":
        return len(value.bytes_value)
    if kind == "reference_value":
        return name_size(value.reference_value.partition("/documents/")[2].split("/"))
    if kind == "array_value":
        return sum(value_size(item) for item in value.array_value.values)
    if kind == "map_value":
        return fields_size(value.map_value.fields)
    return 16 if kind == "geo_point_value" else 8


def fields_size(fields: Any) -> int:
    """Bytes that Firestore counts for the fields of a document or of a map."""
    return sum(text_size(name) + value_size(value) for name, value in fields.items())
