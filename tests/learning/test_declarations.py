"""An exercise that cannot work is refused when it is written, not when a learner meets it."""

import pytest

from mlops_helpers.learning import LESSONS, Course, Exercise, MalformedExercise, Question


@pytest.mark.parametrize("bad", ["governance", "Governance.1", "governance.0", "1.governance", "governance.1 "])
def test_an_id_must_name_lesson_and_number(bad):
    with pytest.raises(MalformedExercise, match="governance.1"):
        Exercise(bad, "Title", check=bool, hints=("Think.",))


@pytest.mark.parametrize("hints", [(), ("",), "Think."])
def test_hints_are_a_tuple_of_texts(hints):
    with pytest.raises(MalformedExercise, match="at least one hint"):
        Exercise("governance.1", "Title", check=bool, hints=hints)


def test_a_check_is_a_function():
    with pytest.raises(MalformedExercise, match="a function"):
        Exercise("governance.1", "Title", check=42, hints=("Think.",))


@pytest.mark.parametrize(
    ("options", "answer"), [(("one",), "a"), ("ab", "a"), (("x", "y"), "c"), (tuple("1234567"), "a")]
)
def test_a_question_needs_options_and_one_of_their_letters(options, answer):
    with pytest.raises(MalformedExercise):
        Question("Which?", options, answer, "Think.", "Because.")


def test_every_lesson_of_the_course_that_exists_declares_itself_well():
    course = Course()
    for lesson in course.lessons():
        exercises = course.exercises(lesson)
        assert [exercise.lesson for exercise in exercises] == [lesson] * len(exercises)
        assert 3 <= len(exercises) - 1 <= 5
        assert len(course.questions(lesson)) == 3


def test_lessons_are_the_eight_words_of_the_course():
    assert len(LESSONS) == len(set(LESSONS)) == 8
