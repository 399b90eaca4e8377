"""Data quality of a million rows in seven columns: checks, profile, and the same checks as SQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.customers import ROWS, stored
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import BENCH, UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, absolute, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases"
POLARS = Goal("≤", 1.1, "×")
PUSHED = "checks, 1M rows: SQL"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. CPU time decides: several of the libraries use both cores."""
    BENCH.mkdir(parents=True, exist_ok=True)
    data = stored(BENCH)
    yield from _checks()
    yield from _profile(str(data))
    yield from _by_sql()


def _checks() -> Iterator[Row]:
    with Worker(sys.executable, f"{CASES}.checks", str(BENCH)) as worker:
        samples = by_turns({name: worker.case(name) for name in ("pandera", "check", "pandas")})
    pairs = Pairs(samples["pandera"], samples["check"])
    yield compared("checks, 1M rows: governance.check_quality", "pandera alone", Goal("≤", 1.2, "×"), pairs)


def _profile(data: str) -> Iterator[Row]:
    with Worker(sys.executable, f"{CASES}.profiles", str(BENCH)) as worker:
        samples = by_turns({name: worker.case(name) for name in ("pandas", "profile")}, rounds=7)
        pairs = Pairs(samples["pandas"], samples["profile"])
        yield compared("profile, 1M rows: governance.profile", "plain pandas calls", Goal("≤", 0.4, "×"), pairs)
        yield absolute("profile, 1M rows: peak above the frame", Goal("≤", 50, "MB"), samples["profile"], field="grown")
        yield _against_polars(worker, data)


def _against_polars(worker: Worker, data: str) -> Row:
    what, peer = "profile, 1M rows: governance.profile", version("polars")
    try:
        python = environment("polars").python
    except UNAVAILABLE as error:
        return unmeasured(what, peer, POLARS, str(error))
    with Worker(python, f"{CASES}.profiles_polars", data) as theirs:
        samples = by_turns({"polars": theirs.case("profile"), "ours": worker.case("profile")}, rounds=7)
    return compared(what, peer, POLARS, Pairs(samples["polars"], samples["ours"]))


def _by_sql() -> Iterator[Row]:
    with Worker(sys.executable, f"{CASES}.pushdown", str(BENCH)) as worker:
        samples = by_turns({name: worker.case(name) for name in ("pandas", "sql")})
    yield compared(PUSHED, "plain pandas calls", Goal("≤", 1, "×"), Pairs(samples["pandas"], samples["sql"]))
    with Worker(sys.executable, f"{CASES}.pushdown", str(BENCH), str(10 * ROWS)) as worker:
        samples = by_turns({"sql": worker.case("sql")}, rounds=1)
    yield absolute("checks, 10M rows by SQL: peak of the process", Goal("≤", 2000, "MB"), samples["sql"], field="peak")
