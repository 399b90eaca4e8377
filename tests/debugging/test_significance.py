"""Exact tests and their adjustment, against SciPy and against hand-worked numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact, hypergeom

from mlops_helpers.debugging.significance import enrichment, holm, wilson

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@st.composite
def counts(draw):
    rows = draw(st.integers(2, 200))
    all_errors, n = draw(st.integers(0, rows)), draw(st.integers(1, rows))
    return draw(st.integers(max(0, n + all_errors - rows), min(n, all_errors))), n, all_errors, rows


@given(counts())
def test_enrichment_is_fishers_exact_test(case):
    errors, n, all_errors, rows = case
    table = [[errors, n - errors], [all_errors - errors, rows - n - all_errors + errors]]
    assert enrichment(errors, n, all_errors, rows) == pytest.approx(fisher_exact(table, "greater").pvalue, abs=1e-12)


def test_enrichment_stays_exact_for_a_million_rows():
    at_least = hypergeom.pmf(np.arange(130, 1001), 10**6, 10**5, 1000).sum()
    assert enrichment([130], [1000], 10**5, 10**6)[0] == pytest.approx(at_least, rel=1e-6)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(p_values)
def test_holm_only_raises_and_keeps_the_order(given_values):
    adjusted = holm(given_values)
    assert np.all(adjusted >= np.asarray(given_values))
    assert np.all(adjusted <= np.minimum(1, len(given_values) * np.asarray(given_values)))
    order = np.argsort(given_values, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0)


@given(st.integers(1, 500), st.data())
def test_wilson_agrees_with_scipy(n, data):
    errors = data.draw(st.integers(0, n))
    expected = binomtest(errors, n).proportion_ci(method="wilson")
    low, high = wilson(errors, n)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
