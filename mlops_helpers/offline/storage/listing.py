"""Lists of objects: prefix, delimiter, glob, range of names, versions, pages.

Objects and prefixes ("folders") come in the order of their names and count together towards a page. A page token holds
the last name that was given, so that a list stays right while objects come and go.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import ApiError, invalid, unsupported
from ..wire import Request
from .globs import compile_glob
from .metadata import show
from .model import Bucket, Version

if TYPE_CHECKING:
    from .service import Storage

MAX_PAGE = 1000
# Where a prefix stands among the versions of an object of the same name: before them.
PREFIX_PLACE = -1


@dataclass(frozen=True)
class Query:
    """What a list is asked for. `after` is the place after which the page begins, as (name, generation)."""

    prefix: str = ""
    delimiter: str = ""
    trailing: bool = False
    start: str = ""
    end: str = ""
    glob: re.Pattern[str] | None = None
    versions: bool = False
    soft_deleted: bool = False
    after: tuple[str, int] = ("", PREFIX_PLACE - 1)

    @classmethod
    def of(cls, request: Request) -> Query:
        """The query of a request. Raises ApiError 400 or 501 for what cannot be combined or is not offered."""
        glob, delimiter = request.query("matchGlob"), request.query("delimiter") or ""
        if request.query("filter") or request.flag("includeFoldersAsPrefixes"):
            raise unsupported("Listing objects with filter or includeFoldersAsPrefixes")
        if glob and delimiter not in ("", "/"):
            raise invalid(f"Invalid delimiter: found {delimiter!r}, expected '/' or none together with matchGlob.")
        if request.flag("versions") and request.flag("softDeleted"):
            raise invalid("Found versions and softDeleted together, expected one of them. Ask for one list at a time.")
        return cls(
            prefix=request.query("prefix") or "",
            delimiter=delimiter,
            trailing=request.flag("includeTrailingDelimiter"),
            start=request.query("startOffset") or "",
            end=request.query("endOffset") or "",
            glob=compile_glob(glob) if glob else None,
            versions=request.flag("versions"),
            soft_deleted=request.flag("softDeleted"),
            after=parse_token(request.query("pageToken")),
        )


@dataclass(frozen=True)
class Entry:
    """One line of a list: a version, or (without version) a prefix."""

    name: str
    version: Version | None = None

    @property
    def place(self) -> tuple[str, int]:
        """Where the entry stands in the list."""
        return self.name, PREFIX_PLACE if self.version is None else int(self.version.generation)


def list_objects(storage: Storage, request: Request) -> dict:
    """`objects.list`."""
    bucket = storage.bucket(request.params["bucket"])
    size, query = page_size(request), Query.of(request)
    found = list(islice((e for e in entries(bucket, query) if e.place > query.after), size + 1))
    page = found[:size]
    shown = {
        "kind": "storage#objects",
        "items": [show(request, bucket, entry.version) for entry in page if entry.version is not None],
        "prefixes": [entry.name for entry in page if entry.version is None],
        "nextPageToken": make_token(page[-1].place) if len(found) > size else None,
    }
    return {name: value for name, value in shown.items() if value}


def entries(bucket: Bucket, query: Query) -> Iterator[Entry]:
    """All lines of a list, in order, from about where the page begins."""
    candidates = soft_deleted(bucket) if query.soft_deleted else bucket.objects
    names = sorted(candidates) if query.soft_deleted else bucket.names
    last_prefix = None
    for position in range(bisect_left(names, max(query.prefix, query.start, query.after[0])), len(names)):
        name = names[position]
        if not name.startswith(query.prefix) or (query.end and name >= query.end):
            break
        versions = [v for v in candidates[name] if query.versions or query.soft_deleted or v.retired is None]
        folder = folder_of(name, query)
        if versions and folder is not None and folder != last_prefix and matches(folder, query):
            last_prefix = folder
            yield Entry(folder)
        if matches(name, query) and (folder is None or (query.trailing and name == folder)):
            yield from (Entry(name, version) for version in versions)


def folder_of(name: str, query: Query) -> str | None:
    """The prefix that stands for a name: up to the first delimiter after the asked prefix; None without one."""
    if not query.delimiter:
        return None
    at = name.find(query.delimiter, len(query.prefix))
    return None if at < 0 else name[: at + len(query.delimiter)]


def matches(name: str, query: Query) -> bool:
    """Whether a name or prefix fits the glob, if there is one."""
    return query.glob is None or query.glob.fullmatch(name) is not None


def soft_deleted(bucket: Bucket) -> dict[str, list[Version]]:
    """The soft-deleted versions by name, oldest first."""
    found: dict[str, list[Version]] = {}
    for version in sorted(bucket.soft_deleted, key=lambda v: int(v.generation)):
        found.setdefault(version.name, []).append(version)
    return found


def page_size(request: Request) -> int:
    """`maxResults`, at most 1000. Raises ApiError 400 for less than 1."""
    text = request.query("maxResults")
    if text is not None and (not text.isdecimal() or int(text) < 1):
        raise invalid(
            f"Invalid maxResults: found {text!r}, expected a number from 1 to {MAX_PAGE}.", location="maxResults"
        )
    return min(int(text or MAX_PAGE), MAX_PAGE)


def make_token(place: tuple[str, int]) -> str:
    """A page token: the last place that was given."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def parse_token(token: str | None) -> tuple[str, int]:
    """The place in a page token; before everything without one. Raises ApiError 400 for a token we did not give."""
    if not token:
        return "", PREFIX_PLACE - 1
    try:
        name, generation = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        return str(name), int(generation)
    except (ValueError, TypeError, binascii.Error):
        raise _bad_token(token) from None


def _bad_token(token: str) -> ApiError:
    message = f"Invalid pageToken: found {token!r}, expected the nextPageToken of the page before."
    return invalid(message, location="pageToken")
