"""BigQuery: small queries against crucible-emulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cases.bigquery import QUERIES
from benchmarks.families.storage import client
from benchmarks.measure import Pairs, by_turns
from benchmarks.peers import UNAVAILABLE, crucible, offline_cloud, version
from benchmarks.table import Goal, Row, compared, unmeasured

FASTER = Goal("≥", 2, "×")
CASES = "benchmarks.cases.bigquery"
WAYS = {"result": f"{QUERIES} × query().result()", "wait": f"{QUERIES} × query_and_wait()"}


def rows(options: object) -> Iterator[Row]:
    """Yield the rows: both ways of asking, our server inside the lesson's process and as a process like the peer."""
    peer = version("crucible-emulator")
    with ExitStack() as stack:
        try:
            theirs = client(stack.enter_context(crucible()), stack, CASES)
        except UNAVAILABLE as error:
            yield from (unmeasured(what, peer, FASTER, str(error)) for what in WAYS.values())
            return
        inside = client("connect", stack, CASES)
        apart = client(stack.enter_context(offline_cloud()), stack, CASES)
        for case, what in WAYS.items():
            runs = {"peer": theirs.case(case), "inside": inside.case(case), "apart": apart.case(case)}
            samples = by_turns(runs)
            for name, where in (("inside", 'connect("offline")'), ("apart", "own process")):
                pairs = Pairs(samples["peer"], samples[name])
                yield compared(f"{what}, {where}", peer, FASTER, pairs, clock="wall")
