"""Requests and responses as values: handlers never see a socket.

Bodies above `SPOOL_BYTES` live in an unnamed temporary file, so that a large upload does not fill the memory.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

from .errors import ApiError, invalid

SPOOL_BYTES = 8 * 2**20
CHUNK_BYTES = 2**20


@dataclass
class Request:
    """What a client sent.

    `path` is still percent-encoded (object names may hold an encoded slash); `params` are filled in, decoded, by the
    router. `headers` have lower-case names. `host` is the address the client used, to build links it can follow.
    """

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: BinaryIO = field(default_factory=io.BytesIO)
    host: str = "127.0.0.1"
    params: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.path = parts.path
        self.queries = parse_qs(parts.query, keep_blank_values=True)
        self.method = self.headers.get("x-http-method-override", self.method)

    def query(self, name: str, default: str | None = None) -> str | None:
        """The last value given for a query parameter."""
        return self.queries[name][-1] if name in self.queries else default

    def flag(self, name: str) -> bool:
        """Whether a boolean query parameter is true (clients write `true` as well as `True`)."""
        return (self.query(name) or "").lower() == "true"

    def data(self) -> bytes:
        """The whole body; unpacked when the client says that it is gzip-encoded JSON."""
        self.body.seek(0)
        raw = self.body.read()
        packed = self.headers.get("content-encoding") == "gzip" and "json" in self.headers.get("content-type", "")
        return gzip.decompress(raw) if packed else raw

    def json(self) -> dict:
        """The body as a JSON object; `{}` for an empty body. Raises ApiError 400 for anything else."""
        return parse_json(self.data())

    @property
    def base(self) -> str:
        """The address links must start with, e.g. `http://127.0.0.1:49152`."""
        return f"http://{self.host}"


def parse_json(raw: bytes) -> dict:
    """A JSON object from bytes. Raises ApiError 400 that says where the text stops being JSON."""
    try:
        value = json.loads(raw or b"{}")
    except ValueError as problem:
        raise invalid(f"Parse Error: {problem}", reason="parseError") from None
    if not isinstance(value, dict):
        raise invalid(f"Parse Error: found a JSON {type(value).__name__}, expected an object", reason="parseError")
    return value


@dataclass
class Response:
    """What goes back: a dict becomes JSON, bytes go as they are, a file is streamed (`length` bytes of it)."""

    body: dict | bytes | BinaryIO = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=UTF-8"
    length: int | None = None

    def __post_init__(self) -> None:
        self.json = self.body if isinstance(self.body, dict) else None
        if self.json is not None:
            self.body = json.dumps(self.json).encode()
        if isinstance(self.body, bytes):
            self.length = len(self.body)
        if self.length is None:
            raise ValueError("a streamed body needs its length: pass length=")

    @classmethod
    def of(cls, result: dict | Response) -> Response:
        """What a handler returned, as a response."""
        return result if isinstance(result, Response) else cls(result)

    @classmethod
    def error(cls, problem: ApiError) -> Response:
        """Google's error envelope with the right status."""
        return cls(problem.envelope(), status=problem.code)


def spool(length: int | None, folder: str | None) -> BinaryIO:
    """An empty body buffer: in memory when known to be small, on disk otherwise."""
    if length is not None and length <= SPOOL_BYTES:
        return io.BytesIO()
    return tempfile.TemporaryFile(dir=folder)
