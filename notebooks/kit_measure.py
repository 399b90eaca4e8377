"""How long a lesson's cells run, section by section: `python -m notebooks.kit --measure 1`.

The solutions are executed once by papermill, which notes the seconds of each cell. They say where a room will wait, on
the machine that measured; they are kept in `notebooks/measured.json`, beside what a room of thirty cost the server.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from notebooks.editions import SOLUTIONS, edition
from notebooks.kernel import ipython_folder
from notebooks.kit_minutes import OPENING
from notebooks.reading import headings

MEASURED = Path(__file__).with_name("measured.json")
CELL_SECONDS = 300


def measured(path: Path = MEASURED) -> dict[str, Any]:
    """Return what was measured: {"seconds": {lesson: {section: seconds}}, "room": {...}}; empty if nothing was."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"seconds": {}, "room": {}}


def keep(found: dict[str, Any], path: Path = MEASURED) -> None:
    """Write it under a temporary name, then rename."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(path)


def section_seconds(executed: NotebookNode) -> dict[str, float]:
    """Return the seconds of each section's cells, to a tenth, from what papermill noted; the opening's first."""
    starts = {number: title for number, level, title in headings(executed) if level == 2}
    seconds, title = {OPENING: 0.0}, OPENING
    for number, cell in enumerate(executed.cells, start=1):
        title = starts.get(number, title)
        duration = cell.metadata.get("papermill", {}).get("duration") or 0.0
        seconds[title] = seconds.get(title, 0.0) + duration
    return {title: round(spent, 1) for title, spent in seconds.items()}


def run_lesson(source: Path) -> dict[str, float]:
    """Execute the solutions of a lesson in an empty folder, and return the seconds of its sections.

    Raises papermill's `PapermillExecutionError` if a cell fails.
    """
    import papermill

    with tempfile.TemporaryDirectory(prefix="mlops-kit-") as folder:
        desk, output = Path(folder) / "desk", Path(folder) / "executed.ipynb"
        desk.mkdir()
        settings = {"MLOPS_COURSE_HOME": f"{folder}/home", "IPYTHONDIR": str(ipython_folder(Path(folder)))}
        before = dict(os.environ)
        os.environ.update(settings)
        try:
            notebook = edition(source, SOLUTIONS)
            options = {"cwd": desk, "kernel_name": "python3", "progress_bar": False, "execution_timeout": CELL_SECONDS}
            papermill.execute_notebook(notebook, output, **options)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return section_seconds(nbformat.read(output, as_version=4))
