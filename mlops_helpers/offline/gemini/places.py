"""Small things that all of Gemini's resources need: where they live, pages, times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import ApiError, not_found
from ..wire import Request
from .requests import wrong

LARGEST_PAGE = 1000


def place_of(request: Request) -> str:
    """The project and location of a request: `projects/P/locations/R`."""
    return f"projects/{request.params['project']}/locations/{request.params['location']}"


def paged(request: Request, items: Iterable[dict[str, Any]], field: str) -> dict[str, Any]:
    """One page of a list, as `pageSize` and `pageToken` ask. Raises ApiError 400 for a malformed one."""
    found = list(items)
    try:
        size, start = int(request.query("pageSize") or LARGEST_PAGE), int(request.query("pageToken") or 0)
    except ValueError:
        raise wrong("page_token", request.query("pageToken"), "the nextPageToken of the page before") from None
    stop = start + min(size or LARGEST_PAGE, LARGEST_PAGE)
    page = {field: found[start:stop]} if found else {}
    return page | ({"nextPageToken": str(stop)} if stop < len(found) else {})


def missing(kind: str, name: str) -> ApiError:
    """404 for a resource that does not exist."""
    return not_found(f"The {kind} {name} does not exist. List them to see which do.")
