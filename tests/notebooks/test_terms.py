"""Lessons use no term that the glossary lacks, and link those they use."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlops_helpers.learning.glossary import load_glossary
from notebooks.editions import SOLUTIONS, edition, sources
from notebooks.terms import undefined, used, with_terms

GLOSSARY = load_glossary()


def lesson(*texts):
    cells = [new_markdown_cell(text) for text in ("# 2 · Monitoring: is it still true?", *texts)]
    return new_notebook(cells=[*cells, new_code_cell('"End of lesson 2"')])


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_every_term_of_a_lesson_is_in_the_glossary(source):
    missing = undefined(edition(source, SOLUTIONS), GLOSSARY)
    advice = "add it to mlops_helpers/learning/glossary.json, or use *italics* if it is only stressed"
    assert missing == [], advice


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We call this a **flurb**.", "flurb"),
        ("The **two\nwords** here.", "two words"),
        ("Its RMSE fell.", "RMSE"),
        ("A shadow deployment would do.", "shadow deployment"),
    ],
)
def test_a_term_that_nobody_defined_is_found(text, word):
    assert undefined(lesson(text), GLOSSARY) == [(2, word)]


@pytest.mark.parametrize(
    "text",
    [
        "**You will be able to**",
        "**Exercise 3: three tickets.** Choose.",
        "**Quiz.** Three questions.",
        "The **golden set** and its AUC, in SQL.",
        "`RMSE` is code, as is\n```\nRMSE = 1\n```",
        "[a page](RMSE.md)",
    ],
)
def test_frames_code_and_known_words_are_no_missing_terms(text):
    assert undefined(lesson(text), GLOSSARY) == []


def test_terms_are_linked_in_front_of_the_last_cell():
    notebook = with_terms(lesson("The *drift* of a feature, and its PSI."), GLOSSARY)
    cell = notebook.cells[-2].source
    assert cell.startswith("**Terms**, explained in the glossary: [data drift](GLOSSARY.md#data-drift) · [PSI]")
    assert cell.endswith("From other lessons: [feature](GLOSSARY.md#feature).")
    assert notebook.cells[-1].source == '"End of lesson 2"'
    nbformat.validate(notebook)


def test_the_solutions_look_one_folder_up():
    cell = with_terms(lesson("Drift."), GLOSSARY, page="../GLOSSARY.md").cells[-2].source
    assert re.findall(r"\(([^)]*)\)", cell) == ["../GLOSSARY.md#data-drift"]


def test_a_lesson_without_terms_stays_as_it_is():
    assert len(with_terms(lesson("Good morning."), GLOSSARY).cells) == 3
    assert used(lesson("Good morning."), GLOSSARY) == ()
