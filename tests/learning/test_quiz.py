"""The quiz is text to read and an exercise to check."""

import pytest

from mlops_helpers.learning import UnknownExercise

SHEET = """1. Which defect stops the pipeline?
   a) none
   b) a lost column

2. Who repairs it?
   a) the owner
   b) nobody
   c) the model

Answer with one letter each: check("governance.quiz", "ab")"""


def test_quiz_reads_as_numbered_questions(tutor):
    assert repr(tutor.quiz("governance")) == SHEET


@pytest.mark.parametrize("answer", ["ba", "BA", ("b", "a"), [" b", "a "]])
def test_right_letters_solve_it_in_any_form(tutor, answer):
    result = tutor.check("governance.quiz", answer)
    assert result
    assert result.message == "(1) Right. (2) They know it."


def test_wrong_letters_get_the_hint_of_their_question_only(tutor):
    assert tutor.check("governance.quiz", "bc").message == "Hint: Question 2: Who knows the meaning?"


@pytest.mark.parametrize("answer", ["b", "bab", "", 7])
def test_a_malformed_answer_is_not_yet(tutor, answer):
    assert not tutor.check("governance.quiz", answer)


def test_an_unknown_lesson_is_refused_by_name(tutor):
    with pytest.raises(UnknownExercise, match="astronomy.*governance"):
        tutor.quiz("astronomy")
