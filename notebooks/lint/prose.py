"""What a lesson says: how much, what it proves, what its figures show, and whether the end answers the beginning."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from notebooks.lint.problems import Problem, Rule
from notebooks.reading import (
    bullets,
    calls,
    code_cells,
    markdown_cells,
    outputs,
    parsed,
    sections,
    stems,
    words_per_code_line,
)

FEWEST_WORDS, MOST_WORDS = 5, 15
SHORTEST_ALT = 15
OBJECTIVES, RECAP = re.compile(r"you will be able to", re.IGNORECASE), re.compile(r"^##\s+recap\b", re.I | re.MULTILINE)
LABELS = frozenset(("xlabel", "ylabel", "set_xlabel", "set_ylabel"))


def opening(notebook: NotebookNode) -> Iterator[Problem]:
    """The first cell says what a lesson takes: minutes, and dollars offline and live."""
    first = notebook.cells[0].source
    for what, pattern in (("minutes", r"\d+ minutes"), ("cost", r"\$\d")):
        if not re.search(pattern, first):
            yield Problem("opening", 1, f"The opening does not give the {what}.", "Say how long, and what it costs.")


def words(notebook: NotebookNode) -> Iterator[Problem]:
    """Neither a listing nor a lecture: 5 to 15 words of prose per line of code; most good lessons have 8 or more."""
    share = words_per_code_line(notebook)
    if not FEWEST_WORDS <= share <= MOST_WORDS:
        found = f"{share:.1f} words of prose per line of code."
        remedy = "Say what the code shows." if share < FEWEST_WORDS else "Show it instead of saying it."
        yield Problem("words", 0, found, f"{remedy} Keep between {FEWEST_WORDS} and {MOST_WORDS}.")


def claims_asserted(notebook: NotebookNode) -> Iterator[Problem]:
    """Each section with code proves what it says: an assert, or an exercise's check.

    A figure is not compared when the stored outputs are, for two machines draw letters differently. So a section that
    shows one needs an assert of its own about what is drawn; a check does not do.
    """
    for number, heading, cells in sections(notebook):
        trees = [parsed(cell) for cell in cells]
        asserted = any(isinstance(node, ast.Assert) for tree in trees for node in ast.walk(tree))
        checked = any("check" in calls(tree) for tree in trees)
        drawn = any("show" in calls(tree) for tree in trees)
        if cells and not (asserted or checked):
            yield Problem("assert", number, f"Section {heading!r} asserts nothing.", "Assert what its text claims.")
        elif drawn and not asserted:
            found = f"Section {heading!r} draws and asserts nothing."
            yield Problem("assert", number, found, "Assert what the figure shows.")


def figures_described(notebook: NotebookNode) -> Iterator[Problem]:
    """Each picture carries a sentence for those who cannot see it."""
    for number, output in outputs(notebook):
        for kind in output.get("data", ()):
            alt = output.metadata.get(kind, {}).get("alt", "") if kind.startswith("image/") else None
            if alt is not None and len(alt.strip()) < SHORTEST_ALT:
                yield Problem("alt", number, "A figure without alt text.", "Use learning.show(figure, alt=...).")


def axes_labelled(notebook: NotebookNode) -> Iterator[Problem]:
    """A cell that makes axes says what they measure. An axis of names needs no label, so one label is enough here.

    Figures that come from the helper package are labelled there, and tested there.
    """
    for number, cell in code_cells(notebook):
        tree = parsed(cell)
        named = calls(tree) | {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
        without_axes = "set_axis_off" in named or 'axis("off")' in cell.source
        if "subplots" in named and not LABELS & named and not without_axes:
            yield Problem("labels", number, "Axes without a label.", "Name quantity and unit: axes.set(ylabel=...).")


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


RULES: tuple[Rule, ...] = (opening, words, claims_asserted, figures_described, axes_labelled, promise_kept)
