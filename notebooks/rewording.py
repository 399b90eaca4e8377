"""New words around code that stays: a stored edition takes its source's text and keeps its outputs, nothing is run.

For a corrected sentence, or a new term of the glossary. As soon as a line of code differs the lesson is to be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from notebooks.editions import REMOVED_TAGS, edition, stored_path, text_of
from notebooks.reading import code_cells


class CodeChanged(Exception):
    """A code cell of the source is not the stored one, so its output may no longer be true."""


def reworded(stored: NotebookNode, generated: NotebookNode) -> NotebookNode:
    """The generated edition with the stored outputs. Raises `CodeChanged` naming the first cell that differs."""
    old, new = ([cell for _, cell in code_cells(notebook)] for notebook in (stored, generated))
    for number, (before, after) in enumerate(zip(old, new, strict=False), start=1):
        if before.source != after.source:
            raise CodeChanged(f"In [{number}] differs: {after.source[:60]!r}. Build the lesson instead.")
    if len(old) != len(new):
        raise CodeChanged(f"{len(new)} code cells in the source, {len(old)} stored. Build the lesson instead.")
    for before, after in zip(old, new, strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count
    return generated


def reword(lessons: Sequence[Path]) -> list[tuple[Path, str]]:
    """The path and the new text of each stored edition of these lessons. Raises `CodeChanged`; writes nothing."""
    texts = []
    for source in lessons:
        for which in REMOVED_TAGS:
            path = stored_path(source, which)
            stored = nbformat.read(path, as_version=4)
            try:
                texts.append((path, text_of(reworded(stored, edition(source, which)))))
            except CodeChanged as error:
                raise CodeChanged(f"{path.name} ({which}): {error}") from None
    return texts
