"""The order of a lesson's cells, their lengths, its parameters and its exercises."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from notebooks.editions import LEARNER, REMOVED_TAGS
from notebooks.lint.problems import Problem, Rule
from notebooks.reading import assigned_names, code_cells, headings, is_literal_assignment, parsed, tagged

LONGEST_CELL, MEDIAN_CELL, MOST_CELLS, LARGEST_KB = 20, 5, 150, 200
TAGS = frozenset(("parameters", *REMOVED_TAGS.values()))


def one_title(notebook: NotebookNode) -> Iterator[Problem]:
    """Exactly one H1, in the first cell, so that tools can build an outline."""
    titles = [number for number, level, _ in headings(notebook) if level == 1]
    if titles != [1]:
        yield Problem("title", 0, f"H1 headings in cells {titles}.", "Begin with one, use ## below it.")


def parameters(notebook: NotebookNode) -> Iterator[Problem]:
    """The first code cell is tagged `parameters` and holds nothing but literals; papermill can read no more."""
    code = code_cells(notebook)
    numbers = tagged(notebook, "parameters")
    if not code or numbers != [code[0][0]]:
        yield Problem("parameters", 0, f"Cells tagged parameters: {numbers}.", "Tag exactly the first code cell.")
        return
    for statement in parsed(code[0][1]).body:
        if not is_literal_assignment(statement):
            text = ast.unparse(statement)
            yield Problem("parameters", numbers[0], f"{text!r} is no literal.", "Assign a plain value, compute later.")


def parameters_count(notebook: NotebookNode) -> Iterator[Problem]:
    """What is set from outside has an effect: each parameter is read, and no cell gives it another value."""
    (number, first), *others = code_cells(notebook) or [(0, nbformat.v4.new_code_cell())]
    given = list(assigned_names(parsed(first)))
    for name in sorted({name for name in given if given.count(name) > 1}):
        yield Problem("parameters", number, f"{name} is assigned twice.", "Assign each parameter once.")
    read: set[str] = set()
    for number_of_other, cell in others:
        tree = parsed(cell)
        for name in sorted({*given} & {*assigned_names(tree)}):
            found = f"{name} is a parameter and gets another value here."
            yield Problem("parameters", number_of_other, found, "Use another name, or no setting would have effect.")
        read |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name in sorted({*given} - read):
        yield Problem("parameters", number, f"No cell reads {name}.", "Use it or remove it.")


def early_subject(notebook: NotebookNode) -> Iterator[Problem]:
    """Parameters, the door to the cloud, then the subject: `connect` is called in the second code cell at latest."""
    for position, (number, cell) in enumerate(code_cells(notebook), start=1):
        if "connect(" in cell.source and position > 2:
            yield Problem("subject", number, f"connect() comes in code cell {position}.", "Make it the second.")
            return


def cell_length(notebook: NotebookNode) -> Iterator[Problem]:
    """One idea per cell: none over 20 lines, half of them at most 5."""
    lengths = [(number, len(cell.source.splitlines())) for number, cell in code_cells(notebook)]
    for number, length in lengths:
        if length > LONGEST_CELL:
            yield Problem("length", number, f"{length} lines of code.", f"Split it; the ceiling is {LONGEST_CELL}.")
    median = statistics.median([length for _, length in lengths] or [0])
    if median > MEDIAN_CELL:
        yield Problem("length", 0, f"The median code cell has {median:g} lines.", f"Aim for {MEDIAN_CELL} or fewer.")


def cell_count(notebook: NotebookNode) -> Iterator[Problem]:
    """One lesson's worth: at most 150 cells, none of them empty, no two with the same code."""
    if len(notebook.cells) > MOST_CELLS:
        found = f"{len(notebook.cells)} cells; the ceiling is {MOST_CELLS}."
        yield Problem("cells", 0, found, "Cut what nobody would miss.")
    seen: dict[str, int] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        if not cell.source.strip():
            yield Problem("cells", number, "An empty cell.", "Remove it.")
        elif cell.cell_type == "code" and cell.source in seen:
            found = f"The same code as cell {seen[cell.source]}."
            yield Problem("cells", number, found, "Show something else, or only once.")
        seen.setdefault(cell.source, number)


def cell_kinds(notebook: NotebookNode) -> Iterator[Problem]:
    """Markdown and code, with the course's three tags: other tags may keep a cell from being run or compared."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type not in ("markdown", "code"):
            yield Problem("kinds", number, f"A {cell.cell_type} cell.", "No reader sees it; make it markdown.")
        for tag in sorted({*cell.metadata.get("tags", ())} - TAGS):
            yield Problem("kinds", number, f"The tag {tag!r}.", f"Use {', '.join(sorted(TAGS))} only.")


def executed(notebook: NotebookNode) -> Iterator[Problem]:
    """Every code cell ran, in order, to the end: what never ran stores nothing and would pass any comparison."""
    for expected, (number, cell) in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != expected:
            found = f"Execution count {cell.execution_count}, expected {expected}."
            yield Problem("executed", number, found, "Run `make notebooks`.")


def sentinel(notebook: NotebookNode) -> Iterator[Problem]:
    """The last cell shows "End of lesson N": whoever sees it knows that everything above ran."""
    last = notebook.cells[-1]
    shown = [output.get("data", {}).get("text/plain", "") for output in last.get("outputs", ())]
    if not any(re.fullmatch(r"'End of lesson \d'", text) for text in shown):
        found = f"The last cell shows {shown or 'nothing'}."
        yield Problem(
            "sentinel", len(notebook.cells), found, 'End with a code cell whose last line is "End of lesson N".'
        )


def quiet_outputs(notebook: NotebookNode) -> Iterator[Problem]:
    """No error, nothing on stderr: a warning that is worth reading is worth removing."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                found = output.get("evalue") or output.get("text", "")
                yield Problem("outputs", number, f"{output.output_type}: {found.strip()[:80]!r}.", "Correct its cause.")


def size(notebook: NotebookNode) -> Iterator[Problem]:
    """A lesson opens quickly anywhere: at most 200 KB."""
    kilobytes = len(nbformat.writes(notebook)) / 1000
    if kilobytes > LARGEST_KB:
        found = f"{kilobytes:.0f} KB stored."
        yield Problem("size", 0, found, f"Draw smaller figures, show fewer rows; the limit is {LARGEST_KB} KB.")


def exercises(notebook: NotebookNode, which: str) -> Iterator[Problem]:
    """Three to five exercises and a quiz: every solution is solved, every untouched stub is not yet."""
    for number in tagged(notebook, REMOVED_TAGS[which]):
        yield Problem("exercises", number, f"A {REMOVED_TAGS[which]} cell.", f"The {which} edition has none; rebuild.")
    expected = "not yet" if which == LEARNER else "solved"
    checks = [(number, cell) for number, cell in code_cells(notebook) if re.search(r"^check\(", cell.source, re.M)]
    if not 4 <= len(checks) <= 6:
        yield Problem("exercises", 0, f"{len(checks)} checks.", "Have three to five exercises and the quiz.")
    for number, cell in checks:
        said = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        if f": {expected}." not in said:
            yield Problem("exercises", number, f"The check says {said[:60]!r}.", f"It must say {expected!r}.")


RULES: tuple[Rule, ...] = (
    one_title,
    parameters,
    parameters_count,
    early_subject,
    cell_length,
    cell_count,
    cell_kinds,
    executed,
    sentinel,
    quiet_outputs,
    size,
)
