"""An environment is used only when it was built to its end from today's lock."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

from tools import commands, environment
from tools.environment import Environment, EnvironmentFailed, clean_environment
from tools.locking import differences
from tools.warm import imported_modules

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """An environment that is 'built' by making its interpreter's file; no uv on this machine."""
    lock = tmp_path / "lock.txt"
    lock.write_text("pandas==3.1.1\n")
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(Environment, "_build_with_pip", fake_build)
    return Environment(tmp_path / ".venv", lock)


def fake_build(built):
    built.scripts.mkdir(parents=True, exist_ok=True)
    built.python.write_text("built")


def count_builds(course):
    finished = []
    course.ensure(finished.append)
    return len(finished)


def test_it_is_built_once(course, capsys):
    assert [count_builds(course), count_builds(course)] == [1, 0]
    assert "building .venv with pip" in capsys.readouterr().out


def test_a_new_lock_builds_it_anew(course):
    count_builds(course)
    course.lock.write_text("pandas==3.1.2\n")
    assert count_builds(course) == 1


def test_an_interrupted_build_is_not_taken_for_good(course):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        course.ensure(interrupt)
    assert course.python.exists()
    assert not course.ready()
    assert count_builds(course) == 1


def test_an_environment_whose_interpreter_is_gone_is_built_anew(course):
    count_builds(course)
    course.python.unlink()
    assert count_builds(course) == 1


def test_uv_is_used_where_it_is_and_pip_where_it_fails(course, monkeypatch, capsys):
    monkeypatch.setattr(environment.shutil, "which", lambda name: "uv")
    monkeypatch.setattr(environment, "call", lambda command: 2)
    assert count_builds(course) == 1
    assert "uv did not succeed; trying with pip" in capsys.readouterr().out


def test_what_the_shell_carries_over_does_not_reach_the_course():
    kept = clean_environment({"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "x", "HOME": "h", "PIP_INDEX_URL": "i"})
    assert kept["HOME"] == "h"
    assert kept["PIP_INDEX_URL"] == "i"
    assert {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"} & set(kept) == set()


def test_a_command_that_does_not_exist_is_one_sentence():
    with pytest.raises(EnvironmentFailed, match="could not be started"):
        environment.call(["no-such-command-anywhere"])


def test_an_interpreter_that_is_too_old_gets_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit, match="needs Python 3.11 or newer, and this is Python 3.9"):
        runpy.run_module("tools", run_name="__main__")


def test_the_entry_can_be_read_by_old_interpreters():
    text = (ROOT / "tools" / "__main__.py").read_text()
    assert ast.parse(text, feature_version=(3, 4))
    assert "f'" not in text
    assert 'f"' not in text


def test_help_and_makefile_list_the_same_commands(capsys):
    with pytest.raises(SystemExit):
        commands.main(["--help"])
    listed = capsys.readouterr().out
    targets = set(re.findall(r"^([a-z]+): ##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets - {"help"} == set(commands.COMMANDS)
    assert all(f"  {name}" in listed for name in targets - {"help"})


def test_lesson_without_a_number_asks_for_one(capsys):
    assert commands.main(["lesson"]) == 1
    assert "make lesson N=1" in capsys.readouterr().out


def test_clean_keeps_the_learners_work(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    keep = [tmp_path / "notebooks" / "01_governance.ipynb", tmp_path / "my notes.txt", tmp_path / ".mlops-course" / "p"]
    made = [tmp_path / "build" / "report" / "index.html", tmp_path / "tools" / "__pycache__" / "x.pyc"]
    for path in (*keep, *made):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert commands.main(["clean"]) == 0
    assert [path.exists() for path in (*keep, *made)] == [True] * 3 + [False] * 2


def test_warming_finds_imports_inside_functions_and_leaves_out_our_own(tmp_path):
    file = tmp_path / "x.py"
    file.write_text(
        "import os\nimport mlops_helpers.cloud\n\ndef f():\n    from google.cloud import storage\n    from . import y\n"
    )
    assert imported_modules([file]) == ["google.cloud", "google.cloud.storage"]


def test_what_colab_would_install_is_told_apart():
    resolved = "pandas==2.2.3\nPandera==0.35.0 ; python_version > '3'\nnumpy==2.3.0\n"
    assert differences(resolved, "# freeze\npandas==2.2.3\nnumpy==2.1.3\n") == (["pandera"], ["numpy"])
