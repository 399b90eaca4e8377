"""Start-up: the package's import, and the offline cloud from nothing to its first answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.table import Goal, Row, absolute, seconds
from benchmarks.worker import once

ROUNDS = 7
CLIENTS = ("google.cloud.storage", "google.cloud.bigquery")
CASES = "benchmarks.cases.startup"


def rows(options: object) -> Iterator[Row]:
    """Yield the rows; every sample is a fresh process."""
    imports = [once(CASES, "import")[0] for _ in range(ROUNDS + 1)][1:]
    yield absolute("import mlops_helpers", Goal("≤", 50, "ms"), imports)
    ready = [once(CASES, "ready", *CLIENTS)[0] for _ in range(ROUNDS + 1)][1:]
    row = absolute('connect("offline") and first answers, clients imported', Goal("≤", 0.5, "s"), ready)
    yield replace(row, besides=f"{row.besides}; slowest {seconds(max(item.wall for item in ready))}")
