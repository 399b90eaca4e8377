"""The one place that speaks HTTP: loopback only, a free port, one thread per connection.

`OfflineServer` reads a request, asks the cloud for the answer and writes it in one piece. It stands on the standard
library's HTTP server and replaces only its header parsing: the stock parser builds an e-mail message for every
request, which costs more than storing a small object.
"""

from __future__ import annotations

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO, Protocol

from .errors import invalid
from .state import OfflineCloud
from .wire import CHUNK_BYTES, Request, Response, spool

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
HOSTS = ("127.0.0.1", "localhost", "[::1]")
MAX_LINE = 2**16


class Answers(Protocol):
    """A cloud, or a door in front of one."""

    def answer(self, request: Request) -> Response:
        """The response to any request; never raises."""


class CutOff(ConnectionError):
    """The client went away in the middle of its request: nothing of it is used."""


class Handler(BaseHTTPRequestHandler):
    """One connection: read, answer, repeat until the client hangs up."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: OfflineServer

    def parse_request(self) -> bool:
        """Read the request line and the headers; False ends the connection."""
        self.close_connection = True
        words = self.raw_requestline.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return False
        self.command, self.path, self.request_version = words
        self.fields = {}
        while (line := self.rfile.readline(MAX_LINE)) not in (b"\r\n", b"\n"):
            name, separator, value = line.decode("latin-1").partition(":")
            if not separator:
                return False
            self.fields[name.strip().lower()] = value.strip()
        self.close_connection = self.fields.get("connection", "").lower() == "close"
        return True

    def handle_one_request(self) -> None:
        """Answer one request; a client that hangs up half-way leaves nothing behind."""
        try:
            self.raw_requestline = self.rfile.readline(MAX_LINE)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self._write(self._answer())
        except (ConnectionError, TimeoutError) as gone:
            log.debug("client went away: %s", gone)
            self.close_connection = True

    def _answer(self) -> Response:
        host = self.fields.get("host", LOOPBACK)
        if host.rsplit(":", 1)[0] not in HOSTS:
            self.close_connection = True
            return Response.error(
                invalid(f"found Host {host!r}, expected one of {HOSTS}: this server is loopback only")
            )
        if self.fields.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        with self._body() as body:
            return self.server.door.answer(Request(self.command, self.path, self.fields, body, host))

    def _body(self) -> BinaryIO:
        chunked = "chunked" in self.fields.get("transfer-encoding", "").lower()
        length = None if chunked else int(self.fields.get("content-length") or 0)
        body = spool(length, self.server.cloud.folder)
        try:
            self._receive(length, body)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def _receive(self, length: int | None, body: BinaryIO) -> None:
        if length is not None:
            return self._copy(length, body)
        while size := self._chunk_size():
            self._copy(size, body)
            self.rfile.readline(MAX_LINE)
        self.rfile.readline(MAX_LINE)

    def _chunk_size(self) -> int:
        line = self.rfile.readline(MAX_LINE).split(b";")[0].strip()
        try:
            return int(line, 16)
        except ValueError:
            raise CutOff(f"found {line[:20]!r} where a chunk's size was expected") from None

    def _copy(self, length: int, body: BinaryIO) -> None:
        while length:
            piece = self.rfile.read(min(length, CHUNK_BYTES))
            if not piece:
                raise CutOff(f"the body ended {length} bytes early")
            body.write(piece)
            length -= len(piece)

    def _write(self, response: Response) -> None:
        head = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        head += [f"Content-Type: {response.content_type}", f"Content-Length: {response.length}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        self.close_connection |= response.headers.get("Connection") == "close"
        start = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD":
            self.wfile.write(start)
        elif isinstance(response.body, bytes):
            self.wfile.write(start + response.body)
        else:
            self.wfile.write(start)
            self._stream(response.body, response.length)

    def _stream(self, body: BinaryIO, length: int) -> None:
        with body:
            while length and (piece := body.read(min(length, CHUNK_BYTES))):
                self.wfile.write(piece)
                length -= len(piece)

    def log_message(self, format: str, *args: object) -> None:
        """Log through the module's logger instead of writing to stderr."""
        log.debug(format, *args)


class OfflineServer(ThreadingHTTPServer):
    """An offline Google Cloud behind a free loopback port; a context manager that closes both.

    `door` answers in the cloud's place, and lets through what it thinks fit (`door.Door`).
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, cloud: OfflineCloud, *, port: int = 0, door: Answers | None = None) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.cloud = cloud
        self.door = door or cloud
        self.url = cloud.url = f"http://{LOOPBACK}:{self.server_port}"

    def start(self) -> OfflineServer:
        """Serve in a background thread; the port answers when this returns."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def close(self) -> None:
        """Stop answering, free the port, and delete everything the cloud holds."""
        self.shutdown()
        self.server_close()
        self.cloud.close()

    def __exit__(self, *exc: object) -> None:
        self.close()
