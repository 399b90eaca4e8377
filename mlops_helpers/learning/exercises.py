"""Exercises and quiz questions as data, and the course that finds them.

A lesson's exercises live in a module of their own, `mlops_helpers/learning/lesson_01.py`, which holds two tuples:

    EXERCISES = (Exercise("governance.1", "Name the leak", check=..., hints=("...", "..."), because="..."),)
    QUIZ = (Question("Which rows ...?", options=("...", "...", "..."), answer="b", hint="...", why="..."),)

The quiz needs no exercise of its own: it becomes the exercise `<lesson>.quiz`, whose answer is a string such as "bac".
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .errors import MalformedExercise, UnknownExercise

LESSONS = ("governance", "monitoring", "debugging", "skills", "tooling", "cost", "collaboration", "ethics")
_EXERCISE_ID = re.compile(r"[a-z]+\.([1-9][0-9]*|quiz)")
_LETTERS = "abcdef"


class Right(str):
    """What a check returns for a right answer about which there is something to say: the text is told."""

    __slots__ = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise: its name, how an answer is judged, and what helps a learner who is stuck.

    `check(answer, **given)` returns true (or `Right(text)`) when the answer is right, another string when it is wrong
    in a way that deserves a hint of its own, anything false otherwise. It may raise: the learner then reads what about
    the answer did not work. `given` is what the lesson hands over beside the answer, such as the table the question is
    about. `hints` go from a nudge to nearly the answer; `because` is read once the exercise is solved.

    Raises `MalformedExercise` for an id that is not "<lesson>.<number>", for no hints, or a check that is no function.
    """

    id: str
    title: str
    check: Callable[..., Any]
    hints: tuple[str, ...]
    because: str = ""

    def __post_init__(self) -> None:
        if not _EXERCISE_ID.fullmatch(self.id):
            raise MalformedExercise(f"Exercise {self.id!r}", "this id", "an id such as 'governance.1'")
        if not callable(self.check):
            raise MalformedExercise(f"Exercise {self.id!r}", f"check={self.check!r}", "a function check(answer)")
        if isinstance(self.hints, str) or not self.hints or not all(self.hints):
            raise MalformedExercise(f"Exercise {self.id!r}", f"hints={self.hints!r}", "a tuple of at least one hint")

    @property
    def lesson(self) -> str:
        """The lesson's word, such as "governance"."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Question:
    """A multiple-choice question: `answer` is the letter of the right option, `why` is read once it is found.

    Raises `MalformedExercise` for fewer than two options, more than six, or an answer that is none of their letters.
    """

    text: str
    options: tuple[str, ...]
    answer: str
    hint: str
    why: str

    def __post_init__(self) -> None:
        if isinstance(self.options, str) or not 2 <= len(self.options) <= len(_LETTERS):
            raise MalformedExercise(f"Question {self.text!r}", f"options={self.options!r}", "two to six options")
        if self.answer not in self.letters:
            raise MalformedExercise(f"Question {self.text!r}", f"answer={self.answer!r}", f"one of {self.letters}")

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the options, "a" first."""
        return tuple(_LETTERS[: len(self.options)])


def quiz_exercise(lesson: str, questions: tuple[Question, ...]) -> Exercise:
    """The quiz as an exercise: its answer is one letter per question, as "bac" or ("b", "a", "c")."""

    def check(answer: Any) -> bool | str:
        letters = [letter.lower() for given in answer for letter in str(given) if letter.isalpha()]
        if len(letters) != len(questions):
            return f"Give one letter for each of the {len(questions)} questions; you gave {len(letters)}."
        wrong = [number for number, letter in enumerate(letters) if letter != questions[number].answer]
        return " ".join(f"Question {number + 1}: {questions[number].hint}" for number in wrong) or True

    because = " ".join(f"({number}) {question.why}" for number, question in enumerate(questions, start=1))
    hints = tuple(f"Question {number}: {question.hint}" for number, question in enumerate(questions, start=1))
    return Exercise(f"{lesson}.quiz", "Quiz", check=check, hints=hints, because=because)


@dataclass(frozen=True)
class Course:
    """Finds each lesson's exercises in the modules `lesson_01` … `lesson_08` of a package, imported when asked for."""

    package: str = "mlops_helpers.learning"

    def lessons(self) -> tuple[str, ...]:
        """The lessons that have an exercise module, in the order of the course."""
        return tuple(word for word in LESSONS if importlib.util.find_spec(self._module_name(word)))

    def questions(self, lesson: str) -> tuple[Question, ...]:
        """The quiz of a lesson; raises `UnknownExercise` when there is no such lesson."""
        return self._module(lesson).QUIZ

    def exercises(self, lesson: str) -> tuple[Exercise, ...]:
        """All exercises of a lesson, its quiz last; raises `UnknownExercise` when there is no such lesson."""
        module = self._module(lesson)
        return (*module.EXERCISES, *([quiz_exercise(lesson, module.QUIZ)] if module.QUIZ else []))

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that id; raises `UnknownExercise` with the list of those that exist."""
        lesson = str(exercise_id).partition(".")[0]
        known = {exercise.id: exercise for exercise in self.exercises(lesson)}
        if exercise_id not in known:
            raise UnknownExercise(exercise_id, tuple(known))
        return known[exercise_id]

    def _module(self, lesson: str) -> ModuleType:
        if lesson not in self.lessons():
            raise UnknownExercise(lesson, self.lessons())
        return importlib.import_module(self._module_name(lesson))

    def _module_name(self, lesson: str) -> str:
        return f"{self.package}.lesson_{LESSONS.index(lesson) + 1:02d}"
