"""Cloud Storage: many small objects against fake-gcs-server, one large object against the clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks.cases.storage import PAIRS
from benchmarks.measure import Pairs, Sample, by_turns
from benchmarks.peers import UNAVAILABLE, Served, fake_gcs_server, offline_cloud, version
from benchmarks.table import Goal, Row, absolute, compared, figure, unmeasured
from benchmarks.worker import Worker

WHAT = f"{PAIRS} × 1 kB up and down"
FASTER, LARGE = Goal("≥", 1.1, "×"), Goal("≤", 0.6, "s")
CASES = "benchmarks.cases.storage"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows."""
    with ExitStack() as stack:
        inside = client("connect", stack)
        yield _small(inside, stack)
        for case in ("upload", "download"):
            samples = by_turns({"inside": inside.case(case)})["inside"]
            yield absolute(f"20 MB {case}", LARGE, samples)


def client(server: Served | str, stack: ExitStack, cases: str = CASES) -> Worker:
    """Return a worker with Google's client pointed at a server; it ends with the stack."""
    where = (server,) if isinstance(server, str) else (server.url,)
    also = None if isinstance(server, str) else server.pid
    return stack.enter_context(Worker(sys.executable, cases, *where, also=also))


def served(what: str, peer: str, goal: Goal, samples: Mapping[str, Sequence[Sample]]) -> Row:
    """Return the row of a server: as `connect("offline")` runs it; beside it, as a process of its own like the peer."""
    row = compared(what, peer, goal, Pairs(samples["peer"], samples["inside"]), clock="wall")
    apart = Pairs(samples["peer"], samples["apart"]).speed("wall")
    return replace(row, besides=f"{row.besides}; own process, wall: {figure(apart)} ×")


def _small(inside: Worker, stack: ExitStack) -> Row:
    peer = f"{version('fake-gcs-server')}, memory"
    try:
        theirs = client(stack.enter_context(fake_gcs_server()), stack)
    except UNAVAILABLE as error:
        return unmeasured(WHAT, peer, FASTER, str(error))
    apart = client(stack.enter_context(offline_cloud()), stack)
    runs = {name: worker.case("pairs") for name, worker in (("peer", theirs), ("inside", inside), ("apart", apart))}
    return served(WHAT, peer, FASTER, by_turns(runs, rounds=9))
