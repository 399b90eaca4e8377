"""MMD against its definition: a double loop over sklearn's kernel, and a loop over the permutations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel as sklearn_kernel

from mlops_helpers.monitoring import BadValue, InvalidSetting, MismatchedColumns, mmd_test
from mlops_helpers.monitoring.mmd import labellings, median_bandwidth, mmd2_of_labellings, rbf_kernel
from mlops_helpers.monitoring.points import pool


def two_windows(n=12, m=9, *, d=5, shift=0.4, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(m, d)) + shift


def mmd2_by_definition(reference, production, bandwidth):
    """Gretton et al. (2012), equation 3, pair by pair."""
    gamma = 1 / (2 * bandwidth**2)

    def mean(rows, columns, *, same):
        kernel = sklearn_kernel(rows, columns, gamma=gamma)
        pairs = [kernel[i, j] for i in range(len(rows)) for j in range(len(columns)) if not (same and i == j)]
        return sum(pairs) / len(pairs)

    within = mean(reference, reference, same=True) + mean(production, production, same=True)
    return within - 2 * mean(reference, production, same=False)


@pytest.mark.parametrize(("n", "m"), [(12, 12), (12, 9), (2, 30), (3, 2)])
def test_the_statistic_is_the_definition(n, m):
    reference, production = two_windows(n, m)
    found = mmd_test(reference, production, bandwidth=1.7, permutations=1)
    assert found.mmd2 == pytest.approx(mmd2_by_definition(reference, production, 1.7), abs=1e-6)


def test_all_permutations_at_once_are_the_permutations_one_by_one():
    pooled = np.concatenate(two_windows(20, 13))
    signs = labellings(20, 13, permutations=40, seed=3)
    at_once = mmd2_of_labellings(rbf_kernel(pooled, 2.0), signs)
    one_by_one = [mmd2_by_definition(pooled[column > 0], pooled[column < 0], 2.0) for column in signs.T]
    assert at_once == pytest.approx(one_by_one, abs=1e-6)


def test_more_permutations_than_fit_in_one_product():
    pooled = np.concatenate(two_windows(6, 5))
    kernel, signs = rbf_kernel(pooled, 2.0), labellings(6, 5, permutations=1_100, seed=0)
    in_parts = mmd2_of_labellings(kernel, signs)
    assert len(in_parts) == 1_101
    assert in_parts[[0, 511, 512, 1_100]] == pytest.approx(
        mmd2_of_labellings(kernel, signs[:, [0, 511, 512, 1_100]]), abs=1e-7
    )


def test_labellings_keep_the_sizes_and_start_with_the_truth():
    signs = labellings(7, 4, permutations=50, seed=0)
    assert (signs[:, 0] == [1] * 7 + [-1] * 4).all()
    assert ((signs == 1).sum(axis=0) == 7).all()
    assert ((signs == -1).sum(axis=0) == 4).all()
    assert len(np.unique(signs, axis=1).T) > 40


def test_p_value_counts_the_true_labelling():
    reference, production = two_windows(30, 30, shift=3)
    assert mmd_test(reference, production, permutations=99).p_value == 1 / 100


def test_p_values_are_uniform_without_drift():
    p_values = [mmd_test(*two_windows(20, 15, shift=0, seed=seed), permutations=39).p_value for seed in range(200)]
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=0.06)
    assert np.mean(p_values) == pytest.approx(0.51, abs=0.07)


def test_kernel_is_sklearns_but_for_the_diagonal():
    points = two_windows(300, 1)[0]  # more rows than one block
    expected = sklearn_kernel(points, gamma=1 / (2 * 1.3**2))
    np.fill_diagonal(expected, 0)
    assert np.abs(rbf_kernel(points, 1.3) - expected).max() < 1e-5


def test_a_pair_at_the_median_distance_has_a_likeness_of_one_over_e():
    points = np.array([[0.0], [1.0], [3.0]])  # distances 1, 2, 3
    assert rbf_kernel(points, median_bandwidth(points, seed=0))[1, 2] == pytest.approx(np.exp(-1))


def test_bandwidth_where_most_pairs_coincide():
    points = np.array([[0.0]] * 9 + [[2.0]])
    assert median_bandwidth(points, seed=0) == pytest.approx(np.sqrt(2))
    rare = np.zeros((5_000, 1), np.float32)
    rare[4_321] = 2
    assert median_bandwidth(rare, seed=0) == pytest.approx(np.sqrt(2))


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_moving_and_scaling_all_points_changes_nothing(offset, unit):
    reference, production = two_windows(seed=5)
    plain = mmd_test(reference, production, permutations=9)
    moved = mmd_test(reference * unit + offset * unit, production * unit + offset * unit, permutations=9)
    assert moved.mmd2 == pytest.approx(plain.mmd2, abs=1e-5)
    assert moved.bandwidth == pytest.approx(plain.bandwidth * unit, rel=1e-4)


def test_huge_numbers_do_not_overflow():
    reference, production = two_windows()
    found = mmd_test(reference * 1e300, production * 1e300, permutations=9)
    assert found.mmd2 == pytest.approx(mmd_test(reference, production, permutations=9).mmd2, abs=1e-5)


def test_swapping_the_windows_changes_nothing():
    reference, production = two_windows()
    there, back = (mmd_test(*pair, permutations=1) for pair in ((reference, production), (production, reference)))
    assert there.mmd2 == pytest.approx(back.mmd2, abs=1e-6)


def test_large_windows_are_sampled_with_the_seed():
    reference, production = two_windows(400, 30)
    first, again, other = (mmd_test(reference, production, max_rows=50, seed=seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first.sampled
    assert first.rows == (50, 30)


def test_points_arrive_as_matrix_frame_series_or_list():
    import pandas as pd

    reference, production = two_windows()
    expected = pool(reference, production, max_rows=100, seed=0).points
    for form in (pd.DataFrame, lambda matrix: pd.Series(list(matrix)), lambda matrix: matrix.tolist()):
        assert (pool(form(reference), form(production), max_rows=100, seed=0).points == expected).all()


@pytest.mark.parametrize(
    ("reference", "error", "message"),
    [
        (np.full((9, 5), np.nan), BadValue, "9 of 9 reference embeddings with NaN"),
        (np.array([[0, 1, 2, 3, np.inf]]), BadValue, r"infinite number \(first: row 0\)"),
        (np.zeros((9, 4)), MismatchedColumns, "reference embeddings of 4 dimensions and production embeddings of 5"),
        ([[1, 2], [1, 2, 3]], MismatchedColumns, "reference embeddings of 2 to 3 dimensions"),
        (np.zeros(9), BadValue, r"shape \(9,\)"),
        ([["a", "b"]], BadValue, "no numbers"),
        ([[1.0, 2.0], None], BadValue, "no numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(reference, error, message):
    with pytest.raises(error, match=message):
        mmd_test(reference, np.zeros((9, 5)))


@pytest.mark.parametrize("options", [{"permutations": 0}, {"bandwidth": 0}, {"bandwidth": np.nan}, {"max_rows": 1}])
def test_settings_outside_their_range_are_refused(options):
    with pytest.raises(InvalidSetting):
        mmd_test(*two_windows(), **options)


@pytest.mark.parametrize(("n", "m"), [(0, 5), (1, 5), (5, 1)])
def test_a_window_without_a_pair_is_refused(n, m):
    with pytest.raises(InvalidSetting, match="two or more rows"):
        mmd_test(*two_windows(n, m))


def test_equal_points_are_refused():
    with pytest.raises(InvalidSetting, match="all of them equal"):
        mmd_test(np.full((5, 2), 0.1), np.full((7, 2), 0.1))
