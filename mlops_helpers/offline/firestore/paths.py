"""Names of documents, and paths of fields within them.

A document's name: `projects/p/databases/(default)/documents/users/ada/orders/7`, collections and documents in turn.
A field's path: names joined by dots, a name that is no plain word in back quotes: `address.`zip code``.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError, invalid, not_found

ROOT = re.compile(r"(projects/[^/]+/databases/([^/]+)/documents)(?:/(.+))?")
RESERVED = re.compile(r"__.*__", re.DOTALL)
FIELD_NAME = re.compile(r"`((?:[^`\\]|\\.)*)`|([^.`]+)", re.DOTALL)
LONGEST_ID = 1500
NAME = "__name__"


def segments(name: str) -> tuple[str, list[str]]:
    """The root (`projects/.../documents`) and the collections and ids below it.

    Raises ApiError 400 for anything else, 404 for a database other than `(default)`: none can be created here.
    """
    found = ROOT.fullmatch(name)
    if found is None:
        raise invalid(f"Invalid resource name {name!r}: expected projects/P/databases/(default)/documents/...")
    if found[2] != "(default)":
        raise not_found(f"The database {found[2]} does not exist for project {name.split('/')[1]}: use (default)")
    return found[1], found[3].split("/") if found[3] else []


def check_database(name: str) -> None:
    """Raise ApiError unless this is `projects/P/databases/(default)`."""
    segments(f"{name}/documents")


def check_document(name: str) -> None:
    """Raise ApiError 400 unless the name is that of a document whose parts Firestore allows."""
    _, parts = segments(name)
    if not parts or len(parts) % 2:
        raise invalid(f"Document name {name!r} has {len(parts)} parts, expected an even number: collection and id")
    for part in parts:
        if part in ("", ".", ".."):
            raise invalid(f"Document name {name!r} contains {part!r}: no part may be empty, '.' or '..'")
        if RESERVED.fullmatch(part):
            raise invalid(f'Resource id "{part}" is invalid because it is reserved.')
        if len(part.encode()) > LONGEST_ID:
            raise invalid(f"Resource id is {len(part.encode())} bytes long, expected at most {LONGEST_ID}")


def split_path(path: str) -> list[str]:
    """The names in a field's path. Raises ApiError 400 for a malformed one.

    >>> split_path("address.`zip.code`")
    ['address', 'zip.code']
    """
    names, at = [], 0
    while at <= len(path):
        found = FIELD_NAME.match(path, at)
        if found is None or (found.end() < len(path) and path[found.end()] != "."):
            raise _malformed(path)
        names.append(re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2])
        at = found.end() + 1
    return names


def _malformed(path: str) -> ApiError:
    return invalid(f"Invalid property path {path!r}: expected names joined by dots, other characters in back quotes")


def value_at(fields: Any, names: list[str]) -> Any | None:
    """The value that a path leads to through nested maps, or None."""
    for name in names[:-1]:
        if name not in fields or fields[name].WhichOneof("value_type") != "map_value":
            return None
        fields = fields[name].map_value.fields
    return fields.get(names[-1])


def put_value(fields: Any, names: list[str], value: Any | None) -> None:
    """Set what a path leads to, making maps on the way; None deletes it."""
    for name in names[:-1]:
        if value is None and name not in fields:
            return
        if fields[name].WhichOneof("value_type") != "map_value":
            fields[name].map_value.SetInParent()
        fields = fields[name].map_value.fields
    if value is None:
        fields.pop(names[-1], None)
    else:
        fields[names[-1]].CopyFrom(value)
