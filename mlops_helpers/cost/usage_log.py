"""What was called, by whom, and what it costs: tokens counted by model, prompt version, team and lesson.

    log = UsageLog()
    calls = log.calls("gemini-3.8-flash", prompt_version="support-v7", team="support", lesson="06_cost")
    calls.add(client.models.generate_content(...))
    log.cost(), log.cost(at=date(2027, 1, 1))        # at each day's own price; the same calls next year

Counting takes a few microseconds and keeps nothing of a call but its numbers. Threads share a log: an update is one
addition under a lock. Processes share a file: `usage_file.save` adds what is new.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import BadUsage, ClockWentBack
from .money import Money, total
from .price_table import PriceTable
from .usage import LONG_PROMPT, Usage, check_counts, counts_of, usage_cost

if TYPE_CHECKING:
    import pandas as pd

LATE = timedelta(seconds=60)  # how much older than the newest a call may be: threads overtake each other
COLUMNS = ("day", "model", "prompt_version", "team", "lesson", "batch", "long")
NUMBERS = ("calls", "prompt", "cached", "candidates", "thoughts", "tool_use")
PLACES = range(len(NUMBERS) - 1)


class Key(NamedTuple):
    """What calls have in common that are counted together; `long` is the dearer tier of long prompts."""

    day: date
    model: str
    prompt_version: str
    team: str
    lesson: str
    batch: bool
    long: bool


class UsageLog:
    """Counts of calls and tokens; grows with the number of different keys, not with the number of calls."""

    def __init__(self, *, clock: Callable[[], datetime] | None = None) -> None:
        """`clock` tells the time of calls that are booked without one; UTC's now unless given."""
        self.clock = clock or (lambda: datetime.now(UTC))
        self._counts: dict[Key, list[int]] = {}
        self._newest: datetime | None = None
        self._lock = threading.Lock()

    def calls(self, model: str, *, prompt_version: str, team: str = "", lesson: str = "", batch: bool = False) -> Calls:
        """Where calls of one kind are booked: `.add(response)`. Raises BadUsage for an empty model or version."""
        if not model or not prompt_version:
            found = f"model {model!r}, prompt_version {prompt_version!r}"
            raise BadUsage(found, "both of them named", "Without its version a dear prompt cannot be found again.")
        return Calls(self, (model, prompt_version, team, lesson, batch))

    def book(self, kind: tuple, counts: tuple[int, ...], at: datetime | None) -> None:
        """Add one call; `Calls.add` is the way to it. The clock is read under the lock, so that threads keep order."""
        if min(counts) < 0 or counts[1] > counts[0]:
            check_counts(counts)  # raises; Usage and google-genai have seen to it that these are whole numbers
        is_long = counts[0] + counts[4] > LONG_PROMPT
        with self._lock:
            moment = at or self.clock()
            if moment.tzinfo is None:
                raise BadUsage(f"a call at {moment}", "a time with its zone", "Write datetime.now(UTC).")
            if self._newest is None or moment > self._newest:
                self._newest = moment
            elif self._newest - moment > LATE:
                raise self._backwards(moment)
            key = (moment.date(), *kind, is_long)
            sums = self._counts.get(key)
            if sums is None:
                sums = self._counts[Key(*key)] = [0] * len(NUMBERS)
            sums[0] += 1
            for place in PLACES:
                sums[place + 1] += counts[place]

    def _backwards(self, moment: datetime) -> ClockWentBack:
        remedy = "Book in the order of time; check the machine's clock."
        return ClockWentBack(f"a call at {moment} after one at {self._newest}", f"at most {LATE} earlier", remedy)

    def merge(self, counts: dict[Key, list[int]]) -> None:
        """Add counts of another log."""
        with self._lock:
            for key, added in counts.items():
                sums = self._counts.setdefault(Key(*key), [0] * len(NUMBERS))
                sums[:] = [old + new for old, new in zip(sums, added, strict=True)]

    def counts(self) -> dict[Key, list[int]]:
        """A copy of all counts: key -> calls, prompt, cached, candidates, thoughts, tool_use."""
        with self._lock:
            return {key: list(sums) for key, sums in self._counts.items()}

    def drain(self) -> dict[Key, list[int]]:
        """Take all counts out, in one step: what is booked meanwhile stays for the next time."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def cost(self, *, at: date | None = None, table: PriceTable | None = None) -> Money:
        """What all calls list at: each at the price of its own day, or all of them at the prices of day `at`.

        Raises UnknownSku for a model that has no price, PriceNotValid for a day without one.
        """
        return total(_cost(key, sums, at, table) for key, sums in self.counts().items())

    def frame(self, *, at: date | None = None, table: PriceTable | None = None) -> pd.DataFrame:
        """One row for each kind of call and day: `COLUMNS`, `NUMBERS`, `cost` (Decimal) and `currency`."""
        import pandas as pd

        rows = [(*key, *sums, _cost(key, sums, at, table)) for key, sums in sorted(self.counts().items())]
        cells = [(*row[:-1], row[-1].amount, row[-1].currency) for row in rows]
        return pd.DataFrame(cells, columns=[*COLUMNS, *NUMBERS, "cost", "currency"])


class Calls:
    """Calls of one kind, on their way into a log."""

    __slots__ = ("_kind", "_log")

    def __init__(self, log: UsageLog, kind: tuple) -> None:
        self._log, self._kind = log, kind

    def add(self, response: Any, *, at: datetime | None = None) -> None:
        """Book a response of google-genai, `at` a time with its zone.

        Raises BadUsage without usage or zone, ClockWentBack for a call out of order.
        """
        self._log.book(self._kind, counts_of(response), at)

    def add_usage(self, usage: Usage, *, at: datetime | None = None) -> None:
        """Book tokens that are known from elsewhere, for example a request log."""
        counts = (usage.prompt, usage.cached, usage.candidates, usage.thoughts, usage.tool_use)
        self._log.book(self._kind, counts, at)


def _cost(key: Key, sums: list[int], at: date | None, table: PriceTable | None) -> Money:
    usage = Usage(*sums[1:])
    return usage_cost(key.model, usage, at=at or key.day, batch=key.batch, table=table, long=key.long)
