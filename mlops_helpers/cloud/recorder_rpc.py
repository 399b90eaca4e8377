"""Watches what clients create over gRPC (Firestore, Logging, Monitoring), and writes it into the ledger.

Google's Python clients open their channels with `grpc_helpers.create_channel`; an interceptor on the channel sees every
call. Which call creates what is in `rpc_created`, as steps: a question to Google, the call itself, then the entries.
The same steps are walked for plain and for asyncio clients.

Not seen: a Firestore client that `FIRESTORE_EMULATOR_HOST` points at an emulator (it opens its channel another way, and
what it creates is not in this session's cloud), and clients that were built before the session.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .after_import import AfterImport
from .ledger import Ledger
from .patches import Patches

if TYPE_CHECKING:
    from .rpc_created import Book

HELPERS, HELPERS_ASYNC = "google.api_core.grpc_helpers", "google.api_core.grpc_helpers_async"
Wrap = Callable[[Any, "Book"], Any]


def record_rpc(patches: Patches, ledger: Ledger, label: str | None) -> None:
    """Record every creation until `patches.restore()`.

    `label` is put on log entries where others write to the same logs: it tells this session's entries from theirs.
    Without one nobody else does: the session has a cloud of its own.
    """
    actions = {HELPERS: partial(_watch, patches, ledger, label, _plain)}
    actions[HELPERS_ASYNC] = partial(_watch, patches, ledger, label, _asyncio)
    watcher = AfterImport(actions)
    watcher.install()
    patches.on_restore(watcher.remove)


def _watch(patches: Patches, ledger: Ledger, label: str | None, wrap: Wrap, helpers: ModuleType) -> None:
    from .rpc_created import Book

    original, book = helpers.create_channel, Book(ledger, label)

    def create_channel(*args: Any, **options: Any) -> Any:
        return wrap(original(*args, **options), book)

    patches.replace(helpers, "create_channel", create_channel)


def _plain(channel: Any, book: Book) -> Any:
    import grpc

    from .rpc_created import MISSING, SEND, Question, steps_of

    class Recorder(grpc.UnaryUnaryClientInterceptor):
        """Walks a call's steps. A call that fails created nothing: its steps end there."""

        def intercept_unary_unary(self, send: Callable, details: Any, request: Any) -> Any:
            steps, call = steps_of(details.method, book, request), None
            answer: Any = None
            while (step := _next(steps, answer)) is not None:
                if step is not SEND:
                    answer = MISSING if book.is_alone else self._asked(step, details.metadata)
                    continue
                call = send(details, book.labelled(details.method, request))
                if call.exception() is not None:
                    return call
                answer = call.result()
            return call

        def _asked(self, question: Question, metadata: Any) -> Any:
            kind = channel.unary_stream if question.streams else channel.unary_unary
            stub = kind(question.path, question.pack, question.unpack)
            try:
                found = stub(question.request, metadata=metadata)
                return list(found) if question.streams else found
            except grpc.RpcError as problem:
                return question.refused(problem.code().name)

    return grpc.intercept_channel(channel, Recorder())


def _asyncio(channel: Any, book: Book) -> Any:
    import grpc
    import grpc.aio

    from .rpc_created import MISSING, SEND, Question, steps_of

    class Recorder(grpc.aio.UnaryUnaryClientInterceptor):
        """The same for coroutines."""

        async def intercept_unary_unary(self, send: Callable, details: Any, request: Any) -> Any:
            method = details.method.decode() if isinstance(details.method, bytes) else details.method
            steps, call = steps_of(method, book, request), None
            answer: Any = None
            while (step := _next(steps, answer)) is not None:
                if step is not SEND:
                    answer = MISSING if book.is_alone else await self._asked(step, details.metadata)
                    continue
                call = await send(details, book.labelled(method, request))
                answer = await call  # raises what the caller is to get
            return call

        async def _asked(self, question: Question, metadata: Any) -> Any:
            kind = bare.unary_stream if question.streams else bare.unary_unary
            stub = kind(question.path, question.pack, question.unpack)
            try:
                found = stub(question.request, metadata=metadata)
                return [item async for item in found] if question.streams else await found
            except grpc.aio.AioRpcError as problem:
                return question.refused(problem.code().name)

    bare = channel
    # A channel takes interceptors only when it is made; Google's own transports add theirs to this list as well.
    channel._unary_unary_interceptors.append(Recorder())
    return channel


def _next(steps: Any, answer: Any) -> Any:
    """The next step after an answer; None when there are no more."""
    try:
        return steps.send(answer)
    except StopIteration:
        return None
