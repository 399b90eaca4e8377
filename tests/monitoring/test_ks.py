"""The exact Kolmogorov–Smirnov test against scipy's: the same statistic to the last bit, the same p-value closely."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlops_helpers.monitoring import BadValue, EmptyWindow, ks_test
from mlops_helpers.monitoring.ks import ks_p_value, ks_statistic

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SAMPLES = st.lists(st.one_of(NUMBERS, st.integers(-3, 3).map(float)), min_size=1, max_size=300)


def draw(seed=0, rows=20_000):
    return np.random.default_rng(seed).normal(size=rows)


def oracle(a, b):
    """The definition: both shares counted at every value there is."""
    points = np.concatenate([a, b])
    below = [np.searchsorted(np.sort(values), points, side="right") / len(values) for values in (a, b)]
    return np.abs(below[0] - below[1]).max()


@given(SAMPLES, SAMPLES)
def test_the_statistic_is_that_of_the_definition_on_any_numbers(a, b):
    assert ks_statistic(np.array(a), np.array(b)) == oracle(a, b)


def _edge_cases():
    rng = np.random.default_rng(1)
    a, b = draw(2), draw(3)
    return {
        "outlier": (np.append(a, 1e12), b + 0.01),
        "constant": (np.ones(1000), np.ones(20_000)),
        "two values": (rng.integers(0, 2, 20_000) * 1.0, rng.integers(0, 2, 15_000) * 1.0),
        "identical": (a, a.copy()),
        "disjoint": (rng.random(20_000), 5 + rng.random(20_000)),
        "heavy tail": (rng.pareto(0.5, 20_000), rng.pareto(0.51, 20_000)),
        "very unequal": (a, b[:333]),
        "halves": (np.round(a * 10) / 2, np.round(b * 10) / 2),
        "half zeros": (np.where(a < 0, 0, a), b),
        "far from zero": (1e9 + a, 1e9 + b),
        "huge": (a * 1e307, b * 1e307),
        "tiny": (a * 1e-310, b * 1e-310),
        "whole numbers": (np.arange(20_000), np.arange(500, 20_500)),
        "sorted": (np.sort(a), np.sort(b)),
    }


@pytest.mark.parametrize("name", _edge_cases())
def test_the_statistic_is_that_of_the_definition_where_histograms_have_traps(name):
    a, b = _edge_cases()[name]
    assert ks_statistic(a, b) == oracle(a, b)
    assert ks_statistic(b, a) == oracle(b, a)


@pytest.mark.parametrize("rows", [2_000, 30_000, 300_000])
def test_the_statistic_is_scipys_with_every_size_of_grid(rows):
    a, b = draw(5, rows), draw(6, rows) + 0.01
    assert ks_statistic(a, b) == oracle(a, b) == stats.ks_2samp(a, b, method="asymp").statistic


def test_small_samples_have_the_exact_law():
    a, b = draw(rows=60), draw(1, 45) + 0.5
    found = ks_test(a, b)
    assert found.law == "exact law"
    assert found.p_value == pytest.approx(stats.ks_2samp(a, b, method="exact").pvalue, rel=1e-12)


@pytest.mark.parametrize(
    ("n", "m", "law"), [(1500, 1700, "finite"), (5000, 5000, "limiting"), (10**6, 3000, "limiting")]
)
@pytest.mark.parametrize("scaled", [0.5, 0.9, 1.4, 2.5])
def test_p_values_are_those_of_the_finite_law(n, m, law, scaled):
    size = n * m / (n + m)
    statistic = scaled / np.sqrt(size)
    p_value, used = ks_p_value(statistic, n, m)
    assert used == law
    assert p_value == pytest.approx(stats.kstwo.sf(statistic, round(size)), abs=1e-4)


def test_without_drift_p_values_are_uniform():
    found = [ks_test(draw(seed, 400), draw(seed + 1000, 400)).p_value for seed in range(100)]
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.06)


def test_missing_values_are_left_out():
    a, b = draw(), draw(1)
    with_gaps = np.insert(a, [5, 50, 500], np.nan)
    assert ks_test(with_gaps, b) == ks_test(a, b)


@pytest.mark.parametrize(
    ("values", "error"), [([], EmptyWindow), ([np.nan], EmptyWindow), ([1, np.inf], BadValue), (["a"], BadValue)]
)
def test_what_cannot_be_tested_is_refused_by_name(values, error):
    with pytest.raises(error):
        ks_test([1.0, 2.0], values)


def test_where_scipy_cannot_count_the_paths_the_finite_law_is_used():
    """Seven values each and D = 1/7: scipy's exact p-value is a rounding error above 1."""
    found = ks_test([0] * 7, [0] * 6 + [1])
    assert (found.statistic, found.law) == (pytest.approx(1 / 7), "finite law")
    assert found.p_value > 0.99
