"""The token of a standalone server, on connections that are not HTTP: gRPC channels, and those to Redis.

gRPC sends no credentials over a channel that is not encrypted. The token goes as plain metadata, `authorization: Bearer
TOKEN`, which is where credentials would put it; it never leaves this machine. Redis takes it as the password.
"""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio

from .patches import Patches

KEY = "authorization"


def carrying(library: Any, target: str, options: list[tuple[str, Any]], token: str) -> Any:
    """An insecure channel to `target`, of `grpc` or of `grpc.aio`, every call on which carries the token."""
    if library is grpc.aio:
        kinds = (UnaryUnary, UnaryStream, StreamUnary, StreamStream)
        return grpc.aio.insecure_channel(target, options=options, interceptors=[kind(token) for kind in kinds])
    return grpc.intercept_channel(grpc.insecure_channel(target, options=options), Bearer(token))


class Token:
    """Adds the token to a call's metadata."""

    def __init__(self, token: str) -> None:
        self._entry = (KEY, f"Bearer {token}")

    def shown(self, details: Any) -> Any:
        """A call's details with the token."""
        return details._replace(metadata=[*(details.metadata or ()), self._entry])


class Bearer(
    Token,
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """For channels of `grpc`: all four kinds of calls are passed on in the same way."""

    def _pass_on(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self.shown(details), request)

    intercept_unary_unary = intercept_unary_stream = intercept_stream_unary = intercept_stream_stream = _pass_on


class AsyncToken(Token):
    """For channels of `grpc.aio`, which want metadata of a class of their own."""

    def shown(self, details: Any) -> Any:
        """A call's details with the token."""
        return details._replace(metadata=grpc.aio.Metadata(*(details.metadata or ()), self._entry))

    async def _pass_on(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(self.shown(details), request)


class UnaryUnary(AsyncToken, grpc.aio.UnaryUnaryClientInterceptor):
    """One request, one answer."""

    intercept_unary_unary = AsyncToken._pass_on


class UnaryStream(AsyncToken, grpc.aio.UnaryStreamClientInterceptor):
    """One request, many answers."""

    intercept_unary_stream = AsyncToken._pass_on


class StreamUnary(AsyncToken, grpc.aio.StreamUnaryClientInterceptor):
    """Many requests, one answer."""

    intercept_stream_unary = AsyncToken._pass_on


class StreamStream(AsyncToken, grpc.aio.StreamStreamClientInterceptor):
    """Both sides stream."""

    intercept_stream_stream = AsyncToken._pass_on


def carry_to_redis(patches: Patches, address: tuple[str, int], token: str) -> None:
    """Let Redis clients that are given this address and no password use the token, until `patches.restore()`."""
    import redis.asyncio.connection
    import redis.connection

    for connection in (redis.connection.Connection, redis.asyncio.connection.Connection):
        patches.replace(connection, "__init__", _with_password(connection.__init__, address, token))


def _with_password(construct: Any, address: tuple[str, int], token: str) -> Any:
    def constructor(self: Any, *args: Any, **options: Any) -> None:
        named = {**dict(zip(("host", "port"), args, strict=False)), **options}
        place = named.get("host"), int(named.get("port") or 0)
        if place == address and not named.get("password"):
            options["password"] = token
        construct(self, *args, **options)

    return constructor
