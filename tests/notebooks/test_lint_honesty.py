"""The lint finds what would let a lesson look as if it had passed."""

import nbformat
import pytest

from notebooks.lint import lint
from tests.notebooks.spoiling import add, rules


@pytest.mark.parametrize(
    "source",
    [
        "!pip list",
        "%pip install x",
        "%matplotlib inline",
        "%nosuch 1",
        "%%nosuch\nx = 1",
        "%%capture\nraise ValueError",
        "%%bash\nfalse",
        "x = 1\n  !ls",
        "files = !ls",
        "now = %time 1",
        "ages?",
        "?ages",
        "get_ipython().run_line_magic()",
    ],
)
def test_shell_and_magic_are_found(lesson, source):
    number = add(lesson, source)
    assert ("shell", number) in {(problem.rule, problem.cell) for problem in lint(lesson, "learner")}


@pytest.mark.parametrize("source", ["left = 7 % 3", "a = b != c", "f'{1:%}'", "'what?'"])
def test_plain_python_with_the_same_signs_is_fine(lesson, source):
    add(lesson, source)
    assert rules(lesson) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.exit(0)",
        "if ages:\n    exit()",
        "quit()",
        "import os\nos._exit(0)",
        "os.kill(os.getpid(), 9)",
        "raise SystemExit",
        "raise SystemExit(0)",
        "def stop():\n    raise SystemExit(0)",
    ],
)
def test_a_cell_that_ends_the_lesson_is_found(lesson, source):
    number = add(lesson, source)
    (problem,) = lint(lesson, "learner")
    assert (problem.rule, problem.cell) == ("ends", number)


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    f()\nexcept:\n    pass",
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept (KeyError, BaseException) as error:\n    print(error)",
        "try:\n    assert ages\nexcept AssertionError:\n    pass",
        "with contextlib.suppress(Exception):\n    f()",
        "warnings.filterwarnings('ignore')",
        "warnings.simplefilter(action='ignore')",
    ],
)
def test_a_swallowed_error_is_found(lesson, source):
    add(lesson, source)
    assert rules(lesson) == {"swallows"}


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    f()\nexcept KeyError as error:\n    print(error)",
        "with contextlib.suppress(FileNotFoundError):\n    f()",
        "with warnings.catch_warnings():\n    warnings.simplefilter('error')",
    ],
)
def test_an_expected_error_may_be_caught(lesson, source):
    add(lesson, source)
    assert rules(lesson) == set()


@pytest.mark.parametrize("call", ["asyncio.create_task(f())", "asyncio.ensure_future(f())", "pool.submit(f, 1)"])
def test_work_that_nobody_waits_for_is_found(lesson, call):
    add(lesson, call)
    assert rules(lesson) == {"lost"}
    lesson.cells[6].source = f"task = {call}\nawait task"
    assert rules(lesson) == set()


@pytest.mark.parametrize("comment", ["# NBVAL_SKIP", "#NBVAL_IGNORE_OUTPUT", "# PYTEST_VALIDATE_IGNORE_OUTPUT"])
def test_a_comment_that_switches_the_comparison_off_is_found(lesson, comment):
    add(lesson, f"{comment}\n1 + 1", [nbformat.v4.new_output("execute_result", {"text/plain": "3"})])
    assert rules(lesson) == {"compared"}
