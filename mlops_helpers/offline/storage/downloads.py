"""Downloads: whole objects, byte ranges, and gzip-encoded objects for clients that cannot unpack them.

Sources: RFC 9110 §14 (ranges), cloud.google.com/storage/docs/transcoding (decompressive transcoding).
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from ..errors import invalid, range_not_satisfiable
from ..wire import Request, Response, spool
from .model import Version
from .preconditions import not_modified
from .sent import refuse_encryption

if TYPE_CHECKING:
    from .service import Storage

RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")
INLINE_BYTES = 2**20
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Response headers that repeat a metadata field.
FIELD_HEADERS = {
    "Cache-Control": "cacheControl",
    "Content-Disposition": "contentDisposition",
    "Content-Language": "contentLanguage",
}


def download(storage: Storage, request: Request, version: Version) -> Response:
    """The bytes of a version, or the stretch that the `Range` header asks for.

    Raises ApiError 400, 412; a range beyond the end is answered with 416.
    """
    refuse_encryption(request)
    if not_modified(request, version):
        return Response(status=304)
    if must_unpack(request, version):
        return unpacked(storage, version)
    stretch = requested_range(request.headers.get("range"), version.content.size)
    headers = media_headers(version)
    if version.meta.get("contentEncoding"):
        headers["Content-Encoding"] = wire_text(version.meta["contentEncoding"])
    if stretch is None:
        return send(version, 0, version.content.size, status=200, headers=headers)
    first, stop = stretch
    if first >= stop:
        refusal = Response.error(range_not_satisfiable())
        refusal.headers["Content-Range"] = f"bytes */{version.content.size}"
        return refusal
    headers["Content-Range"] = f"bytes {first}-{stop - 1}/{version.content.size}"
    return send(version, first, stop, status=206, headers=headers)


def requested_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the byte after the last (first >= stop: nothing there); None when the whole object is meant.

    A header of another form is ignored, as RFC 9110 demands.

    >>> requested_range("bytes=2-", 10), requested_range("bytes=-3", 10), requested_range("bytes=8-99", 10)
    ((2, 10), (7, 10), (8, 10))
    """
    found = RANGE.fullmatch(header or "")
    if found is None or header == "bytes=-":
        return None
    if found["first"] == "":
        return max(0, size - int(found["last"])), size
    first, last = int(found["first"]), int(found["last"] or sys.maxsize)
    return (first, min(last + 1, size)) if first <= last else None


def send(version: Version, first: int, stop: int, *, status: int, headers: dict[str, str]) -> Response:
    """A stretch of the content: small ones at once, large ones streamed."""
    kind = content_type(version)
    if stop - first <= INLINE_BYTES:
        return Response(version.content.bytes(first, stop), status=status, headers=headers, content_type=kind)
    file = version.content.open(first, stop)
    return Response(file, status=status, headers=headers, content_type=kind, length=stop - first)


def media_headers(version: Version) -> dict[str, str]:
    """The headers that come with an object's bytes; the hashes are those of the stored bytes."""
    meta = version.meta
    md5 = f",md5={meta['md5Hash']}" if "md5Hash" in meta else ""
    headers = {
        "X-Goog-Hash": f"crc32c={meta['crc32c']}{md5}",
        "X-Goog-Generation": meta["generation"],
        "X-Goog-Metageneration": meta["metageneration"],
        "X-Goog-Storage-Class": meta["storageClass"],
        "X-Goog-Stored-Content-Length": meta["size"],
        "X-Goog-Stored-Content-Encoding": wire_text(meta.get("contentEncoding", "identity")),
        "ETag": meta["etag"],
        "Last-Modified": http_date(version.created),
        "Accept-Ranges": "bytes",
    }
    return headers | {name: wire_text(meta[field]) for name, field in FIELD_HEADERS.items() if field in meta}


def content_type(version: Version) -> str:
    """The type to announce; an object whose type was removed is bytes."""
    return wire_text(version.meta.get("contentType", "application/octet-stream"))


def http_date(moment: datetime) -> str:
    """A time as HTTP headers write it, in English whatever the locale."""
    return f"{DAYS[moment.weekday()]}, {moment.day:02d} {MONTHS[moment.month - 1]} {moment:%Y %H:%M:%S} GMT"


def wire_text(text: str) -> str:
    """Text for a header: its UTF-8 bytes, in the one-byte form that the wire takes."""
    return text.encode().decode("latin-1")


def must_unpack(request: Request, version: Version) -> bool:
    """Whether the object is stored packed although this client can only read it unpacked."""
    meta = version.meta
    asked = "gzip" in request.headers.get("accept-encoding", "")
    return meta.get("contentEncoding") == "gzip" and not asked and "no-transform" not in meta.get("cacheControl", "")


def unpacked(storage: Storage, version: Version) -> Response:
    """The whole object, unpacked: ranges do not apply to it."""
    file = spool(None, storage.cloud.folder)
    try:
        length = unpack(version.content.open(), file)
    except (OSError, EOFError, zlib.error) as problem:
        file.close()
        raise invalid(
            f"Cannot unpack {version.name}: its contentEncoding is gzip, but its bytes are not ({problem}). "
            "Upload gzip data, or clear contentEncoding."
        ) from None
    headers = {**media_headers(version), "Warning": "214 UploadServer gunzipped"}
    return Response(file, headers=headers, content_type=content_type(version), length=length)


def unpack(packed: BinaryIO, target: BinaryIO) -> int:
    """Unpack gzip data piece by piece into `target`, left at its start; returns the length."""
    with packed, gzip.GzipFile(fileobj=packed) as source:
        shutil.copyfileobj(source, target, 2**20)
    length = target.tell()
    target.seek(0)
    return length
