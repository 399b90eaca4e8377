"""A quiz drawn from the bank: which tool fits this scenario, and why do the others not?

    paper = quiz(challenge="monitoring", seed=7)
    paper                         a numbered list with lettered options
    placement_quiz(seed=7)        one question of each challenge
    answer(paper, "badc-")        one letter per question ("-" leaves one out): feedback, and a score by challenge

The same seed draws the same questions with the same letters on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from .errors import QuizError, UnknownName
from .quiz_reading import CHALLENGES, BankQuestion, Choice, load_quiz_bank

if TYPE_CHECKING:
    import pandas as pd

LETTERS, SKIPPED = "abcd", "-"


@dataclass(frozen=True)
class Asked:
    """One question of a quiz with its options in the order in which they were shuffled: "a" is the first."""

    question: BankQuestion
    options: tuple[Choice, ...]

    @property
    def right(self) -> str:
        """The letter of the right option."""
        return LETTERS[[choice.right for choice in self.options].index(True)]

    def option(self, letter: str) -> Choice:
        """The option of a letter."""
        return self.options[LETTERS.index(letter)]


@dataclass(frozen=True)
class Quiz:
    """Questions to answer. Shown as text, or as a list in a notebook; neither tells the answers."""

    asked: tuple[Asked, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Columns: number (1 is the first), challenge, scenario, a, b, c, d."""
        import pandas as pd

        rows = [
            {"number": number, "challenge": one.question.challenge, "scenario": one.question.scenario}
            | {letter: choice.text for letter, choice in zip(LETTERS, one.options, strict=True)}
            for number, one in enumerate(self.asked, start=1)
        ]
        return pd.DataFrame(rows, columns=["number", "challenge", "scenario", *LETTERS])

    def __repr__(self) -> str:
        blocks = []
        for number, one in enumerate(self.asked, start=1):
            options = [f"   {letter}) {choice.text}" for letter, choice in zip(LETTERS, one.options, strict=True)]
            blocks.append("\n".join([f"{number}. {one.question.scenario}", *options]))
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:
        items = []
        for one in self.asked:
            options = "".join(f"<li>{escape(choice.text)}</li>" for choice in one.options)
            items.append(f'<li>{escape(one.question.scenario)}<ol type="a">{options}</ol></li>')
        return f"<ol>{''.join(items)}</ol>"


@dataclass(frozen=True)
class Marked:
    """One answered question: the letter given ("-" for none), and what there is to say about it."""

    asked: Asked
    given: str

    @property
    def ok(self) -> bool:
        """Whether the answer is right."""
        return self.given == self.asked.right

    @property
    def because(self) -> str:
        """Why the given option is right or wrong; then, if it was not right, which one is and why."""
        right = self.asked.option(self.asked.right)
        told = f"{self.asked.right}) {right.text}: {right.why}"
        if self.ok or self.given == SKIPPED:
            return told
        wrong = self.asked.option(self.given)
        return f"{self.given}) {wrong.text}: {wrong.why} Right is {told}"


@dataclass(frozen=True)
class Feedback:
    """What a quiz came to: a line for each question, a score for each challenge."""

    marked: tuple[Marked, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Columns: number, challenge, given, right, ok, because."""
        import pandas as pd

        rows = [
            (number, one.asked.question.challenge, one.given, one.asked.right, one.ok, one.because)
            for number, one in enumerate(self.marked, start=1)
        ]
        return pd.DataFrame(rows, columns=["number", "challenge", "given", "right", "ok", "because"])

    @property
    def scores(self) -> pd.DataFrame:
        """Columns: challenge, right, of, share (0 to 1); in the order of the course, without challenges not asked."""
        scores = self.table.groupby("challenge")["ok"].agg(right="sum", of="size", share="mean")
        return scores.reindex([name for name in CHALLENGES if name in scores.index]).reset_index()

    def __repr__(self) -> str:
        lines = [f"{number}. {'yes' if one.ok else 'no'}. {one.because}" for number, one in enumerate(self.marked, 1)]
        return "\n".join([*lines, f"{sum(one.ok for one in self.marked)} of {len(self.marked)} right"])

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{'Yes' if one.ok else 'No'}.</strong> {escape(one.because)}</li>" for one in self.marked
        )
        return f"<ol>{items}</ol><p>{sum(one.ok for one in self.marked)} of {len(self.marked)} right</p>"


def quiz(
    *, challenge: str | None = None, seed: int, count: int = 5, bank: Sequence[BankQuestion] | None = None
) -> Quiz:
    """Draw questions on one challenge or, without one, on all of them; questions and options are shuffled by the seed.

    Raises UnknownName for another challenge, QuizError for a count below 1 or above what the bank has.
    """
    if challenge is not None and challenge not in CHALLENGES:
        raise UnknownName(f"the challenge {challenge!r}", f"one of {', '.join(CHALLENGES)}", "Or leave it out for all.")
    pool = [one for one in bank or load_quiz_bank() if challenge in (None, one.challenge)]
    if type(count) is not int or not 1 <= count <= len(pool):
        raise QuizError(f"count={count!r}", f"1 to {len(pool)}", "Ask for fewer questions, or leave the challenge out.")
    pool.sort(key=lambda one: _lot(seed, one.id))
    return Quiz(tuple(_asked(one, seed) for one in pool[:count]))


def placement_quiz(*, seed: int, each: int = 1, bank: Sequence[BankQuestion] | None = None) -> Quiz:
    """Draw so many questions of each challenge, in the order of the course. Raises what `quiz` raises."""
    papers = (quiz(challenge=name, seed=seed, count=each, bank=bank) for name in CHALLENGES)
    return Quiz(tuple(one for paper in papers for one in paper.asked))


def _asked(question: BankQuestion, seed: int) -> Asked:
    return Asked(question, tuple(sorted(question.choices, key=lambda one: _lot(seed, question.id, one.text))))


def _lot(*parts: object) -> str:
    """A hash to sort by: shuffles the same way on every machine and in every version of Python."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def answer(paper: Quiz, letters: str) -> Feedback:
    """Mark a quiz: one letter for each question in order, "-" for one left out; spaces and commas do not count.

    Raises QuizError for another number of letters, or a letter that is no option.
    """
    if not isinstance(letters, str):
        raise QuizError(f"letters of type {type(letters).__name__}", "text such as 'badc-'", "Write one letter each.")
    given = [letter for letter in letters.lower() if letter not in " ,"]
    if len(given) != len(paper.asked):
        raise QuizError(f"{len(given)} letters", f"{len(paper.asked)}, one for each question", 'Write "-" to skip one.')
    wrong = sorted(set(given) - {*LETTERS, SKIPPED})
    if wrong:
        raise QuizError(f"the letters {', '.join(wrong)}", f"{', '.join(LETTERS)} or {SKIPPED}", "Choose an option.")
    return Feedback(tuple(Marked(one, letter) for one, letter in zip(paper.asked, given, strict=True)))
