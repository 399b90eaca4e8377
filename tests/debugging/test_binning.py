"""Columns become levels whose labels tell the truth about every row."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging.binning import bin_column
from mlops_helpers.debugging.errors import InvalidSetting

numbers = st.lists(
    st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([-999.0, 0.0, 7.0, 1e-7, float("inf")])),
    min_size=1,
    max_size=120,
)


def labels_of(column, **options):
    binned = bin_column(column, **options)
    return [binned.labels[code] for code in binned.codes]


def holds(label, value):
    """Whether a row's value meets a condition, read by somebody who knows nothing of the code."""
    if pd.isna(value):
        return label == "x is missing"
    if match := re.fullmatch(r"x in \[(\S+), (\S+)([\])])(?: except (.*))?", label):
        low, high, end, excepted = match.groups()
        inside = float(low) <= value < float(high) or (end == "]" and value == float(high))
        return inside and value not in [float(item) for item in (excepted or "").split(", ") if item]
    return float(label.removeprefix("x = ")) == value


@given(numbers, st.integers(2, 8), st.integers(1, 20))
def test_each_label_is_true_of_each_of_its_rows(values, bins, min_rows):
    column = pd.Series(values, name="x", dtype=float)
    found = labels_of(column, bins=bins, levels=5, min_rows=min_rows)
    assert [label for label, value in zip(found, column, strict=True) if not holds(label, value)] == []


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=80), st.integers(1, 10))
def test_levels_with_enough_rows_keep_their_name(values, min_rows):
    column = pd.Series(values, name="x", dtype="object")
    sizes = column.value_counts()
    kept = {f"x = {level}" for level in sizes[sizes >= min_rows].index}
    assert kept <= set(labels_of(column, min_rows=min_rows))


def test_a_sentinel_is_a_level_of_its_own():
    values = np.random.default_rng(0).normal(40, 9, 2000).round(2)
    values[:50] = -999
    found = labels_of(pd.Series(values, name="age"))
    assert found[:50] == ["age = -999"] * 50
    assert "age = -999" not in found[50:]


def test_a_value_inside_the_range_that_occurs_too_often_stands_out_too():
    values = np.random.default_rng(0).normal(0, 9, 2000)
    values[:200] = 0
    binned = bin_column(pd.Series(values, name="x"))
    assert "x = 0" in binned.labels
    assert any(label.endswith("except 0") for label in binned.labels)


def test_a_few_extreme_values_do_not():
    values = np.append(np.random.default_rng(0).normal(0, 1, 2000), [900.0, 901.0])
    assert not any("=" in label for label in bin_column(pd.Series(values, name="x")).labels)


def test_quantile_bins_hold_about_equally_many_rows_and_have_round_edges():
    binned = bin_column(pd.Series(np.random.default_rng(0).uniform(0, 100, 5000), name="x"))
    assert binned.labels[1:] == ("x in [19, 40)", "x in [40, 60)", "x in [60, 80)", "x in [80, 100]")
    assert np.bincount(binned.codes).min() > 900


def test_few_different_numbers_are_levels():
    assert bin_column(pd.Series([0, 1, 1, 2], name="calls")).labels == ("calls = 0", "calls = 1", "calls = 2")


def test_rare_levels_are_pooled_and_missing_ones_stay_apart():
    column = pd.Series(["a"] * 40 + ["b", "c", "d"] + [None] * 2, name="x")
    assert bin_column(column).labels == ("x = a", "x is one of 3 rare values", "x is missing")


def test_a_single_rare_level_keeps_its_name():
    assert bin_column(pd.Series(["a"] * 40 + ["b"], name="x")).labels == ("x = a", "x = b")


def test_times_are_cut_at_days():
    days = pd.Series(pd.date_range("2026-01-01", periods=100, tz="UTC"), name="signed")
    labels = bin_column(days, bins=2).labels
    assert labels == ("signed in [2026-01-01, 2026-02-20)", "signed in [2026-02-20, 2026-04-10]")


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int8", "float32"])
def test_every_kind_of_number_is_understood(dtype):
    column = pd.Series([1, 2, 3], name="x").astype(dtype)
    assert bin_column(column).labels == ("x = 1", "x = 2", "x = 3")


@pytest.mark.parametrize("column", [pd.Series([True, False], name="x"), pd.Series(["True", "False"], name="x")])
def test_booleans_and_text_are_levels(column):
    assert set(bin_column(column, min_rows=1).labels) == {"x = True", "x = False"}


def test_lists_are_refused():
    with pytest.raises(InvalidSetting, match="column 'x' that cannot be compared"):
        bin_column(pd.Series([[1], [2]], name="x"))


def test_too_many_bins_for_a_byte_are_refused():
    with pytest.raises(InvalidSetting, match="from 2 to 200"):
        bin_column(pd.Series([1, 2], name="x"), bins=300)
