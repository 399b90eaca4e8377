"""A pytest plugin: after nbval has run a stored lesson, what did its exercises say, and what did it call?

nbval compares outputs. This adds one test to each notebook of the course, after its last cell: in the solutions every
exercise is solved, in the learner's edition none is, and the operations are those in `notebooks/operations.json`.
Nothing is executed twice for it: the journal and the list of operations were written by the run that nbval made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import pytest

from notebooks.editions import SOLUTIONS, stored_path
from notebooks.editions import sources as lesson_sources
from notebooks.execute import outcomes
from notebooks.operations import stored
from tools.lesson_homes import home

NAME = "what its exercises said"


def solved(item: pytest.Item) -> dict[str, bool]:
    """For each exercise that the notebook checked, whether it was solved at last."""
    journal = home(item) / "home" / "progress.jsonl"
    return outcomes(journal.read_text(encoding="utf-8") if journal.exists() else "")


def mismatches(expected: Mapping[str, bool], found: Mapping[str, bool], called: object, stored: object) -> list[str]:
    """What is wrong, in sentences; `called` and `stored` are lists of operations."""
    wrong = []
    for exercise in sorted({*expected, *found}):
        if expected.get(exercise) != found.get(exercise):
            said = {True: "solved", False: "not solved", None: "not there"}
            wrong.append(f"{exercise}: found {said[found.get(exercise)]}, expected {said[expected.get(exercise)]}.")
    if called != stored:
        wrong.append("It calls other operations than notebooks/operations.json says. Run `make notebooks`.")
    return wrong


class Mismatch(Exception):
    """A lesson's exercises said something else than its edition promises, or it called other operations."""


class Outcome(pytest.Item):
    """The test behind a notebook's last cell."""

    def runtest(self) -> None:
        """Raises `Mismatch` with what was found and expected."""
        from mlops_helpers.learning import Course

        solutions = self.path.parent.name == SOLUTIONS
        expected = {exercise.id: solutions for exercise in Course().exercises(self.path.stem[3:])}
        called = home(self) / "operations.json"
        operations = json.loads(called.read_text(encoding="utf-8")) if called.exists() else []
        known = stored().get(self.path.stem, []) if solutions else operations
        if wrong := mismatches(expected, solved(self), operations, known):
            raise Mismatch(" ".join(wrong))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None) -> str:
        """What went wrong, in a line."""
        return f"{excinfo.typename}: {excinfo.value}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands in a report."""
        return self.path, 0, f"{self.path.name}: {NAME}"


def with_outcomes(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The tests, with one more behind the last cell of each lesson."""
    lessons = {stored_path(source, which) for source in lesson_sources() for which in ("learner", SOLUTIONS)}
    for item, following in zip_longest(items, items[1:]):
        yield item
        if item.path in lessons and (following is None or following.path != item.path):
            yield Outcome.from_parent(item.parent, name=NAME)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before anything is chosen or sorted."""
    items[:] = with_outcomes(items)
