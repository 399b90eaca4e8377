"""`objects.rewrite`: a copy that may take several calls.

Between places or storage classes a large object is rewritten piece by piece: every call but the last answers
`done: false` with a token. Within one place and class a single call is enough, whatever the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import invalid
from ..wire import Request
from .copying import source, target_body
from .metadata import show
from .model import Bucket, Version
from .sent import refuse_encryption
from .writes import write

if TYPE_CHECKING:
    from .service import Storage

STEP = 2**20
BYTES_PER_CALL = 2**30


@dataclass
class Rewrite:
    """A rewrite under way: from which version to where, how many bytes per call, how many so far."""

    version: Version
    target: str
    step: int
    written: int = 0


def rewrite(storage: Storage, request: Request) -> dict:
    """One call of a rewrite. Raises ApiError 400, 404 or 412."""
    refuse_encryption(request)
    old, bucket = source(storage, request), storage.bucket(request.params["destinationBucket"])
    body = target_body(request, old)
    token, task = find_task(storage, request, old)
    moved = body.get("storageClass", bucket.meta["storageClass"]) != old.meta["storageClass"]
    moved = moved or storage.bucket(old.meta["bucket"]).meta["location"] != bucket.meta["location"]
    task.written = min(task.written + task.step, old.content.size) if moved else old.content.size
    answer = {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": str(task.written),
        "objectSize": str(old.content.size),
        "done": task.written == old.content.size,
    }
    if not answer["done"]:
        token = token or storage.cloud.next_id("rewrite")
        storage.rewrites[token] = task
        return {**answer, "rewriteToken": token}
    resource = finish(storage, request, bucket, old, body)
    storage.rewrites.pop(token or "", None)
    return {**answer, "resource": resource}


def finish(storage: Storage, request: Request, bucket: Bucket, old: Version, body: dict) -> dict:
    """The last call writes the new object."""
    return show(request, bucket, write(storage, request, bucket, old.content, body))


def find_task(storage: Storage, request: Request, old: Version) -> tuple[str | None, Rewrite]:
    """The task that the token names, or a new one.

    Raises ApiError 400 for a token that belongs to another rewrite, or to another `maxBytesRewrittenPerCall`.
    """
    target = f"{request.params['destinationBucket']}/{request.params['destinationObject']}"
    fresh = Rewrite(old, target, step_of(request))
    token = request.query("rewriteToken")
    if token is None:
        return None, fresh
    task = storage.rewrites.get(token)
    if task is None or (task.version, task.target, task.step) != (old, target, fresh.step):
        raise invalid(
            f"Invalid rewriteToken: found {token!r}, expected the one of the call before, with the same source, "
            "destination and maxBytesRewrittenPerCall. Start the rewrite again.",
            location="rewriteToken",
        )
    return token, task


def step_of(request: Request) -> int:
    """Bytes per call. Raises ApiError 400 for anything but a multiple of 1 MiB."""
    text = request.query("maxBytesRewrittenPerCall")
    if text is None:
        return BYTES_PER_CALL
    if not text.isdecimal() or int(text) < STEP or int(text) % STEP:
        raise invalid(f"Invalid maxBytesRewrittenPerCall: found {text!r}, expected a multiple of {STEP} (1 MiB).")
    return int(text)
