"""What an upload says about its object outside of the JSON resource: in query parameters and headers."""

from __future__ import annotations

from ..errors import unsupported
from ..wire import Request

KEY_HEADERS = ("x-goog-encryption-", "x-goog-copy-source-encryption-")


def refuse_encryption(request: Request) -> None:
    """Refuse, by name, keys of the customer. Raises ApiError 501."""
    keyed = any(name.startswith(KEY_HEADERS) for name in request.headers)
    if keyed or request.query("kmsKeyName") or request.query("destinationKmsKeyName"):
        raise unsupported("Objects encrypted with keys of the customer (CSEK, CMEK)")


def from_query(request: Request) -> dict:
    """Metadata that may be given as query parameters."""
    found = {"name": request.query("name"), "contentEncoding": request.query("contentEncoding")}
    return {key: value for key, value in found.items() if value is not None}


def sent_hashes(request: Request) -> dict:
    """Hashes from `x-goog-hash` (`crc32c=...,md5=...`) and `content-md5`, under their JSON names."""
    found = {"md5Hash": request.headers["content-md5"]} if "content-md5" in request.headers else {}
    for pair in request.headers.get("x-goog-hash", "").split(","):
        name, _, value = pair.strip().partition("=")
        if name in ("crc32c", "md5"):
            found["md5Hash" if name == "md5" else name] = value
    return found
