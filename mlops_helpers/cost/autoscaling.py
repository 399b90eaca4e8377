"""A day of an endpoint that scales itself, second by second: what it costs, and how long people wait.

    result = simulate_autoscaling(requests, replica, ScalingPolicy(minimum=2, maximum=12, target=0.6))
    result.replica_hours, result.p99_ms, result.cost(price("endpoint.n1-standard-4", at=today).each)

The model is a fluid queue. A replica answers `rate` requests a second when it is busy all the time. What arrives and
cannot be answered in the same second waits, first come first served, so a request waits for the backlog before it
divided by the rate of all replicas, and then takes `latency_ms`. Nobody gives up: where real callers would, waits of
minutes stand for errors. The autoscaler looks every 15 seconds at the busy share of the last minute and wants so many
replicas that it would have been `target`. New ones are billed at once but answer after `up_delay`, as a container has
to be pulled and a model loaded; one is taken away only if fewer were wanted during all of `down_delay`. That is how
Vertex AI and Kubernetes scale; their exact windows differ and change.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from .errors import InvalidSetting
from .series import need_series, weighted_quantile

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from .money import Money

HOUR = 3600
EVERY, LOOK_BACK = 15, 60  # seconds between two decisions, and that a decision looks back on


@dataclass(frozen=True)
class Replica:
    """One replica: requests a second when busy all the time, and milliseconds for one when nobody waits."""

    rate: float
    latency_ms: float

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.latency_ms > 0):
            raise InvalidSetting(f"{self}", "a rate and a latency above 0", "Measure both with a load test.")


@dataclass(frozen=True)
class ScalingPolicy:
    """How many replicas, at which busy share, and how slowly.

    `up_delay` is the time until a new replica answers, `down_delay` for how long fewer must have been wanted before
    one goes, both in seconds. `minimum == maximum` is an endpoint of a fixed size. Raises InvalidSetting.
    """

    minimum: int = 1
    maximum: int = 10
    target: float = 0.6
    up_delay: int = 180
    down_delay: int = 300

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum:
            found = f"{self.minimum} to {self.maximum} replicas"
            raise InvalidSetting(found, "at least 1, and a maximum not below the minimum", "Swap or raise them.")
        if not 0 < self.target <= 1:
            raise InvalidSetting(f"a target of {self.target}", "a share above 0, at most 1", "0.6 is Vertex AI's own.")
        if min(self.up_delay, self.down_delay) < 0:
            raise InvalidSetting("a delay below 0 s", "seconds, 0 or more", "Measure how long a start takes.")


@dataclass(frozen=True, eq=False)
class ScalingResult:
    """What happened. Arrays have one item for each second.

    replicas      that answer; `billed` also counts those that are starting
    backlog       requests that wait at the end of the second
    latency_ms    of a request that arrived in that second
    busy          share of the time in which replicas worked, over the whole span
    """

    requests: np.ndarray
    replicas: np.ndarray
    billed: np.ndarray
    backlog: np.ndarray
    latency_ms: np.ndarray
    busy: float

    @property
    def replica_hours(self) -> Decimal:
        """Hours that are billed, exact."""
        return Decimal(int(self.billed.sum())) / HOUR

    @property
    def p99_ms(self) -> float:
        """The latency that 99 % of the requests do not exceed; NaN if nobody asked."""
        return weighted_quantile(self.latency_ms, self.requests, 0.99)

    def slower_than(self, limit_ms: float) -> float:
        """Share of the requests that took longer than a limit; 0 if nobody asked."""
        total = self.requests.sum()
        return float(self.requests[self.latency_ms > limit_ms].sum() / total) if total else 0.0

    def cost(self, hourly: Money) -> Money:
        """What the billed hours cost at a price for an hour of one replica."""
        return hourly * Decimal(int(self.billed.sum())) / HOUR


def simulate_autoscaling(requests: ArrayLike, replica: Replica, policy: ScalingPolicy) -> ScalingResult:
    """Simulate an endpoint; `requests` has the number of requests in each second, shape (seconds,).

    Raises BadSeries for numbers that are missing or below 0.
    """
    arrivals = need_series(requests, "requests")
    scaler, rate = _Scaler(policy, replica.rate), replica.rate
    replicas, billed, backlog = [], [], []
    waiting = done = 0.0
    for second, arriving in enumerate(arrivals.tolist()):
        if second % EVERY == 0:
            scaler.decide(second)
        ready = scaler.ready_at(second)
        capacity = ready * rate
        waiting += arriving
        served = capacity if waiting > capacity else waiting
        waiting -= served
        done += served
        scaler.served.append(served / capacity)
        replicas.append(ready)
        billed.append(ready + scaler.starting)
        backlog.append(waiting)
    counts, left = np.array(replicas), np.array(backlog)
    latency = _latency(arrivals, counts * rate, left, replica)
    return ScalingResult(arrivals, counts, np.array(billed), left, latency, done / (counts.sum() * rate))


def _latency(arrivals: np.ndarray, capacity: np.ndarray, left: np.ndarray, replica: Replica) -> np.ndarray:
    """Milliseconds for the middle request of each second: half of the second has arrived, half of it was worked."""
    before = np.concatenate([[0.0], left[:-1]])
    ahead = np.maximum(before + arrivals / 2 - capacity / 2, 0.0)
    return replica.latency_ms + 1000 * ahead / capacity


class _Scaler:
    """The autoscaler's memory: which replicas answer, which are starting, and what it wanted lately."""

    def __init__(self, policy: ScalingPolicy, rate: float) -> None:
        self._policy, self._ready, self.starting = policy, policy.minimum, 0
        self._orders: deque[tuple[int, int]] = deque()  # (second from which they answer, how many)
        self._wanted: deque[tuple[int, int]] = deque()
        self.served: deque[float] = deque(maxlen=LOOK_BACK)

    def ready_at(self, second: int) -> int:
        """Return how many replicas answer in a second."""
        while self._orders and self._orders[0][0] <= second:
            number = self._orders.popleft()[1]
            self._ready += number
            self.starting -= number
        return self._ready

    def decide(self, second: int) -> None:
        """Order replicas, or let some go."""
        policy = self._policy
        ready = self.ready_at(second)
        busy = sum(self.served) / len(self.served) if self.served else 0.0
        wanted = min(max(ceil(ready * busy / policy.target - 1e-9), policy.minimum), policy.maximum)
        self._wanted.append((second, wanted))
        while self._wanted[0][0] < second - policy.down_delay:
            self._wanted.popleft()
        here = ready + self.starting
        if wanted > here:
            self._orders.append((second + policy.up_delay, wanted - here))
            self.starting += wanted - here
        elif second >= policy.down_delay:
            self._let_go(here - max(number for _, number in self._wanted))

    def _let_go(self, number: int) -> None:
        """Running replicas go first come first served by the platform; those that are starting are not stopped."""
        self._ready -= max(0, min(number, self._ready - self._policy.minimum))


def scaling_frontier(
    requests: ArrayLike,
    replica: Replica,
    policies: Sequence[ScalingPolicy],
    *,
    hourly: Money,
    limit_ms: float = float("inf"),
) -> pd.DataFrame:
    """Return cost against p99 of some policies, cheapest first.

    Columns: minimum, maximum, target, replica_hours, usd (Decimal; in the currency of `hourly`), p99_ms, too_slow
    (share of the requests above `limit_ms`), best (no other policy is both cheaper and faster). Raises InvalidSetting
    without policies, BadSeries.
    """
    import pandas as pd

    if not policies:
        raise InvalidSetting("no policies", "at least one", "Vary the target and the minimum.")
    rows = []
    for policy in policies:
        result = simulate_autoscaling(requests, replica, policy)
        money, p99 = result.cost(hourly).amount, result.p99_ms
        known = (policy.minimum, policy.maximum, policy.target)
        rows.append((*known, float(result.replica_hours), money, p99, result.slower_than(limit_ms)))
    names = ["minimum", "maximum", "target", "replica_hours", "usd", "p99_ms", "too_slow"]
    table = pd.DataFrame(rows, columns=names).sort_values(["usd", "p99_ms"], kind="stable", ignore_index=True)
    before = table["p99_ms"].cummin().shift(fill_value=float("inf"))
    return table.assign(best=table["p99_ms"] < before)
