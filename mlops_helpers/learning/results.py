"""What a learner sees: the answer to a check, a hint, the quiz, the table of progress.

All of them are plain data with a text and, where a person would rather look, an HTML form. The text is the same on
every run: no times, no counts of attempts, no addresses, so that stored outputs can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .exercises import Question

_BOX = '<div style="border-left: 4px solid {colour}; padding: 0.3em 0.8em">{body}</div>'
_BLUE, _ORANGE = "#0072b2", "#d55e00"  # distinguishable for colour-blind readers; the word carries the meaning


@dataclass(frozen=True)
class Result:
    """The answer to `check` or `hint`. True in a condition when the exercise is solved."""

    exercise: str
    solved: bool
    message: str
    label: str = "not yet"

    def __bool__(self) -> bool:
        return self.solved

    def __repr__(self) -> str:
        return f"{self.exercise}: {self._label}. {self.message}".rstrip()

    def _repr_html_(self) -> str:
        body = f"<strong>{escape(self.exercise)}: {escape(self._label)}.</strong> {escape(self.message)}"
        return _BOX.format(colour=_BLUE if self.solved else _ORANGE, body=body)

    @property
    def _label(self) -> str:
        return "solved" if self.solved else self.label


@dataclass(frozen=True)
class QuizSheet:
    """A lesson's quiz as text: numbered questions, lettered options, and how to answer."""

    lesson: str
    questions: tuple[Question, ...]

    def __repr__(self) -> str:
        blocks = [self._block(number, question) for number, question in enumerate(self.questions, start=1)]
        example = "abc"[: len(self.questions)]
        return "\n\n".join([*blocks, f'Answer with one letter each: check("{self.lesson}.quiz", "{example}")'])

    @staticmethod
    def _block(number: int, question: Question) -> str:
        options = zip(question.letters, question.options, strict=True)
        return "\n".join([f"{number}. {question.text}", *(f"   {letter}) {text}" for letter, text in options)])


@dataclass(frozen=True)
class ProgressRow:
    """One exercise in the table of progress; `state` is "open", "tried" or "solved"."""

    exercise: str
    title: str
    state: str
    attempts: int
    hints: int


@dataclass(frozen=True)
class Progress:
    """Where the learner stands, one row per exercise in the order of the course."""

    rows: tuple[ProgressRow, ...]

    @property
    def solved(self) -> tuple[str, ...]:
        """The ids of the exercises solved so far."""
        return tuple(row.exercise for row in self.rows if row.state == "solved")

    def __repr__(self) -> str:
        width = max((len(row.exercise) for row in self.rows), default=0)
        lines = [f"{row.exercise:<{width}}  {row.state:<6}  {row.title}" for row in self.rows]
        return "\n".join([*lines, self._summary()])

    def _repr_html_(self) -> str:
        head = "<tr><th>exercise</th><th>what</th><th>state</th><th>attempts</th><th>hints</th></tr>"
        return f"<table>{head}{''.join(map(_html_row, self.rows))}</table><p>{self._summary()}</p>"

    def _summary(self) -> str:
        return f"{len(self.solved)} of {len(self.rows)} exercises solved"


def _html_row(row: ProgressRow) -> str:
    fields = (row.exercise, row.title, row.state, row.attempts, row.hints)
    return f"<tr>{''.join(f'<td>{escape(str(field))}</td>' for field in fields)}</tr>"
