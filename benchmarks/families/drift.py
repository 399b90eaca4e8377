"""Drift of 20 numeric and 5 text columns: exact, from sketches, the whole report, and a column larger than memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.drifting import windows
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import BENCH, UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, absolute, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases"
EXACT = {"10k": 0.12, "100k": 0.10, "1M": 0.20}
FASTER = {"10k": 100, "100k": 60, "1M": 40}
ROWS = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
STREAMED = 100_000_000


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. CPU time decides. Evidently at a million rows and the long stream take minutes: `--slow`."""
    BENCH.mkdir(parents=True, exist_ok=True)
    for size in ROWS:
        paths = windows(BENCH, ROWS[size])
        with Worker(sys.executable, f"{CASES}.drift", str(BENCH), str(ROWS[size])) as worker:
            yield from _numbers(worker, size)
            if size != "1M" or options.slow:
                yield _against_evidently(worker, size, [str(path) for path in paths])
    if options.slow:
        with Worker(sys.executable, f"{CASES}.drift_stream", str(STREAMED)) as worker:
            samples = by_turns({"stream": worker.case("stream")}, rounds=1)
        what = "drift, 100M rows a window by sketches: peak of the process"
        yield absolute(what, Goal("≤", 4000, "MB"), samples["stream"], field="peak")


def _numbers(worker: Worker, size: str) -> Iterator[Row]:
    names = ("scipy", "exact") + (("sketch", "report") if size == "1M" else ())
    samples = by_turns({name: worker.case(name) for name in names})
    exact = Pairs(samples["scipy"], samples["exact"])
    yield compared(f"KS, {size} rows × 20: exact, error 0", "scipy ks_2samp", Goal("≤", EXACT[size], "×"), exact)
    if size != "1M":
        return
    sketched = Pairs(samples["scipy"], samples["sketch"])
    yield compared("KS, PSI, JS, Wasserstein, 1M rows × 20: sketches", "scipy ks_2samp", Goal("≤", 0.08, "×"), sketched)
    yield absolute("drift report, 1M rows: CPU time", Goal("≤", 2, "s"), samples["report"], field="cpu")
    yield absolute(
        "drift report, 1M rows: peak above the frames", Goal("≤", 150, "MB"), samples["report"], field="grown"
    )


def _against_evidently(worker: Worker, size: str, paths: list[str]) -> Row:
    what, goal, peer = f"drift report, {size} rows × 25", Goal("≥", FASTER[size], "×"), version("evidently")
    try:
        python = environment("evidently").python
    except UNAVAILABLE as error:
        return unmeasured(what, peer, goal, str(error))
    with Worker(python, f"{CASES}.drift_evidently", *paths) as theirs:
        runs = {"preset": theirs.case("preset"), "ours": worker.case("report")}
        samples = by_turns(runs, rounds=1 if size == "1M" else 5)
    return compared(what, f"{peer}: DataDriftPreset", goal, Pairs(samples["preset"], samples["ours"]))
