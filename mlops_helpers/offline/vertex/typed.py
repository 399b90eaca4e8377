"""Between JSON and the client's own protobuf types: strict on the way in, and on the way out.

On the way in an unknown field or a wrong type is a 400 in Google's words. On the way out an answer that does not fit
the type of the RPC is our own fault, never the caller's: it would be the client that fails to read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from ..errors import ApiError, invalid
from ..wire import Request
from .rpcs import Rpc

UNKNOWN_FIELD = re.compile(r'has no field named "([^"]*)"(?: at "([^"]*)")?')
BOOKKEEPING = {"createTime", "updateTime", "etag"}
SYSTEM_QUERIES = {"alt", "key", "prettyPrint", "quotaUser", "access_token"}


def parse(fields: Mapping[str, Any], kind: type) -> Any:
    """A message of type `kind` from its JSON. Raises ApiError 400 that names the field at fault."""
    try:
        return ParseDict(dict(fields), kind())
    except (ParseError, ValueError, TypeError) as problem:
        raise _refusal(problem) from None


def to_json(message: Any) -> dict[str, Any]:
    """A message as JSON, with Google's field names; fields that have their default value are left out."""
    return MessageToDict(message)


def decode(rpc: Rpc, request: Request, variables: Mapping[str, str]) -> Any:
    """The typed request: body, query parameters and the URL's variables together. Raises ApiError 400."""
    kind = rpc.request_type
    if "http_body" in kind.DESCRIPTOR.fields_by_name:
        return _raw(kind, request, variables)
    body = next(binding.body for binding in rpc.bindings if binding.method == request.method)
    fields = request.json() if body == "*" else {body: request.json()} if body else {}
    for name, values in request.queries.items():
        if not name.startswith("$") and name not in SYSTEM_QUERIES:
            _set_query(fields, kind.DESCRIPTOR, name.split("."), values)
    return _with_variables(parse(fields, kind), variables)


def _raw(kind: type, request: Request, variables: Mapping[str, str]) -> Any:
    """A request whose body is the caller's own, in whatever format: it is kept as bytes."""
    message = kind()
    message.http_body.data = request.data()
    message.http_body.content_type = request.headers.get("content-type", "")
    return _with_variables(message, variables)


def _with_variables(message: Any, variables: Mapping[str, str]) -> Any:
    """The message with what stood in the URL; a dotted name (`endpoint.name`) reaches into a nested message."""
    for name, value in variables.items():
        *path, last = name.split(".")
        owner = message
        for part in path:
            owner = getattr(owner, part)
        setattr(owner, last, value)
    return message


def encode(rpc: Rpc, answer: Mapping[str, Any], *, result: bool = False) -> dict[str, Any]:
    """An answer as the client's own type writes it. `result` takes the type a long-running RPC ends in.

    A resource may have been written through the other version of the API: a field that only that version has is left
    out. Raises TypeError for a field that neither version has: the behaviour is wrong, not the request.
    """
    kind = rpc.result_type if result else rpc.response_type
    answer = without_bookkeeping(answer, kind.DESCRIPTOR)
    try:
        return MessageToDict(ParseDict(answer, kind()))
    except (ParseError, ValueError, TypeError) as problem:
        sibling = rpc.sibling()
        if sibling is None or not _fits(answer, sibling.result_type if result else sibling.response_type):
            raise TypeError(f"the answer of {rpc.key} is no {kind.DESCRIPTOR.full_name}: {problem}") from problem
    return MessageToDict(ParseDict(answer, kind(), ignore_unknown_fields=True))


def without_bookkeeping(answer: Mapping[str, Any], descriptor: Any) -> dict[str, Any]:
    """The answer without the times and etags that the store keeps, where this type does not have them."""
    fields, found = descriptor.fields_by_camelcase_name, {}
    for name, value in answer.items():
        known = fields.get(name)
        if known is None and name in BOOKKEEPING:
            continue
        nested = known.message_type if known is not None else None
        if nested is None or nested.file.package == "google.protobuf" or nested.GetOptions().map_entry:
            found[name] = value
        elif isinstance(value, list):
            found[name] = [without_bookkeeping(item, nested) for item in value]
        else:
            found[name] = without_bookkeeping(value, nested)
    return found


def _fits(answer: Mapping[str, Any], kind: type) -> bool:
    try:
        ParseDict(dict(answer), kind())
    except (ParseError, ValueError, TypeError):
        return False
    return True


def _set_query(fields: dict[str, Any], descriptor: Any, path: list[str], values: list[str]) -> None:
    """Put `a.b=value` into the request's JSON; the type decides about lists, booleans and numbers."""
    name, *rest = path
    known = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
    if known is None:
        raise invalid(
            f"Invalid JSON payload received. Unknown name {name!r}: Cannot bind query parameter. "
            f"Field {name!r} could not be found in request message.",
            location=name,
        )
    if rest:
        _set_query(fields.setdefault(name, {}), known.message_type, rest, values)
    else:
        found = [_scalar(known, value) for value in values]
        fields[name] = found if known.is_repeated else found[-1]


def _scalar(known: Any, value: str) -> Any:
    if known.cpp_type == known.CPPTYPE_BOOL:
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _refusal(problem: Exception) -> ApiError:
    text = " ".join(str(problem).split())
    if found := UNKNOWN_FIELD.search(text):
        name, place = found[1], found[2]
        where = f" at {_path(place)!r}" if place and "." in place else ""
        message = f"Invalid JSON payload received. Unknown name {name!r}{where}: Cannot find field."
        return invalid(message, location=name)
    return invalid(f"Invalid value: {text}")


def _path(place: str) -> str:
    """`UploadModelRequest.model.labels` without the type it starts with."""
    return place.partition(".")[2]
