"""A small room on one server, and its notebooks graded: both by the programs an instructor calls."""

import csv

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import grade_room, room_load

RIGHT = {"copies": "repair", "lifetime": "stop", "cents": "repair", "country": "record"}
PARAMETERS = new_code_cell('CLOUD = "google"', metadata={"tags": ["parameters"]})


def handed_in(folder, name, *cells):
    notebook = new_notebook(cells=[PARAMETERS, *(new_code_cell(cell) for cell in cells)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_two_learners_on_one_server_are_measured():
    found = room_load.measure(2, 1)
    assert found["learners"] == "2 projects at once, from 1 client processes"
    assert {"all done after", "a learner waited", "server memory"} <= set(found)


def test_a_room_is_graded_by_what_its_cells_answer(tmp_path):
    checked = f'from mlops_helpers.learning import check\nassert CLOUD == "offline"\ncheck("governance.1", {RIGHT})'
    handed_in(tmp_path, "ada", checked)
    handed_in(tmp_path, "ben", 'from mlops_helpers.learning import check\ncheck("governance.1", {})', "1 / 0")
    (tmp_path / "cy.ipynb").write_text("no notebook")
    assert grade_room.grade_folder(tmp_path, "governance", tmp_path / "results.csv") == 3
    with (tmp_path / "results.csv").open() as file:
        rows = {(row["notebook"], row["exercise"]): (row["result"], row["error"]) for row in csv.DictReader(file)}
    assert rows["ada", "governance.1"] == ("solved", "")
    assert rows["ada", "governance.2"] == ("not tried", "")
    assert rows["ben", "governance.1"] == ("not yet", "ZeroDivisionError: division by zero")
    assert rows["cy", "governance.quiz"] == ("not tried", "no notebook")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected one file per learner"):
        grade_room.grade_folder(tmp_path, "governance", tmp_path / "results.csv")


def test_the_command_says_what_is_missing(tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade_room.main([str(tmp_path)])
    assert "There is no notebook" in capsys.readouterr().err
