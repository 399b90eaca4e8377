"""Notebooks executed: lesson 1, and an empty one by the course's executor and by nbclient alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

EMPTY = "# %%\n1\n"  # a lesson of one cell


def cases(folder: str) -> dict[str, Callable[[], object]]:
    """Return the cases; the empty lesson's source is written into `folder`."""
    source = Path(folder) / "00_empty.py"
    source.write_text(EMPTY, encoding="utf-8")
    return {"lesson": lambda: _course(_lesson_1()), "empty": lambda: _course(source), "nbclient": _nbclient}


def _lesson_1() -> Path:
    from notebooks.editions import sources

    return sources((1,))[0]


def _course(source: Path) -> None:
    from notebooks.editions import SOLUTIONS
    from notebooks.execute import Job, execute

    execution = execute(Job(source, SOLUTIONS))
    if execution.error:
        raise RuntimeError(f"{source.name}: {execution.error}")


def _nbclient() -> None:
    """As a person would: read the notebook, execute it, write it, in an empty directory."""
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as desk:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
        quiet = ["--log-level=CRITICAL"]  # as the course's executor: no talk of loopback encryption
        resources = {"metadata": {"path": desk}}
        NotebookClient(notebook, kernel_name="python3", resources=resources, extra_arguments=quiet).execute()
        nbformat.write(notebook, Path(desk) / "executed.ipynb")
