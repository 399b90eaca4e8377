"""Uploads in one request: simple (the body is the object) and multipart (metadata, then the object).

Nothing is visible before the last byte has arrived and its hashes are right.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from ..errors import invalid, unsupported
from ..wire import Request, Response, parse_json
from . import resumable
from .contents import Content
from .metadata import show
from .model import Bucket
from .sent import from_query, refuse_encryption, sent_hashes
from .writes import write

if TYPE_CHECKING:
    from .service import Storage

BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
HEAD_LIMIT = 2**20
PLAIN_ENCODINGS = ("binary", "8bit", "7bit")


def insert(storage: Storage, request: Request) -> dict | Response:
    """`objects.insert`: the kind of upload is in `uploadType`."""
    refuse_encryption(request)
    kinds = {"media": simple, "multipart": multipart, "resumable": resumable.start}
    kind = request.query("uploadType")
    if kind not in kinds:
        raise invalid(f"Invalid uploadType: found {kind!r}, expected one of {', '.join(kinds)}.", location="uploadType")
    return kinds[kind](storage, request, storage.bucket(request.params["bucket"]))


def simple(storage: Storage, request: Request, bucket: Bucket) -> dict:
    """The body is the object; its name is a query parameter."""
    body = from_query(request) | {"contentType": request.headers.get("content-type")} | sent_hashes(request)
    return store(storage, request, bucket, storage.contents.add(request.body), body)


def multipart(storage: Storage, request: Request, bucket: Bucket) -> dict:
    """The body is `multipart/related`: a JSON resource, then the bytes."""
    resource, media_type, length = split_related(request)
    content = storage.contents.add(request.body, length)
    body = from_query(request) | {"contentType": media_type} | sent_hashes(request)
    return store(storage, request, bucket, content, body | {key: v for key, v in resource.items() if v is not None})


def store(storage: Storage, request: Request, bucket: Bucket, content: Content, body: dict) -> dict:
    """Write the object and show it; the access list only to those who sent one or asked for it."""
    version = write(storage, request, bucket, content, body)
    return show(request, bucket, version, full=True if "acl" in body else None)


def split_related(request: Request) -> tuple[dict, str | None, int]:
    """The JSON resource, the media type and the length of the bytes; the body is left where the bytes begin.

    Only the first part is read into memory. Raises ApiError 400 for a body that is not of two parts.
    """
    found = BOUNDARY.search(request.headers.get("content-type", ""))
    if found is None:
        raise invalid("Invalid multipart request: found no boundary in Content-Type, expected multipart/related.")
    mark = b"--" + found[1].encode()
    body = request.body
    if body.readline(HEAD_LIMIT).rstrip() != mark:
        raise invalid(f"Invalid multipart request: expected the body to begin with {mark.decode(errors='replace')}.")
    part_headers(body)
    lines = []
    while (line := body.readline(HEAD_LIMIT)).rstrip() != mark:
        if not line:
            raise invalid("Invalid multipart request: found one part, expected a JSON resource and the bytes.")
        lines.append(line)
    described = part_headers(body)
    if described.get("content-transfer-encoding", "binary").lower() not in PLAIN_ENCODINGS:
        raise unsupported(f"Uploading bytes with Content-Transfer-Encoding {described['content-transfer-encoding']}")
    return parse_json(b"".join(lines)), described.get("content-type"), media_length(body, mark)


def part_headers(body: BinaryIO) -> dict[str, str]:
    """The headers of one part, up to its blank line."""
    headers = {}
    while (line := body.readline(HEAD_LIMIT).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return headers


def media_length(body: BinaryIO, mark: bytes) -> int:
    """How many bytes lie between here and the closing mark. The position stays."""
    start = body.tell()
    end = body.seek(0, 2)
    tail_at = max(start, end - len(mark) - 64)
    body.seek(tail_at)
    tail = body.read()
    body.seek(start)
    for newline in (b"\r\n", b"\n", b""):
        if (found := tail.rfind(newline + mark + b"--")) >= 0:
            return tail_at + found - start
    raise invalid("Invalid multipart request: found no closing boundary: the body is incomplete. Send it again.")
