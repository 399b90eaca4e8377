"""The lint accepts a lesson that keeps the rules and names cell and remedy for each breach."""

import nbformat
import pytest

from notebooks.lint import lint
from tests.notebooks.spoiling import add, rules


@pytest.mark.parametrize("which", ["learner", "solutions"])
def test_a_lesson_that_keeps_the_rules_has_no_problems(good, which):
    assert lint(good[which], which) == []


def test_a_second_title_is_found(lesson):
    lesson.cells[3].source = "# Another title"
    assert "title" in rules(lesson)


def test_a_hash_in_a_fence_is_no_title(lesson):
    lesson.cells[3].source += "\n```\n# a comment\n```"
    assert rules(lesson) == set()


@pytest.mark.parametrize("line", ["import os", "N = len('abc')", "A = B = C", "d['x'] = 1", "X: int"])
def test_parameters_hold_literals_only(lesson, line):
    lesson.cells[1].source += f"\n{line}"
    problem = lint(lesson, "learner")[0]
    assert (problem.rule, problem.cell, "is no literal" in problem.found) == ("parameters", 2, True)


def test_parameters_come_first(lesson):
    lesson.cells[1].metadata.tags = []
    assert "parameters" in rules(lesson)


def test_a_late_door_is_found(lesson):
    number = add(lesson, "connect(CLOUD)")
    (problem,) = lint(lesson, "learner")
    assert str(problem).startswith(f"cell {number}: connect() comes in code cell")


def test_a_long_cell_is_found(lesson):
    add(lesson, "\n".join(["pass"] * 21))
    assert rules(lesson) == {"length"}


def test_long_cells_throughout_are_found(lesson):
    for number in range(20):
        add(lesson, "\n".join([f"{number}"] * 6))
    assert "Aim for 5" in str(lint(lesson, "learner")[0])


def test_a_cell_that_never_ran_is_found(lesson):
    lesson.cells[5].execution_count = None
    assert rules(lesson) == {"executed"}


@pytest.mark.parametrize(
    "output",
    [
        nbformat.v4.new_output("stream", name="stderr", text="DeprecationWarning: soon"),
        nbformat.v4.new_output("error", ename="KeyError", evalue="age", traceback=[]),
    ],
)
def test_errors_and_warnings_are_found(lesson, output):
    add(lesson, "risky()", [output])
    assert rules(lesson) == {"outputs"}


def test_a_section_that_proves_nothing_is_found(lesson):
    lesson.cells[5].source = "[age for age in ages if age > LIMIT]"
    (problem,) = lint(lesson, "learner")
    assert str(problem) == "cell 4: Section 'What arrived?' asserts nothing. Assert what its text claims. [assert]"


def test_a_figure_without_alt_text_is_found(lesson):
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    add(lesson, "plt.show()", [picture])
    assert rules(lesson) == {"alt"}


def test_a_heavy_lesson_is_found(lesson):
    add(lesson, "big", [nbformat.v4.new_output("stream", name="stdout", text="x" * 200_000)])
    assert rules(lesson) == {"size"}


def recap_of(lesson):
    return next(cell for cell in lesson.cells if "## Recap" in cell.source)


def test_a_recap_that_forgets_a_promise_is_found(lesson):
    recap = recap_of(lesson)
    recap.source = recap.source.rpartition("\n")[0]
    assert "2 bullets for 3 objectives" in str(lint(lesson, "learner")[0])


def test_a_recap_about_something_else_is_found(lesson):
    recap_of(lesson).source = "## Recap\n\n- You saw a film.\n- You ate bread.\n- You slept."
    assert [problem.rule for problem in lint(lesson, "learner")] == ["recap"] * 3


def test_an_opening_without_objectives_is_found(lesson):
    lesson.cells[0].source = "# Title"
    assert "recap" in rules(lesson)


def test_a_stub_that_passes_is_found(good):
    problems = lint(good["solutions"], "learner")
    assert {problem.rule for problem in problems} == {"exercises"}
    assert "must say 'not yet'" in str(problems[-1])


def test_a_solution_that_fails_is_found(good):
    assert rules(good["learner"], "solutions") == {"exercises"}


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        ("LIMIT = 7.0", "cell 7: LIMIT is a parameter and gets another value here."),
        ("for LIMIT in (1, 2):\n    pass", "cell 7: LIMIT is a parameter"),
        ("with open('x') as LIMIT:\n    pass", "cell 7: LIMIT is a parameter"),
        ("LIMIT += 1", "cell 7: LIMIT is a parameter"),
    ],
)
def test_a_parameter_that_a_later_cell_replaces_is_found(lesson, spoil, found):
    add(lesson, spoil)
    (problem,) = lint(lesson, "learner")
    assert str(problem).startswith(found)


@pytest.mark.parametrize("code", ["def f(LIMIT=1):\n    LIMIT = 2", "[LIMIT for LIMIT in ()]", "f(LIMIT=1)"])
def test_a_name_that_a_function_keeps_to_itself_is_no_parameter(lesson, code):
    add(lesson, code)
    assert rules(lesson) == set()


def test_a_parameter_assigned_twice_or_read_nowhere_is_found(lesson):
    lesson.cells[1].source += "\nLIMIT = 7.0\nUNUSED = 1"
    twice, unread = lint(lesson, "learner")
    assert "LIMIT is assigned twice" in twice.found
    assert "No cell reads UNUSED" in unread.found


def test_equal_empty_and_too_many_cells_are_found(lesson):
    add(lesson, "1 + 1")
    add(lesson, "1 + 1")
    total = len(lesson.cells) + 130
    lesson.cells.extend(nbformat.v4.new_markdown_cell("") for _ in range(130))
    found = [problem.found for problem in lint(lesson, "learner") if problem.rule == "cells"]
    assert found == [f"{total} cells; the ceiling is 150.", "The same code as cell 7.", *["An empty cell."] * 130]


@pytest.mark.parametrize("tag", ["raises-exception", "nbval-skip", "nbval-ignore-output", "skip-execution"])
def test_a_tag_that_keeps_a_cell_from_being_compared_is_found(lesson, tag):
    lesson.cells[5].metadata.tags = [tag]
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell) == ("kinds", 6)


def test_a_raw_cell_is_found(lesson):
    lesson.cells.insert(6, nbformat.v4.new_raw_cell("seen by nobody"))
    assert rules(lesson) == {"kinds"}


@pytest.mark.parametrize("change", ["no output", "another text", "no such cell"])
def test_a_lesson_without_its_last_sentence_is_found(lesson, change):
    if change == "no output":
        lesson.cells[-1].outputs = []
    elif change == "another text":
        lesson.cells[-1].outputs[0].data["text/plain"] = "'done'"
    else:
        del lesson.cells[-1]
    assert rules(lesson) == {"sentinel"}


@pytest.mark.parametrize("missing", ["5 minutes", "$0"])
def test_an_opening_that_hides_what_the_lesson_takes_is_found(lesson, missing):
    lesson.cells[0].source = lesson.cells[0].source.replace(missing, "little")
    assert rules(lesson) == {"opening"}


@pytest.mark.parametrize(
    ("words", "lines", "said"), [(0, 60, "Say what the code shows."), (2000, 0, "Show it instead")]
)
def test_a_listing_and_a_lecture_are_found(lesson, words, lines, said):
    lesson.cells[3].source += " word" * words
    for number in range(lines):
        add(lesson, str(number))
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, said in problem.remedy) == ("words", True)


def test_a_section_that_draws_needs_an_assert_of_its_own(lesson):
    drawing = next(cell for cell in lesson.cells if "show(figure" in cell.source)
    drawing.source = drawing.source.replace("assert len(axes.patches) == len(ages)", 'check("governance.1", ages)')
    assert "draws and asserts nothing" in str(lint(lesson, "learner")[0])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("figure, axes = plt.subplots()", {"labels"}),
        ("figure, axes = plt.subplots()\naxes.set(ylabel='euro')", set()),
        ("figure, axes = plt.subplots()\naxes.set_xlabel('euro')", set()),
        ("figure, axes = plt.subplots()\naxes.set_axis_off()", set()),
        ("figure = report.figure('age')", set()),
    ],
)
def test_axes_without_a_label_are_found(lesson, line, expected):
    add(lesson, line)
    assert rules(lesson) == expected
