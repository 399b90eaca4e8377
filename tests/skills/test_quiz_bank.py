"""The quiz bank: every challenge, one right answer, a reason for each option; drawn the same everywhere."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.learning import LESSONS
from mlops_helpers.skills import BadQuestion, QuizError, UnknownName, answer, load_quiz_bank, placement_quiz, quiz
from mlops_helpers.skills.quiz_reading import BANK, CHALLENGES, bank_from

QUESTIONS = load_quiz_bank()


@pytest.fixture
def bank():
    """The bank as plain data, to be spoiled."""
    return json.loads(BANK.read_text(encoding="utf-8"))


def test_every_challenge_has_five_to_eight_questions():
    counts = Counter(question.challenge for question in QUESTIONS)
    assert tuple(counts) == CHALLENGES == LESSONS
    assert all(5 <= count <= 8 for count in counts.values())


def test_the_right_answer_is_not_given_away_by_its_letter_or_length():
    letters = Counter(one.right for seed in range(5) for one in quiz(seed=seed, count=len(QUESTIONS)).asked)
    assert max(letters.values()) < 0.35 * sum(letters.values())
    longest = sum(len(one.choices[0].text) == max(len(choice.text) for choice in one.choices) for one in QUESTIONS)
    assert longest < 0.4 * len(QUESTIONS)


def test_a_seed_draws_the_same_quiz_and_another_seed_another():
    assert quiz(challenge="cost", seed=3) == quiz(challenge="cost", seed=3)
    assert len({repr(quiz(challenge="cost", seed=seed)) for seed in range(10)}) == 10


@settings(max_examples=40)
@given(st.sampled_from([None, *CHALLENGES]), st.integers(), st.integers(1, 5))
def test_questions_are_drawn_once_each_with_all_their_options(challenge, seed, count):
    paper = quiz(challenge=challenge, seed=seed, count=count, bank=QUESTIONS)
    assert len({one.question.id for one in paper.asked}) == count
    assert all(set(one.options) == set(one.question.choices) for one in paper.asked)
    assert challenge is None or {one.question.challenge for one in paper.asked} == {challenge}


@settings(max_examples=40)
@given(st.integers(0, 50), st.text("abcd-", min_size=6, max_size=6))
def test_the_score_counts_the_right_letters(seed, letters):
    paper = quiz(seed=seed, count=6, bank=QUESTIONS)
    feedback = answer(paper, letters)
    expected = sum(letter == one.right for letter, one in zip(letters, paper.asked, strict=True))
    assert feedback.scores["right"].sum() == expected
    assert feedback.scores["of"].sum() == 6


def test_a_wrong_answer_is_told_why_and_what_is_right():
    paper = quiz(challenge="tooling", seed=1, count=1)
    [asked] = paper.asked
    letter = "a" if asked.right != "a" else "b"
    told = answer(paper, letter).table.loc[0]
    assert not told["ok"]
    assert asked.option(letter).why in told["because"]
    assert asked.option(asked.right).why in told["because"]
    assert answer(paper, asked.right).table.loc[0, "because"].count(asked.option(asked.right).why) == 1


def test_a_question_left_out_is_answered_without_reproach():
    paper = quiz(seed=4, count=2)
    feedback = answer(paper, "-, -")
    assert feedback.scores["right"].sum() == 0
    assert "Right is" not in repr(feedback)
    assert repr(feedback).endswith("0 of 2 right")


def test_a_sheet_is_text_and_html_and_tells_no_answer():
    paper = quiz(challenge="ethics", seed=2)
    assert repr(paper).startswith("1. ")
    page = paper._repr_html_()
    assert page.count("<li>") == 5 * 5
    assert "<script" not in page
    assert all(choice.why not in page + repr(paper) for one in paper.asked for choice in one.options)
    assert "5 of 5 right" in answer(paper, "".join(one.right for one in paper.asked))._repr_html_()


@pytest.mark.parametrize("letters", ["", "abc", "abcdab", "abcdx", "abcd?", None, 7])
def test_letters_that_fit_no_question_are_refused(letters):
    with pytest.raises(QuizError, match="letters"):
        answer(quiz(seed=1), letters)


def test_unknown_challenges_and_too_many_questions_are_refused():
    with pytest.raises(UnknownName, match="the challenge 'astronomy'"):
        quiz(challenge="astronomy", seed=1)
    for count in (0, -1, 7, 2.0):
        with pytest.raises(QuizError, match="count="):
            quiz(challenge="cost", seed=1, count=count)


def test_banks_that_cannot_be_are_refused_by_the_questions_name(bank):
    first = bank["governance"][0]
    for spoiled, said in (
        ({**first, "wrong": first["wrong"][:2]}, "governance-schema with 3 options"),
        ({**first, "wrong": [first["right"], *first["wrong"][1:]]}, "two equal or empty options"),
        ({**first, "right": [first["right"][0].upper() + " ", ""]}, "without a reason"),
        ({**first, "scenario": " "}, "without a reason or scenario"),
        ({**first, "right": "because"}, "cannot be read"),
        ({key: value for key, value in first.items() if key != "wrong"}, "'wrong'"),
        ({**first, "id": "governance-lineage"}, "the id 'governance-lineage' twice"),
        ({**bank["cost"][0], "id": "another"}, "the scenario .* twice"),
    ):
        with pytest.raises(BadQuestion, match=said):
            bank_from(bank | {"governance": [spoiled, *bank["governance"][1:]]})


def test_a_challenge_that_is_missing_or_short_is_refused(bank):
    with pytest.raises(BadQuestion, match="4 questions on ethics"):
        bank_from(bank | {"ethics": bank["ethics"][:4]})
    del bank["ethics"]
    with pytest.raises(BadQuestion, match="exactly governance"):
        bank_from(bank)


def test_a_placement_asks_each_challenge_the_same_number_of_questions_in_order():
    paper = placement_quiz(seed=4, each=2)
    assert [one.question.challenge for one in paper.asked] == [name for name in CHALLENGES for _ in range(2)]
    assert str(paper) == str(placement_quiz(seed=4, each=2)) != str(placement_quiz(seed=5, each=2))


def test_a_placement_of_more_questions_than_there_are_is_refused():
    with pytest.raises(QuizError, match="count=99"):
        placement_quiz(seed=4, each=99)
