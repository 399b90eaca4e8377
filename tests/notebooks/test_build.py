"""One source gives two editions, the same bytes every time, and nothing is left behind."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from notebooks import build
from notebooks.editions import edition, sources, stored_path, text_of, without_outputs
from notebooks.execute import Job, execute
from notebooks.report import write_report

FAILING = '# %% [markdown]\n# # Fails\n\n# %% tags=["parameters"]\nA = 1\n\n# %%\n{}\n\n# %%\nprint("never")\n'


def source_cells(notebook):
    return [cell.source for cell in notebook.cells]


def failing(tmp_path, cell):
    source = tmp_path / "02_fails.py"
    source.write_text(FAILING.format(cell))
    return source


def test_learners_get_the_stub_and_the_solutions_its_answer(sample):
    learner, solutions = (source_cells(edition(sample, which)) for which in ("learner", "solutions"))
    assert "leak = ..." in learner
    assert 'leak = "cancelled_at"' not in learner
    assert 'leak = "cancelled_at"' in solutions
    assert "leak = ..." not in solutions


def test_ids_follow_from_the_text_and_are_unique(sample):
    first, second = edition(sample, "learner"), edition(sample, "learner")
    ids = [cell.id for cell in first.cells]
    assert ids == [cell.id for cell in second.cells]
    assert len(set(ids)) == len(ids)


def test_inserting_a_cell_leaves_the_other_ids_alone(sample, tmp_path):
    longer = tmp_path / "01_good.py"
    longer.write_text(sample.read_text().replace("# %%\nages = ", "# %%\nnew = 1\n\n# %%\nages = "))
    before, after = ({cell.id for cell in edition(path, "learner").cells} for path in (sample, longer))
    assert before < after


def test_two_builds_are_equal_to_the_byte(sample):
    first, second = (execute(Job(sample, "solutions")).notebook for _ in range(2))
    assert text_of(first) == text_of(second)


def test_nothing_of_the_machine_or_the_run_is_stored(sample):
    text = text_of(execute(Job(sample, "learner")).notebook)
    assert "papermill" not in text
    assert "start_time" not in text
    assert str(Path.home()) not in text


def test_a_run_says_what_was_solved_in_a_home_of_its_own(sample, monkeypatch, tmp_path):
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path / "mine"))
    result = execute(Job(sample, "solutions"))
    assert {json.loads(line)["outcome"] for line in result.journal.splitlines()} == {"solved"}
    assert not (tmp_path / "mine").exists()
    assert os.environ["MLOPS_COURSE_HOME"] == str(tmp_path / "mine")


def test_parameters_reach_the_lesson(sample):
    notebook = execute(Job(sample, "learner", {"BREAK_IT": True})).notebook
    assert "[31, -7, 42]" in text_of(notebook)


def test_a_failing_cell_is_named_and_ends_the_lesson(tmp_path):
    result = execute(Job(failing(tmp_path, "1 / 0"), "learner"))
    assert result.error == "In [2] ZeroDivisionError: division by zero"


def test_a_kernel_that_dies_is_reported(tmp_path):
    result = execute(Job(failing(tmp_path, "import os\nos._exit(1)"), "learner"))
    assert "the kernel failed" in result.error


def test_a_lesson_that_leaves_a_file_behind_fails(tmp_path):
    result = execute(Job(failing(tmp_path, 'open("left.csv", "w").close()'), "learner"))
    assert "left.csv" in result.error
    assert "must leave nothing" in result.error


@pytest.fixture
def tree(tmp_path, sample):
    """A course of one lesson in a folder of its own: the source and where its editions are stored."""
    (tmp_path / "source").mkdir()
    source = tmp_path / "source" / "01_good.py"
    source.write_bytes(sample.read_bytes())
    return source


def test_build_stores_both_editions_and_leaves_unchanged_files_alone(tree, monkeypatch, capsys):
    monkeypatch.setattr(build, "stored_path", lambda source, which: stored_path(source, which, root=tree.parents[1]))
    assert build.build([tree]) == 0
    learner = stored_path(tree, "learner", root=tree.parents[1])
    os.utime(learner, (1, 1))
    assert build.drift([tree]) == []
    assert build.build([tree]) == 0
    assert learner.stat().st_mtime == 1
    assert capsys.readouterr().out.count("01_good            ok ") == 2


def test_an_edited_or_missing_edition_is_drift(tree, monkeypatch):
    monkeypatch.setattr(build, "stored_path", lambda source, which: stored_path(source, which, root=tree.parents[1]))
    learner = stored_path(tree, "learner", root=tree.parents[1])
    learner.write_text(text_of(without_outputs(edition(tree, "learner"))).replace("three numbers", "four numbers"))
    edited, missing = build.drift([tree])
    assert edited == "01_good.ipynb (learner): differs from its source. Edit the source, run `make notebooks`."
    assert missing == "01_good.ipynb (solutions): not stored. Run `make notebooks`."


def test_a_lesson_that_fails_is_not_stored(tmp_path, monkeypatch, capsys):
    source = failing(tmp_path, "1 / 0")
    monkeypatch.setattr(build, "stored_path", lambda source, which: stored_path(source, which, root=tmp_path))
    assert build.build([source]) == 1
    assert "02_fails           FAILED  " in capsys.readouterr().out
    assert not list(tmp_path.rglob("*.ipynb"))


def test_run_reports_success_and_failure(sample, tmp_path, capsys):
    assert build.run([sample, failing(tmp_path, "1 / 0")], report=tmp_path / "report") == 1
    index = (tmp_path / "report" / "index.html").read_text()
    assert "2 of 4 notebooks ran to their end." in index
    assert "failed: In [2] ZeroDivisionError" in index
    assert 'alt="Three bars of ages' in (tmp_path / "report" / "01_good-solutions.html").read_text()


def test_report_names_the_lock(sample, tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("pandas==3.1.1\n")
    index = write_report([], tmp_path / "report", lock=lock)
    assert f"sha256 {hashlib.sha256(lock.read_bytes()).hexdigest()}" in index.read_text()


def test_an_unknown_lesson_is_refused_by_name(sample, capsys):
    assert sources((1,), folder=sample.parent) == (sample,)
    with pytest.raises(FileNotFoundError, match="no lesson 9"):
        sources((9,), folder=sample.parent)
    with pytest.raises(SystemExit):
        build.main(["--run", "99"])
    assert "There is no lesson 99" in capsys.readouterr().err
