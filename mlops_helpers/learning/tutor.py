"""The tutor: judges answers, gives hints, remembers. It never raises on a learner's answer."""

from __future__ import annotations

import os
import re
import traceback
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from mlops_helpers.cloud.home import course_home

from .errors import UnknownExercise
from .exercises import Course, Exercise, Right
from .journal import Event, Journal
from .results import Progress, ProgressRow, QuizSheet, Result

_CELL = re.compile(r"ipykernel|^<ipython-input")  # the file names that kernels give to cells
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NOT_SAVED = " (Your progress could not be saved on this machine.)"


class _Attempt:
    """Runs a block and keeps what it raised instead of letting it through, so that a wrong answer stays a lesson.

    `SystemExit` counts too: an answer that calls `exit()` must not end the notebook. An interrupt does end it.
    """

    error: BaseException | None = None

    def __enter__(self) -> _Attempt:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return isinstance(error, Exception | SystemExit)


@dataclass(frozen=True)
class Tutor:
    """Judges answers against a course and notes the outcomes in a journal; both are given, so tests bring their own."""

    course: Course
    journal: Journal

    def check(self, exercise_id: str, answer: Any = ..., **given: Any) -> Result:
        """Judge an answer: *solved*, or *not yet* with a hint. Never raises, whatever the answer does.

        `...` and None mean that the exercise was not begun. `given` goes to the exercise's own check function.
        """
        try:
            exercise = self.course.exercise(exercise_id)
        except UnknownExercise as error:
            return Result(str(exercise_id), solved=False, message=str(error))
        outcome, message = self._judge(exercise, answer, given)
        saved = self.journal.append(Event(exercise.id, outcome))
        return Result(exercise.id, outcome == "solved", message + ("" if saved else _NOT_SAVED))

    def hint(self, exercise_id: str) -> Result:
        """The next hint for an exercise: each call gives away more, the last one stays."""
        try:
            exercise = self.course.exercise(exercise_id)
        except UnknownExercise as error:
            return Result(str(exercise_id), solved=False, message=str(error))
        given, total = self.journal.count(exercise.id, "hint"), len(exercise.hints)
        number = min(given, total - 1)
        self.journal.append(Event(exercise.id, "hint"))
        return Result(exercise.id, False, exercise.hints[number], label=f"hint {number + 1} of {total}")

    def quiz(self, lesson: str) -> QuizSheet:
        """The questions of a lesson's quiz; raises `UnknownExercise` for a lesson that does not exist."""
        return QuizSheet(lesson, self.course.questions(lesson))

    def progress(self, lesson: str | None = None) -> Progress:
        """Where the learner stands in one lesson or, without a name, in the whole course."""
        lessons = (lesson,) if lesson else self.course.lessons()
        exercises = [exercise for word in lessons for exercise in self.course.exercises(word)]
        return Progress(tuple(map(self._row, exercises)))

    def _judge(self, exercise: Exercise, answer: Any, given: dict[str, Any]) -> tuple[str, str]:
        """The outcome for the journal and the message for the learner."""
        if answer is ... or answer is None:
            return "untouched", f'Replace the ... with your answer; hint("{exercise.id}") gives a first hint.'
        right, told = False, ""
        with _Attempt() as attempt:
            outcome = exercise.check(answer, **given)
            told = outcome if isinstance(outcome, str) else ""
            right = isinstance(outcome, Right) or (not told and bool(outcome))
        if attempt.error is not None:
            return "not yet", f"Your answer, a {type(answer).__name__}, cannot be used: {_describe(attempt.error)}"
        if right:
            return "solved", f"{told} {exercise.because}".strip()
        return "not yet", f"Hint: {told or exercise.hints[0]}"

    def _row(self, exercise: Exercise) -> ProgressRow:
        solved = self.journal.count(exercise.id, "solved")
        attempts = self.journal.count(exercise.id, "solved", "not yet")
        state = "solved" if solved else "tried" if attempts else "open"
        return ProgressRow(exercise.id, exercise.title, state, attempts, self.journal.count(exercise.id, "hint"))


def _describe(error: BaseException) -> str:
    """An exception in one line, without memory addresses: the same wrong answer reads the same every time."""
    name, text = type(error).__name__, ""
    with _Attempt():  # an exception class of the learner's own may fail to print
        text = _ADDRESS.sub("", str(error)).strip().partition("\n")[0]
    return (f"{name}: {text}" if text else f"{name}.") + _own_line(error)


def _own_line(error: BaseException) -> str:
    """The line of the learner's own cell in which it happened; nothing if it happened elsewhere."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _CELL.search(frame.filename)]
    return f" It happened in your line: {own[-1].line}" if own and own[-1].line else ""


def local_tutor() -> Tutor:
    """The tutor of this course with the learner's own journal."""
    return Tutor(Course(), Journal(course_home(os.environ)))
