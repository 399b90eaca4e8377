"""Reading a notebook: its cells by kind, its texts, headings, sections and bullets. Cells are numbered from 1."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r"^[-*]\s+(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_COMMON = frozenset(("that", "this", "what", "with", "from", "have", "will", "your", "into", "their", "them", "then"))

Numbered = tuple[int, NotebookNode]


def code_cells(notebook: NotebookNode) -> list[Numbered]:
    """The code cells with their numbers."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]


def markdown_cells(notebook: NotebookNode) -> list[Numbered]:
    """The markdown cells with their numbers."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "markdown"]


def tagged(notebook: NotebookNode, tag: str) -> list[int]:
    """The numbers of the cells that carry a tag."""
    return [number for number, cell in enumerate(notebook.cells, start=1) if tag in cell.metadata.get("tags", ())]


def outputs(notebook: NotebookNode) -> Iterator[Numbered]:
    """Each output with the number of its cell."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            yield number, output


def texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Everything a reader could read, with its cell: sources, printed text, text and HTML forms of results."""
    for number, cell in enumerate(notebook.cells, start=1):
        yield number, cell.source
    for number, output in outputs(notebook):
        yield number, output.get("text", "")
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/"):
                yield number, str(value)


def headings(notebook: NotebookNode) -> Iterator[tuple[int, int, str]]:
    """Cell number, level and text of each heading; what looks like one inside a code fence is none."""
    for number, cell in markdown_cells(notebook):
        for marks, text in _HEADING.findall(_FENCE.sub("", cell.source)):
            yield number, len(marks), text


def sections(notebook: NotebookNode) -> Iterator[tuple[int, str, list[NotebookNode]]]:
    """Each part below a `##` heading: the heading's cell, its text, and the code cells up to the next `##`."""
    starts = [(number, text) for number, level, text in headings(notebook) if level == 2]
    ends = [number for number, _ in starts[1:]] + [len(notebook.cells) + 1]
    for (start, text), end in zip(starts, ends, strict=True):
        yield start, text, [cell for number, cell in code_cells(notebook) if start < number < end]


def bullets(text: str) -> list[str]:
    """The items of the text's lists, each on one line."""
    return [" ".join(item.split()) for item in _BULLET.findall(text)]


def stems(text: str) -> set[str]:
    """The first four letters of the words that carry meaning: 'counts' and 'counted' agree."""
    words = re.findall(r"[a-z]{4,}", text.lower())
    return {word[:4] for word in words if word not in _COMMON}


def is_literal_assignment(statement: ast.stmt) -> bool:
    """Whether a statement only gives a plain value to a name, as papermill needs it."""
    if isinstance(statement, ast.AnnAssign):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    else:
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError):
        return False
    return all(isinstance(target, ast.Name) for target in targets)
