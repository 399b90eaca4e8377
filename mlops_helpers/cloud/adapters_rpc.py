"""Logging, Monitoring and Firestore: clients that speak gRPC to Google's host, and what keeps them quick offline.

- Their channels go to the offline cloud's one gRPC server, like the BigQuery Storage Read API's (`adapters`). It starts
  with the first channel. An emulator variable that was left in the environment would win over that: it is put aside.
- `logging.Client().logger(...)` asks a metadata server that is not there four times what machine this is: the answer,
  `global`, is known.
- `list_entries` without a time asks for the last 24 hours of this machine's clock; offline it is the offline clock's.
  The standard library's log records carry this machine's time as well: offline the server sets the time.
- The first entry that a process writes is followed by one about the client library itself: offline it is left out, so
  that a log holds the same in whatever order lessons run.
- The logging handler collects records in the background for up to five seconds; offline it sends what it has.
- Retries wait for up to a minute; no wait offline lasts longer than 50 ms.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Any

from .after_import import AfterImport
from .patches import Patches
from .sleeps import ShortAsyncSleeps, ShortSleeps

LOGGING = "google.cloud.logging_v2"
BACKGROUND = f"{LOGGING}.handlers.transports.background_thread"
DETECTS = (f"{LOGGING}.client", f"{LOGGING}.logger", f"{LOGGING}.handlers.handlers")
WAITS = ("google.api_core.retry.retry_unary", "google.api_core.retry.retry_streaming")
WAITS_ASYNC = ("google.api_core.retry.retry_unary_async", "google.api_core.retry.retry_streaming_async")
LATENCY = 0.01


def point_rpc(patches: Patches, now: Callable[[], datetime]) -> None:
    """Adapt the clients until `patches.restore()`, each when it is imported. `now` is the offline cloud's time."""
    _put_aside(patches, "FIRESTORE_EMULATOR_HOST")
    actions: dict[str, Callable[[ModuleType], None]] = {name: partial(_know_resource, patches) for name in DETECTS}
    actions |= {name: partial(_shorten_sleeps, patches) for name in WAITS}
    actions |= {name: partial(_shorten_async_sleeps, patches) for name in WAITS_ASYNC}
    actions["google.cloud.firestore_v1.bulk_writer"] = partial(_shorten_sleeps, patches)
    actions[f"{LOGGING}._helpers"] = partial(_tell_time, patches, now)
    actions[LOGGING] = lambda module: patches.replace(module, "_instrumentation_emitted", True)
    actions[BACKGROUND] = partial(_send_at_once, patches)
    watcher = AfterImport(actions)
    watcher.install()
    patches.on_restore(watcher.remove)


def _put_aside(patches: Patches, variable: str) -> None:
    before = os.environ.pop(variable, None)
    if before is not None:
        patches.on_restore(lambda: os.environ.update({variable: before}))


def _know_resource(patches: Patches, module: ModuleType) -> None:
    from google.cloud.logging_v2.resource import Resource

    def detect_resource(project: str = "") -> Any:
        return Resource(type="global", labels={"project_id": project})

    patches.replace(module, "detect_resource", detect_resource)


def _shorten_sleeps(patches: Patches, module: ModuleType) -> None:
    if hasattr(module, "time"):
        patches.replace(module, "time", ShortSleeps())


def _shorten_async_sleeps(patches: Patches, module: ModuleType) -> None:
    """asyncio's `sleep`, bounded: the module keeps everything else that asyncio has."""
    patches.replace(module, "asyncio", ShortAsyncSleeps())


class OfflineTime:
    """The class `datetime`, except that `now` is the offline cloud's time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)

    def now(self, tz: Any = None) -> datetime:
        """The offline cloud's time, in the zone that is asked for."""
        return self._now().astimezone(tz)


def _tell_time(patches: Patches, now: Callable[[], datetime], helpers: ModuleType) -> None:
    patches.replace(helpers, "datetime", OfflineTime(now))


def _send_at_once(patches: Patches, background: ModuleType) -> None:
    """Records leave at once, and without a time: the server sets it, so that results can be repeated."""
    worker = background._Worker
    commit, construct = worker._safely_commit_batch, worker.__init__

    def quick(self: Any, *args: Any, **options: Any) -> None:
        construct(self, *args, **{**options, "max_latency": LATENCY})

    def untimed(self: Any, batch: Any) -> None:
        batch.entries[:] = [entry._replace(timestamp=None) for entry in batch.entries]
        commit(self, batch)

    patches.replace(worker, "__init__", quick)
    patches.replace(worker, "_safely_commit_batch", untimed)
