"""Plausible wrong answers to lesson 7, and what the learner is told."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from data.friday import friday_hours
from data.generate import HERE
from mlops_helpers.collaboration import read_hours, read_raci, rehearse, step_rows
from mlops_helpers.learning import LearningError, lesson_07
from mlops_helpers.learning.friday import ALERT, CAST, DRILL, StoryClock, teams_raci, voices, weeks_until

HOURS = read_hours(friday_hours().itertuples(index=False), week_of=ALERT)
WIKI = read_raci(HERE / "friday_raci.toml")
DECIDE, TRAIN, APPROVE = "decide on retraining", "train the candidate", "approve the model"
RELEASE = ALERT - timedelta(minutes=220)


def judged(matrix):
    return lesson_07._rewritten(matrix, at=ALERT, hours=HOURS, work=DRILL)


def decided(matrix=WIKI, **deputy):
    return matrix.changed(DECIDE, data_scientist="R", **deputy)


@pytest.mark.parametrize(
    "matrix",
    [
        teams_raci(),
        decided(platform_engineer="D").changed(TRAIN, ml_engineer="AR", data_scientist="C"),
        decided(ml_engineer="D").changed(TRAIN, ml_engineer="AR", data_scientist="R"),
        WIKI.changed(DECIDE, business_owner="C").changed(TRAIN, platform_engineer="A", data_scientist="R"),
        WIKI.changed(DECIDE, data_scientist="R", business_owner="C", ml_engineer="A").changed(
            TRAIN, platform_engineer="A", ml_engineer="R", data_scientist=""
        ),
    ],
)
def test_matrices_that_close_before_midnight(matrix):
    assert judged(matrix) is True


@pytest.mark.parametrize(
    ("matrix", "told"),
    [
        (..., "Give the matrix itself"),
        (rehearse(WIKI, HOURS, at=ALERT, work=DRILL), "Give the matrix itself"),
        (WIKI, "Leave the A to one"),
        (decided(support="D"), "Support signs nothing"),
        (decided().changed(TRAIN, platform_engineer="AR", data_scientist="C"), "platform_engineer begins the training"),
        (
            WIKI.changed(DECIDE, data_scientist="", ml_engineer="I", platform_engineer="R"),
            "asks nobody who knows the model",
        ),
        (decided(WIKI.changed("check the data", data_engineer="A", support="C", business_owner="R")), "leave that R"),
        (decided(WIKI.changed("roll out the model", ml_engineer="R")), "'roll out the model' is that of the platform"),
        (
            decided().changed(TRAIN, ml_engineer="AR", data_scientist="C").changed(APPROVE, ml_engineer="DR"),
            "Give the D of 'approve the model' to another role",
        ),
        (decided(), "Closed on Sat 16:30. 'train the candidate' waits longest, 810 minutes"),
        (decided(platform_engineer="D"), "'train the candidate' waits longest"),
        (decided(platform_engineer="D").changed(TRAIN, ml_engineer="R"), "'train the candidate' waits longest"),
        (decided(WIKI.changed(APPROVE, business_owner="C", platform_engineer="A")), "is the owner's"),
        (WIKI.changed(DECIDE, data_scientist="R", business_owner="C"), "the work is done and nobody may say"),
        (
            WIKI.changed(DECIDE, data_scientist="R", business_owner="C", ml_engineer="A").changed(
                TRAIN, ml_engineer="AR", data_scientist="C"
            ),
            "a queue of one",
        ),
        (WIKI.changed(DECIDE, business_owner="").changed(APPROVE, business_owner="AR"), "waits longest"),
    ],
)
def test_matrices_that_do_not(matrix, told):
    assert told in judged(matrix)


def test_who_stands_in_but_cannot_be_reached():
    gone = {role: spans for role, spans in HOURS.items() if role != "ml_engineer"}
    told = lesson_07._rewritten(decided(), at=ALERT, hours=gone, work=DRILL)
    assert told.startswith("Nobody can go on: nobody who is responsible for 'confirm the alert'")


@pytest.mark.parametrize(
    ("judge", "right", "words", "why"),
    [
        (lesson_07._next_steps, lesson_07.NEXT, lesson_07.NEXT_WORDS, lesson_07.WHY_NEXT),
        (lesson_07._sentences, lesson_07.SENTENCES, lesson_07.VERDICTS, lesson_07.WHY_SENTENCE),
    ],
)
def test_each_wrong_decision_is_told_why(judge, right, words, why):
    assert judge(right) is True
    for case, word in right.items():
        other = next(one for one in words if one != word)
        assert why[case] in judge(right | {case: other})


def test_what_comes_next_stands_in_the_table():
    steps = pd.DataFrame(step_rows()).set_index("step")
    assert tuple(steps.loc["dismiss", ["from", "to"]]) == ("alert", "closed")
    assert tuple(steps.loc["start over", ["from", "to"]]) == ("rolled back", "retraining")


def log_table():
    """The rows of a log that count: opened at 17:40, decided at 19:15, rolled out at 22:30."""
    rows = [("opened", 0, "drift"), ("moved", 95, "retrain: decision → retraining")]
    rows.append(("moved", 290, "finish the rollout: phased deployment → verification"))
    table = pd.DataFrame(rows, columns=["kind", "after", "message"])
    return table.assign(at=ALERT + pd.to_timedelta(table["after"], unit="min"))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"detect": 220, "decide": 95.0, "restore": 510}, True),
        ({"detect": timedelta(minutes=220), "decide": pd.Timedelta(minutes=95), "restore": 510.4}, True),
        ({"detect": 220, "decide": 315, "restore": 510}, "You counted from 14:00"),
        ({"detect": 220, "decide": 95, "restore": 290}, "You counted from the alert"),
        ({"detect": 220 / 60, "decide": 95, "restore": 510}, "These are hours"),
        ({"detect": 220 * 60, "decide": 95, "restore": 510}, "These are seconds"),
        ({"detect": 230, "decide": 95, "restore": 510}, "It ends with the row 'opened'"),
        ({"detect": float("nan"), "decide": 95, "restore": 510}, "detect: you say nan"),
        ({"detect": 220, "decide": ..., "restore": ...}, "Compute decide, restore as well"),
        ({"detect": 220}, "Give a dictionary with detect, decide and restore"),
        ([220, 95, 510], "Give a dictionary"),
    ],
)
def test_minutes(answer, told):
    found = lesson_07._minutes(answer, log=log_table(), degraded=RELEASE)
    assert found is told if told is True else told in found


class Offline:
    """What the story's clock needs of a session: a clock that only goes ahead."""

    cloud = "offline"

    def __init__(self):
        self.time = datetime(2026, 1, 5, tzinfo=UTC)

    def now(self):
        return self.time

    def advance(self, by):
        assert by > timedelta(0)
        self.time += by


def test_the_storys_clock_takes_the_cloud_along_and_never_goes_back():
    session = Offline()
    clock = StoryClock(ALERT, session)
    assert clock.at("Fri 19:15") == clock() == session.now()
    session.advance(timedelta(minutes=3))
    assert clock.at("Fri 19:16") < session.now()
    with pytest.raises(LearningError, match="expected a later time"):
        clock.at("Fri 19:15")
    assert f"{clock.at('Mon 09:00'):%d %B}" == "23 November"


@pytest.mark.parametrize(("days", "weeks"), [(0, -1), (4, 0), (10, 0), (11, 1), (400, 56)])
def test_on_google_cloud_the_week_is_the_last_one_that_is_over(days, weeks):
    assert weeks_until(ALERT + timedelta(days=days)) == weeks


def test_what_customers_say_follows_from_what_happened_to_them():
    served = pd.DataFrame(
        {"transaction_id": list("abcd"), "model_id": "m", "fraud": [1, 1, 0, 0], "held": [0, 1, 1, 0]}
    )
    said = voices(served, each=4).set_index("request")["rating"]
    assert said.to_dict() == {"a": 1, "b": 5, "c": 2, "d": 4}


def test_everybody_in_the_matrix_has_a_part():
    assert set(CAST) == set(WIKI.roles) == set(teams_raci().roles)
    assert set(DRILL) == set(WIKI.activities)
