"""Lessons: the first one from start to end, and what the executor adds to an empty one."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator

from benchmarks.measure import Pairs, by_turns
from benchmarks.table import Goal, Row, absolute, compared
from benchmarks.worker import Worker, once

CASES = "benchmarks.cases.lessons"
CLOSE = Goal("≤", 1.15, "×")


def rows(options: object) -> Iterator[Row]:
    """Yield the rows; the executor's imports count in a fresh process, and not where many lessons share one."""
    with tempfile.TemporaryDirectory() as folder, Worker(sys.executable, CASES, folder) as worker:
        samples = by_turns({name: worker.case(name) for name in ("nbclient", "empty")}, rounds=7)
        pairs = Pairs(samples["nbclient"], samples["empty"])
        yield compared("empty lesson, one of many", "nbclient alone", CLOSE, pairs)
        runs = {name: lambda name=name: once(CASES, name, folder)[1] for name in ("nbclient", "empty")}
        samples = by_turns(runs)
        pairs = Pairs(samples["nbclient"], samples["empty"])
        yield compared("empty lesson, fresh process", "nbclient alone", CLOSE, pairs)
        lesson = by_turns({"lesson": worker.case("lesson")}, rounds=3)["lesson"]
        yield absolute("lesson 1 executed", Goal("≤", 15, "s"), lesson)
