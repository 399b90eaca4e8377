"""What a room has solved: `python -m tools.grade_room FOLDER` executes each notebook in it, and writes results.csv.

Each notebook runs in an empty folder with a course home of its own, so what counts is what its cells answer now, not
what its stored outputs say. `CLOUD` is set to "offline". A notebook that stops at an error counts with what it had
solved by then. This runs code that learners wrote: do it where there is nothing to lose (a container without
credentials), as you would with any homework.

Columns: notebook (its name, up to the ending), exercise, result (solved, not yet, not tried), error (of the notebook).
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from mlops_helpers.learning import Course
from notebooks.execute import outcomes
from notebooks.kernel import ipython_folder

COLUMNS = ("notebook", "exercise", "result", "error")
CELL_SECONDS = 300
LONGEST_ERROR = 200
SECRETS = ("GOOGLE_", "AWS_", "AZURE_", "GITHUB_", "MLOPS_")


def grade(notebook: Path, exercises: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """Execute a notebook; yield a row for each exercise. A file that is no notebook is an error in its rows."""
    with tempfile.TemporaryDirectory(prefix="mlops-grade-") as folder:
        error = _run(notebook, Path(folder))
        journal = Path(folder) / "home" / "progress.jsonl"
        found = outcomes(journal.read_text(encoding="utf-8")) if journal.exists() else {}
    for exercise in exercises:
        result = {True: "solved", False: "not yet", None: "not tried"}[found.get(exercise)]
        yield notebook.stem, exercise, result, error


def grade_folder(folder: Path, lesson: str, results: Path) -> int:
    """Grade all notebooks of a folder, and write the rows under a temporary name, then rename; how many there were.

    `lesson` is its word, such as "governance". Raises `FileNotFoundError` for a folder without notebooks.
    """
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"There is no notebook in {folder}; expected one file per learner, such as ada.ipynb.")
    exercises = [exercise.id for exercise in Course().exercises(lesson)]
    rows = [row for notebook in notebooks for row in grade(notebook, exercises)]
    unfinished = results.with_name(f".{results.name}.unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    unfinished.replace(results)
    return len(notebooks)


def _run(notebook: Path, folder: Path) -> str:
    """Let papermill execute a notebook; the error in a few words, or nothing."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    desk = folder / "desk"
    desk.mkdir()
    settings = {"MLOPS_COURSE_HOME": str(folder / "home"), "IPYTHONDIR": str(ipython_folder(folder))}
    before = dict(os.environ)
    kept = {name: value for name, value in before.items() if not name.startswith(SECRETS)}
    os.environ.clear()
    os.environ.update(kept | settings | {name: before[name] for name in ("MLOPS_COURSE_DATA",) if name in before})
    options = {"kernel_name": "python3", "language": "python", "progress_bar": False, "cwd": desk}
    try:
        given = nbformat.read(notebook, as_version=4)
        papermill.execute_notebook(
            given, folder / "out.ipynb", parameters={"CLOUD": "offline"}, execution_timeout=CELL_SECONDS, **options
        )
    except PapermillExecutionError as error:
        return f"{error.ename}: {error.evalue}"[:LONGEST_ERROR]
    except (nbformat.reader.NotJSONError, nbformat.ValidationError):
        return "no notebook"
    except (RuntimeError, TimeoutError) as error:
        return f"the kernel failed: {type(error).__name__}"
    finally:
        os.environ.clear()
        os.environ.update(before)
    return ""


def main(arguments: Sequence[str]) -> int:
    """Grade a folder; 2 if there is nothing to grade."""
    parser = argparse.ArgumentParser(prog="python -m tools.grade_room", description="Execute a room's notebooks.")
    parser.add_argument("folder", type=Path, help="one notebook per learner, all of the same lesson")
    parser.add_argument("--lesson", default="governance", help="the lesson's word (default: governance)")
    parser.add_argument("--results", type=Path, default=Path("results.csv"), help="where to write (results.csv)")
    chosen = parser.parse_args(arguments)
    try:
        graded = grade_folder(chosen.folder, chosen.lesson, chosen.results)
    except FileNotFoundError as error:
        parser.error(str(error))
    sys.stdout.write(f"{graded} notebooks graded; see {chosen.results}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
