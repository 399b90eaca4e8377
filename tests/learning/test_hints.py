"""Hints escalate only when asked for, and the last one stays."""


def test_each_hint_gives_away_more(tutor):
    told = [repr(tutor.hint("governance.1")) for _ in range(3)]
    assert told[0] == "governance.1: hint 1 of 2. A date."
    assert told[1] == told[2] == "governance.1: hint 2 of 2. Look at the end."


def test_checking_does_not_use_up_hints(tutor):
    tutor.check("governance.1", "tenure")
    assert "hint 1 of 2" in repr(tutor.hint("governance.1"))


def test_hints_of_one_exercise_do_not_move_another(tutor):
    tutor.hint("governance.1")
    assert "hint 1 of 1" in repr(tutor.hint("governance.2"))


def test_a_hint_for_an_unknown_exercise_names_the_known(tutor):
    assert "governance.1" in tutor.hint("governance.7").message
