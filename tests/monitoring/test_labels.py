"""Late labels: what was known on a day, and nothing that came after it."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring.errors import (
    BadLabels,
    EmptyWindow,
    InvalidSetting,
    MismatchedColumns,
    MissingColumn,
    NaiveTimestamp,
)
from mlops_helpers.monitoring.labels import join_labels

START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = START + timedelta(days=3)


def predictions(n=6, **more):
    made = [START + timedelta(hours=12 * i) for i in range(n)]
    return pd.DataFrame({"id": range(n), "predicted_at": pd.to_datetime(made, utc=True), "score": 0.5} | more)


def labels(*rows):
    """Rows (id, label, days after the start)."""
    frame = pd.DataFrame(rows, columns=["id", "label", "days"])
    arrived = pd.to_datetime([START + timedelta(days=days) for days in frame.pop("days")], utc=True)
    return frame.assign(labelled_at=arrived)


def joined(given_labels, as_of=NOW, **options):
    return join_labels(predictions(), given_labels, key="id", as_of=as_of, **options)


def test_labels_that_arrived_are_joined_and_the_rest_waits():
    result = joined(labels((0, 1, 1), (1, 0, 2), (2, 1, 9)))
    assert result.table["label"].tolist()[:2] == [1, 0]
    assert (result.table["label"].isna().sum(), result.waiting, result.unknown) == (4, 4, 0)
    assert str(result) == "As of 2026-10-04 00:00 2 of 6 predictions have their label; 4 still wait."


def test_coverage_is_counted_by_day_of_prediction():
    result = joined(labels((0, 1, 1), (1, 0, 2), (2, 1, 2)))
    assert result.coverage["day"].dt.day.tolist() == [1, 2, 3]
    assert result.coverage[["predictions", "labelled", "waiting"]].to_numpy().tolist() == [
        [2, 2, 0],
        [2, 1, 1],
        [2, 0, 2],
    ]
    assert result.coverage["coverage"].tolist() == [1.0, 0.5, 0.0]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 1), st.floats(3.01, 90)), max_size=8))
def test_nothing_from_the_future_changes_anything(future):
    """Not even rows that would be refused: repeated, or for ids nobody knows."""
    known = labels((0, 1, 1), (1, 0, 2))
    with_future = pd.concat([known, labels(*future)], ignore_index=True) if future else known
    before, after = joined(known), joined(with_future)
    pd.testing.assert_frame_equal(before.table, after.table)
    assert before.unknown == after.unknown


@given(st.floats(2, 20), st.floats(0, 20))
def test_waiting_never_takes_a_label_away(days, later):
    given_labels = labels((0, 1, 1), (1, 0, 5), (2, 1, 9))
    early = joined(given_labels, START + timedelta(days=days)).table.set_index("id")["label"].dropna()
    late = joined(given_labels, START + timedelta(days=days + later)).table.set_index("id")["label"]
    assert late[early.index].equals(early)


def test_predictions_that_were_not_made_yet_are_invisible():
    result = joined(labels((0, 1, 0.5)), as_of=START + timedelta(days=1))
    assert result.table["id"].tolist() == [0, 1, 2]


def test_labels_of_nobody_are_counted():
    result = joined(labels((0, 1, 1), (77, 1, 1), (78, 0, 1)))
    assert result.unknown == 2
    assert "2 labels belong to no prediction" in str(result)


def test_a_second_label_is_refused_unless_one_says_which_counts():
    corrected = labels((0, 1, 1), (0, 0, 2))
    with pytest.raises(BadLabels, match="1 labels for predictions that had one, such as 0"):
        joined(corrected)
    assert joined(corrected, repeated="first").table["label"].iloc[0] == 1
    assert joined(corrected, repeated="latest").table["label"].iloc[0] == 0


def test_a_label_older_than_its_prediction_is_refused():
    with pytest.raises(BadLabels, match="1 labels older than their prediction, such as that of 5"):
        joined(labels((5, 1, 1)))


def test_a_missing_label_is_no_label():
    assert joined(labels((0, None, 1), (1, 1, 1))).waiting == 5


def test_no_label_at_all_is_a_state_and_no_error():
    result = joined(labels((0, 1, 1)).iloc[:0])
    assert (result.waiting, result.coverage["coverage"].sum()) == (6, 0)


def test_columns_may_have_other_names():
    renamed = labels((0, 1, 1)).rename(columns={"label": "clicked", "labelled_at": "known_at"})
    result = joined(renamed, label="clicked", labelled_at="known_at")
    assert result.table["clicked"].iloc[0] == 1
    with pytest.raises(InvalidSetting, match="options"):
        joined(renamed, lable="clicked")


def test_zones_may_differ_but_must_be_there():
    boston = labels((0, 1, 1)).assign(labelled_at=lambda rows: rows["labelled_at"].dt.tz_convert("America/New_York"))
    assert joined(boston).waiting == 5
    with pytest.raises(NaiveTimestamp, match="without a zone in 'labelled_at' of labels"):
        joined(labels((0, 1, 1)).assign(labelled_at=lambda rows: rows["labelled_at"].dt.tz_localize(None)))
    with pytest.raises(NaiveTimestamp, match="as_of"):
        joined(labels((0, 1, 1)), as_of=datetime(2026, 10, 4))


@pytest.mark.parametrize("as_of", ["2026-10-16", NOW.date(), 1.5, None])
def test_a_day_that_is_no_datetime_is_refused_by_name(as_of):
    with pytest.raises(InvalidSetting, match="expected a datetime with a zone") as refused:
        joined(labels((0, 1, 1)), as_of=as_of)
    assert repr(as_of) in refused.value.found
    assert "tzinfo=UTC" in refused.value.remedy
    assert joined(labels((0, 1, 1)), as_of=pd.Timestamp("2026-10-04", tz="UTC")).waiting == 5


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(MissingColumn, match="Did you mean 'label'"):
        joined(labels((0, 1, 1)), label="lable")
    with pytest.raises(EmptyWindow, match="until"):
        joined(labels((0, 1, 1)), as_of=START - timedelta(days=1))
    with pytest.raises(BadLabels, match="2 predictions with a missing or repeated 'id'"):
        join_labels(predictions(3, id=[1, 1, None]), labels((1, 1, 3)), key="id", as_of=NOW)
    with pytest.raises(MismatchedColumns, match="'id' as int64 in predictions and as"):
        joined(labels(("0", 1, 1)))
    with pytest.raises(MismatchedColumns, match="among the predictions"):
        join_labels(predictions(label=1), labels((1, 1, 3)), key="id", as_of=NOW)
