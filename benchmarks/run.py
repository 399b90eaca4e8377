"""One command, one table of ratios against peers: `make bench`.

    python -m benchmarks [--only FAMILY …] [--slow] [--store]

--only    some of: startup storage bigquery cloud quality drift univariate embeddings slices fairness cost cost_levers
          experiments_ab prompts estimation lessons environment
--slow    also what takes minutes: the environment built by pip from an empty cache
--store   write the table to benchmarks/RESULTS.md as well

Times depend on the machine and on what else it does; the ratios hardly do. Run it on a quiet machine all the same.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.table import Row, render
from benchmarks.worker import WorkerFailed

FAMILIES = (
    "startup",
    "storage",
    "bigquery",
    "cloud",
    "quality",
    "drift",
    "univariate",
    "embeddings",
    "slices",
    "fairness",
    "cost",
    "cost_levers",
    "experiments_ab",
    "prompts",
    "estimation",
    "lessons",
    "environment",
)
RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
NAMED = (
    "google-cloud-storage",
    "google-cloud-bigquery",
    "google-cloud-aiplatform",
    "google-genai",
    "pandas",
    "pandera",
    "duckdb",
    "sqlglot",
    "pyarrow",
    "nbclient",
)
METHOD = """\
Reference and case run by turns; a ratio is the median of the pairwise ratios, n the number of pairs (after a warm-up),
and a time the median of n runs. "found" is by wall clock where a person waits for a server, else by CPU time; the other
clock stands under "besides". Peers run in environments and processes of their own, and a server's CPU time counts.
Made by `make bench`; what each row does is in `benchmarks/cases`."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print each row as it comes and the table at the end; 1 if a family broke off."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="FAMILY")
    parser.add_argument("--slow", action="store_true", help="also what takes minutes")
    parser.add_argument("--store", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    broken: list[str] = []
    for family in options.only:
        try:
            rows += _measured(family, options)  # rows known before a family breaks off stay
        except WorkerFailed as error:
            broken.append(f"{family} broke off: {error}")
    text = page(rows, broken, today=datetime.now(UTC).date())
    print(f"\n{text}", flush=True)
    if options.store:
        RESULTS.write_text(text, encoding="utf-8")
    return bool(broken)


def _measured(family: str, options: argparse.Namespace) -> Iterator[Row]:
    """Yield a family's rows, each announced on the console when it is known."""
    for row in import_module(f"benchmarks.families.{family}").rows(options):
        found = row.cells()[3]
        print(f"{family:<12} {row.what:<58} {found:>9}  ({row.goal}) {row.verdict}", flush=True)
        yield row


def page(rows: Sequence[Row], broken: Sequence[str] = (), *, today: date) -> str:
    """Return the page of results: method, machine, versions, table, and what broke off."""
    versions = ", ".join(f"{name} {version(name)}" for name in NAMED)
    parts = ["# Benchmarks", METHOD, f"{today}, {machine()}. {versions}.", render(rows), *broken]
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """Return the class of the machine, not which one it is."""
    return f"{os.cpu_count()} cores ({_processor()}), {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    """Return the processor's name where the system has one to tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
