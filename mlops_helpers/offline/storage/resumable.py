"""Resumable uploads: opened by one request, fed by others, complete with the last byte.

Until then nothing is visible. The bytes so far are held by the `Upload` and released when it is finished, cancelled,
or when the cloud is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from ..errors import ApiError, gone, invalid
from ..wire import Request, Response
from . import preconditions
from .contents import Writer
from .metadata import show
from .model import Bucket
from .names import check_object_name
from .sent import from_query, sent_hashes
from .writes import write

if TYPE_CHECKING:
    from .service import Storage

CHUNK_MULTIPLE = 256 * 1024
CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")


@dataclass
class Upload:
    """A resumable upload: what was asked, the bytes so far, and the object it became, as it was shown."""

    bucket: str
    body: dict
    start: Request
    writer: Writer
    done: dict | None = None

    def discard(self) -> None:
        """Release the bytes of an upload that is not finished."""
        self.writer.discard()


def start(storage: Storage, request: Request, bucket: Bucket) -> Response:
    """Open a resumable upload: answers with the address that takes the bytes."""
    sent = {key: value for key, value in request.json().items() if value is not None}
    body = from_query(request) | {"contentType": request.headers.get("x-upload-content-type")} | sent
    preconditions.check(request, bucket.live(check_object_name(body.get("name"))))
    body = {key: value for key, value in body.items() if value is not None}
    number = storage.cloud.next_id("upload")
    storage.uploads[number] = Upload(bucket.name, body, request, storage.contents.writer())
    path = f"/upload/storage/v1/b/{quote(bucket.name)}/o?uploadType=resumable&upload_id={number}"
    return Response(headers={"Location": request.base + path, "X-GUploader-UploadID": number})


def find(storage: Storage, request: Request) -> Upload:
    """The upload that `upload_id` names. Raises ApiError 410 when it was cancelled or never existed."""
    number = request.query("upload_id") or ""
    if number not in storage.uploads:
        raise gone(f"Upload session {number!r} is gone: it was cancelled or never started. Start the upload again.")
    return storage.uploads[number]


def cancel(storage: Storage, request: Request) -> Response:
    """Cancel a resumable upload: its bytes are released at once."""
    find(storage, request).discard()
    del storage.uploads[request.query("upload_id")]
    return Response(status=499)


def proceed(storage: Storage, request: Request) -> dict | Response:
    """Take the next bytes, or tell how many there are; the last bytes make the object."""
    upload = find(storage, request)
    if upload.done is not None:
        return upload.done
    total = take_chunk(upload, request)
    if total is None or upload.writer.size < total:
        size = upload.writer.size
        return Response(status=308, headers={"Range": f"bytes=0-{size - 1}"} if size else {})
    return finish(storage, upload, request)


def take_chunk(upload: Upload, request: Request) -> int | None:
    """Append what is new of the request's bytes. Returns the total size, when the client knows it.

    Bytes sent twice are skipped. Raises ApiError 400 for a gap, or for a range that does not describe the body.
    """
    length = body_length(request.body)
    header = request.headers.get("content-range")
    if header is None:
        upload.writer.copy(request.body)
        return upload.writer.size
    found = CONTENT_RANGE.fullmatch(header)
    if found is None:
        raise invalid(f"Invalid Content-Range: found {header!r}, expected 'bytes first-last/total' or 'bytes */total'.")
    total = None if found["total"] == "*" else int(found["total"])
    if found["first"] is not None:
        check_chunk(int(found["first"]), int(found["last"]), length, total=total, held=upload.writer.size)
        request.body.seek(min(upload.writer.size - int(found["first"]), length))
        upload.writer.copy(request.body)
    return total


def check_chunk(first: int, last: int, length: int, *, total: int | None, held: int) -> None:
    """Raises ApiError 400 when a chunk leaves a gap, has another length than announced, or an odd size."""
    if first > held:
        raise invalid(
            f"Invalid request: found upload offset {first}, expected at most {held}: bytes are missing between."
        )
    if last - first + 1 != length:
        raise invalid(f"Invalid Content-Range: found a body of {length} bytes, expected {last - first + 1}.")
    if total is not None and last >= total:
        raise invalid(f"Invalid Content-Range: found last byte {last}, expected less than the total of {total}.")
    if length % CHUNK_MULTIPLE and (total is None or last + 1 != total):
        raise invalid(f"Invalid chunk: found {length} bytes, expected a multiple of {CHUNK_MULTIPLE} (256 KiB).")


def body_length(body: BinaryIO) -> int:
    """The size of a request's body; the position returns to its start."""
    length = body.seek(0, 2)
    body.seek(0)
    return length


def finish(storage: Storage, upload: Upload, request: Request) -> dict:
    """Make the object of a complete upload; one that is refused leaves nothing.

    The answer is remembered, without the bytes: a client that missed it may ask again.
    """
    announced = upload.start.headers.get("x-upload-content-length")
    if announced is not None and announced != str(upload.writer.size):
        raise invalid(f"Invalid upload: found {upload.writer.size} bytes, expected the announced {announced}.")
    try:
        bucket = storage.bucket(upload.bucket)
        body = upload.body | sent_hashes(request)
        version = write(storage, upload.start, bucket, upload.writer.finish(), body)
    except ApiError:
        upload.discard()
        del storage.uploads[request.query("upload_id")]
        raise
    upload.done = show(request, bucket, version)
    return upload.done
