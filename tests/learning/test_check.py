"""A check answers *solved* or *not yet*; whatever the answer does, the notebook goes on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.learning import Course, Journal, Tutor, check

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.just(...)
)


class Unprintable(Exception):
    def __str__(self):
        raise ValueError


class Hostile:
    def __eq__(self, other):
        raise Unprintable


def leave(*_):
    raise SystemExit(3)


def test_right_answer_is_solved_and_says_why(tutor):
    result = tutor.check("governance.1", "cancelled_at")
    assert result
    assert repr(result) == "governance.1: solved. Known too late."


def test_wrong_answer_gets_the_first_hint(tutor):
    assert repr(tutor.check("governance.1", "tenure")) == "governance.1: not yet. Hint: A date."


def test_a_known_mistake_gets_its_own_hint(tutor):
    assert (
        repr(tutor.check("governance.1", "age"))
        == "governance.1: not yet. Hint: Age is known before the customer leaves."
    )


@pytest.mark.parametrize("stub", [..., None])
def test_untouched_stub_is_not_yet(tutor, stub):
    result = tutor.check("governance.1", stub)
    assert not result
    assert "Replace the ..." in result.message


def test_given_values_reach_the_check(tutor):
    assert tutor.check("governance.2", [1, 2], customers=["a", "b"])
    assert not tutor.check("governance.2", [1], customers=["a", "b"])


def test_an_answer_that_fails_is_not_yet_and_says_what_failed(tutor):
    result = tutor.check("governance.3", lambda cents: cents / 0)
    assert result.message == "Your answer, a function, cannot be used: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("answer", [Hostile(), leave, pd.Series([1, 2]), np.array([1.0, 2.0]), object(), [[]]])
@pytest.mark.parametrize("exercise", ["governance.1", "governance.3"])
def test_no_answer_ends_the_notebook(tutor, exercise, answer):
    assert not tutor.check(exercise, answer)


@given(answer=ANYTHING)
def test_any_plain_value_gets_an_answer(answer, tmp_path_factory):
    tutor = Tutor(Course("tests.learning.sample_course"), Journal(tmp_path_factory.getbasetemp()))
    assert tutor.check("governance.3", answer).solved is False


def test_messages_hold_no_memory_addresses(tutor):
    def answer(cents):
        raise ValueError(object())

    assert "0x" not in tutor.check("governance.3", answer).message


def test_the_same_answer_reads_the_same_however_often_it_is_tried(tutor):
    readings = {repr(tutor.check("governance.1", "tenure")) for _ in range(3)}
    assert len(readings) == 1


def test_an_interrupt_is_not_swallowed(tutor):
    def answer(cents):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tutor.check("governance.3", answer)


def test_an_unknown_exercise_is_not_yet_and_lists_those_that_exist(tutor):
    result = tutor.check("governance.9", 1)
    assert not result
    assert "governance.1, governance.2, governance.3, governance.quiz" in result.message
    assert "governance" in tutor.check("astronomy.1", 1).message


def test_html_says_the_same_and_escapes_what_the_learner_wrote(tutor):
    page = tutor.check("governance.3", lambda cents: {}["<b>"])._repr_html_()
    assert "not yet" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_the_public_check_uses_the_home_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path))
    assert not check("astronomy.1", "x")
