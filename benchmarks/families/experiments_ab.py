"""Tooling: the pipeline on this machine, a canary replayed, units assigned to arms, the errors of daily looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.cases.experiments_ab import TESTS, errors_of_daily_looks
from benchmarks.measure import by_turns
from benchmarks.table import Goal, Row, absolute
from benchmarks.worker import Worker

CASES = "benchmarks.cases.experiments_ab"
ROUNDS = 3
QUESTIONS = (
    ("pipeline", "run", "churn pipeline, 1,200 customers, KFP's local runner", Goal("≤", 30, "s"), "wall"),
    ("pipeline", "compile", "churn pipeline compiled, KFP imported", Goal("≤", 2, "s"), "wall"),
    ("canary", "replay", "canary of 100 decisions replayed", Goal("≤", 1, "s"), "wall"),
    ("units", "assign", "10M units assigned to two arms, with χ²: CPU time", Goal("≤", 3, "s"), "cpu"),
)


def rows(options: object) -> Iterator[Row]:
    """Yield the rows. There is no peer: the goals are what a person waits for, and the errors that were promised."""
    for kind, case, what, goal, clock in QUESTIONS:
        with Worker(sys.executable, CASES, kind) as worker:
            samples = by_turns({case: worker.case(case)}, rounds=ROUNDS)
        yield absolute(what, goal, samples[case], field=clock)
    false_alarms, off = errors_of_daily_looks()
    yield Row(
        "sequential test, 14 daily looks: false alarms", "", Goal("≤", 5.5, "%"), false_alarms, "A/A tests", TESTS
    )
    yield Row("sequential test, 14 daily looks: power off its plan", "", Goal("≤", 3, "points"), off, "", TESTS)
