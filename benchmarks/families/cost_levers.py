"""What a hit of the response cache costs over the store's own answer, and how long a simulated day takes."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.cases.cost_levers import HITS
from benchmarks.measure import Sample, by_turns, middle
from benchmarks.peers import offline_cloud
from benchmarks.table import Goal, Row, absolute
from benchmarks.worker import Worker

CASES = "benchmarks.cases.cost_levers"
WHAT = "cache hit over the wire: cost.ResponseCache"
ROUNDS = 7
MICROSECONDS = 1e6


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. The Redis server is the offline cloud's, as a process of its own.

    What a hit costs over a GET is work of the client's process: CPU time counts it, whoever else is running.
    """
    with ExitStack() as stack:
        host, _, port = _redis(stack.enter_context(offline_cloud()).url).rpartition(":")
        worker = stack.enter_context(Worker(sys.executable, CASES, host, port))
        samples = by_turns({name: worker.case(name) for name in ("bare", "hit", "day")}, rounds=ROUNDS)
    hit, bare = (middle(samples[name], "wall") / HITS for name in ("hit", "bare"))
    over = {clock: _over(samples["hit"], samples["bare"], clock) for clock in ("cpu", "wall")}
    against = f"bare GET: {bare * 1000:.3f} ms"
    yield Row(WHAT, against, Goal("≤", 1, "ms"), hit * 1000, "", ROUNDS)
    besides = f"cpu; wall: {over['wall']:.0f} µs"
    yield Row(f"{WHAT}, over a bare GET", against, Goal("≤", 60, "µs"), over["cpu"], besides, ROUNDS)
    yield absolute("a day of an endpoint, by the second: cost.simulate_autoscaling", Goal("≤", 1, "s"), samples["day"])


def _over(hits: Sequence[Sample], bare: Sequence[Sample], clock: str) -> float:
    """The median of the pairwise differences for one hit, in microseconds: key, reading, copying, counting."""
    pairs = zip(hits, bare, strict=True)
    return median(getattr(one, clock) - getattr(other, clock) for one, other in pairs) / HITS * MICROSECONDS


def _redis(url: str) -> str:
    """The address of the server's Redis, which the first question starts."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_offline/redis") as answer:
        return json.load(answer)["address"]
