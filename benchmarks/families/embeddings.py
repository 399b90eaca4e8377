"""Drift of embeddings: MMD with permutations against alibi-detect, and what the whole report costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases"
SIZE = "2,000 × 768, 100 permutations"
ROUNDS = 3  # alibi-detect takes most of a minute for two


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. CPU time decides: both sides use all cores."""
    with Worker(sys.executable, f"{CASES}.embeddings") as worker:
        yield _against_alibi(worker)
        samples = by_turns({name: worker.case(name) for name in ("mmd", "report")})
        pairs = Pairs(samples["mmd"], samples["report"])
        yield compared(f"embeddings, {SIZE}: embedding_drift", "mmd_test alone", Goal("≤", 6, "×"), pairs)


def _against_alibi(worker: Worker) -> Row:
    """Compare with the peer; its environment holds torch, which takes some gigabytes."""
    from benchmarks.cases.embeddings import windows
    from mlops_helpers.monitoring import mmd_test

    what, peer, goal = f"embeddings, {SIZE}: mmd_test", version("alibi-detect"), Goal("≥", 15, "×")
    try:
        python = environment("alibi-detect").python
    except UNAVAILABLE as error:
        return unmeasured(what, peer, goal, str(error))
    ours = mmd_test(*windows(), permutations=1)
    with Worker(python, f"{CASES}.embeddings_alibi", str(ours.bandwidth), str(ours.mmd2)) as theirs:
        samples = by_turns({"alibi": theirs.case("mmd"), "ours": worker.case("mmd")}, rounds=ROUNDS)
    return compared(what, peer, goal, Pairs(samples["alibi"], samples["ours"]))
