"""Tables are cut into parts: every row with a value in exactly one chunk, in any order of the file."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring.errors import BadValue, InvalidSetting, NaiveTimestamp
from mlops_helpers.monitoring.tables import EVERYTHING, aware_times, groups, parts

DAYS = list(pd.date_range("2026-10-01", periods=5, tz="UTC"))
columns = st.one_of(
    st.lists(st.integers(-3, 3)).map(lambda values: pd.Series(values, dtype="int64")),
    st.lists(st.integers(-3, 3)).map(lambda values: pd.Series(sorted(values), dtype="int64")),
    st.lists(st.one_of(st.none(), st.sampled_from("abc"))).map(lambda values: pd.Series(values, dtype="str")),
    st.lists(st.sampled_from(DAYS)).map(lambda values: pd.Series(values, dtype="datetime64[ns, UTC]")),
    st.lists(st.sampled_from(DAYS)).map(lambda values: pd.Series(sorted(values), dtype="datetime64[ns, UTC]")),
)


@given(columns)
def test_every_value_has_its_rows_in_order(column):
    found = list(groups(column))
    assert [value for value, _ in found] == sorted(column.dropna().unique())
    for value, rows in found:
        assert rows.tolist() == np.flatnonzero((column == value).to_numpy()).tolist()


@given(st.integers(1, 40), st.integers(1, 50))
def test_chunks_of_so_many_rows_cover_the_file(rows, by):
    cut = parts(pd.DataFrame({"score": range(rows)}), by, None)
    assert np.concatenate([part.rows for part in cut]).tolist() == list(range(rows))
    assert {len(part.rows) for part in cut[:-1]} <= {by}


def test_segments_are_cut_into_the_same_chunks():
    frame = pd.DataFrame({"device": ["a", "b", None, "a"], "day": [1, 1, 1, 2]})
    found = {(part.segment, part.chunk): part.rows.tolist() for part in parts(frame, "day", "device")}
    assert found == {
        (EVERYTHING, 1): [0, 1, 2],
        (EVERYTHING, 2): [3],
        ("device = a", 1): [0],
        ("device = a", 2): [3],
        ("device = b", 1): [1],
    }


def test_what_is_no_cut_and_no_time_is_refused():
    frame = pd.DataFrame({"at": ["2026-10-01"], "naive": [pd.Timestamp("2026-10-01")]})
    for by in (0, -5, True):
        with pytest.raises(InvalidSetting, match="by="):
            parts(frame, by, None)
    with pytest.raises(BadValue, match="to_datetime"):
        aware_times(frame, "at", where="a table")
    with pytest.raises(NaiveTimestamp, match="tz_localize"):
        aware_times(frame, "naive", where="a table")
