"""Performance with and without labels against NannyML, a million rows in ten chunks.

Theirs fits and estimates, so ours does: calibration, limits and sampling errors from the reference are in the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases"
ROUNDS = 3  # NannyML takes ten seconds for each
GOALS = {"estimate": Goal("≥", 30, "×"), "realised": Goal("≥", 10, "×")}
TITLES = {
    "estimate": "estimation, 1M rows: PerformanceEstimator",
    "realised": "labels known, 1M rows: realised_performance",
}


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. CPU time decides."""
    peer = version("nannyml")
    try:
        python = environment("nannyml").python
    except UNAVAILABLE as error:
        yield from (unmeasured(TITLES[case], peer, goal, str(error)) for case, goal in GOALS.items())
        return
    with (
        Worker(sys.executable, f"{CASES}.estimation") as ours,
        Worker(python, f"{CASES}.estimation_nannyml", _our_estimates()) as theirs,
    ):
        for case, goal in GOALS.items():
            samples = by_turns({"theirs": theirs.case(case), "ours": ours.case(case)}, rounds=ROUNDS)
            yield compared(TITLES[case], peer, goal, Pairs(samples["theirs"], samples["ours"]))


def _our_estimates() -> str:
    """Return ours as JSON: the peer's worker holds its own against them before anything is timed."""
    from benchmarks.cases.estimation import estimated, windows

    table = estimated(*windows())
    return json.dumps({str(metric): rows["value"].tolist() for metric, rows in table.groupby("metric")})
