"""A worker is a process that holds prepared cases and times one whenever it is asked to.

    python -m benchmarks.worker [--also PID] MODULE [ARGUMENT ...]

The parent writes the name of a case, the worker runs it and writes one line of JSON: a `Sample`. A case that a peer
computes runs in the peer's interpreter, so this module needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks.measure import Sample
from tools.environment import ROOT, clean_environment

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class WorkerFailed(Exception):
    """A case ended in an error, which stands above in the console; the message names case and worker."""


class Worker:
    """The parent's end: `with Worker(python, module, *arguments) as worker: worker.run("name")`.

    `also` is the process of a server whose CPU time belongs to the cases.
    """

    def __init__(self, python: Path | str, module: str, *arguments: str, also: int | None = None) -> None:
        server = ["--also", str(also)] if also else []
        self.name = f"{module.rpartition('.')[2]} {' '.join(arguments)}".strip()
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.worker", *server, module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=clean_environment(os.environ),
            text=True,
            encoding="utf-8",
        )

    def run(self, case: str) -> Sample:
        """Let the worker run a case once. Raises `WorkerFailed`."""
        try:
            self._process.stdin.write(f"{case}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise WorkerFailed(f"case {case!r} of worker {self.name!r} ended with an error (see above)")
        return Sample(**json.loads(answer))

    def case(self, name: str) -> Callable[[], Sample]:
        """Return the case as a function without arguments."""
        return lambda: self.run(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.stdin.close()


def once(module: str, case: str, *arguments: str) -> tuple[Sample, Sample]:
    """Run a case in a fresh process of this environment: (the case alone, the process from start to end)."""
    started, before = time.perf_counter(), os.times()
    with Worker(sys.executable, module, *arguments) as worker:
        inner = worker.run(case)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return inner, Sample(time.perf_counter() - started, cpu)


def timed(case: Callable[[], object], *, also: int | None = None) -> Sample:
    """Run a function once and return what it took, child processes and the server `also` included."""
    _reset_peak()
    resident, cpu, wall = _memory("VmRSS"), _cpu(also), time.perf_counter()
    case()
    wall, cpu, peak = time.perf_counter() - wall, _cpu(also) - cpu, _memory("VmHWM")
    # The kernel counts pages in batches, so that a peak may come out a little below the level before.
    grown = None if peak is None or resident is None else max(0.0, peak - resident)
    return Sample(wall, cpu, grown, peak)


def _cpu(also: int | None) -> float:
    """Return the CPU seconds of this process, of its children that have ended, and of a server."""
    children = os.times()
    own = time.process_time() + children.children_user + children.children_system
    if also is None:
        return own
    import psutil

    server = psutil.Process(also).cpu_times()
    return own + server.user + server.system


def _memory(field: str) -> float | None:
    """Return VmRSS (now) or VmHWM (peak) in MB, where the system is Linux."""
    if not STATUS.exists():
        return None
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith(field)]
    return int(line.split()[1]) / 1024


def _reset_peak() -> None:
    """Let the peak be measured from here on (see clear_refs in proc(5))."""
    if RESET.exists():
        RESET.write_text("5")


def main() -> None:
    """Answer requests until the parent closes the pipe."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("--also", type=int)
    parser.add_argument("module")
    parser.add_argument("arguments", nargs="*")
    chosen = parser.parse_args()
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not look like an answer
    cases = importlib.import_module(chosen.module).cases(*chosen.arguments)
    for line in sys.stdin:
        sample = timed(cases[line.strip()], also=chosen.also)
        answers.write(json.dumps(vars(sample)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
