"""Page sizes and page tokens, the same for every list method. A token is the number of items already given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import invalid

MOST = 1000


def page(items: Sequence[Any], request: Any, *, default: int = MOST, most: int = MOST) -> tuple[Sequence[Any], str]:
    """The items of the page that `request.page_size` and `request.page_token` ask for, and the next page's token.

    A size of 0 means `default`, a larger one than `most` is cut, as Google does. Raises ApiError 400 for a token that
    was never given.
    """
    if request.page_size < 0:
        raise invalid(f"page_size must not be negative: found {request.page_size}")
    token = request.page_token
    if token and not (token.isdigit() and int(token) <= len(items)):
        raise invalid(f"page_token is invalid: found {token!r}, expected the next_page_token of the page before")
    start = int(token or 0)
    end = start + min(request.page_size or default, most)
    return items[start:end], str(end) if end < len(items) else ""
