"""The course's environment from an empty cache: uv against pip. It downloads everything twice: only with --slow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Pairs, Sample
from benchmarks.table import Goal, Row, compared, unmeasured
from benchmarks.worker import timed
from tools.environment import ROOT, clean_environment

WHAT, GOAL = "environment, nothing cached: uv", Goal("≤", 0.15, "×")
PIP = "python -m venv, pip install -r"
LOCK = str(ROOT / "constraints" / "lock.txt")


def rows(options: object) -> Iterator[Row]:
    """Yield the one row; n is 1, since each side takes minutes or a large download."""
    uv = shutil.which("uv")
    if not uv:
        yield unmeasured(WHAT, PIP, GOAL, "uv is not on PATH")
    elif not getattr(options, "slow", False):
        yield unmeasured(WHAT, PIP, GOAL, "takes minutes: --slow")
    else:
        yield compared(WHAT, PIP, GOAL, Pairs([_with_pip()], [_with_uv(uv)]), clock="wall")


def _with_uv(uv: str) -> Sample:
    with tempfile.TemporaryDirectory() as folder:
        python, cache = f"{folder}/venv", ("--cache-dir", f"{folder}/cache")
        make = [uv, "venv", "--quiet", *cache, "--python", sys.executable, python]
        fill = [uv, "pip", "install", "--quiet", "--no-deps", *cache, "--python", python, "-r", LOCK]
        return timed(lambda: (_call(make), _call(fill)))


def _with_pip() -> Sample:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--no-cache-dir", "-r", LOCK]
        return timed(lambda: (venv.create(folder, with_pip=True), _call(pip)))


def _call(command: list[str]) -> None:
    subprocess.run(command, env=clean_environment(os.environ), check=True)
