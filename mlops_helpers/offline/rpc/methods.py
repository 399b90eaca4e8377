"""Every RPC of a client library with the types of its messages, read off the client's own transport.

A transport has a property for each RPC. Read for the first time, it asks the channel for the RPC by path, with the
functions that pack the request and unpack the answer, and those functions belong to the message classes. Here the
channel only takes notes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import grpc
from google.auth.credentials import AnonymousCredentials
from google.protobuf.empty_pb2 import Empty


@dataclass(frozen=True)
class Method:
    """One RPC. `kind` says which sides stream; the two types are plain protobuf classes."""

    path: str
    kind: str
    request_type: type
    response_type: type

    @property
    def name(self) -> str:
        """The last part of the path: `WriteLogEntries`."""
        return self.path.rpartition("/")[2]


class NotingChannel(grpc.Channel):
    """A channel that reaches nobody and remembers which RPCs it was asked for."""

    def __init__(self) -> None:
        self.methods: dict[str, Method] = {}

    def _note(self, kind: str, path: str, pack: Callable, unpack: Callable) -> Callable:
        self.methods[path] = Method(path, kind, _protobuf(pack), _protobuf(unpack))
        return _unreachable

    def unary_unary(self, method: str, request_serializer: Any, response_deserializer: Any, *rest: Any) -> Callable:
        """One request, one answer."""
        return self._note("unary_unary", method, request_serializer, response_deserializer)

    def unary_stream(self, method: str, request_serializer: Any, response_deserializer: Any, *rest: Any) -> Callable:
        """One request, many answers."""
        return self._note("unary_stream", method, request_serializer, response_deserializer)

    def stream_unary(self, method: str, request_serializer: Any, response_deserializer: Any, *rest: Any) -> Callable:
        """Many requests, one answer."""
        return self._note("stream_unary", method, request_serializer, response_deserializer)

    def stream_stream(self, method: str, request_serializer: Any, response_deserializer: Any, *rest: Any) -> Callable:
        """Both sides stream."""
        return self._note("stream_stream", method, request_serializer, response_deserializer)

    def subscribe(self, callback: Callable, try_to_connect: bool | None = False) -> None:
        """There is no connection to hear about."""

    def unsubscribe(self, callback: Callable) -> None:
        """There is no connection to hear about."""

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> NotingChannel:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def methods_of(transports: Iterable[type]) -> dict[str, Method]:
    """All RPCs of some gRPC transport classes, by path such as `/google.logging.v2.LoggingServiceV2/ListLogs`."""
    channel = NotingChannel()
    for kind in transports:
        transport = kind(channel=channel, credentials=AnonymousCredentials())
        transport._logged_channel, transport._stubs = channel, {}  # the constructor put a logger in between
        for name, _ in inspect.getmembers(kind, lambda member: isinstance(member, property)):
            getattr(transport, name)
    return channel.methods


def _unreachable(*args: Any, **options: Any) -> None:
    raise RuntimeError("found a call on a channel that only takes notes, expected it to be used for reading methods")


def _protobuf(function: Any) -> type:
    """The plain protobuf class whose (de)serialiser this is; client libraries wrap most of them in proto-plus."""
    if function is None:  # the mix-in methods about operations do not look at the answer
        return Empty
    owner = getattr(function, "__self__", None) or function.__objclass__
    return owner.pb() if hasattr(owner, "pb") else owner
