"""What is asked of a lesson after nbval ran it. That it is asked at all, `make test` shows: a test a notebook."""

from tools.lesson_outcomes import mismatches, with_outcomes


def test_a_lesson_that_keeps_its_promise_is_silent():
    assert mismatches({"a.1": True}, {"a.1": True}, ["x"], ["x"]) == []


def test_an_exercise_that_is_not_solved_is_named():
    assert mismatches({"a.1": True}, {"a.1": False}, [], []) == ["a.1: found not solved, expected solved."]


def test_an_untouched_stub_that_passes_is_named():
    assert mismatches({"a.1": False}, {"a.1": True}, [], []) == ["a.1: found solved, expected not solved."]


def test_a_forgotten_and_an_unknown_check_are_named():
    assert mismatches({"a.1": True}, {"a.2": True}, [], []) == [
        "a.1: found not there, expected solved.",
        "a.2: found solved, expected not there.",
    ]


def test_other_operations_than_the_stored_ones_are_named():
    [sentence] = mismatches({}, {}, ["storage.buckets.get"], [])
    assert "make notebooks" in sentence


def test_a_run_without_tests_is_left_alone():
    assert list(with_outcomes([])) == []
