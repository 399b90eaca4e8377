"""Exercises that answer back: check, hint, quiz, progress.

In a lesson
-----------
    from mlops_helpers.learning import check, course_data, hint, progress, quiz, show

    check("governance.1", answer)        # governance.1: solved. …   or   governance.1: not yet. Hint: …
    hint("governance.1")                 # each call gives away a little more
    quiz("governance")                   # the three questions; answer them with check("governance.quiz", "bac")
    progress()                           # every exercise: open, tried or solved
    show(figure, alt="Churn doubles …")  # a figure with the sentence for those who cannot see it
    show(bars(rates, ylabel="…"), "…")   # three pictures drawn often: bars, lines, intervals (`drawing`)
    course_data("customers.csv")         # the path of one of the course's data files, wherever the notebook runs

`check` never raises. An answer that was not begun (`...` or None), is wrong, or makes the check itself fail is
*not yet*, with a hint, and the notebook goes on. What it prints depends on the answer alone, so stored outputs stay
comparable; only `hint` and `progress` look at the past. Progress is kept in `~/.mlops-course/progress.jsonl`, or in
the folder that `MLOPS_COURSE_HOME` names.

For authors
-----------
A lesson's exercises are data, in `mlops_helpers/learning/lesson_01.py` … `lesson_08.py`:

    from mlops_helpers.learning import Exercise, Question

    def _names_the_leak(answer):
        if answer == "age":
            return "An age of 150 is wrong, but the model cannot learn the future from it."   # a hint for this mistake
        return answer == "cancelled_at"                                                     # right, or the first hint

    EXERCISES = (
        Exercise(
            "governance.1", "Name the leak", check=_names_the_leak,
            hints=("Which column is filled in only after a customer has left?", "It is a date."),
            because="It is known only after the fact.",
        ),
    )
    QUIZ = (Question("…?", options=("…", "…", "…"), answer="b", hint="…", why="…"),)

A check that needs more than the answer takes it by name: `check("governance.2", answer, customers=customers)`.
In the source of the lesson the stub is tagged `exercise`, the answer `solution`, the `check` has no tag:

    # %% tags=["exercise"]
    leaking_column = ...

    # %% tags=["solution"]
    leaking_column = "cancelled_at"

    # %%
    check("governance.1", leaking_column)
"""

from typing import Any

from mlops_helpers.cloud.home import course_home

from .data import course_data
from .drawing import bars, intervals, lines
from .errors import LearningError, MalformedExercise, MissingAltText, UnknownExercise
from .exercises import LESSONS, Course, Exercise, Question
from .figures import show
from .journal import Journal
from .results import Progress, QuizSheet, Result
from .tutor import Tutor, local_tutor

__all__ = [
    "LESSONS",
    "Course",
    "Exercise",
    "Journal",
    "LearningError",
    "MalformedExercise",
    "MissingAltText",
    "Progress",
    "Question",
    "QuizSheet",
    "Result",
    "Tutor",
    "UnknownExercise",
    "bars",
    "check",
    "course_data",
    "course_home",
    "hint",
    "intervals",
    "lines",
    "local_tutor",
    "progress",
    "quiz",
    "show",
]


def check(exercise_id: str, answer: Any = ..., **given: Any) -> Result:
    """Judge an answer: *solved*, or *not yet* with a hint. Never raises, whatever the answer does."""
    return local_tutor().check(exercise_id, answer, **given)


def hint(exercise_id: str) -> Result:
    """The next hint for an exercise: each call gives away more, the last one stays."""
    return local_tutor().hint(exercise_id)


def quiz(lesson: str) -> QuizSheet:
    """The questions of a lesson's quiz; raises `UnknownExercise` for a lesson that does not exist."""
    return local_tutor().quiz(lesson)


def progress(lesson: str | None = None) -> Progress:
    """Where the learner stands in one lesson or, without a name, in the whole course."""
    return local_tutor().progress(lesson)
