"""The profile against the plain pandas calls it replaces."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import DuplicateColumn, profile

COLUMNS = {
    "id": (st.integers(0, 999).map("C{:04d}".format), "str"),
    "word": (st.one_of(st.none(), st.text("abé ", max_size=12)), "str"),
    "whole": (st.integers(-3, 3), "int64"),
    "wide": (st.integers(-(2**60), 2**60), "int64"),
    "money": (st.one_of(st.just(np.nan), st.integers(0, 500).map(lambda cents: cents / 100)), "float64"),
    "real": (st.one_of(st.just(np.nan), st.floats(allow_nan=False)), "float64"),
    "flag": (st.booleans(), "bool"),
    "level": (st.one_of(st.none(), st.sampled_from("xyz")), "category"),
    "maybe": (st.one_of(st.none(), st.integers(0, 3)), "Int64"),
    "day": (st.datetimes(pd.Timestamp(1990, 1, 1), pd.Timestamp(2030, 1, 1)), "datetime64[us]"),
}


@pytest.mark.parametrize("name", COLUMNS)
@given(data=st.data())
def test_counts_and_range_are_those_of_pandas(name, data):
    values, dtype = COLUMNS[name]
    column = pd.Series(data.draw(st.lists(values, max_size=30)), dtype=dtype, name=name)
    line = profile(column.to_frame()).iloc[0]
    present = column.dropna()
    assert (line["rows"], line["missing"]) == (len(column), column.isna().sum())
    assert (line["distinct"], line["repeated"]) == (column.nunique(), present.duplicated().sum())
    assert line["minimum"] == (min(present) if len(present) else None) or not len(present)
    assert line["maximum"] == (max(present) if len(present) else None) or not len(present)


@given(st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), min_size=1))
def test_the_top_level_is_the_most_frequent(words):
    line = profile(pd.DataFrame({"word": words})).iloc[0]
    counts = pd.Series(words).value_counts()
    assert line["top_share"] == counts.max() / len(words)
    assert f"({counts.max()})" in line["top"].split(", ")[0]


def test_the_profile_reads_as_a_table():
    frame = pd.DataFrame({"id": ["C1", "C2", "C3"], "plan": ["a", "b", "a"], "fee": [1.25, np.nan, 1.25]})
    found = profile(frame).set_index("column")
    assert found.loc["plan", "top"] == "a (2), b (1)"
    assert found.loc["fee", ["missing", "distinct", "repeated", "minimum"]].tolist() == [1, 1, 1, 1.25]
    assert found["top_share"].tolist() == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_equal_counts_come_in_the_order_of_the_levels():
    assert profile(pd.DataFrame({"n": [3, 1, 2, 1, 3]}), top=2).loc[0, "top"] == "1 (2), 3 (2)"


def test_columns_without_values_and_without_order_are_profiled_too():
    frame = pd.DataFrame({"nothing": [None, None], "mixed": ["a", 1], "empty": pd.Series([np.nan] * 2)})
    found = profile(frame).set_index("column")
    assert found.loc["nothing", ["missing", "distinct", "top"]].tolist() == [2, 0, ""]
    assert found.loc["mixed", "distinct"] == 2
    assert found.loc["mixed", "minimum"] is None


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(DuplicateColumn, match="'a'"):
        profile(pd.DataFrame([[1, 2]], columns=["a", "a"]))
