"""Metrics by group of a million decisions, against fairlearn; the accuracy–fairness frontier."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version

from benchmarks.measure import Pairs, by_turns
from benchmarks.table import Goal, Row, absolute, compared
from benchmarks.worker import Worker

CASES = "benchmarks.cases.fairness"
WHAT = "group metrics, 1M rows × 2 attributes × 6 groups, from {}: ethics.group_metrics"
GOALS = {"texts": Goal("≥", 200, "×"), "codes": Goal("≥", 1000, "×")}


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. fairlearn is a dependency of the course: same environment; two pairs, as it takes its time."""
    peer = f"fairlearn {version('fairlearn')} MetricFrame"
    with Worker(sys.executable, CASES) as worker:
        for what, goal in GOALS.items():
            samples = by_turns({name: worker.case(name) for name in (f"fairlearn {what}", what)}, rounds=2)
            named = WHAT.format("text" if what == "texts" else "category codes")
            yield compared(named, peer, goal, Pairs(samples[f"fairlearn {what}"], samples[what]))
        samples = by_turns({"frontier": worker.case("frontier")})
    yield absolute("frontier of 100 points, 1M rows: ethics.fairness_frontier", Goal("≤", 2, "s"), samples["frontier"])
