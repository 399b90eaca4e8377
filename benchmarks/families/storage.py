"""Cloud Storage: many small objects against fake-gcs-server, one large object against the clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cases.storage import PAIRS
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import UNAVAILABLE, Served, fake_gcs_server, offline_cloud, version
from benchmarks.table import Goal, Row, absolute, compared, unmeasured
from benchmarks.worker import Worker

WHAT = f"{PAIRS} × 1 kB up and down"
FASTER, LARGE = Goal("≥", 1.1, "×"), Goal("≤", 0.6, "s")
CASES = "benchmarks.cases.storage"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows: our server inside the lesson's process, and as a process like the peer."""
    with ExitStack() as stack:
        inside, apart = client("connect", stack), client(stack.enter_context(offline_cloud()), stack)
        yield from _small(inside, apart, stack)
        for case in ("upload", "download"):
            samples = by_turns({"inside": inside.case(case)})["inside"]
            yield absolute(f'20 MB {case}, connect("offline")', LARGE, samples)


def client(server: Served | str, stack: ExitStack, cases: str = CASES) -> Worker:
    """Return a worker with Google's client pointed at a server; it ends with the stack."""
    where = (server,) if isinstance(server, str) else (server.url,)
    also = None if isinstance(server, str) else server.pid
    return stack.enter_context(Worker(sys.executable, cases, *where, also=also))


def _small(inside: Worker, apart: Worker, stack: ExitStack) -> Iterator[Row]:
    peer = f"{version('fake-gcs-server')}, memory"
    names = {"inside": f'{WHAT}, connect("offline")', "apart": f"{WHAT}, own process"}
    try:
        theirs = client(stack.enter_context(fake_gcs_server()), stack)
    except UNAVAILABLE as error:
        yield from (unmeasured(what, peer, FASTER, str(error)) for what in names.values())
        return
    runs = {name: worker.case("pairs") for name, worker in (("peer", theirs), ("inside", inside), ("apart", apart))}
    samples = by_turns(runs, rounds=7)
    for name, what in names.items():
        yield compared(what, peer, FASTER, Pairs(samples["peer"], samples[name]), clock="wall")
