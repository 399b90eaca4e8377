"""A process that imports what steps import, and makes a copy of itself for each of them.

Called as `warm_main`. Each line on its standard input is a step, as `warm` writes it; it answers with two lines: the
step's process id, and how it ended.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import runpy
import sys
import warnings
from importlib import import_module

ALWAYS, OURS = "kfp", "mlops_helpers"  # a step that uses this package may need all of it
WORD = re.compile(r"\w+")
# What takes half a second or more, and does nothing but define things when it is imported.
HEAVY = (
    "kfp.dsl.executor_main",
    "pandas",
    "pyarrow.parquet",
    "sklearn.compose",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "google.cloud.bigquery",
    "google.cloud.storage",
    "google.cloud.aiplatform",
    "vertexai.resources.preview.ml_monitoring",
)


def main() -> int:
    """Answer each line until there is none; in a step's own process, the step's exit status."""
    for line in sys.stdin:
        told = json.loads(line)
        _import(told["source"])
        child = _copy()
        if child == 0:
            return _run(told)
        _answer(child)
        _answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return 0


def _import(source: str) -> None:
    """Import what a step with this text may import; what was imported before costs nothing."""
    names = [name for name in HEAVY if {name.partition(".")[0], OURS} & {ALWAYS, *WORD.findall(source)}]
    gc.disable()  # a million objects come, none of them garbage
    for name in names:
        with contextlib.suppress(ImportError):
            import_module(name)
    gc.freeze()  # copies need not look at them, so they stay shared
    gc.enable()


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _copy() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from Python 3.12 on: threads of BLAS, which know how to be copied
        return os.fork()


def _run(told: dict) -> int:
    """Become the step: its output, its environment, its folder; then run its first lines."""
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, told["output"], os.O_WRONLY | os.O_APPEND)):
        os.dup2(os.open(path, mode), number)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    sys.path[:0] = told["environment"]["PYTHONPATH"].split(os.pathsep)
    first, *sys.argv[1:] = told["command"]
    sys.argv[0] = first
    runpy.run_path(first, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
