"""Steps in copies of a warm process are as separate as processes of their own."""

import os
import threading

import pytest

from mlops_helpers.offline.vertex import warm


@pytest.fixture(scope="module")
def helpers():
    found = warm.WarmProcesses()
    yield found
    found.close()


@pytest.fixture
def run(helpers, tmp_path):
    """Run some lines as a step; its exit status and what it printed."""

    def run(lines, *arguments, started=lambda step: None, **environment):
        (tmp_path / "step.py").write_text(lines)
        (tmp_path / "output.txt").touch()
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), **environment}
        command = [str(tmp_path / "step.py"), *arguments]
        return helpers.run(command, told, tmp_path, started), (tmp_path / "output.txt").read_text()

    return run


def test_a_step_sees_its_own_arguments_environment_and_folder(run, tmp_path):
    lines = "import os, sys\nprint(sys.argv[1:], sorted(os.environ), os.getcwd())"
    status, output = run(lines, "a", "b", SECRET="of this step")
    assert (status, output) == (0, f"['a', 'b'] ['PATH', 'PYTHONPATH', 'SECRET'] {tmp_path}\n")
    assert "SECRET" not in run(lines)[1].splitlines()[-1]


def test_what_one_step_changes_the_next_does_not_see(run):
    assert run("import json\njson.loads = None")[0] == 0
    assert run("import json\nprint(json.loads('1'))")[1] == "1\n"


@pytest.mark.parametrize(
    ("lines", "status", "told"),
    [("raise ValueError('no')", 1, "ValueError: no"), ("import sys; sys.exit(3)", 3, ""), ("def", 1, "SyntaxError")],
)
def test_a_step_that_fails_says_so(run, lines, status, told):
    found, output = run(lines)
    assert found == status
    assert told in output


def test_a_step_can_be_killed_and_the_next_one_runs(run):
    began = threading.Event()
    waiting = "import sys, time\nprint('began', flush=True)\ntime.sleep(60)"
    status, _ = run(waiting, started=lambda step: (step.kill(), began.set()))
    assert (status, began.is_set()) == (warm.KILLED, True)
    assert run("pass")[0] == 0


def test_a_helper_that_is_closed_ends_its_step(run, helpers):
    status, _ = run("import time; time.sleep(60)", started=lambda step: (helpers.close(), step.kill()))
    assert status == warm.KILLED
