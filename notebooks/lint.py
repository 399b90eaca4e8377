"""What every stored lesson keeps to. Each rule takes a notebook and yields problems that name the cell and the remedy.

The rules are the course's style, measured: a reader meets the subject early, reads short cells, sees every claim
asserted, and finds at the end what the opening promised. What a lesson stores is safe to publish and to compare.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from notebooks.editions import LEARNER, REMOVED_TAGS
from notebooks.reading import (
    bullets,
    code_cells,
    headings,
    is_literal_assignment,
    markdown_cells,
    outputs,
    sections,
    stems,
    tagged,
    texts,
)

LONGEST_CELL, MEDIAN_CELL, LARGEST_KB, SHORTEST_ALT = 20, 5, 200, 15
PATHS = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|var|opt|mnt|work|content|private)/|\b[A-Z]:\\+Users")
PASSING = re.compile(r"\b(?:127\.0\.0\.1|localhost):\d+|\b0x[0-9a-f]{6,}\b")
SHELL = re.compile(r"^\s*(?:[!%]|get_ipython\(|os\.system\()", re.MULTILINE)
SECRETS = re.compile(
    r"AIza[\w-]{30}|ya29\.[\w-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{30}|\bsk-\w{20}|\bAKIA\w{16}"
)
OBJECTIVES, RECAP = re.compile(r"you will be able to", re.IGNORECASE), re.compile(r"^##\s+recap\b", re.I | re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """One breach of a rule: the cell's number (counting all cells from 1; 0 is the whole notebook) and what to do."""

    rule: str
    cell: int
    found: str
    remedy: str

    def __str__(self) -> str:
        where = f"cell {self.cell}" if self.cell else "notebook"
        return f"{where}: {self.found} {self.remedy} [{self.rule}]"


Rule = Callable[[NotebookNode], Iterator[Problem]]


def lint(notebook: NotebookNode, which: str) -> list[Problem]:
    """All problems of a stored edition, "learner" or "solutions", in the order of the rules."""
    found = [problem for rule in RULES for problem in rule(notebook)]
    return found + list(exercises(notebook, which))


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
    for statement in ast.parse(code[0][1].source).body:
        if not is_literal_assignment(statement):
            text = ast.unparse(statement)
            yield Problem("parameters", numbers[0], f"{text!r} is no literal.", "Assign a plain value, compute later.")


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


def executed(notebook: NotebookNode) -> Iterator[Problem]:
    """Every code cell ran, in order, to the end: what never ran stores nothing and would pass any comparison."""
    for expected, (number, cell) in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != expected:
            found = f"Execution count {cell.execution_count}, expected {expected}."
            yield Problem("executed", number, found, "Run `make notebooks`.")


def quiet_outputs(notebook: NotebookNode) -> Iterator[Problem]:
    """No error, nothing on stderr: a warning that is worth reading is worth removing."""
    for number, output in outputs(notebook):
        if output.output_type == "error" or output.get("name") == "stderr":
            found = output.get("evalue") or output.get("text", "")
            yield Problem("outputs", number, f"{output.output_type}: {found.strip()[:80]!r}.", "Correct its cause.")


def no_shell(notebook: NotebookNode) -> Iterator[Problem]:
    """Plain Python only, so that every cell runs on every system."""
    for number, cell in code_cells(notebook):
        if SHELL.search(cell.source):
            yield Problem("shell", number, "A shell command or magic.", "Say it in Python.")


def portable(notebook: NotebookNode) -> Iterator[Problem]:
    """No path, port or memory address of the machine that built the lesson."""
    for number, text in texts(notebook):
        if match := PATHS.search(text) or PASSING.search(text):
            found = f"{match.group()!r} belongs to one machine or one run."
            yield Problem("portable", number, found, "Show what stays the same.")


def no_secrets(notebook: NotebookNode) -> Iterator[Problem]:
    """Nothing that looks like a key or token."""
    for number, text in texts(notebook):
        if match := SECRETS.search(text):
            found = f"{match.group()[:8]!r}… looks like a secret."
            yield Problem("secret", number, found, "Remove it, and revoke it if it was real.")


def claims_asserted(notebook: NotebookNode) -> Iterator[Problem]:
    """Each section with code proves what it says: an assert, or an exercise's check."""
    for number, heading, cells in sections(notebook):
        if cells and not any(re.search(r"^\s*(?:assert |check\()", cell.source, re.MULTILINE) for cell in cells):
            yield Problem("assert", number, f"Section {heading!r} asserts nothing.", "Assert what its text claims.")


def figures_described(notebook: NotebookNode) -> Iterator[Problem]:
    """Each picture carries a sentence for those who cannot see it."""
    for number, output in outputs(notebook):
        for kind in output.get("data", ()):
            alt = output.metadata.get(kind, {}).get("alt", "") if kind.startswith("image/") else None
            if alt is not None and len(alt.strip()) < SHORTEST_ALT:
                yield Problem("alt", number, "A figure without alt text.", "Use learning.show(figure, alt=...).")


def size(notebook: NotebookNode) -> Iterator[Problem]:
    """A lesson opens quickly anywhere: at most 200 KB."""
    kilobytes = len(nbformat.writes(notebook)) / 1000
    if kilobytes > LARGEST_KB:
        found = f"{kilobytes:.0f} KB stored."
        yield Problem("size", 0, found, f"Draw smaller figures, show fewer rows; the limit is {LARGEST_KB} KB.")


def promise_kept(notebook: NotebookNode) -> Iterator[Problem]:
    """The recap mirrors the opening: as many bullets, each sharing words with the one it answers."""
    opening = next((cell.source for _, cell in markdown_cells(notebook) if OBJECTIVES.search(cell.source)), "")
    closing = [(number, cell.source) for number, cell in markdown_cells(notebook) if RECAP.search(cell.source)]
    promised = bullets(OBJECTIVES.split(opening)[-1])
    if not 3 <= len(promised) <= 5:
        found = f"{len(promised)} objectives after 'You will be able to'."
        yield Problem("recap", 1, found, "Give three to five bullets.")
    number, kept = (closing[-1][0], bullets(RECAP.split(closing[-1][1])[-1])) if closing else (0, [])
    if len(kept) != len(promised):
        found = f"'## Recap' has {len(kept)} bullets for {len(promised)} objectives."
        yield Problem("recap", number, found, "Answer each objective with one bullet, in the same order.")
        return
    for promise, answer in zip(promised, kept, strict=True):
        if len(stems(promise) & stems(answer)) < min(2, len(stems(promise))):
            yield Problem("recap", number, f"{answer!r} does not answer {promise!r}.", "Repeat it in the past tense.")


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
    early_subject,
    cell_length,
    executed,
    quiet_outputs,
    no_shell,
    portable,
    no_secrets,
    claims_asserted,
    figures_described,
    size,
    promise_kept,
)
