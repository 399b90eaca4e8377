"""The XML interface, as far as Google's JSON clients use it: signed addresses, and the parts of a multipart upload.

    GET, HEAD, PUT, DELETE  /bucket/object      what a signed URL is opened with
    POST ...?uploads, PUT ...?partNumber=       a multipart upload, see `assembly`

Errors are XML documents with Google's code words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..errors import ApiError, invalid, range_not_satisfiable, unsupported
from ..wire import Request, Response
from . import assembly, objects
from .downloads import download, wire_text
from .sent import refuse_encryption, sent_hashes
from .signed import check_expiry
from .writes import write

if TYPE_CHECKING:
    from .service import Storage

Handler = Callable[["Storage", Request], Response]
# The first words of paths that belong to the JSON interface; nothing else in them is an object.
JSON_PATHS = ("storage", "upload", "download", "batch", "resumable")
CODES = {
    400: "InvalidArgument",
    403: "AccessDenied",
    404: "NoSuchKey",
    409: "InvalidBucketState",
    412: "PreconditionFailed",
    416: "InvalidRange",
    501: "NotImplemented",
}
FIELD_HEADERS = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-storage-class": "storageClass",
    "x-goog-custom-time": "customTime",
}
# In the XML interface preconditions are headers.
CONDITIONS = {
    "x-goog-if-generation-match": "ifGenerationMatch",
    "x-goog-if-metageneration-match": "ifMetagenerationMatch",
}


def speaks_xml(handler: Handler) -> Handler:
    """The handler, with the checks that all XML requests share and with errors as XML."""

    def answer(storage: Storage, request: Request) -> Response:
        if request.params["bucket"] in JSON_PATHS:
            raise unsupported(f"{request.method} {request.path}")
        try:
            check_expiry(request, storage.wall_clock())
            for header, query in CONDITIONS.items():
                if header in request.headers:
                    request.queries[query] = [request.headers[header]]
            return handler(storage, request)
        except ApiError as problem:
            return error_document(problem)

    return answer


def error_document(problem: ApiError, **headers: str) -> Response:
    """An error as the XML interface words it, with further headers."""
    word = problem.reason if problem.reason[:1].isupper() else CODES.get(problem.code, "InvalidArgument")
    text = f"<Error><Code>{word}</Code><Message>{escape(problem.message)}</Message></Error>"
    return document(text, status=problem.code, **headers)


def document(text: str, *, status: int = 200, **headers: str) -> Response:
    """An XML document as a response."""
    body = f"<?xml version='1.0' encoding='UTF-8'?>{text}".encode()
    return Response(body, status=status, headers=headers, content_type="application/xml; charset=UTF-8")


@speaks_xml
def get(storage: Storage, request: Request) -> Response:
    """The bytes of an object; also answers HEAD. A signed URL may name another type or disposition for the answer."""
    _, version = objects.locate(storage, request)
    response = download(storage, request, version)
    if response.status == 416:
        return error_document(range_not_satisfiable(), **response.headers)
    response.content_type = override(request, "response-content-type") or response.content_type
    if disposition := override(request, "response-content-disposition"):
        response.headers["Content-Disposition"] = disposition
    return response


def override(request: Request, name: str) -> str | None:
    """A header that the URL asks for. Raises ApiError 400 for control characters, which could forge other headers."""
    text = request.query(name)
    if text and any(ord(character) < 32 for character in text):
        raise invalid(f"Invalid {name}: found {text!r}, expected no control characters. Remove them.")
    return wire_text(text) if text else None


@speaks_xml
def put(storage: Storage, request: Request) -> Response:
    """Store the body as an object, or as a part of a multipart upload."""
    refuse_encryption(request)
    bucket = storage.bucket(request.params["bucket"])
    if request.query("partNumber") is not None:
        return assembly.put_part(storage, request)
    if "x-goog-copy-source" in request.headers:
        raise unsupported("Copying an object through the XML interface")
    body = described(request) | sent_hashes(request)
    version = write(storage, request, bucket, storage.contents.add(request.body), body)
    return Response(headers={"ETag": f'"{version.meta["etag"]}"', "X-Goog-Generation": version.generation})


@speaks_xml
def post(storage: Storage, request: Request) -> Response:
    """Begin or complete a multipart upload. Raises ApiError 501 for forms and resumable uploads."""
    refuse_encryption(request)
    storage.bucket(request.params["bucket"])
    if "uploads" in request.queries:
        return document(assembly.begin(storage, request, described(request)))
    if request.query("uploadId") is not None:
        return document(assembly.complete(storage, request))
    raise unsupported("HTML form uploads and resumable uploads through the XML interface")


@speaks_xml
def delete(storage: Storage, request: Request) -> Response:
    """Delete an object, or abort a multipart upload."""
    if request.query("uploadId") is not None:
        return assembly.abort(storage, request)
    return objects.remove(storage, request)


def described(request: Request) -> dict:
    """The metadata that the headers of an upload give."""
    headers = request.headers
    body = {field: headers[name] for name, field in FIELD_HEADERS.items() if name in headers}
    custom = {name.removeprefix("x-goog-meta-"): v for name, v in headers.items() if name.startswith("x-goog-meta-")}
    return {"name": request.params["object"], **body, **({"metadata": custom} if custom else {})}
