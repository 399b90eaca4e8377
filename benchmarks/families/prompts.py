"""Prompts: how fast they are written, and what a version that nobody can overwrite costs."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.cases.prompts import PROMPTS, SAVES
from benchmarks.families.cloud import rate
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import UNAVAILABLE, environment, version
from benchmarks.table import Goal, Row, compared, unmeasured
from benchmarks.worker import Worker

CASES = "benchmarks.cases.prompts"
PEER, FASTER = "langchain-core", Goal("≥", 10, "×")
WHAT = "10,000 prompts: debugging.render"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. Both ways to save take two requests; ours are a listing and an upload with a condition."""
    with Worker(sys.executable, CASES, "rendering") as worker:
        samples = by_turns({name: worker.case(name) for name in ("jinja", "render")})
        yield rate("prompts rendered", Goal("≥", 10_000, "/s"), samples["render"], calls=PROMPTS)
        pairs = Pairs(samples["jinja"], samples["render"])
        yield compared(WHAT, "Jinja's sandbox, compiled once, no checks", Goal("≤", 3, "×"), pairs)
        yield _against_langchain(worker)
    with Worker(sys.executable, CASES, "saving") as worker:
        samples = by_turns({name: worker.case(name) for name in ("overwrite", "save")}, rounds=9)
    pairs = Pairs(samples["overwrite"], samples["save"])
    yield compared(
        f"{SAVES} prompts saved: PromptRegistry", "upload, then patch: both overwrite", Goal("≤", 1.5, "×"), pairs
    )


def _against_langchain(worker: Worker) -> Row:
    what, peer = WHAT, f"{version(PEER)}, Jinja templates"
    try:
        python = environment(PEER).python
    except UNAVAILABLE as error:
        return unmeasured(what, peer, FASTER, str(error))
    with Worker(python, f"{CASES}_langchain") as theirs:
        samples = by_turns({"langchain": theirs.case("render"), "ours": worker.case("render")}, rounds=3)
    return compared(what, peer, FASTER, Pairs(samples["langchain"], samples["ours"]))
