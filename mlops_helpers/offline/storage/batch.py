"""Batch requests: up to a hundred calls in one, each answered as if it had come alone.

Body and answer are `multipart/mixed`; every part is an HTTP message. A part that fails does not stop the others.
Source: cloud.google.com/storage/docs/batch
"""

from __future__ import annotations

import io
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import ApiError, invalid, unsupported
from ..wire import Request, Response

if TYPE_CHECKING:
    from .service import Storage

MAX_CALLS = 100
BOUNDARY = "batch_offline"


def batch(storage: Storage, request: Request) -> Response:
    """Answer every call of a batch. Raises ApiError 400 when the body is not one, or too long."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.data())
    if not message.is_multipart():
        raise invalid("Invalid batch: expected a multipart/mixed body of HTTP messages.")
    parts = message.get_payload()
    if len(parts) > MAX_CALLS:
        raise invalid(f"The batch request holds {len(parts)} calls, expected at most {MAX_CALLS}. Split it.")
    answers = [wrap(part, answer(storage, request, part)) for part in parts]
    body = b"".join(answers) + f"--{BOUNDARY}--\r\n".encode()
    return Response(body, content_type=f"multipart/mixed; boundary={BOUNDARY}")


def answer(storage: Storage, request: Request, part: Message) -> Response:
    """The answer to one call."""
    try:
        return storage.cloud.answer(call(request, part))
    except ApiError as problem:
        return Response.error(problem)


def call(request: Request, part: Message) -> Request:
    """The HTTP message inside a part, as a request.

    Raises ApiError 400 for a malformed message, 501 for uploads and downloads: Google does not batch them either.
    """
    raw = part.get_payload(decode=True).replace(b"\r\n", b"\n").lstrip(b"\n")
    head, _, body = raw.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    words = first.split(" ")
    if len(words) < 2:
        raise invalid(f"Invalid call in a batch: found {first!r}, expected such as 'GET /storage/v1/b/name HTTP/1.1'.")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    address = urlsplit(words[1])
    target = address.path + (f"?{address.query}" if address.query else "")
    if not target.startswith("/storage/v1/") or "alt=media" in address.query:
        raise unsupported(f"{words[0]} {target} inside a batch")
    return Request(words[0], target, headers, io.BytesIO(body.strip()), request.host)


def wrap(part: Message, response: Response) -> bytes:
    """An answer as a part of the batch's answer, under the id of its call."""
    number = (part.get("Content-ID") or "").strip().strip("<>")
    lines = [
        f"--{BOUNDARY}",
        "Content-Type: application/http",
        f"Content-ID: <response-{number}>",
        "",
        f"HTTP/1.1 {response.status} {'OK' if response.status < 400 else 'Error'}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {response.length}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + response.body + b"\r\n"
