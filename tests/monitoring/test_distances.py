"""Effect sizes against published values, scipy, and tables worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlops_helpers.monitoring import (
    BadValue,
    EmptyWindow,
    Sketch,
    compare_sketches,
    jensen_shannon_distance,
    jensen_shannon_divergence,
    population_stability_index,
)
from mlops_helpers.monitoring.ordered import bin_edges, compare_ordered

COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any)
SAMPLES = st.lists(st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float), min_size=1, max_size=60)
RNG = np.random.default_rng(0)
SHAPES = {
    "normal": (RNG.normal(size=100_000), RNG.normal(0.2, 1.1, 90_000)),
    "lognormal": (RNG.lognormal(size=100_000), RNG.lognormal(0.2, 1, 90_000)),
    "rounded": (np.round(RNG.normal(size=100_000) * 10), np.round(RNG.normal(0.1, 1, 90_000) * 10)),
    "two values": ((RNG.random(100_000) < 0.3) * 1.0, (RNG.random(90_000) < 0.4) * 1.0),
    "half zeros": (np.maximum(RNG.normal(size=100_000), 0), np.maximum(RNG.normal(0.3, 1, 90_000), 0)),
}


def test_psi_of_a_table_worked_by_hand():
    """Three income bands: 40, 30, 30 % expected and 35, 25, 40 % observed; each line is (p − r) · ln(p / r)."""
    lines = -0.05 * np.log(0.35 / 0.4), -0.05 * np.log(0.25 / 0.3), 0.1 * np.log(0.4 / 0.3)
    assert np.round(lines, 4).tolist() == [0.0067, 0.0091, 0.0288]
    assert population_stability_index([40, 30, 30], [35, 25, 40]) == pytest.approx(0.04456, abs=1e-5)


def test_an_empty_bin_counts_as_one_in_ten_thousand():
    found = population_stability_index([50, 50], [100, 0])
    assert found == pytest.approx(0.5 * np.log(2) + (0.0001 - 0.5) * np.log(0.0001 / 0.5))


@given(COUNTS, st.data())
def test_psi_is_symmetric_and_zero_only_without_change(counts, data):
    other = data.draw(st.lists(st.integers(0, 1000), min_size=len(counts), max_size=len(counts)).filter(any))
    found = population_stability_index(counts, other)
    assert found >= 0
    assert found == pytest.approx(population_stability_index(other, counts))
    assert population_stability_index(counts, np.multiply(counts, 3)) == pytest.approx(0)


def test_jensen_shannon_of_the_values_in_scipys_documentation():
    assert jensen_shannon_distance([1, 0, 0], [0, 1, 0]) == 1.0
    assert jensen_shannon_distance([1, 0], [0.5, 0.5]) * np.sqrt(np.log(2)) == pytest.approx(0.46450140402245893)
    assert jensen_shannon_distance([1, 0, 0], [1, 0, 0]) == 0.0


@given(COUNTS, st.data())
def test_jensen_shannon_is_scipys_to_base_two(counts, data):
    other = data.draw(st.lists(st.integers(0, 1000), min_size=len(counts), max_size=len(counts)).filter(any))
    expected = np.nan_to_num(jensenshannon(counts, other, base=2))  # scipy: NaN where rounding makes it negative
    assert jensen_shannon_distance(counts, other) == pytest.approx(expected, abs=1e-7)
    assert jensen_shannon_divergence(counts, other) == pytest.approx(jensen_shannon_distance(counts, other) ** 2)


def test_wasserstein_of_the_values_in_scipys_documentation():
    assert compare_ordered(np.array([0.0, 1, 3]), np.array([5.0, 6, 8])).wasserstein == pytest.approx(5)
    assert compare_ordered(np.array([0.0, 1]), np.array([0.0, 0, 0, 1])).wasserstein == pytest.approx(0.25)


@given(SAMPLES, SAMPLES)
def test_small_samples_have_scipys_distances(a, b):
    found = compare_ordered(np.sort(a), np.sort(b))
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-9, abs=1e-9)
    assert found.ks == max(abs(np.mean(np.array(a) <= x) - np.mean(np.array(b) <= x)) for x in a + b)


@given(SAMPLES)
def test_bins_hold_a_tenth_each_unless_values_repeat(values):
    a = np.sort(values)
    counts = np.diff(a.searchsorted(bin_edges(a)), prepend=0, append=len(a))
    most = np.unique(a, return_counts=True)[1].max()
    assert counts.sum() == len(a)
    assert counts.max() <= len(a) / 10 + most


def test_deciles_are_numpys():
    a = np.sort(SHAPES["normal"][0])
    expected = np.quantile(a, np.arange(1, 10) / 10, method="inverted_cdf")
    assert np.allclose(bin_edges(a), expected, rtol=1e-12)


def test_a_frequent_value_has_a_bin_of_its_own():
    a = np.sort(SHAPES["half zeros"][0])
    edges = bin_edges(a)
    assert 0.0 in edges
    assert np.nextafter(0.0, 1.0) in edges


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sketch_agrees_with_all_values(shape):
    a, b = SHAPES[shape]
    reference = Sketch.of(a)
    found = compare_sketches(reference, Sketch.of(b, like=reference))
    exact = compare_ordered(np.sort(a), np.sort(b))
    assert found.ks == pytest.approx(exact.ks, abs=reference.resolution + 1e-12)
    assert found.psi == pytest.approx(exact.psi, rel=0.02, abs=2e-4)
    assert found.jensen_shannon == pytest.approx(exact.jensen_shannon, rel=0.02, abs=2e-3)
    assert found.wasserstein == pytest.approx(exact.wasserstein, rel=0.01)
    assert exact.wasserstein == pytest.approx(stats.wasserstein_distance(a, b), rel=1e-9)


def test_production_far_away_is_located():
    reference = Sketch.of(SHAPES["normal"][0])
    found = compare_sketches(reference, Sketch.of(SHAPES["normal"][1] + 1000, like=reference))
    assert found.wasserstein == pytest.approx(1000, rel=0.1)
    assert found.ks == 1.0


@pytest.mark.parametrize(("counts", "error"), [([0, 0], EmptyWindow), ([-1, 2], BadValue), ([np.nan, 1], BadValue)])
def test_what_is_no_distribution_is_refused(counts, error):
    with pytest.raises(error):
        population_stability_index([1, 1], counts)
