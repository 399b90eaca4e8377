"""Partial responses: `fields=items(name,size),nextPageToken` keeps only what is named.

    fields    = selection ("," selection)*
    selection = name ("/" selection)? | name "(" fields ")" | "*"

A named field that the answer does not have is left out. Source: Google's "Performance tips" for its JSON interfaces.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError, invalid

TOKEN = re.compile(r"[A-Za-z0-9_.\-*]+|[(),/]")
MAX_DEPTH = 32
Tree = dict[str, "Tree"]


def select(value: dict, fields: str) -> dict:
    """The parts of a JSON object that `fields` names. Raises ApiError 400 for text that is not a selection."""
    return _pick(value, parse_fields(fields))


def parse_fields(fields: str) -> Tree:
    """The selection as a tree of names; an empty tree means "all below".

    >>> parse_fields("items(name,acl/role),kind")
    {'items': {'name': {}, 'acl': {'role': {}}}, 'kind': {}}
    """
    tokens = TOKEN.findall(fields)
    if "".join(tokens) != re.sub(r"\s", "", fields):
        raise _malformed(fields)
    tree, rest = _list(tokens, fields, depth=0)
    if rest:
        raise _malformed(fields)
    return tree


def _list(tokens: list[str], fields: str, *, depth: int) -> tuple[Tree, list[str]]:
    if depth > MAX_DEPTH:
        raise _malformed(fields)
    tree: Tree = {}
    while True:
        name, below, tokens = _selection(tokens, fields, depth=depth)
        tree[name] = tree.get(name, {}) | below
        if not tokens or tokens[0] != ",":
            return tree, tokens
        tokens = tokens[1:]


def _selection(tokens: list[str], fields: str, *, depth: int) -> tuple[str, Tree, list[str]]:
    if not tokens or tokens[0] in "(),/" or depth > MAX_DEPTH:
        raise _malformed(fields)
    name, rest = tokens[0], tokens[1:]
    if rest[:1] == ["/"]:
        below, tree, rest = _selection(rest[1:], fields, depth=depth + 1)
        return name, {below: tree}, rest
    if rest[:1] == ["("]:
        tree, rest = _list(rest[1:], fields, depth=depth + 1)
        if rest[:1] != [")"]:
            raise _malformed(fields)
        return name, tree, rest[1:]
    return name, {}, rest


def _pick(value: Any, tree: Tree) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_pick(item, tree) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _pick(value[name], below) for name, below in tree.items() if name in value}


def _malformed(fields: str) -> ApiError:
    message = f"Invalid field selection {fields!r}: expected names, such as 'items(name,size),nextPageToken'."
    return invalid(message, reason="invalidParameter", location="fields")
