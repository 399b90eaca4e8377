"""A retry storm, second by second: an outage of a minute, and what the retries make of it and of the bill.

    result = simulate_retries(Storm(), RetryRule("at once"), seed=6)
    result.amplification, result.wasted(Money("0.004"))

Requests arrive at random; the service answers so many calls a second and refuses the rest with 503, and during an
outage it answers fewer. A refused caller tries again, by its rule, up to so many attempts. Three rules:

    at once        again in the next second: refused calls pile up, and the storm outlives the outage
    backoff        after a random time between 0 and 2^n seconds, at most `longest` ("full jitter", M. Brooker, AWS
                   Architecture Blog, 2015): retries spread out
    budget         the same, but retries may be at most a share of the first attempts (Google, Site Reliability
                   Engineering, chapter 21): what is over the budget fails at once, and the service is left in peace

Money: a refused call is not billed by Gemini, but one that is cut off by its caller's timeout is. `timeout_share` of
the calls that are answered while the service is overloaded come too late: they are billed, thrown away and tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import InvalidSetting

if TYPE_CHECKING:
    import pandas as pd

    from .money import Money

KINDS = ("at once", "backoff", "budget")


@dataclass(frozen=True)
class Storm:
    """What happens. Rates are calls a second; the outage lasts from `start` for `outage` of all `seconds`.

    `rate` first attempts arrive; the service answers `capacity` calls, in the outage `degraded`.
    """

    rate: float = 20.0
    capacity: float = 30.0
    degraded: float = 5.0
    start: int = 60
    outage: int = 60
    seconds: int = 900
    timeout_share: float = 0.3

    def __post_init__(self) -> None:
        if min(self.rate, self.capacity) <= 0 or self.degraded < 0 or not 0 <= self.timeout_share <= 1:
            raise InvalidSetting(f"{self}", "rates above 0 and a share of 0 to 1", "See the defaults.")
        if self.start < 0 or self.outage < 0 or self.seconds <= self.start + self.outage:
            raise InvalidSetting(f"{self}", "an outage that ends before the simulation", "Simulate longer.")


@dataclass(frozen=True)
class RetryRule:
    """How callers retry: `kind` is one of KINDS; `attempts` in all, `longest` seconds between two of them.

    `budget` is the most retries for each first attempt, over the last minute.
    """

    kind: str
    attempts: int = 6
    longest: int = 60
    budget: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidSetting(f"kind={self.kind!r}", f"one of {', '.join(KINDS)}", "Choose one.")
        for name in ("attempts", "longest", "budget"):
            if not isinstance(getattr(self, name), int | float):
                raise InvalidSetting(f"{name}={getattr(self, name)!r}", "a number", "Write it without quotes.")
        if self.attempts < 1 or self.longest < 1:
            raise InvalidSetting(f"{self}", "at least 1 attempt and 1 second", "See the defaults.")
        if not 0 <= self.budget <= 1:
            expected = "a share from 0 to 1 (retries for each first attempt)"
            raise InvalidSetting(f"budget={self.budget}", expected, "0.1 is one retry for ten first attempts.")


@dataclass(frozen=True, eq=False)
class StormResult:
    """What came of it. `calls`, `billed` and `answered` count by second, shape (seconds,).

    asked       first attempts in all
    given_up    requests that were never answered, after their last attempt
    late        answers that were billed and thrown away
    """

    calls: np.ndarray
    billed: np.ndarray
    answered: np.ndarray
    asked: int
    given_up: int
    late: int

    @property
    def amplification(self) -> float:
        """Calls for each request: 1 if nobody retried."""
        return float(self.calls.sum() / self.asked) if self.asked else float("nan")

    @property
    def worst(self) -> int:
        """The most calls in one second."""
        return int(self.calls.max())

    def bill(self, each: Money) -> Money:
        """What the billed calls cost at a price for one call."""
        return each * int(self.billed.sum())

    def wasted(self, each: Money) -> Money:
        """What the calls cost whose answers were thrown away."""
        return each * self.late


def simulate_retries(storm: Storm, rule: RetryRule, *, seed: int) -> StormResult:
    """Simulate an outage. The first attempts are the same for every rule with the same seed."""
    arrivals = np.random.default_rng(seed).poisson(storm.rate, storm.seconds).tolist()
    crowd = _Crowd(storm, rule, np.random.default_rng([seed, 1]))
    counts = [crowd.second(number, arriving) for number, arriving in enumerate(arrivals)]
    calls, billed, answered = (np.array(column) for column in zip(*counts, strict=True))
    return StormResult(calls, billed, answered, sum(arrivals), crowd.given_up, crowd.late)


def compare_retries(storm: Storm, rules: Sequence[RetryRule], *, each: Money, seed: int) -> pd.DataFrame:
    """Return for each rule: rule, calls, amplification, worst (calls a second), answered, given_up, wasted, usd.

    `answered` and `given_up` are shares of the requests, `usd` (Decimal) the bill, `wasted` the part for answers that
    came too late, at a price for one call.
    """
    import pandas as pd

    rows = []
    for rule in rules:
        found = simulate_retries(storm, rule, seed=seed)
        shares = (found.answered.sum() / found.asked, found.given_up / found.asked)
        known = (rule.kind, int(found.calls.sum()), found.amplification, found.worst)
        rows.append((*known, *shares, found.wasted(each).amount, found.bill(each).amount))
    names = ["rule", "calls", "amplification", "worst", "answered", "given_up", "wasted", "usd"]
    return pd.DataFrame(rows, columns=names)


class _Crowd:
    """All callers: who comes back when, with which attempt."""

    def __init__(self, storm: Storm, rule: RetryRule, rng: np.random.Generator) -> None:
        self._storm, self._rule, self._rng = storm, rule, rng
        self._due: dict[int, list[int]] = {}  # second -> attempts (2 is the first retry) of those who come back
        self._firsts: list[int] = []
        self._retries: list[int] = []
        self.given_up = self.late = 0

    def second(self, number: int, arriving: int) -> tuple[int, int, int]:
        """Let a second pass; return calls, billed calls, answered requests."""
        storm = self._storm
        attempts = [1] * arriving + self._due.pop(number, [])
        self._firsts.append(arriving)
        self._retries.append(0)
        self._rng.shuffle(attempts)
        down = storm.start <= number < storm.start + storm.outage
        room = int(storm.degraded if down else storm.capacity)
        served, refused = attempts[:room], attempts[room:]
        late = int(self._rng.binomial(len(served), storm.timeout_share)) if refused else 0
        self.late += late
        for attempt in served[:late] + refused:
            self._again(number, attempt)
        return len(attempts), len(served), len(served) - late

    def _again(self, number: int, attempt: int) -> None:
        if attempt >= self._rule.attempts or not self._within_budget():
            self.given_up += 1
            return
        self._retries[-1] += 1
        self._due.setdefault(number + self._wait(attempt), []).append(attempt + 1)

    def _within_budget(self) -> bool:
        minute = slice(-60, None)
        spent, allowed = sum(self._retries[minute]), self._rule.budget * sum(self._firsts[minute])
        return self._rule.kind != "budget" or spent + 1 <= allowed

    def _wait(self, attempt: int) -> int:
        if self._rule.kind == "at once":
            return 1
        return 1 + int(self._rng.integers(0, min(2**attempt, self._rule.longest)))
