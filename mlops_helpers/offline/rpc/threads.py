"""One daemon thread for each call.

The standard library's pool is joined when Python exits, before a session gets to close its server: an open listener
would keep the process alive for ever. Calls take milliseconds, starting a thread some fifty microseconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

log = logging.getLogger(__name__)


class DaemonThreads(futures.Executor):
    """An executor that Python does not wait for at exit."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> futures.Future:
        """Run a function in a thread of its own; when Python is exiting and starts no threads, cancel it."""
        future: futures.Future = futures.Future()
        try:
            threading.Thread(target=_run, args=(future, fn, args, options), daemon=True).start()
        except RuntimeError:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def _run(future: futures.Future, fn: Callable[..., Any], args: tuple, options: dict[str, Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(fn(*args, **options))
    except Exception as problem:
        log.exception("a call ended in an error that its handler did not expect")
        future.set_exception(problem)
