"""The offline cloud's clock: it moves when something is written, not when time passes.

Every write takes the next second, so creation times, generations and time travel follow from the sequence of calls
and a lesson's stored output is the same tomorrow. `advance` jumps ahead, to see a lifecycle rule or an expiry act.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TICK = timedelta(seconds=1)


class Clock:
    """A clock that is told when to move. Thread-safe.

    >>> clock = Clock()
    >>> clock.tick() - clock.start
    datetime.timedelta(seconds=1)
    """

    def __init__(self, start: datetime = START) -> None:
        if start.tzinfo is None:
            raise ValueError(f"found a clock start without time zone ({start}), expected an aware datetime: add tzinfo")
        self.start = self._now = start.astimezone(UTC)
        self._lock = threading.Lock()
        self._holder: int | None = None  # the thread whose request is being kept
        self._given: list[datetime] = []
        self._again: deque[datetime] = deque()

    def now(self) -> datetime:
        """The time of the last write, without moving."""
        with self._lock:
            return self._now

    def hold(self, at: datetime | None = None, ticks: Iterable[datetime] = ()) -> datetime:
        """Start a request of this thread that is to be repeatable, and return the time.

        To repeat it, pass the time at which it once started, and the times that its writes were given.
        """
        with self._lock:
            self._now = at or self._starting()
            self._holder, self._given, self._again = threading.get_ident(), [], deque(ticks)
            return self._now

    def release(self) -> list[datetime]:
        """End such a request; returns the times that its writes were given."""
        with self._lock:
            self._holder = None
            return self._given

    def _starting(self) -> datetime:
        return self._now

    def _next(self) -> datetime:
        return self._now + TICK

    def tick(self) -> datetime:
        """Move one second ahead and return the new time: strictly later than any time given before."""
        with self._lock:
            mine = self._holder == threading.get_ident()
            self._now = self._again.popleft() if mine and self._again else self._next()
            if mine:
                self._given.append(self._now)
            return self._now

    def advance(self, by: timedelta) -> datetime:
        """Jump ahead by a positive span. Raises ValueError for a step backwards: generations must only grow."""
        if by <= timedelta(0):
            raise ValueError(f"found a step of {by}, expected a positive timedelta: the clock only moves ahead")
        with self._lock:
            self._now += by
            return self._now


class WallClock(Clock):
    """Real time, for a standalone server that serves a whole room; still strictly increasing.

    While a request is held it stands still, and a write moves it by a microsecond.
    """

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))

    def now(self) -> datetime:
        """The real time, or the time of the last write if that is later."""
        with self._lock:
            return self._now if self._holder else max(self._now, datetime.now(UTC))

    def _starting(self) -> datetime:
        return max(self._now + timedelta(microseconds=1), datetime.now(UTC))

    def _next(self) -> datetime:
        later = self._now + timedelta(microseconds=1)
        return later if self._holder else max(later, datetime.now(UTC))


def rfc3339(moment: datetime) -> str:
    """A time as Google's JSON writes it: `2026-01-05T09:00:01.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def millis(moment: datetime) -> str:
    """A time as BigQuery's JSON writes it: milliseconds since 1970, as text."""
    return str(micros(moment) // 1000)


def micros(moment: datetime) -> int:
    """Microseconds since 1970: an object's generation."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
