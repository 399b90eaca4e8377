"""What a hit of the response cache costs over the store's own answer, and how long a simulated day takes."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

from benchmarks.cases.cost_levers import HITS
from benchmarks.measure import by_turns, middle
from benchmarks.peers import offline_cloud
from benchmarks.table import Goal, Row, absolute
from benchmarks.worker import Worker

CASES = "benchmarks.cases.cost_levers"
ROUNDS = 7
MICROSECONDS = 1e6


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. The Redis server is the offline cloud's, as a process of its own."""
    with ExitStack() as stack:
        host, _, port = _redis(stack.enter_context(offline_cloud()).url).rpartition(":")
        worker = stack.enter_context(Worker(sys.executable, CASES, host, port))
        samples = by_turns({name: worker.case(name) for name in ("bare", "hit", "day")}, rounds=ROUNDS)
    hit, bare = (middle(samples[name], "wall") / HITS for name in ("hit", "bare"))
    over = median(one.wall - other.wall for one, other in zip(samples["hit"], samples["bare"], strict=True)) / HITS
    cpu = median(one.cpu - other.cpu for one, other in zip(samples["hit"], samples["bare"], strict=True)) / HITS
    against = f"bare GET: {bare * 1000:.3f} ms"
    what = "cache hit over the wire: cost.ResponseCache"
    yield Row(what, against, Goal("≤", 1, "ms"), hit * 1000, "", ROUNDS)
    besides = f"cpu: {cpu * MICROSECONDS:.0f} µs"
    yield Row(f"{what}, over a bare GET", against, Goal("≤", 60, "µs"), over * MICROSECONDS, besides, ROUNDS)
    yield absolute("a day of an endpoint, by the second: cost.simulate_autoscaling", Goal("≤", 1, "s"), samples["day"])


def _redis(url: str) -> str:
    """The address of the server's Redis, which the first question starts."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/_offline/redis") as answer:
        return json.load(answer)["address"]
