"""Plausible wrong answers to lesson 2, and what the learner is told."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.learning import lesson_02
from mlops_helpers.monitoring import AlertPolicy

QUIET = np.linspace(0.0, 0.07, 28)
CHANGED = QUIET + 0.04
AS_OF = pd.Timestamp("2026-10-13 08:00", tz="UTC")
LABELS = pd.DataFrame(
    {
        "impression": [1, 2, 3, 4],
        "clicked": [0, 1, 0, 1],
        "labelled_at": AS_OF + pd.to_timedelta([-9, -1, 1, -2], "h"),
    }
)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (0.06, "Give an AlertPolicy"),
        (AlertPolicy(0.01, 1, 1), "false alarms a month"),
        (AlertPolicy(0.01, 1, 1, cool_down_days=60), "false alarms a month"),
        (AlertPolicy(0.12, 3, 5), "days to notice"),
    ],
)
def test_policies_that_wake_too_often_or_too_late(policy, told):
    assert told in lesson_02._policy(policy, quiet=QUIET, changed=CHANGED)


def test_a_good_policy():
    assert lesson_02._policy(AlertPolicy(0.065, 2, 3), quiet=QUIET, changed=CHANGED) is True


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([0, 1, 2], "from the future"),
        ([0], "1 labels that had arrived are missing"),
        ([0, 1, 3], "other days"),
    ],
)
def test_labels_too_many_or_too_few(rows, told):
    given = LABELS.iloc[rows]
    assert told in lesson_02._arrived(given, labels=LABELS, impressions=pd.Series([1, 2, 3]), as_of=AS_OF)


def test_a_mask_is_no_table():
    told = lesson_02._arrived(LABELS["clicked"] == 1, labels=LABELS, impressions=pd.Series([1]), as_of=AS_OF)
    assert told == "Give rows of `labels`, a DataFrame, not a mask or a number."


@pytest.mark.parametrize("ticket", lesson_02.TICKETS)
def test_each_wrong_ticket_is_told_why(ticket):
    wrong = "wait for labels"
    assert lesson_02.WHY_NOT[ticket] in lesson_02._tickets(lesson_02.TICKETS | {ticket: wrong})


@pytest.fixture(scope="module")
def people():
    return pd.DataFrame({"year": np.repeat([2016, 2017], 3000)})


@pytest.mark.parametrize(
    ("chunks", "told"),
    [
        (lambda people: people["year"].to_numpy(), "a Series with the index"),
        (lambda people: people["year"], "have 1,000 to 2,500"),
        (lambda people: pd.Series(np.arange(6000) // 1500 * 0, people.index), "two years"),
    ],
)
def test_chunks_that_cannot_show_it(people, chunks, told):
    assert told in lesson_02._chunks(chunks(people), people=people, estimator=None)
