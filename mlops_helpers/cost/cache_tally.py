"""What a response cache has done so far: hits, misses, what was not kept and why, and the money saved."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from .errors import UnknownSku
from .money import Money
from .prices import price

HIT, MISS, SHARED, NEAR = "hit", "miss", "shared", "near"


@dataclass(frozen=True)
class CacheStats:
    """Counts of one cache.

    hits       answers found in the store
    near       answers to a similar question (only if that is switched on)
    shared     callers who asked while another was asking the same, and got its answer
    misses     calls that were made
    not_kept   answers that were returned but not kept, by reason (blocked, MAX_TOKENS, too large, ...)
    tokens     what was not billed thanks to hits, near hits and shared answers, by item of the price table
    """

    hits: int
    near: int
    shared: int
    misses: int
    not_kept: Mapping[str, int]
    tokens: Mapping[str, int]

    @property
    def hit_rate(self) -> float:
        """Share of the questions that cost no call; 0 before the first question."""
        asked = self.hits + self.near + self.shared + self.misses
        return (asked - self.misses) / asked if asked else 0.0

    def saved(self, at: date) -> Money:
        """What these tokens list at on a day. Raises UnknownSku, PriceNotValid."""
        return sum((list_price(item, amount, at=at) for item, amount in self.tokens.items()), start=Money(0))

    def __str__(self) -> str:
        return f"{self.hit_rate:.0%} of {self.hits + self.near + self.shared + self.misses} questions cost no call"


def list_price(item: str, amount: int, *, at: date) -> Money:
    """What an amount of an item lists at on a day. Raises UnknownSku, PriceNotValid.

    A model without a dearer tier for long prompts bills them like all others.
    """
    try:
        return price(item, at=at).of(amount)
    except UnknownSku:
        plain, long, _ = item.partition(".over_200k")
        if not long:
            raise
        return price(plain, at=at).of(amount)


class Tally:
    """Counts of all threads; nothing is lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        self._not_kept: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()

    def count(self, outcome: str, tokens: Mapping[str, int] = MappingProxyType({})) -> None:
        """One question had this outcome; `tokens` were not billed."""
        with self._lock:
            self._outcomes[outcome] += 1
            for item, amount in tokens.items():
                self._tokens[item] += amount

    def refuse(self, why: str) -> None:
        """One answer was not kept."""
        with self._lock:
            self._not_kept[why] += 1

    def stats(self) -> CacheStats:
        """Return the counts so far."""
        with self._lock:
            counts = (self._outcomes[name] for name in (HIT, NEAR, SHARED, MISS))
            return CacheStats(*counts, dict(self._not_kept), dict(self._tokens))
