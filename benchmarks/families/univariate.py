"""Drift of single columns against NannyML: a million rows a window, 20 numeric and 5 text columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.drifting import windows
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import BENCH, UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases"
ROWS = 1_000_000
ROUNDS = 3


def rows(options: object) -> Iterator[Row]:
    """Yield the row by CPU time, with `--slow` only: NannyML takes half a minute a run."""
    if not options.slow:
        return
    what, peer, goal = "drift report, 1M rows × 25", version("nannyml"), Goal("≤", 0.05, "×")
    BENCH.mkdir(parents=True, exist_ok=True)
    paths = [str(path) for path in windows(BENCH, ROWS)]
    try:
        python = environment("nannyml").python
    except UNAVAILABLE as error:
        yield unmeasured(what, peer, goal, str(error))
        return
    with (
        Worker(python, f"{CASES}.drift_nannyml", *paths) as theirs,
        Worker(sys.executable, f"{CASES}.drift", str(BENCH), str(ROWS)) as ours,
    ):
        samples = by_turns({"theirs": theirs.case("all"), "ours": ours.case("report")}, rounds=ROUNDS)
    yield compared(what, f"{peer}: 3 + 2 methods", goal, Pairs(samples["theirs"], samples["ours"]))
