"""Multipart uploads of the XML interface: parts in any order, at once from many threads, joined at the end.

This is what `transfer_manager.upload_chunks_concurrently` uses. Nothing is visible before the upload is complete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..errors import ApiError, invalid
from ..wire import Request, Response
from .contents import Content
from .names import check_object_name
from .sent import sent_hashes
from .writes import check_hashes, write

if TYPE_CHECKING:
    from .service import Storage

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
MAX_PARTS = 10_000
MIN_PART_BYTES = 5 * 2**20
PART = re.compile(rb"<Part>(.*?)</Part>", re.DOTALL)
NUMBER = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")
ETAG = re.compile(rb"<ETag>\s*(?:&quot;|\")?([^<&\"]*)(?:&quot;|\")?\s*</ETag>")


@dataclass
class Assembly:
    """An upload under way: where it goes, with which metadata, and the parts so far by number."""

    number: str
    bucket: str
    body: dict
    created: datetime
    parts: dict[int, Content] = field(default_factory=dict)

    def discard(self) -> None:
        """Let go of the parts; their memory and files are released."""
        self.parts.clear()


def begin(storage: Storage, request: Request, body: dict) -> str:
    """Open an upload; the answer names its id."""
    name = check_object_name(body["name"])
    number = storage.cloud.next_id("multipart")
    storage.assemblies[number] = Assembly(number, request.params["bucket"], body, storage.cloud.clock.now())
    inside = f"<Bucket>{request.params['bucket']}</Bucket><Key>{escape(name)}</Key><UploadId>{number}</UploadId>"
    return f"<InitiateMultipartUploadResult {NAMESPACE}>{inside}</InitiateMultipartUploadResult>"


def find(storage: Storage, request: Request) -> Assembly:
    """The upload that `uploadId` names. Raises ApiError 404."""
    number = request.query("uploadId") or ""
    if number not in storage.assemblies:
        what = f"The requested upload was not found: {number!r}. It was completed or aborted; start again."
        raise ApiError(404, "NoSuchUpload", what)
    return storage.assemblies[number]


def put_part(storage: Storage, request: Request) -> Response:
    """Take one part; sent again, it replaces the earlier one."""
    upload, text = find(storage, request), request.query("partNumber") or ""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PARTS:
        raise invalid(f"Invalid partNumber: found {text!r}, expected a number from 1 to {MAX_PARTS}.")
    content = storage.contents.add(request.body)
    check_hashes(content, sent_hashes(request))
    upload.parts[int(text)] = content
    hashes = f"crc32c={content.crc32c},md5={content.md5}"
    return Response(headers={"ETag": f'"{part_tag(content)}"', "X-Goog-Hash": hashes})


def part_tag(content: Content) -> str:
    """The tag of a part: its MD5, as in Google's answer."""
    return content.md5


def complete(storage: Storage, request: Request) -> str:
    """Join the listed parts into the object. Raises ApiError 400 for missing, foreign, unordered or small parts."""
    upload, bucket = find(storage, request), storage.bucket(request.params["bucket"])
    parts = listed_parts(upload, request.data())
    writer = storage.contents.writer()
    for part in parts:
        with part.open() as file:
            writer.copy(file)
    body = upload.body | {"componentCount": len(parts)}
    version = write(storage, request, bucket, writer.finish(), body)
    del storage.assemblies[upload.number]
    inside = f"<Bucket>{bucket.name}</Bucket><Key>{escape(version.name)}</Key><ETag>{version.meta['etag']}</ETag>"
    return f"<CompleteMultipartUploadResult {NAMESPACE}>{inside}</CompleteMultipartUploadResult>"


def listed_parts(upload: Assembly, document: bytes) -> list[Content]:
    """The parts that the closing document names, checked against those that were sent."""
    listed = [(NUMBER.search(text), ETAG.search(text)) for text in PART.findall(document)]
    numbers = [int(number[1]) if number else 0 for number, _ in listed]
    if not numbers or numbers != sorted(set(numbers)):
        raise invalid(
            f"Invalid list of parts: found {numbers}, expected rising part numbers.", reason="InvalidPartOrder"
        )
    for number, (_, tag) in zip(numbers, listed, strict=True):
        part = upload.parts.get(number)
        if part is None or tag is None or tag[1].decode() != part_tag(part):
            raise invalid(
                f"Invalid part {number}: it was not sent, or its ETag differs. Send it again.", reason="InvalidPart"
            )
        if number != numbers[-1] and part.size < MIN_PART_BYTES:
            found = f"Part {number} is too small: found {part.size} bytes, expected at least {MIN_PART_BYTES}."
            raise invalid(f"{found} Only the last part may be smaller.", reason="EntityTooSmall")
    return [upload.parts[number] for number in numbers]


def abort(storage: Storage, request: Request) -> Response:
    """Abort an upload: its parts are released."""
    upload = find(storage, request)
    upload.discard()
    del storage.assemblies[upload.number]
    return Response(status=204)
