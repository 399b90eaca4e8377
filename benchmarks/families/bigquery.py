"""BigQuery: small queries against crucible-emulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cases.bigquery import QUERIES
from benchmarks.families.storage import client, served
from benchmarks.measure import by_turns
from benchmarks.peers import UNAVAILABLE, crucible, offline_cloud, version
from benchmarks.table import Goal, Row, unmeasured

FASTER = Goal("≥", 2, "×")
CASES = "benchmarks.cases.bigquery"
WAYS = {
    "result-new": "query().result(), each new",
    "result-again": "query().result(), the same again",
    "wait-new": "query_and_wait(), each new",
    "wait-again": "query_and_wait(), the same again",
}


def rows(options: object) -> Iterator[Row]:
    """Yield the rows: two ways of asking, statements that are new and one that returns."""
    peer = version("crucible-emulator")
    questions = {case: f"{QUERIES} × {way}" for case, way in WAYS.items()}
    with ExitStack() as stack:
        try:
            theirs = client(stack.enter_context(crucible()), stack, CASES)
        except UNAVAILABLE as error:
            yield from (unmeasured(what, peer, FASTER, str(error)) for what in questions.values())
            return
        inside = client("connect", stack, CASES)
        apart = client(stack.enter_context(offline_cloud()), stack, CASES)
        for case, what in questions.items():
            runs = {"peer": theirs.case(case), "inside": inside.case(case), "apart": apart.case(case)}
            yield served(what, peer, FASTER, by_turns(runs, rounds=7))
