"""From the offline cloud's refusals to gRPC's status codes, and the refusals that only gRPC services have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import grpc

from ..door import MESSAGE, same
from ..errors import ApiError

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.ALREADY_EXISTS,
    412: grpc.StatusCode.FAILED_PRECONDITION,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


def stranger(metadata: Iterable[tuple[str, str | bytes]], token: str | None) -> grpc.RpcMethodHandler | None:
    """What answers a call that does not carry the token, as `authorization: Bearer TOKEN`; None for one that does."""
    shown = str(dict(metadata).get("authorization", ""))
    if token is None or same(shown, f"Bearer {token}"):
        return None

    def refuse(requests: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, MESSAGE)
        yield b""

    return grpc.stream_stream_rpc_method_handler(refuse)


def status_of(problem: ApiError) -> grpc.StatusCode:
    """The status of a refusal: named by its reason (`ABORTED`), else the one that fits its HTTP status."""
    named = getattr(grpc.StatusCode, problem.reason, None)
    return named or CODES.get(problem.code, grpc.StatusCode.INVALID_ARGUMENT)


def aborted(message: str) -> ApiError:
    """ABORTED: somebody else was faster; the client starts its transaction again."""
    return ApiError(409, "ABORTED", message)


def failed_precondition(message: str) -> ApiError:
    """FAILED_PRECONDITION: the state of the data forbids it; trying again does not help."""
    return ApiError(400, "FAILED_PRECONDITION", message)
