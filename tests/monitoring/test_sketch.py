"""A sketch of parts is the sketch of the whole, fits into a file, and tells distances closely."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlops_helpers.monitoring import BadValue, InvalidSetting, Sketch, compare_sketches
from mlops_helpers.monitoring.grid import Grid

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False) | st.integers(-4, 4).map(float) | st.just(np.nan)
COLUMNS = st.lists(NUMBERS, max_size=80)
RNG = np.random.default_rng(0)
SHAPES = {
    "normal": RNG.normal(size=100_000),
    "lognormal": RNG.lognormal(0, 2, 100_000),
    "pareto": RNG.pareto(0.5, 100_000),
    "outlier": np.append(RNG.normal(size=100_000), 1e12),
    "rounded": np.round(RNG.normal(size=100_000), 1),
    "half zeros": np.where(RNG.random(100_000) < 0.5, 0, RNG.normal(size=100_000)),
    "constant": np.full(100_000, 7.0),
    "far from zero": 1e9 + RNG.normal(size=100_000),
    "sorted": np.sort(RNG.normal(size=100_000)),
}


def naive(values, edges):
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)


def same(a, b):
    assert np.array_equal(a.edges, b.edges)
    assert np.array_equal(a.counts, b.counts)
    assert (a.missing, a.minimum, a.maximum) == (b.missing, b.minimum, b.maximum)
    assert a.mean == pytest.approx(b.mean, rel=1e-9, abs=1e-9)
    assert a.variance == pytest.approx(b.variance, rel=1e-9, abs=1e-6)


@given(COLUMNS, COLUMNS, COLUMNS)
def test_merged_sketches_equal_the_sketch_of_all_rows(reference, one, two):
    like = Sketch.of(reference)
    merged = Sketch.of(one, like=like).merge(Sketch.of(two, like=like))
    same(merged, Sketch.of(one + two, like=like))


@given(COLUMNS, COLUMNS)
def test_counts_are_those_of_a_plain_search(reference, values):
    like = Sketch.of(reference)
    found = Sketch.of(values, like=like)
    present = np.array([value for value in values if not np.isnan(value)])
    assert np.array_equal(found.counts, naive(present, like.edges))
    assert found.total + found.missing == len(values)


@pytest.mark.parametrize("shape", SHAPES)
def test_counts_are_those_of_a_plain_search_in_large_columns(shape):
    values = SHAPES[shape]
    found = Sketch.of(values)
    assert np.array_equal(found.counts, naive(values, found.edges))
    moved = values * 1.1 + 0.3
    assert np.array_equal(Sketch.of(moved, like=found).counts, naive(moved, found.edges))


@pytest.mark.parametrize("shape", SHAPES)
def test_ks_from_the_sketch_is_within_a_thousandth(shape):
    a, b = SHAPES[shape], SHAPES[shape] * 1.01 + 0.01
    reference = Sketch.of(a)
    found = compare_sketches(reference, Sketch.of(b, like=reference))
    exact = stats.ks_2samp(a, b, method="asymp").statistic
    assert found.ks_error <= reference.resolution <= 0.001
    assert exact - found.ks_error <= found.ks <= exact + 1e-12


def test_production_may_crowd_into_one_bin_of_the_reference():
    """The bound needs only one of both windows to be spread over the bins."""
    reference = Sketch.of(SHAPES["normal"])
    crowd = np.linspace(0.50001, 0.50002, 1000)
    found = compare_sketches(reference, Sketch.of(crowd, like=reference))
    exact = stats.ks_2samp(SHAPES["normal"], crowd, method="asymp").statistic
    assert abs(found.ks - exact) <= reference.resolution


def test_a_sample_that_misleads_is_found_out_and_replaced():
    """Every second value looks alike, and the sample takes every second value."""
    values = np.column_stack([np.zeros(70_000), SHAPES["normal"][:70_000]]).ravel()
    assert Sketch.of(values).resolution <= 0.001


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sketch_is_small_and_survives_json(shape):
    found = Sketch.of(SHAPES[shape])
    text = json.dumps(found.to_dict())
    assert len(text) < 1_000_000
    assert found.edges.nbytes + found.counts.nbytes < 200_000
    same(Sketch.from_dict(json.loads(text)), found)


def test_moments_are_those_of_the_values():
    values = SHAPES["far from zero"]
    like = Sketch.of(values[:1000])
    parts = [Sketch.of(part, like=like) for part in np.array_split(values, 7)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.merge(part)
    assert whole.mean == pytest.approx(values.mean(), rel=1e-12)
    assert whole.variance == pytest.approx(values.var(), rel=1e-6)


def test_nulls_of_pandas_are_missing():
    found = Sketch.of(pd.Series([1, None, 3], dtype="Int64"))
    assert (found.total, found.missing, found.minimum, found.maximum) == (2, 1, 1.0, 3.0)


def test_a_column_without_values_has_a_sketch():
    found = Sketch.of([np.nan, np.nan])
    assert (found.total, found.missing, found.minimum, found.resolution) == (0, 2, None, 0.0)


def test_given_edges_are_kept_and_count_what_lies_outside():
    found = Sketch.of([-5, 0, 0.5, 1, 9], edges=[0, 1])
    assert found.counts.tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: Sketch.of([1, np.inf]), BadValue),
        (lambda: Sketch.of(["a"]), BadValue),
        (lambda: Sketch.of([1], edges=[2, 1]), InvalidSetting),
        (lambda: Sketch.of([1], edges=[1, np.nan]), InvalidSetting),
        (lambda: Sketch.of([1, 2]).merge(Sketch.of([1, 3])), InvalidSetting),
        (lambda: compare_sketches(Sketch.of([1, 2]), Sketch.of([1, 3])), InvalidSetting),
        (lambda: Sketch.from_dict({"edges": [1, 2], "counts": [1]}), InvalidSetting),
        (lambda: Sketch(np.array([1.0]), np.array([1])), InvalidSetting),
    ],
)
def test_what_is_no_sketch_is_refused(build, error):
    with pytest.raises(error):
        build()


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.lists(st.integers(2, 100), min_size=1, unique=True))
def test_the_start_of_a_cell_is_its_smallest_number(low, span, cells):
    grid = Grid(low, 100 / span, 100)
    starts = grid.starts(np.array(cells))
    before = np.nextafter(starts, -np.inf)
    if np.spacing(abs(low) + span) < span / 1000:  # cells that hold many numbers
        assert (grid.cells(starts) == cells).all()
        assert (grid.cells(before) < cells).all()
