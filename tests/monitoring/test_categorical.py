"""Counts of levels: scipy is the oracle of the tests, worked tables that of the rules."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlops_helpers.monitoring import EmptyWindow, InvalidSetting, chi_squared, share_change
from mlops_helpers.monitoring.categorical import LevelCounts, compare_levels

COLUMN = ["a", "b", None, "a"]


def test_chi_squared_of_the_table_in_scipys_documentation():
    found = chi_squared([10, 10, 20], [20, 20, 20])
    assert (found.statistic, found.p_value) == pytest.approx((2.7777777777777777, 0.24935220877729619))
    assert (found.freedom, found.pooled) == (2, 0)
    assert found.cramers_v == pytest.approx(np.sqrt(2.7777777777777777 / 100))


@given(st.lists(st.tuples(st.integers(20, 500), st.integers(20, 500)), min_size=2, max_size=8))
def test_chi_squared_is_scipys_where_all_levels_are_frequent(pairs):
    table = np.array(pairs).T
    if min(stats.contingency.expected_freq(table).min(), 5) < 5:
        return
    expected = stats.chi2_contingency(table, correction=False)
    found = chi_squared(*table)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), abs=1e-9)
    assert found.cramers_v == pytest.approx(stats.contingency.association(table), abs=1e-9)


def test_rare_levels_are_pooled_as_by_hand():
    """Expected counts of the last three levels are 3, 2 and 1.5: together they are one level of 13."""
    found = chi_squared([100, 60, 4, 2, 1], [100, 60, 2, 2, 2])
    expected = stats.chi2_contingency([[100, 60, 7], [100, 60, 6]], correction=False)
    assert (found.statistic, found.freedom, found.pooled) == (pytest.approx(expected.statistic), 2, 3)


def test_a_rare_level_alone_joins_the_next():
    found = chi_squared([100, 60, 1], [100, 60, 2])
    expected = stats.chi2_contingency([[100, 61], [100, 62]], correction=False)
    assert (found.statistic, found.freedom) == (pytest.approx(expected.statistic), 1)


def test_nothing_but_rare_levels_cannot_be_tested():
    assert chi_squared([1] * 3, [1] * 3) == chi_squared([3], [3]).__class__(0.0, 1.0, 0, 0.0, 3)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12))
def test_pooling_keeps_every_row_and_a_sound_p_value(pairs):
    r, p = np.array(pairs).T
    if not r.any() or not p.any():
        return
    found = chi_squared(r, p)
    assert 0 <= found.p_value <= 1
    assert 0 <= found.cramers_v <= 1
    assert found.freedom < len(pairs)


@pytest.mark.parametrize(("counts", "error"), [([1, 2], InvalidSetting), ([0, 0, 0], EmptyWindow)])
def test_tables_that_do_not_fit_are_refused(counts, error):
    with pytest.raises(error):
        chi_squared([1, 2, 3], counts)


def test_share_change_is_the_z_test():
    """z² is chi-squared of the two-by-two table."""
    expected = stats.chi2_contingency([[30, 970], [55, 945]], correction=False)
    assert share_change((30, 1000), (55, 1000)) == pytest.approx(expected.pvalue)


def test_share_change_is_fishers_where_counts_are_small():
    expected = stats.fisher_exact([[1, 59], [6, 54]])
    assert share_change((1, 60), (6, 60)) == pytest.approx(expected.pvalue)


def test_equal_extremes_are_no_change():
    assert share_change((0, 10), (0, 99)) == share_change((10, 10), (99, 99)) == 1.0


@pytest.mark.parametrize("pair", [(3, 2), (-1, 2), (0, 0)])
def test_impossible_shares_are_refused(pair):
    with pytest.raises(InvalidSetting):
        share_change(pair, (1, 2))


@pytest.mark.parametrize("dtype", ["str", "category", "object"])
def test_levels_are_counted_alike_for_every_type(dtype):
    found = LevelCounts.of(pd.Series(COLUMN, dtype=dtype))
    assert (dict(found.counts), found.missing) == ({"a": 2, "b": 1}, 1)


def test_truth_values_are_levels():
    found = LevelCounts.of(pd.Series([True, False, True, None], dtype="boolean"))
    assert (dict(found.counts), found.missing) == ({"True": 2, "False": 1}, 1)


def test_a_category_nobody_has_is_no_level():
    column = pd.Series(pd.Categorical(["a"], categories=["a", "never"]))
    assert dict(LevelCounts.of(column).counts) == {"a": 1}


def test_levels_of_one_window_are_named_the_frequent_first():
    found = compare_levels("plan", LevelCounts({"old": 5, "a": 95}), LevelCounts({"a": 70, "new": 10, "newer": 20}))
    assert (found.new_levels, found.vanished_levels) == (("newer", "new"), ("old",))
    assert found.shares[0] == pytest.approx((0.95, 0, 0, 0.05))


def test_many_levels_are_listed_and_compared_up_to_a_limit():
    reference = LevelCounts({"common": 1000})
    production = LevelCounts({"common": 900} | {f"new {i}": 1 for i in range(100)})
    found = compare_levels("id", reference, production)
    assert (len(found.new_levels), found.unlisted) == (20, (80, 0))
    assert len(found.bins) == 51
    assert sum(found.shares[1]) == pytest.approx(1)
