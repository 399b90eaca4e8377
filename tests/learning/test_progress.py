"""Progress survives the notebook, a crash in the middle of a write, and two notebooks at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.learning import Course, Journal, Tutor, course_home
from mlops_helpers.learning.journal import OUTCOMES, Event

EVENTS = st.lists(st.builds(Event, st.text(max_size=20), st.sampled_from(OUTCOMES)), max_size=10)


def test_table_shows_open_tried_and_solved(tutor):
    tutor.check("governance.1", "tenure")
    tutor.check("governance.1", "cancelled_at")
    tutor.check("governance.2", [1], customers=[1, 2])
    tutor.hint("governance.2")
    states = {row.exercise: (row.state, row.attempts, row.hints) for row in tutor.progress().rows}
    assert states["governance.1"] == ("solved", 2, 0)
    assert states["governance.2"] == ("tried", 1, 1)
    assert states["governance.3"] == ("open", 0, 0)


def test_solved_stays_solved(tutor):
    tutor.check("governance.1", "cancelled_at")
    tutor.check("governance.1", "tenure")
    assert tutor.progress("governance").solved == ("governance.1",)


def test_an_untouched_stub_is_no_attempt_but_is_on_record(tutor, journal):
    tutor.check("governance.1", ...)
    assert tutor.progress().rows[0].state == "open"
    assert journal.events() == (Event("governance.1", "untouched"),)


def test_progress_is_kept_between_notebooks(tutor, journal):
    tutor.check("governance.1", "cancelled_at")
    later = Tutor(tutor.course, Journal(journal.home))
    assert "governance.1     solved  Name the leak" in repr(later.progress())
    assert "1 of 4 exercises solved" in later.progress()._repr_html_()


def test_a_line_torn_by_a_crash_costs_that_line_only(journal):
    journal.append(Event("governance.1", "solved"))
    with journal.path.open("a") as file:
        file.write('{"exercise": "govern')
    journal.append(Event("governance.2", "solved"))
    assert [event.exercise for event in journal.events()] == ["governance.1", "governance.2"]


@pytest.mark.parametrize("foreign", [b"\xff\xfe\n", b"[]\n", b'{"exercise": 1, "outcome": "solved"}\n', b"null\n"])
def test_a_foreign_file_is_read_around(journal, foreign):
    journal.home.mkdir()
    journal.path.write_bytes(foreign)
    journal.append(Event("governance.1", "solved"))
    assert journal.events() == (Event("governance.1", "solved"),)


@given(events=EVENTS)
def test_what_was_noted_is_read_back(events, tmp_path_factory):
    journal = Journal(tmp_path_factory.mktemp("home"))
    for event in events:
        assert journal.append(event)
    assert list(journal.events()) == events


def test_two_notebooks_at_once_lose_nothing(journal):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(journal.append, [Event("governance.1", "not yet")] * 100))
    assert journal.count("governance.1", "not yet") == 100


def test_a_home_that_cannot_be_written_does_not_stop_the_lesson(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    tutor = Tutor(Course("tests.learning.sample_course"), Journal(blocked / "home"))
    result = tutor.check("governance.1", "cancelled_at")
    assert result
    assert result.message.endswith("(Your progress could not be saved on this machine.)")


def test_home_is_the_variable_or_the_users_own():
    assert course_home({"MLOPS_COURSE_HOME": "somewhere"}) == Path("somewhere")
    assert course_home({}) == Path(os.path.expanduser("~")) / ".mlops-course"
