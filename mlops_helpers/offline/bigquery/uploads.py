"""Files sent with a load job: in one piece (multipart) or bit by bit (resumable).

A resumable upload writes to a file of its own; the job runs when the last byte has arrived, so that an upload that
breaks off leaves nothing in any table.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ..contract import check_body
from ..errors import gone, invalid
from ..wire import CHUNK_BYTES, Request, Response, parse_json, spool
from .jobs import run_job, shown

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import BigQuery

CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
MOST_OPEN = 100
HEAD_BYTES = 2**20  # the JSON part of a multipart upload must end within


@dataclass
class Upload:
    """A resumable upload on its way."""

    body: dict
    file: BinaryIO
    received: int = 0


class Uploads:
    """The resumable uploads that are not finished; the oldest is given up beyond `MOST_OPEN`."""

    def __init__(self, cloud: OfflineCloud) -> None:
        self._cloud = cloud
        self._open: dict[str, Upload] = {}

    def begin(self, body: dict) -> str:
        """Start an upload; returns its id."""
        name = self._cloud.next_id("upload")
        self._open[name] = Upload(body, spool(None, self._cloud.folder))
        while len(self._open) > MOST_OPEN:
            self.end(next(iter(self._open)))
        return name

    def find(self, name: str) -> Upload:
        """An unfinished upload. Raises ApiError 410."""
        if name not in self._open:
            raise gone(f"Upload {name!r} is not open: it was finished or never started. Start again.")
        return self._open[name]

    def close(self) -> None:
        """Give up all uploads."""
        for name in list(self._open):
            self.end(name)

    def end(self, name: str) -> None:
        """Forget an upload and its bytes."""
        self._open.pop(name).file.close()


def start(service: BigQuery, request: Request) -> dict | Response:
    """A multipart upload, which is a whole job, or the first request of a resumable one."""
    kind = request.query("uploadType")
    if kind == "multipart":
        return _multipart(service, request)
    if kind != "resumable":
        raise invalid(f"Invalid uploadType: found {kind!r}, expected multipart or resumable", location="uploadType")
    project = request.params["project"]
    name = service.uploads.begin(request.json())
    path = f"/upload/bigquery/v2/projects/{project}/jobs?uploadType=resumable&upload_id={name}"
    return Response(headers={"Location": request.base + path})


def _multipart(service: BigQuery, request: Request) -> dict:
    body, file = split_multipart(request, service.cloud.folder)
    check_body("bigquery", "Job", body)
    with file:
        return shown(run_job(service, request.params["project"], body, upload=file), request)


def split_multipart(request: Request, folder: str) -> tuple[dict, BinaryIO]:
    """The JSON part and the media part of a `multipart/related` request. Raises ApiError 400 when it is cut off."""
    found = re.search(r'boundary="?([^";]+)"?', request.headers.get("content-type", ""))
    if not found:
        raise invalid("Multipart upload without boundary: expected Content-Type multipart/related; boundary=...")
    boundary = b"--" + found[1].encode()
    request.body.seek(0)
    head = request.body.read(HEAD_BYTES)
    starts = [match.end() for match in re.finditer(re.escape(boundary) + rb"\r?\n", head)][:2]
    blanks = [re.compile(rb"\r?\n\r?\n").search(head, start) for start in starts]
    if len(starts) != 2 or None in blanks:
        raise invalid("Multipart upload: expected two parts, the job as JSON and the file")
    end = head.rindex(boundary, 0, starts[1])
    media = _media(request.body, blanks[1].end(), boundary, folder=folder)
    return parse_json(head[blanks[0].end() : end].strip()), media


def _media(body: BinaryIO, start: int, boundary: bytes, *, folder: str) -> BinaryIO:
    size = body.seek(0, os.SEEK_END)
    tail_start = max(start, size - len(boundary) - 8)
    body.seek(tail_start)
    tail = body.read()
    at = tail.rfind(boundary + b"--")
    if at < 0:
        raise invalid("Multipart upload is cut off: the closing boundary is missing. Nothing was loaded.")
    end = tail_start + at
    end -= 2 if tail[max(at - 2, 0) : at] == b"\r\n" else 1
    media = spool(end - start, folder)
    body.seek(start)
    _copy(body, media, end - start)
    return media


def _copy(source: BinaryIO, target: BinaryIO, length: int) -> None:
    while length > 0 and (piece := source.read(min(length, CHUNK_BYTES))):
        target.write(piece)
        length -= len(piece)


def proceed(service: BigQuery, request: Request) -> dict | Response:
    """The next bytes of a resumable upload; the job runs when all are there."""
    name = request.query("upload_id") or ""
    upload = service.uploads.find(name)
    length = request.body.seek(0, os.SEEK_END)
    found = CONTENT_RANGE.fullmatch(request.headers.get("content-range", f"bytes 0-{length - 1}/{length}"))
    if not found and length:
        raise invalid(
            f"Invalid Content-Range: found {request.headers.get('content-range')!r}, expected bytes a-b/total"
        )
    first, total = (found[1], found[3]) if found else (None, "0")
    if first is not None and int(first) != upload.received:
        return _resume(upload)
    request.body.seek(0)
    _copy(request.body, upload.file, length)
    upload.received += length
    if total == "*" or upload.received < int(total):
        return _resume(upload)
    try:
        return shown(run_job(service, request.params["project"], upload.body, upload=upload.file), request)
    finally:
        service.uploads.end(name)


def _resume(upload: Upload) -> Response:
    headers = {"Range": f"bytes=0-{upload.received - 1}"} if upload.received else {}
    return Response(status=308, headers=headers)
