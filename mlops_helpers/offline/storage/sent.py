"""What an upload says about its object outside of the JSON resource: in query parameters and headers."""

from __future__ import annotations

from ..errors import unsupported
from ..wire import Request


def refuse_encryption(request: Request) -> None:
    """Refuse, by name, keys of the customer. Raises ApiError 501."""
    if "x-goog-encryption-key" in request.headers or request.query("kmsKeyName"):
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
