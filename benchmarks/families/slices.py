"""Worst slices of a million rows in 15 columns, single conditions and pairs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import BENCH, UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, absolute, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases.slices"
FEWER = 100_000  # sliceline takes minutes for a million rows
SLICELINE = Goal("≥", 5, "×")
WHAT = "slices, 1M rows × 15 columns, pairs: debugging.worst_slices"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows: the time a person waits, the same against pandas that only counts, and the memory."""
    with Worker(sys.executable, CASES) as worker:
        samples = by_turns({name: worker.case(name) for name in ("groupby", "search")})
    yield absolute(WHAT, Goal("≤", 5, "s"), samples["search"])
    yield compared(
        WHAT, "groupby of ready-made levels", Goal("≤", 1, "×"), Pairs(samples["groupby"], samples["search"])
    )
    yield absolute(
        f"{WHAT.partition(':')[0]}: peak above the frame", Goal("≤", 200, "MB"), samples["search"], field="grown"
    )
    yield _against_sliceline()


def _against_sliceline() -> Row:
    """Compare with the peer, which gets its levels ready made; it ranks slices by a score and tests none of them."""
    from benchmarks.cases.slices import store_levels

    what, peer, goal = "slices, 100k rows × 15 columns, pairs: debugging.worst_slices", version("sliceline"), SLICELINE
    try:
        python = environment("sliceline").python
    except UNAVAILABLE as error:
        return unmeasured(what, peer, goal, str(error))
    path = BENCH / "slices.npz"
    store_levels(path, FEWER)
    with Worker(python, f"{CASES}_sliceline", str(path)) as theirs, Worker(sys.executable, CASES, str(FEWER)) as ours:
        samples = by_turns({"theirs": theirs.case("search"), "ours": ours.case("search")}, rounds=3)
    return compared(what, peer, goal, Pairs(samples["theirs"], samples["ours"]))
