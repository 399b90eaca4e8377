"""Executes lessons with papermill, two at a time, each in an empty directory and with a course home of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from notebooks.editions import clean, edition
from notebooks.kernel import ipython_folder
from notebooks.operations import VARIABLE
from notebooks.parameters import declared, require_fit
from notebooks.reading import code_cells, outputs

CELL_SECONDS = 300
LEFT_BEHIND = "The lesson left {found} in its working directory; it must leave nothing. Delete it in the lesson."
ENDED_EARLY = "Cell {number} and what follows never ran: the kernel was told to exit. Remove that from the lesson."


@dataclass(frozen=True)
class Job:
    """One edition of one lesson to execute, with values for the cell tagged `parameters`."""

    source: Path
    which: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Execution:
    """What came of a job. `error` is empty when the lesson ran to its end; `journal` is the learner's progress file.

    `operations` are those of the offline Google Cloud that the lesson called.
    """

    job: Job
    notebook: NotebookNode
    seconds: float
    error: str
    journal: str
    operations: tuple[str, ...] = ()

    @property
    def figures(self) -> int:
        """How many pictures the lesson drew."""
        outputs = (output for cell in self.notebook.cells for output in cell.get("outputs", ()))
        return sum(any(kind.startswith("image/") for kind in output.get("data", ())) for output in outputs)


def execute(job: Job) -> Execution:
    """Execute one edition; a failing cell is reported in the result, not raised.

    Raises `ParameterRefused` for a parameter that the lesson does not declare, or of another type.
    """
    notebook = edition(job.source, job.which)
    require_fit(declared(notebook), job.parameters)
    with tempfile.TemporaryDirectory(prefix="mlops-lesson-") as folder:
        desk, home, output, used = (Path(folder) / name for name in ("desk", "home", "executed.ipynb", "used.json"))
        desk.mkdir()
        started = time.perf_counter()
        own = {"MLOPS_COURSE_HOME": home, "IPYTHONDIR": ipython_folder(Path(folder)), VARIABLE: used}
        with _environment(**{name: str(path) for name, path in own.items()}):
            error = _run(notebook, output, desk, job.parameters)
        seconds = time.perf_counter() - started
        left = sorted(path.name for path in desk.iterdir())
        executed = nbformat.read(output, as_version=4) if output.exists() else notebook
        error = error or _ended_early(executed) or (LEFT_BEHIND.format(found=left) if left else "")
        executed = clean(executed, name=f"{job.source.stem}.ipynb")
        journal = home / "progress.jsonl"
        operations = tuple(json.loads(used.read_text())) if used.exists() else ()
        text = journal.read_text() if journal.exists() else ""
        return Execution(job, executed, seconds, error, text, operations)


def outcomes(journal: str) -> dict[str, bool]:
    """For each exercise that was checked, by the learner's progress file, whether it was solved at last."""
    lines = [json.loads(line) for line in journal.splitlines()]
    return {line["exercise"]: line["outcome"] == "solved" for line in lines if line["outcome"] != "hint"}


def execute_all(jobs: Iterable[Job], *, workers: int = 2) -> Iterator[Execution]:
    """Execute many editions side by side and yield each as it finishes.

    Processes, not threads: papermill changes the working directory of the process it runs in.
    """
    jobs = list(jobs)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=max(1, min(workers, len(jobs))), mp_context=context) as pool:
        futures: list[Future[Execution]] = [pool.submit(execute, job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()


def _run(notebook: NotebookNode, output: Path, desk: Path, parameters: dict[str, Any]) -> str:
    """Let papermill execute the notebook into `output`; the error as text, or nothing."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=parameters,
            cwd=desk,
            kernel_name="python3",
            progress_bar=False,
            autosave_cell_every=0,
            request_save_on_cell_execute=False,
            execution_timeout=CELL_SECONDS,
            coalesce_streams=True,  # how a kernel splits its text into messages is chance
        )
    except PapermillExecutionError as error:
        return f"In [{error.exec_count}] {error.ename}: {error.evalue}"
    except (RuntimeError, TimeoutError) as error:  # the kernel, not the lesson: it did not start, died, or hung
        return f"the kernel failed: {error}. Run the command again; if it fails again, free some memory."
    return ""


def _ended_early(executed: NotebookNode) -> str:
    """An error for the first code cell that never ran: papermill takes `sys.exit(0)` for a good end."""
    never = [number for number, cell in code_cells(executed) if cell.execution_count is None]
    exits = [number for number, output in outputs(executed) if output.get("ename") == "SystemExit"]
    return ENDED_EARLY.format(number=min(never + exits)) if never or exits else ""


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables for the kernels started inside the block, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
