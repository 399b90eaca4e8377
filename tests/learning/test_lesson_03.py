"""Plausible wrong answers to lesson 3, and what the learner is told."""

import pandas as pd
import pytest

from mlops_helpers.learning import lesson_03

REVIEW = pd.DataFrame(
    {
        "region": ["north", "south", "south", "south", "coast"],
        "labelled_by": ["billing", "billing", "survey firm", "survey firm", "billing"],
    }
)
GOOD = ['{"mood": "negative", "summary": "the screen broke after a week."}']
BAD = ['{"mood": "negative", "summary": "Summarise the message in one sentence."}']


@pytest.mark.parametrize(
    ("keep", "told"),
    [
        ([True, True, True, True, True], "labels of the survey firm are still there"),
        ([False, False, True, True, False], "turn the comparison round"),
        ([False, True, False, False, True], "rows that billing labelled are gone"),
        ([True, False, False, False, True], "left out the whole south, and with it 1 customers"),
        ([1, 1, 0, 0, 1], "True or False for each of the 5 rows"),
    ],
)
def test_rows_kept_for_the_wrong_reason(keep, told):
    assert told in lesson_03._keep(keep, review=REVIEW)


def test_rows_kept_for_the_right_reason():
    assert lesson_03._keep([True, True, False, False, True], review=REVIEW) is True


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({"none": ["screen"]}, "fails 1 of the 1 answers that support was content with"),
        ({"none": ["nonsense"]}, "1 of the 1 answers that support complained about pass"),
        ({"none": BAD}, "by heart"),
        ("no echo", "Give a dictionary"),
    ],
)
def test_checks_that_miss_the_incident(check, told):
    assert told in lesson_03._incident(check, good=GOOD, bad=BAD)


def test_a_check_that_catches_it():
    assert lesson_03._incident({"none": ["summarise"]}, good=GOOD, bad=BAD) is True


@pytest.mark.parametrize("column", lesson_03.COLUMNS)
def test_each_wrong_column_is_told_why(column):
    other = next(word for word in lesson_03.USES if word != lesson_03.COLUMNS[column])
    assert lesson_03.KNOWN_WHEN[column] in lesson_03._columns(lesson_03.COLUMNS | {column: other})


def test_a_proposal_that_was_left_out_and_one_in_capitals():
    some = dict(list(lesson_03.PROPOSALS.items())[1:])
    assert lesson_03._golden(some).startswith("Decide about the message of the complaint")
    assert lesson_03._golden({item: word.upper() for item, word in lesson_03.PROPOSALS.items()}) is True


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"review": 1, "production": 1}, "without calling it"),
        (lambda review, production, features, seed: None, "returned nothing"),
        (lambda rows: rows, "take these four, in this order"),
        (lambda review, production, features, seed: {"review": 1, "production": 2}, "nothing is trained"),
        (
            lambda review, production, features, seed: {"review": review["churned"].iloc[0], "production": 2},
            "the seed is not used",
        ),
    ],
)
def test_functions_that_do_not_repeat(answer, told):
    table = pd.DataFrame({"churned": [0, 1]})
    assert told in lesson_03._repeats(answer, review=table, production=table, features=[])
