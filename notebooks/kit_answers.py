"""Wrong answers to expect, and what `check` says to them: read off the tests, which try each of them.

A test of a lesson's exercises (`tests/learning/test_lesson_01.py`) lists wrong answers beside the words that must come
back:

    @pytest.mark.parametrize(("wrong", "told"), [({"copies": "stop"}, "exact copies can be removed"), ...])

Such tables are read, not run. A table is that of an exercise if its test calls `check("governance.1", ...)` or the
function that judges it. What is written in another way is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_helpers.learning import Course
from notebooks.editions import ROOT

TESTS = ROOT.parent / "tests" / "learning"
LONGEST = 90


@dataclass(frozen=True)
class WrongAnswer:
    """An answer as a learner would write it, and words of what the lesson says to it."""

    exercise: str
    answer: str
    told: str


def wrong_answers(lesson: str, *, tests: Path = TESTS, course: Course | None = None) -> list[WrongAnswer]:
    """Return the wrong answers of a lesson (such as "01_governance") in the order of its exercises; none untested."""
    path = tests / f"test_lesson_{lesson[:2]}.py"
    if not path.exists():
        return []
    exercises = [one for one in (course or Course()).exercises(lesson[3:]) if not one.id.endswith(".quiz")]
    names = {exercise.check.__name__: exercise.id for exercise in exercises if hasattr(exercise.check, "__name__")}
    order = [exercise.id for exercise in exercises]
    found = list(_read(ast.parse(path.read_text(encoding="utf-8")), names, order))
    return sorted(found, key=lambda one: order.index(one.exercise))


def _read(tree: ast.Module, names: dict[str, str], ids: list[str]) -> Iterator[WrongAnswer]:
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        exercise = _judged(function, names, ids)
        for decorator in function.decorator_list:
            for answer, told in _table(decorator):
                if exercise:
                    yield WrongAnswer(exercise, _short(answer), told)


def _judged(function: ast.FunctionDef, names: dict[str, str], ids: list[str]) -> str:
    """Return the exercise that a test is about, by its id or by the function that judges it; nothing if unclear."""
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and node.value in ids:
            return node.value
        if isinstance(node, ast.Attribute) and node.attr in names:
            return names[node.attr]
    return ""


def _table(decorator: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Yield answer and words of each row of `parametrize(("...", "told"), [(answer, words), ...])`."""
    if not isinstance(decorator, ast.Call) or len(decorator.args) < 2:
        return
    columns, rows = decorator.args[:2]
    if not isinstance(columns, ast.Tuple) or not isinstance(rows, ast.List):
        return
    for row in rows.elts:
        if isinstance(row, ast.Tuple) and len(row.elts) == len(columns.elts) == 2:
            answer, told = row.elts
            if isinstance(told, ast.Constant) and isinstance(told.value, str):
                yield answer, told.value


def _short(answer: ast.expr) -> str:
    """Return an answer in one line, and cut."""
    text = " ".join(ast.unparse(answer).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
