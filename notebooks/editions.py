"""From one source file to two notebooks: the learner edition and the solution edition.

The source is a jupytext percent file. Cells tagged `exercise` hold the learner's stub, cells tagged `solution` the
answer: the learner edition keeps the first, the solution edition the second; both get links to the glossary's terms.
Both are deterministic to the byte.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import jupytext
import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode

from mlops_helpers.learning.glossary import load_glossary
from notebooks.terms import PAGE, with_terms

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "source"
LEARNER, SOLUTIONS = "learner", "solutions"
REMOVED_TAGS = {LEARNER: "solution", SOLUTIONS: "exercise"}  # edition -> the tag whose cells it does without
STORED_CELL_METADATA = ("tags", "alt")


def sources(numbers: tuple[int, ...] = (), *, folder: Path = SOURCES) -> tuple[Path, ...]:
    """The lessons' source files in order; only those whose number is listed, or all.

    Raises `FileNotFoundError` for a number that no lesson has.
    """
    found = {int(path.name[:2]): path for path in sorted(folder.glob("[0-9][0-9]_*.py"))}
    missing = [number for number in numbers if number not in found]
    if missing:
        raise FileNotFoundError(f"There is no lesson {missing[0]}; choose one of {sorted(found)}.")
    return tuple(found[number] for number in numbers or found)


def stored_path(source: Path, edition: str, *, root: Path = ROOT) -> Path:
    """Where an edition is stored: the learner's beside `build.py`, the solutions in a folder of their own."""
    folder = root if edition == LEARNER else root / "solutions"
    return folder / f"{source.stem}.ipynb"


def edition(source: Path, which: str) -> NotebookNode:
    """One edition of a lesson, not yet executed. `which` is "learner" or "solutions"."""
    notebook = jupytext.read(source, fmt="py:percent")
    remover = TagRemovePreprocessor(enabled=True, remove_cell_tags={REMOVED_TAGS[which]})
    notebook, _ = remover.preprocess(notebook, {})
    notebook = with_terms(notebook, load_glossary(), page=PAGE if which == LEARNER else f"../{PAGE}")
    return clean(notebook, name=f"{source.stem}.ipynb")


def clean(notebook: NotebookNode, *, name: str) -> NotebookNode:
    """The notebook with what belongs in the repository only: no timings, no machine, ids that follow from the text."""
    copies: Counter[str] = Counter()
    for cell in notebook.cells:
        cell.id = hashlib.sha1(f"{copies[cell.source]}:{cell.source}".encode(), usedforsecurity=False).hexdigest()[:12]
        copies[cell.source] += 1  # equal cells are told apart by how many came before
        cell.metadata = {key: cell.metadata[key] for key in STORED_CELL_METADATA if cell.metadata.get(key)}
    notebook.metadata = nbformat.from_dict(
        {
            "colab": {"name": name, "provenance": [], "toc_visible": True},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """A copy as it was before it ran: what the source alone decides."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def text_of(notebook: NotebookNode) -> str:
    """The notebook as the text that is written to its file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
