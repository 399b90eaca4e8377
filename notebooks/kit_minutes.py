"""How long a lesson takes, section by section: an estimate from what there is to read, to run and to decide.

    part_minutes(edition(source, LEARNER))      one `Part` for the opening and for each `##` section

Nobody was timed. Each word of prose, line of code, cell, picture, exercise and quiz question has its price in seconds
(`SECONDS`), chosen so that a person who reads everything once and solves every exercise needs about what the lessons
say at their top. A room is slower where it talks, and faster where the instructor skips.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nbformat import NotebookNode

from notebooks.reading import headings

# Seconds for one of each: 150 words a minute, a line of code in five seconds, five minutes for an exercise.
SECONDS: Mapping[str, float] = MappingProxyType(
    {"words": 0.4, "lines": 5, "cells": 6, "pictures": 20, "exercises": 300, "questions": 60}
)
OPENING = "The opening"
QUIZ_QUESTIONS = 3
_WORD = re.compile(r"\w[\w'’-]*")
_CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"\bshow\(")
_CHECK = re.compile(r"\bcheck\(\s*\"\w+\.(\w+)\"")


@dataclass(frozen=True)
class Part:
    """What a section holds. `exercises` are checks but the quiz's, `questions` those of the quiz."""

    title: str
    words: int = 0
    lines: int = 0
    cells: int = 0
    pictures: int = 0
    exercises: int = 0
    questions: int = 0

    @property
    def minutes(self) -> int:
        """The estimate in whole minutes, at least one."""
        return max(1, round(sum(price * getattr(self, name) for name, price in SECONDS.items()) / 60))


def part_minutes(notebook: NotebookNode) -> list[Part]:
    """Return the parts of a lesson in order: what stands before the first `##`, then each `##` section."""
    starts = [(number, title) for number, level, title in headings(notebook) if level == 2]
    numbers = [1, *(number for number, _ in starts)]
    titles = [OPENING, *(title for _, title in starts)]
    ends = [*numbers[1:], len(notebook.cells) + 1]
    spans = zip(titles, numbers, ends, strict=True)
    # A heading may stand below the text of the section before, in one cell; all of that cell counts for the new one.
    return [_part(title, notebook.cells[start - 1 : end - 1]) for title, start, end in spans]


def in_order(parts: list[Part]) -> Iterator[tuple[Part, int]]:
    """Yield each part with the minutes that are over when it ends."""
    over = 0
    for part in parts:
        over += part.minutes
        yield part, over


def _part(title: str, cells: list[NotebookNode]) -> Part:
    prose = "\n".join(_CODE_BLOCK.sub("", cell.source) for cell in cells if cell.cell_type == "markdown")
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    checked = [name for source in code for name in _CHECK.findall(source)]
    return Part(
        title,
        words=len(_WORD.findall(prose)),
        lines=sum(bool(line.strip()) for source in code for line in source.splitlines()),
        cells=len(code),
        pictures=sum(len(_PICTURE.findall(source)) for source in code),
        exercises=len([name for name in checked if name != "quiz"]),
        questions=QUIZ_QUESTIONS * checked.count("quiz"),
    )
