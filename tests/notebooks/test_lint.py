"""The lint accepts a lesson that keeps the rules and names cell and remedy for each breach."""

import nbformat
import pytest

from notebooks.execute import Job, execute
from notebooks.lint import lint
from tests.notebooks.conftest import SAMPLES


@pytest.fixture(scope="module")
def good():
    """The good sample, both editions, executed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(SAMPLES.parents[2]))
        return {which: execute(Job(SAMPLES / "01_good.py", which)).notebook for which in ("learner", "solutions")}


@pytest.fixture
def lesson(good):
    """The learner edition, free to be spoilt."""
    return nbformat.from_dict(good["learner"])


def rules(notebook, which="learner"):
    return {problem.rule for problem in lint(notebook, which)}


def add(notebook, source="", outputs=()):
    """Put one more executed code cell into the first section; its number."""
    notebook.cells.insert(6, nbformat.v4.new_code_cell(source, outputs=list(outputs)))
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
    return 7


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
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell) == ("parameters", 2)


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
    for _ in range(20):
        add(lesson, "\n".join(["pass"] * 6))
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


@pytest.mark.parametrize(
    "source", ["!pip list", "%matplotlib inline", "x = 1\n  !ls", "get_ipython().run_line_magic()"]
)
def test_shell_and_magic_are_found(lesson, source):
    add(lesson, source)
    assert rules(lesson) == {"shell"}


@pytest.mark.parametrize("text", ["'/home/ada/x.csv'", r"C:\Users\ada", "localhost:8085", "<object at 0x7f00aa11>"])
def test_what_belongs_to_one_machine_is_found_in_source_and_output(lesson, text):
    add(lesson, f"open({text})")
    add(lesson, "x", [nbformat.v4.new_output("stream", name="stdout", text=text)])
    assert [problem.rule for problem in lint(lesson, "learner")] == ["portable", "portable"]


@pytest.mark.parametrize("text", ["gs://bucket/tmp/x", "https://example.org/home/x", "a/b/home/c", "3/4"])
def test_addresses_and_relative_paths_are_fine(lesson, text):
    add(lesson, f"open('{text}')")
    assert rules(lesson) == set()


@pytest.mark.parametrize(
    "secret", ["AIza" + "x" * 35, "ya29." + "a" * 30, "-----BEGIN PRIVATE KEY-----", "ghp_" + "a" * 36]
)
def test_secrets_are_found_and_not_repeated_in_full(lesson, secret):
    add(lesson, f"key = '{secret}'")
    (problem,) = lint(lesson, "learner")
    assert problem.rule == "secret"
    assert secret not in str(problem)


def test_a_section_that_proves_nothing_is_found(lesson):
    lesson.cells[5].source = "impossible"
    (problem,) = lint(lesson, "learner")
    assert str(problem) == "cell 4: Section 'What arrived?' asserts nothing. Assert what its text claims. [assert]"


def test_a_figure_without_alt_text_is_found(lesson):
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    add(lesson, "plt.show()", [picture])
    assert rules(lesson) == {"alt"}


def test_a_heavy_lesson_is_found(lesson):
    add(lesson, "big", [nbformat.v4.new_output("stream", name="stdout", text="x" * 200_000)])
    assert rules(lesson) == {"size"}


def test_a_recap_that_forgets_a_promise_is_found(lesson):
    lesson.cells[-1].source = lesson.cells[-1].source.rpartition("\n")[0]
    assert "2 bullets for 3 objectives" in str(lint(lesson, "learner")[0])


def test_a_recap_about_something_else_is_found(lesson):
    lesson.cells[-1].source = "## Recap\n\n- You saw a film.\n- You ate bread.\n- You slept."
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
