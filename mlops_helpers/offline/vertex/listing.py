"""Lists: filter, order and pages, the same for every collection.

Without `order_by` a list comes in the order of creation. A page token holds where the next page starts and a digest of
the query; a token of another query is refused, as the real service does.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from ..errors import invalid
from .filters import Functions, compile_filter, lookup
from .masks import select
from .rpcs import camel

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000


def answer(request: Any, kind: type, items: Sequence[dict], *, functions: Functions | None = None) -> dict[str, Any]:
    """The answer to a List request: the page of `items` it asks for, under the name that the answer's type gives it.

    `request` is the typed request, `kind` the protobuf class of the answer. Raises ApiError 400 for a filter, an order
    or a page token that cannot be read.
    """
    holds = compile_filter(getattr(request, "filter", ""), functions)
    found = ordered([item for item in items if holds(item)], getattr(request, "order_by", ""))
    field = next(field for field in kind.DESCRIPTOR.fields if field.is_repeated and field.message_type)
    shown, token = page(found, request)
    mask = request.read_mask if "read_mask" in request.DESCRIPTOR.fields_by_name else None
    result: dict[str, Any] = {field.json_name: [select(item, mask, field.message_type) for item in shown]}
    if token:
        result["nextPageToken"] = token
    return result


def ordered(items: list[dict], order_by: str) -> list[dict]:
    """The items by `"create_time desc, display_name"`. Raises ApiError 400 for another form."""
    for part in reversed([part.split() for part in order_by.split(",") if part.strip()]):
        name, direction = part[0], part[1].lower() if len(part) > 1 else "asc"
        if len(part) > 2 or direction not in ("asc", "desc"):
            raise invalid(
                f"Invalid order_by {order_by!r}: expected fields, each with asc or desc.", location="order_by"
            )
        items = sorted(items, key=lambda item: _key(lookup(item, camel(name))), reverse=direction == "desc")
    return items


def page(items: Sequence[Any], request: Any) -> tuple[Sequence[Any], str]:
    """One page and the token of the next one (empty at the end). Raises ApiError 400."""
    size = getattr(request, "page_size", 0)
    if size < 0:
        raise invalid(f"Invalid page_size: found {size}, expected a positive number.", location="page_size")
    size = min(size or DEFAULT_PAGE, LARGEST_PAGE)
    start = _start(request)
    token = _token(request, start + size) if start + size < len(items) else ""
    return items[start : start + size], token


def _start(request: Any) -> int:
    token = getattr(request, "page_token", "")
    if not token:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(token).decode().partition(":")[0])
    except ValueError:
        start = -1
    if start < 0 or token != _token(request, start):
        raise invalid(f"Invalid page_token {token!r}: it belongs to another list request.", location="page_token")
    return start


def _token(request: Any, start: int) -> str:
    asked = [str(getattr(request, name, "")) for name in ("parent", "name", "filter", "order_by")]
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(f"{start}:{digest}".encode()).decode()


def _key(value: Any) -> tuple[bool, float, str]:
    """Numbers by size, text by alphabet, missing values first."""
    if isinstance(value, (int, float)):
        return True, float(value), ""
    text = str(value or "")
    return (True, float(text), "") if text.isdigit() else (value is not None, 0.0, text)
