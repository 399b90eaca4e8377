"""The words of a lesson: which of them the glossary explains, which it lacks, and the cell that links them.

    undefined(notebook, glossary)            terms that a lesson uses and nobody has defined
    with_terms(notebook, glossary)           the lesson with its "Terms" cell, which links to GLOSSARY.md

A term is found in three ways: it is set in bold, as lessons do where they introduce one; it is an abbreviation in
capital letters; or it is one of the field's own words, which a lesson may use without noticing that it is one. These
words are in `terms.json`, with the abbreviations that everybody knows and bold words that are only stressed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from mlops_helpers.learning.exercises import LESSONS
from mlops_helpers.learning.glossary import Glossary, Term
from notebooks.reading import markdown_cells

PAGE = "GLOSSARY.md"
NUMBER = re.compile(r"^# ([1-8]) ", re.MULTILINE)
WORDS = Path(__file__).with_name("terms.json")
# What frames a lesson is bold too, and is no term.
FRAME = re.compile(r"(you will be able to|quiz\.?|terms|exercise \d+.*|stop here.*|part \d+.*)", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|<[^>]+>|https?://\S+", re.DOTALL)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_CAPITALS = re.compile(r"(?<![\w-])[A-Z]{2,}s?(?![\w-])")


@dataclass(frozen=True)
class Known:
    """Words that need no definition (`stressed`, `common`), and those of the `field`, which do if they are used."""

    stressed: frozenset[str]
    common: frozenset[str]
    field: frozenset[str]


def known_words(path: Path = WORDS) -> Known:
    """What `terms.json` says."""
    return Known(**{key: frozenset(words) for key, words in json.loads(path.read_text(encoding="utf-8")).items()})


def undefined(notebook: NotebookNode, glossary: Glossary) -> list[tuple[int, str]]:
    """The number of the cell (1 is the first) and the word, for each term that the glossary does not have."""
    found, known = [], known_words()
    for number, cell in markdown_cells(notebook):
        words = dict.fromkeys(_candidates(_CODE.sub(" ", cell.source), known))
        found += [(number, word) for word in words if not glossary.terms_in(word)]
    return found


def used(notebook: NotebookNode, glossary: Glossary) -> tuple[Term, ...]:
    """The terms of the glossary in the prose of a lesson, in alphabetical order."""
    text = " ".join(_CODE.sub(" ", cell.source) for _, cell in markdown_cells(notebook))
    return tuple(sorted(glossary.terms_in(text.replace("*", "")), key=lambda one: one.name.casefold()))


def with_terms(notebook: NotebookNode, glossary: Glossary, *, page: str = PAGE) -> NotebookNode:
    """The same notebook with a "Terms" cell before its last cell: the words met first here, then those met elsewhere.

    `page` is the link to the glossary; the solutions, one folder deeper, need "../GLOSSARY.md". A lesson without any
    term stays as it is. The lesson's number is read from its heading, "# 2 · Monitoring: …"; without one all are new.
    """
    terms = used(notebook, glossary)
    if not terms:
        return notebook
    heading = NUMBER.search(notebook.cells[0].source)
    own = {LESSONS[int(heading[1]) - 1]} if heading else set(LESSONS)
    here, elsewhere = ([one for one in terms if (one.lesson in own) is new] for new in (True, False))
    lines = [("**Terms**, explained in the glossary:", here), ("From other lessons:", elsewhere)]
    text = "\n\n".join(f"{head} {_links(some, page)}." for head, some in lines if some)
    notebook.cells.insert(len(notebook.cells) - 1, new_markdown_cell(text))
    return notebook


def _candidates(text: str, known: Known) -> Iterator[str]:
    """The words of a text that look like terms."""
    for bold in _BOLD.findall(text):
        phrase = " ".join(bold.split())
        if not FRAME.fullmatch(phrase) and phrase.lower() not in known.stressed:
            yield phrase
    yield from (word for word in _CAPITALS.findall(text) if word not in known.common)
    lower = text.lower()
    yield from (word for word in sorted(known.field) if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", lower))


def _links(terms: list[Term], page: str) -> str:
    return " · ".join(f"[{one.name}]({page}#{one.anchor})" for one in terms)
