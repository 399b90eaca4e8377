"""Requests are held against Google's published contract before a handler sees them.

An unknown field, a wrong type or an unknown query parameter is refused with 400, as Google does: a lesson that passes
here does not fail there for a misspelt key. The contracts (names and types only) are boiled down from Google's
discovery documents by `tools/wire_contract.py`.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from .errors import ApiError, invalid
from .wire import Request

# Sent by Google's own clients although the discovery documents do not list them.
UNLISTED = {"upload_id", "uploads", "partNumber", "uploadId", "formatOptions.useInt64Timestamp", "$alt", "projection"}
PLAIN = {"string": str, "boolean": bool, "integer": int, "number": (int, float)}


@cache
def contract(service: str) -> dict:
    """The contract of a service, or an empty one for services without a discovery document."""
    file = resources.files(__package__) / "contracts" / f"{service}.json"
    return json.loads(file.read_text()) if file.is_file() else {"methods": {}, "types": {}}


def check_request(operation: str, request: Request) -> None:
    """Refuse unknown query parameters and, for JSON bodies, unknown fields and wrong types.

    Raises ApiError 400 naming the field, what was found and what was expected.
    """
    service = operation.partition(".")[0]
    method = contract(service)["methods"].get(operation)
    if method is None:
        return
    for name in request.queries:
        if name not in method["query"] and name not in UNLISTED:
            raise invalid(f"Invalid query parameter {name!r} for {operation}", reason="invalidParameter", location=name)
    is_json = request.headers.get("content-type", "").startswith("application/json")
    if "request" in method and is_json and "upload_id" not in request.queries:
        check_body(service, method["request"], request.json())


def check_body(service: str, type_name: str, body: dict) -> None:
    """Refuse a body that is not a `type_name` of this service. Raises ApiError 400."""
    _check_fields(contract(service)["types"], type_name, body, at="")


def _check_fields(types: dict, type_name: str, body: dict, *, at: str) -> None:
    fields = types[type_name]
    for name, value in body.items():
        where = f"{at}.{name}" if at else name
        if name not in fields and value is None:
            continue  # Google's own clients send nulls for fields that only the service writes
        if name not in fields:
            place = at or type_name.lower()
            raise _wrong(
                f"Invalid JSON payload received. Unknown name {name!r} at {place!r}: Cannot find field.", where
            )
        if value is not None:
            _check_value(types, fields[name], value, at=where)


def _check_value(types: dict, kind: str, value: Any, *, at: str) -> None:
    if kind.startswith("[]"):
        _need(isinstance(value, list), "a list", value, at)
        for position, item in enumerate(value):
            _check_value(types, kind[2:], item, at=f"{at}[{position}]")
    elif kind.startswith("{}"):
        _need(isinstance(value, dict), "a map", value, at)
        for key, item in value.items():
            if item is not None:
                _check_value(types, kind[2:], item, at=f"{at}.{key}")
    elif kind.startswith("@"):
        _need(isinstance(value, dict), "an object", value, at)
        _check_fields(types, kind[1:], value, at=at)
    elif kind == "int64":
        _need(_is_int64(value), "an int64", value, at)
    elif kind in PLAIN:
        _need(_is_plain(value, kind), f"a {kind}", value, at)


def _is_int64(value: Any) -> bool:
    text = str(value)
    return not isinstance(value, (bool, float)) and text.removeprefix("-").isdigit() and abs(int(text)) < 2**64


def _is_plain(value: Any, kind: str) -> bool:
    if kind == "boolean" and isinstance(value, str):  # the clients send some booleans as text
        return value.lower() in ("true", "false")
    if kind in ("integer", "number") and isinstance(value, str):
        return value.replace(".", "", 1).removeprefix("-").isdigit()
    return isinstance(value, PLAIN[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _need(holds: bool, expected: str, value: Any, at: str) -> None:
    if not holds:
        raise _wrong(f"Invalid value at {at!r}: found {value!r}, expected {expected}", at)


def _wrong(message: str, at: str) -> ApiError:
    return invalid(message, location=at)
