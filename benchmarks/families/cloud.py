"""Gemini and Vertex AI offline: how soon, how fast, and with how much memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import psutil

from benchmarks.cases.cloud import PREDICTIONS, PROMPTS
from benchmarks.families.storage import client
from benchmarks.measure import Sample, by_turns, middle
from benchmarks.peers import UNAVAILABLE, offline_cloud
from benchmarks.table import Goal, Row, absolute, figure, seconds, unmeasured
from benchmarks.worker import Worker, once

ROUNDS = 5
CASES = "benchmarks.cases.cloud"
SERVER, SMALL = "own server, only Cloud Storage used: memory", Goal("≤", 60, "MB")


def rows(options: object) -> Iterator[Row]:
    """Yield the rows; what happens once in a session is measured in fresh processes."""
    first = [once(CASES, "first", "vertex")[0] for _ in range(ROUNDS + 1)][1:]
    yield absolute("first Vertex AI call, client imported", Goal("≤", 1.5, "s"), first)
    with Worker(sys.executable, CASES, "gemini") as worker:
        yield rate("generate_content", Goal("≥", 150, "/s"), _samples(worker, "prompts"), calls=PROMPTS)
    with Worker(sys.executable, CASES, "predict") as worker:
        row = absolute("one prediction by a deployed model", Goal("≤", 10, "ms"), _samples(worker, "one", rounds=99))
        many = middle(_samples(worker, "many"), "wall") / PREDICTIONS
        yield replace(row, besides=f"{row.besides}; {PREDICTIONS} in a row, each: {seconds(many)}")
    services = [once(CASES, "services", "memory")[0] for _ in range(3)]
    what = "Storage, BigQuery, Gemini, Vertex AI used: memory on top of clients"
    yield absolute(what, Goal("≤", 100, "MB"), services, field="grown")
    yield _server()


def rate(what: str, goal: Goal, samples: list[Sample], *, calls: int) -> Row:
    """Return the row of calls for each second, by the wall clock; a sample is so many calls one after the other."""
    found = [calls / sample.wall for sample in samples]
    besides = f"cpu: {seconds(middle(samples, 'cpu') / calls)} each; slowest run: {figure(min(found))} /s"
    return Row(what, "", goal, calls / middle(samples, "wall"), besides, len(samples))


def _samples(worker: Worker, case: str, *, rounds: int = ROUNDS) -> list[Sample]:
    return by_turns({case: worker.case(case)}, rounds=rounds)[case]


def _server() -> Row:
    """Resident memory of `python -m mlops_helpers.offline` after objects went up and down by the hundred."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(offline_cloud())
        except UNAVAILABLE as error:
            return unmeasured(SERVER, "", SMALL, str(error))
        client(server, stack).run("pairs")
        resident = psutil.Process(server.pid).memory_info().rss / 2**20
    return Row(SERVER, "", SMALL, resident, "resident, after 100 × 1 kB and 20 MB up and down", 1)
