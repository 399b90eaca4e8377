"""Faults on purpose: what a network, a quota or a colleague does to a running system, as often as you say.

    faults.inject("unavailable", operation="storage.objects.get", times=2)     # two 503s, then all is well
    faults.inject("latency", operation="firestore.*", seconds=0.2)

The same table serves HTTP and gRPC: a fault is an `ApiError`, and each adapter words it its own way.

    rate_limit         429   too many requests; the clients wait and try again
    quota              429   (BigQuery: 403) the quota is used up; trying again at once does not help
    internal           500   a fault of the service
    unavailable        503   a passing fault; the clients try again
    permission_denied  403   the caller may not do this; `detail` names the permission
    retired_model      404   the model is gone; `detail` names it
    latency                  the answer comes `seconds` later
    truncated                the connection breaks in the middle of the answer

Faults strike before a handler runs, so nothing was changed; only `truncated` and `latency` come after or around it.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, BinaryIO

from .errors import ApiError, invalid
from .wire import Response

REFUSALS = {
    "rate_limit": (429, "rateLimitExceeded", "Rate limit exceeded: please retry with exponential backoff."),
    "quota": (429, "quotaExceeded", "Quota exceeded for quota metric {detail} of {operation}."),
    "internal": (500, "internalError", "Internal error encountered."),
    "unavailable": (503, "backendError", "The service is currently unavailable."),
    "permission_denied": (403, "forbidden", "Permission {detail} denied on resource (or it may not exist)."),
    "retired_model": (
        404,
        "notFound",
        "Publisher Model {detail} was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version.",
    ),
}
DETAILS = {"quota": "'requests'", "permission_denied": "'{operation}'", "retired_model": "`gemini-retired`"}
KINDS = (*REFUSALS, "latency", "truncated")
LONGEST_LATENCY = 10.0


@dataclass
class Fault:
    """A fault that waits for its operation. `left` counts down, `struck` counts up."""

    kind: str
    operation: str = "*"
    left: int = 1
    seconds: float = 0.0
    detail: str = ""
    struck: int = 0

    def refusal(self, operation: str) -> ApiError:
        """What the caller gets."""
        code, reason, message = REFUSALS[self.kind]
        if self.kind == "quota" and operation.startswith("bigquery."):
            code = 403
        detail = self.detail or DETAILS.get(self.kind, "").format(operation=operation)
        return ApiError(code, reason, f"{message.format(detail=detail, operation=operation)} (injected fault)")


class FirstPart(io.RawIOBase):
    """A file that ends early."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as long as there are any left."""
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Close the file as well."""
        self._file.close()
        super().close()


class Faults:
    """The faults of one offline cloud. Thread-safe; the oldest fault that fits an operation strikes first."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def inject(
        self, kind: str, *, operation: str = "*", times: int = 1, seconds: float = 0.0, detail: str = ""
    ) -> Fault:
        """Let a fault happen to the next `times` calls whose operation fits the pattern (`storage.objects.*`).

        `seconds` is the delay of `latency` (at most 10), `detail` names the model, permission or quota in the message.
        Raises ApiError 400 for an unknown kind or a number that makes no sense.
        """
        if kind not in KINDS:
            raise invalid(f"found fault {kind!r}, expected one of {', '.join(KINDS)}")
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise invalid(f"found times={times!r}, expected a whole number of at least 1")
        if not isinstance(seconds, (int, float)) or not 0 <= seconds <= LONGEST_LATENCY:
            raise invalid(f"found seconds={seconds!r}, expected 0 to {LONGEST_LATENCY:g}")
        if not operation or not isinstance(operation, str):
            raise invalid(f"found operation={operation!r}, expected a name or a pattern such as 'storage.objects.*'")
        fault = Fault(kind, operation, times, float(seconds), str(detail))
        with self._lock:
            self._waiting.append(fault)
        return fault

    def listed(self) -> list[dict[str, Any]]:
        """Every fault that was injected since the last `clear`, those that are used up as well."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def clear(self) -> None:
        """Forget all faults: from here on everything works again."""
        with self._lock:
            self._waiting.clear()

    def strike(self, operation: str) -> None:
        """Wait, or raise ApiError, if a fault is waiting for this operation. Called before a handler runs."""
        if not self._waiting:
            return
        if slow := self._take(operation, ("latency",)):
            time.sleep(slow.seconds)
        if fault := self._take(operation, tuple(REFUSALS)):
            raise fault.refusal(operation)

    def shorten(self, operation: str, response: Response) -> Response:
        """The response, or the first half of it followed by a closed connection."""
        if self._waiting and self._take(operation, ("truncated",)):
            half = response.length // 2  # `length` still announces the whole
            body = response.body
            response.body = body[:half] if isinstance(body, bytes) else FirstPart(body, half)
            response.headers = {**response.headers, "Connection": "close"}
        return response

    def cut(self, operation: str, messages: Iterable[Any]) -> Iterator[Any]:
        """The messages of a stream, or the first half of them followed by UNAVAILABLE."""
        fault = self._take(operation, ("truncated",)) if self._waiting else None
        if fault is None:
            yield from messages
            return
        held = list(messages)
        yield from held[: len(held) // 2]
        raise ApiError(503, "backendError", "Stream removed (injected fault)")

    def _take(self, operation: str, kinds: tuple[str, ...]) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.left and fault.kind in kinds and fnmatchcase(operation, fault.operation):
                    fault.left -= 1
                    fault.struck += 1
                    return fault
        return None
