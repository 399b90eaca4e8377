"""A parameter reaches the lesson as what it is declared to be, or is refused before anything runs."""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks import build
from notebooks.editions import edition
from notebooks.execute import Job, execute
from notebooks.parameters import ParameterRefused, declared, from_texts

KNOWN = {"id": "001", "rows": 10, "share": 0.5, "BREAK_IT": False, "days": [1, 2], "until": None}


def test_what_the_first_cell_assigns_is_declared(sample):
    assert declared(edition(sample, "learner")) == {"BREAK_IT": False, "LIMIT": 120.0}


def test_a_notebook_without_parameters_declares_none():
    assert declared(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("a = 1")])) == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id", "007", "007"),
        ("id", "None", "None"),
        ("id", "True", "True"),
        ("rows", "007", 7),
        ("share", "2", 2.0),
        ("BREAK_IT", "True", True),
        ("BREAK_IT", "no", False),
        ("days", "[3]", [3]),
        ("until", "'2026-01-01'", "2026-01-01"),
    ],
)
def test_a_value_is_read_as_the_declared_type(name, text, value):
    found = from_texts(KNOWN, [(name, text)])
    assert (found, type(found[name])) == ({name: value}, type(value))


@pytest.mark.parametrize(
    ("name", "text"), [("rows", "7.5"), ("rows", "ten"), ("share", "half"), ("BREAK_IT", "maybe"), ("days", "(1, 2)")]
)
def test_a_value_of_another_type_is_refused(name, text):
    with pytest.raises(ParameterRefused, match=f"{name} is declared as"):
        from_texts(KNOWN, [(name, text)])


@given(st.text())
def test_text_stays_as_it_was_typed(text):
    assert from_texts(KNOWN, [("id", text)]) == {"id": text}


@pytest.mark.parametrize("given", [{"NOSUCH": 1}, {"BREAK_IT": 1}, {"LIMIT": "120"}])
def test_a_parameter_that_does_not_fit_stops_a_run_before_it_starts(sample, given):
    with pytest.raises(ParameterRefused):
        execute(Job(sample, "learner", given))


def test_a_parameter_from_the_command_line_reaches_the_lesson(tmp_path, capsys):
    source = tmp_path / "02_typed.py"
    source.write_text(
        '# %% [markdown]\n# # T\n\n# %% tags=["parameters"]\nid = "001"\n\n# %%\nassert id == "007", id\n'
    )
    assert build.run([source], parameters=[("id", "007")], report=tmp_path / "report") == 0
    assert build.run([source], report=tmp_path / "report") == 1
    assert "AssertionError: 001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--run", "1", "-p", "NOSUCH", "1"), "No cell declares 'NOSUCH'. The lesson has CLOUD"),
        (("--run", "1", "-p", "BREAK_IT", "maybe"), "BREAK_IT is declared as bool; 'maybe' is none."),
        (("1", "-p", "BREAK_IT", "false"), "-p is for --run"),
    ],
)
def test_the_command_line_refuses_in_one_sentence(arguments, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        build.main(arguments)
    assert said in capsys.readouterr().err
