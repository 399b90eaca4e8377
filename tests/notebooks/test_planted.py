"""Faults that would pass unseen, each planted in a lesson, and who catches it.

    lint     the rules for stored notebooks        (tests/notebooks/test_lessons.py in `make test`)
    compare  nbval, run as `make test` runs it     (stored outputs against new ones)
    build    the execution by `make run` and `make notebooks`, and of every lesson in tests/notebooks/test_lessons.py

A parameter that nobody declares or of another type is in test_parameters.py; one that its own lesson replaces, below.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from notebooks.execute import Job, execute
from tests.notebooks.conftest import ROOT
from tests.notebooks.spoiling import add, rules

ALL = {"lint", "compare", "build"}
WHEN_RUN = {"compare", "build"}


@dataclass(frozen=True)
class Planted:
    """A cell, who catches it, and the result that is stored for it (nothing where the cell shows nothing)."""

    source: str
    caught_by: set
    stored: str = ""


PLANTS = {
    "an early end": Planted("import sys\nsys.exit(0)", ALL),
    "an unknown line magic": Planted("%nosuch 1", ALL),
    "an unknown cell magic": Planted("%%nosuch\nx = 1", ALL),
    "a failing pip": Planted("%pip install --no-index --quiet no-such-package", ALL),
    "a failing command": Planted("!false", ALL),
    "a captured error": Planted("%%capture\nraise ValueError('seen by nobody')", ALL),
    "a killed kernel": Planted("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ALL),
    "an error in a thread": Planted("import threading\nthreading.Thread(target=lambda: 1 / 0).start()", WHEN_RUN),
    "an error in a late thread": Planted("import threading\nthreading.Timer(0.2, lambda: 1 / 0).start()", WHEN_RUN),
    "a failed task": Planted(
        "import asyncio\nasync def fail():\n    raise ValueError\ntask = asyncio.create_task(fail())\n"
        "await asyncio.sleep(0)",
        WHEN_RUN,
    ),
    "an unfinished task": Planted("import asyncio\ntask = asyncio.create_task(asyncio.sleep(60))", WHEN_RUN),
    "a forgotten await": Planted("async def fail():\n    raise ValueError\nlater = fail()", WHEN_RUN),
    "an output that is no longer true": Planted("1 + 1", {"compare"}, "3"),
    "a random output": Planted("import random\nrandom.random()", {"compare"}, "0.5"),
    "a replaced parameter": Planted("LIMIT = 7.0", {"lint"}),
}
HARMLESS = {
    "a joined thread": "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()",
    "an awaited task": "import asyncio\nawait asyncio.create_task(asyncio.sleep(0))",
    "a caught task": "import asyncio\nasync def fail():\n    raise KeyError\ntask = asyncio.create_task(fail())\n"
    "try:\n    await task\nexcept KeyError:\n    caught = True",
    "a pool": "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
    "assert pool.submit(int).result() == 0",
    "a server in the background": "import threading\nevent = threading.Event()\n"
    "threading.Thread(target=event.wait, daemon=True).start()",
}


def stored(planted):
    """A notebook with the cell, as an author could have stored it."""
    cells = [("LIMIT = 1.0", ""), (planted.source, planted.stored), ("'End of lesson 1'", "'End of lesson 1'")]
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for count, (source, shown) in enumerate(cells, start=1):
        outputs = [nbformat.v4.new_output("execute_result", {"text/plain": shown}, execution_count=count)]
        cell = nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs if shown else [])
        notebook.cells.append(cell)
    return notebook


@pytest.fixture(scope="module")
def compared():
    """The names of the plants for which the comparison of stored outputs fails; all in one run of pytest."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="planted-") as folder:
        for name, planted in PLANTS.items():
            nbformat.write(stored(planted), Path(folder) / f"{name}.ipynb")
        result = Path(folder) / "result.xml"
        options = ["--nbval", "-q", "-p", "no:cacheprovider", f"--junitxml={result}", folder]
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT, env=own, capture_output=True, check=False)
        cases = ElementTree.parse(result).getroot().iter("testcase")
        found = {case.get("classname").removesuffix(".ipynb").rpartition(".")[2] for case in cases if len(case)}
        return found & {*PLANTS}


@pytest.mark.parametrize("name", PLANTS)
def test_the_comparison_of_stored_outputs_catches_what_it_should(compared, name):
    assert (name in compared) == ("compare" in PLANTS[name].caught_by)


@pytest.mark.parametrize("name", PLANTS)
def test_the_lint_catches_what_it_should(lesson, name):
    add(lesson, PLANTS[name].source)
    assert bool(rules(lesson)) == ("lint" in PLANTS[name].caught_by)


def run(tmp_path, cell):
    """The error with which the execution of a lesson with this cell ends, if any."""
    source = tmp_path / "02_planted.py"
    lines = "\n".join(f"# {line}" if line.startswith(("%", "!")) else line for line in cell.splitlines())
    source.write_text(f'# %% tags=["parameters"]\nLIMIT = 1.0\n\n# %%\n{lines}\n\n# %%\n"End of lesson 2"\n')
    return execute(Job(source, "learner")).error


@pytest.mark.parametrize("name", PLANTS)
def test_the_execution_catches_what_it_should(tmp_path, name):
    assert bool(run(tmp_path, PLANTS[name].source)) == ("build" in PLANTS[name].caught_by)


def test_what_is_waited_for_passes(tmp_path):
    """All in one lesson, one cell each."""
    assert run(tmp_path, "\n\n# %%\n".join(HARMLESS.values())) == ""


def test_a_cell_that_never_ran_is_caught_by_the_lint_alone(lesson):
    """The comparison runs such a cell and compares nothing."""
    number = add(lesson, "2 + 2")
    lesson.cells[number - 1].execution_count = None
    assert rules(lesson) == {"executed"}


def test_the_message_names_the_cell_and_the_remedy(tmp_path):
    error = run(tmp_path, PLANTS["an error in a late thread"].source)
    assert error.startswith("In [2] WentWrongBeside: Thread-")
    assert "failed: ZeroDivisionError: division by zero. Wait for it in the cell that starts it" in error
