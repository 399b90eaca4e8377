"""Money: how long it takes to say who spent it, and what it costs to count a call."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.cases.cost import CALLS
from benchmarks.measure import by_turns, middle
from benchmarks.table import Goal, Row, absolute
from benchmarks.worker import Worker

CASES = "benchmarks.cases.cost"
MICROSECONDS = Goal("≤", 5, "µs")


def rows(options: object) -> Iterator[Row]:
    """Yield the rows; the split of ten million lines has been checked in Decimal before it is timed."""
    with Worker(sys.executable, CASES, "attribution") as worker:
        samples = by_turns({"sql": worker.case("sql")}, rounds=5)
    yield absolute("10M billing lines by label: cost.attribute, SQL", Goal("≤", 3, "s"), samples["sql"])
    with Worker(sys.executable, CASES, "counting") as worker:
        counted = by_turns({"count": worker.case("count")}, rounds=7)["count"]
    each = middle(counted, "cpu") / CALLS * 1e6
    yield Row("a call counted: cost.UsageLog", "", MICROSECONDS, each, "cpu; response to sum, one thread", len(counted))
