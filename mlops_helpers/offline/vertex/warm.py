"""Processes kept warm: where the system can copy a process, a pipeline's step costs tenths of a second, not three.

A step in a process of its own imports Google's clients, pandas and scikit-learn first: two to five seconds, for work of
a tenth. So a helper process (`warm_main`) imports them once, and makes a copy of itself for each step. The copy is as
separate as any other process: it has an environment, a folder and an output of its own, and can be killed. Only Linux
copies processes safely after such imports; elsewhere each step starts from nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POSSIBLE = sys.platform == "linux"
MODULE = "mlops_helpers.offline.vertex.warm_main"
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Step:
    """The process of one step, for whoever wants to end it."""

    pid: int

    def kill(self) -> None:
        """End it; nothing happens if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class WarmProcesses:
    """The helper processes of one offline Vertex AI, as many as there were steps at one time."""

    def __init__(self) -> None:
        self._idle: list[subprocess.Popen[str]] = []
        self._all: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        started: Callable[[Step], None],
        *,
        source: str = "",
    ) -> int:
        """Run a Python file with arguments to its end, and give its exit status (that of a kill is negative).

        What it prints is appended to `output.txt` in the folder. `started` is called with the process. `source` is the
        text of what runs: what it seems to import, the helper imports once.
        """
        told = {
            "command": list(command),
            "environment": dict(environment),
            "folder": str(folder),
            "source": source,
            "output": str(folder / "output.txt"),
        }
        helper = self._take(environment, folder)
        answers = _ask(helper, json.dumps(told))
        try:
            started(Step(int(next(answers))))
            status = int(next(answers))
        except StopIteration:  # somebody ended the helper: the server closes
            helper.communicate()
            return KILLED
        with self._lock:
            self._idle.append(helper)
        return status

    def close(self) -> None:
        """End the helpers."""
        with self._lock:
            idle, helpers, self._idle, self._all = self._idle, self._all, [], []
        for helper in helpers:
            helper.kill()
        for helper in idle:  # those that are busy are waited for by whoever waits for their step
            helper.communicate()

    def _take(self, environment: Mapping[str, str], folder: Path) -> subprocess.Popen[str]:
        """An idle helper, or a new one; it gets no more of this process than the step does."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            helper = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                cwd=folder.parent,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._all.append(helper)
            return helper


def _ask(helper: subprocess.Popen[str], line: str) -> Iterator[str]:
    """Write a line to a helper; its answers, none if it has ended."""
    if helper.stdin is None or helper.stdout is None:
        return
    with contextlib.suppress(BrokenPipeError):
        helper.stdin.write(line + "\n")
        helper.stdin.flush()
    while answer := helper.stdout.readline():
        yield answer
