"""The stored lessons: they come from their sources, keep the rules, and their exercises can be solved and only solved.

That their outputs are true today is nbval's part of `make test`, and `tools.lesson_outcomes` then asks what the
exercises said; here it is checked what the stored lessons say, and that a lesson survives its own break-it switch.
"""

import ast

import nbformat
import pytest

from mlops_helpers.learning import LESSONS, Course
from notebooks.build import drift
from notebooks.editions import LEARNER, SOLUTIONS, edition, sources, stored_path
from notebooks.execute import Job, execute, outcomes
from notebooks.lint import lint
from notebooks.reading import code_cells

LESSON_FILES = sources()
NAMES = [source.stem for source in LESSON_FILES]


def flags(source):
    """The switches of a lesson's parameters cell, each turned over."""
    cell = code_cells(edition(source, LEARNER))[0][1]
    values = {line.targets[0].id: line.value for line in ast.parse(cell.source).body if isinstance(line, ast.Assign)}
    constants = {name: node.value for name, node in values.items() if isinstance(node, ast.Constant)}
    return {name: not value for name, value in constants.items() if isinstance(value, bool)}


def shown(notebook):
    """What a reader sees below the code cells that show something, pictures aside."""
    cells = [cell for _, cell in code_cells(notebook) if cell.outputs]
    return [[output.get("text") or output.data.get("text/plain") for output in cell.outputs] for cell in cells]


def test_lessons_are_numbered_and_named_as_the_course_is():
    expected = [f"{number:02d}_{word}" for number, word in enumerate(LESSONS, start=1)]
    assert set(NAMES) <= set(expected)


def test_stored_editions_are_what_the_sources_generate():
    assert drift(LESSON_FILES) == []


@pytest.mark.parametrize("which", [LEARNER, SOLUTIONS])
@pytest.mark.parametrize("source", LESSON_FILES, ids=NAMES)
def test_a_stored_lesson_keeps_every_rule(source, which):
    notebook = nbformat.read(stored_path(source, which), as_version=4)
    assert [str(problem) for problem in lint(notebook, which)] == []


@pytest.mark.parametrize("source", LESSON_FILES, ids=NAMES)
def test_untouched_stubs_stay_unsolved_and_the_broken_lesson_still_runs(source):
    switched = flags(source)
    assert switched, "Give the lesson a break-it switch: a boolean in its parameters cell."
    execution = execute(Job(source, LEARNER, switched))
    expected = {exercise.id: False for exercise in Course().exercises(source.stem[3:])}
    assert (execution.error, outcomes(execution.journal)) == ("", expected)
    stored = nbformat.read(stored_path(source, LEARNER), as_version=4)
    assert shown(execution.notebook) != shown(stored), "Flipping the switch changes nothing that the reader sees."
