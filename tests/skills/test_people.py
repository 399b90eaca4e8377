"""What is claimed, what is shown, and the gap between both and what is needed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.learning import Course, Journal, Tutor
from mlops_helpers.learning.journal import Event
from mlops_helpers.skills import (
    BadTeam,
    LevelOutOfRange,
    Person,
    UnknownName,
    assess,
    evidence_levels,
    load_catalogue,
    with_evidence,
)

SKILLS = sorted(load_catalogue().skills)
LEVELS = st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 4), max_size=8)


def row(table, skill):
    return table.set_index("skill").loc[skill]


def test_all_exercises_of_a_level_show_it_and_one_of_two_does_not():
    assert evidence_levels({"governance.3"}).get("modelling") is None
    assert evidence_levels({"governance.3", "debugging.2"})["modelling"] == 2


def test_the_exercises_in_a_learners_journal_count_as_shown(tmp_path):
    journal = Journal(tmp_path)
    for exercise, outcome in (("governance.4", "solved"), ("governance.1", "solved"), ("governance.2", "not yet")):
        journal.append(Event(exercise, outcome))
    solved = Tutor(Course(), journal).progress().solved
    table = assess(Person("learner", "data_engineer", 4), solved=solved)
    assert row(table, "sql")["shown"] == 2
    assert row(table, "data_quality")["shown"] == 0


def test_a_claim_above_the_evidence_is_a_gap_that_has_a_name():
    person = Person("A", "data_engineer", 4, claimed={"feature_store": 3, "sql": 4}, shown={"sql": 3})
    table = assess(person)
    claimed = row(table, "feature_store")
    assert (claimed["gap"], claimed["unproved"], claimed["reading"]) == (3, 3, "claimed, not shown")
    assert claimed["next"].startswith("Explains why training and serving")
    assert row(table, "sql")["reading"] == "claimed, not shown"
    assert row(table, "data_pipelines")["reading"] == "to learn"


def test_who_shows_more_than_the_role_needs_is_there():
    table = assess(Person("H", "business_owner", 2, shown={"collaboration": 4, "sql": 1}))
    assert row(table, "collaboration")["reading"] == "there"
    assert row(table, "sql")[["needed", "gap", "next"]].tolist() == [0, 0, ""]


def test_what_was_seen_at_work_is_not_lost_to_exercises():
    person = with_evidence(Person("A", "data_engineer", 4, shown={"sql": 4}), {"governance.4", "debugging.4"})
    assert (person.level("sql"), person.level("software_engineering")) == (4, 2)
    assert person.witnesses == {"software_engineering": "exercises of this course"}


@settings(max_examples=40)
@given(claimed=LEVELS, shown=LEVELS, solved=st.sets(st.sampled_from(["governance.4", "debugging.4", "monitoring.4"])))
def test_more_evidence_never_widens_a_gap(claimed, shown, solved):
    person = Person("A", "ml_engineer", 4, claimed=claimed, shown=shown)
    before, after = (assess(person, solved=some).set_index("skill")["gap"] for some in ((), solved))
    assert (after.reindex(before.index) <= before).all()
    assert (before >= 0).all()


@pytest.mark.parametrize("level", [5, -1, 2.0, True, "3", None])
def test_a_level_out_of_range_is_refused(level):
    with pytest.raises(LevelOutOfRange, match="A: sql claimed"):
        Person("A", "data_engineer", 4, claimed={"sql": level})


@pytest.mark.parametrize("hours", [-1, 41, 2.5, "4", True])
def test_hours_that_no_week_has_are_refused(hours):
    with pytest.raises(BadTeam, match="hours a week"):
        Person("A", "data_engineer", hours)


def test_an_unknown_role_or_skill_is_refused():
    with pytest.raises(UnknownName, match="the role 'wizard'"):
        assess(Person("A", "wizard", 4))
    with pytest.raises(UnknownName, match="the skill 'cobol'"):
        assess(Person("A", "data_engineer", 4, claimed={"cobol": 4}))


def test_one_exercise_as_text_is_refused_and_not_read_letter_by_letter():
    with pytest.raises(BadTeam, match=r"the text 'governance\.4'"):
        evidence_levels("governance.4")
