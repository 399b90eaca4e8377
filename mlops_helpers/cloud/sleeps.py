"""Waiting, but not long: what modules of Google's clients get for `time` and `asyncio` while the cloud is offline."""

from __future__ import annotations

import asyncio
import time
from typing import Any

LONGEST_SLEEP = 0.05


class ShortSleeps:
    """The module `time`, except that no sleep lasts longer than 50 ms."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Wait, but not long: offline there is nothing to wait for."""
        time.sleep(min(seconds, LONGEST_SLEEP))


class ShortAsyncSleeps:
    """The module `asyncio`, except that no sleep lasts longer than 50 ms."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        """Wait, but not long."""
        await asyncio.sleep(min(seconds, LONGEST_SLEEP))
