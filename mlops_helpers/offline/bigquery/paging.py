"""Lists come in pages: `maxResults` at a time, continued with `pageToken`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ..errors import invalid
from ..wire import Request

Item = TypeVar("Item")
PAGE = 50
LONGEST_NUMBER = 18  # digits, within int64


def page(items: Sequence[Item], request: Request, *, token_name: str = "nextPageToken") -> tuple[list[Item], dict]:
    """One page of a list and `{token_name: ...}`, empty on the last page. Raises ApiError 400 for a bad token."""
    start = whole_number(request, "pageToken", 0)
    size = whole_number(request, "maxResults", PAGE) or PAGE
    end = start + size
    return list(items[start:end]), ({token_name: str(end)} if end < len(items) else {})


def whole_number(request: Request, name: str, default: int) -> int:
    """A query parameter that counts something. Raises ApiError 400 unless it is a number from 0."""
    text = request.query(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise invalid(f"Invalid value for {name}: found {text!r}, expected a whole number from 0", location=name)
    return int(text)
