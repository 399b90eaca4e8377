"""Worst slices of a million rows in 15 columns, single conditions and pairs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.measure import Pairs, by_turns
from benchmarks.table import Goal, Row, absolute, compared
from benchmarks.worker import Worker

WHAT = "slices, 1M rows × 15 columns, pairs: debugging.worst_slices"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows: the time a person waits, the same against pandas that only counts, and the memory."""
    with Worker(sys.executable, "benchmarks.cases.slices") as worker:
        samples = by_turns({name: worker.case(name) for name in ("groupby", "search")})
    yield absolute(WHAT, Goal("≤", 5, "s"), samples["search"])
    yield compared(
        WHAT, "groupby of ready-made levels", Goal("≤", 1, "×"), Pairs(samples["groupby"], samples["search"])
    )
    yield absolute(
        f"{WHAT.partition(':')[0]}: peak above the frame", Goal("≤", 200, "MB"), samples["search"], field="grown"
    )
