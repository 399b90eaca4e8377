"""Duplicate rows and compact integers against pandas, on whatever hypothesis thinks of."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.compact import compact_money, compact_texts
from mlops_helpers.governance.duplicates import duplicate_mask

WORDS = st.one_of(st.none(), st.sampled_from(["", "a", "b", "C01", "C02", "é", "longer than eight bytes"]))
NUMBERS = st.one_of(st.just(np.nan), st.sampled_from([0.0, -0.0, 1.5, -2.0, 1e300]))
ROWS = st.lists(st.tuples(WORDS, NUMBERS, st.integers(-2, 2), st.sampled_from(["x", "y", None])), max_size=12)


def table(rows):
    frame = pd.DataFrame(rows, columns=["word", "number", "whole", "level"])
    return frame.astype({"word": "str", "number": "float64", "whole": "int64", "level": "category"})


@given(ROWS)
@pytest.mark.parametrize("columns", [("word",), ("number",), ("whole", "level"), ()])
def test_duplicates_are_those_of_pandas(columns, rows):
    frame = table(rows)
    expected = frame.duplicated(list(columns) or None, keep=False)
    assert duplicate_mask(frame, columns).tolist() == expected.tolist()


@given(st.lists(st.integers(-(2**62), 2**62), max_size=20))
def test_wide_integers_are_sorted_and_narrow_ones_counted(numbers):
    frame = pd.DataFrame({"n": np.array([*numbers, *numbers[:3]], dtype="int64")})
    assert duplicate_mask(frame, ("n",)).tolist() == frame["n"].duplicated(keep=False).tolist()


def test_dates_and_mixed_objects_are_compared_too():
    frame = pd.DataFrame({"at": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-01"]), "it": ["a", 1, "a"]})
    assert duplicate_mask(frame).tolist() == [True, False, True]


@given(st.lists(st.text("0123456789", min_size=3, max_size=3), min_size=1))
def test_texts_that_differ_in_digits_become_numbers_and_back(digits):
    texts = [f"C{text}-é" for text in digits]
    compact = compact_texts(pa.array(texts))
    assert [compact.spell(int(number)) for number in compact.numbers] == texts
    assert sorted(texts) == [texts[i] for i in np.argsort(compact.numbers, kind="stable")]


@given(st.lists(st.text("abyz", min_size=5, max_size=5), min_size=1))
def test_short_texts_keep_their_order_as_integers(texts):
    compact = compact_texts(pa.array(texts))
    assert [compact.spell(int(number)) for number in np.sort(compact.numbers)] == sorted(texts)


@pytest.mark.parametrize("texts", [[], [None, "a"], ["a", "ab"], ["nine char", "nine chaz"], ["", ""]])
def test_other_texts_are_left_to_a_dictionary(texts):
    assert compact_texts(pa.array(texts, pa.string())) is None


def test_a_slice_of_an_arrow_array_is_read_from_its_offset():
    compact = compact_texts(pa.array(["zz", "a1", "a7"]).slice(1))
    assert [compact.spell(int(number)) for number in compact.numbers] == ["a1", "a7"]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_money_is_whole_cents_and_back(cents):
    amounts = np.array(cents) / 100
    compact = compact_money(amounts)
    assert compact.numbers.tolist() == cents
    assert [compact.spell(int(number)) for number in compact.numbers] == amounts.tolist()


@pytest.mark.parametrize("amounts", [[], [0.001], [1 / 3, 1.0], [np.inf], [1e300]])
def test_what_is_no_money_is_not_taken_for_it(amounts):
    assert compact_money(np.array(amounts, dtype="float64")) is None
