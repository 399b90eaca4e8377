"""Limits of daily looks: against the published ones, by simulation, and by what they must keep whatever the looks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.tooling.ab_test import plan_ab_test
from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.peeking import ONCE, PEEKING, SEQUENTIAL, simulate_peeking
from mlops_helpers.tooling.power import size_for_shares
from mlops_helpers.tooling.sequential import crossing, inflation, sequential_limits, spent

LOOKS = st.lists(st.floats(0.01, 1.5), min_size=1, max_size=8).map(sorted)


def test_five_looks_agree_with_the_published_limits():
    """Limits of the O'Brien-Fleming type spending function at five even looks, as printed by R's ldbounds."""
    limits = sequential_limits([0.2, 0.4, 0.6, 0.8, 1.0])
    assert limits == pytest.approx([4.8769, 3.3570, 2.6803, 2.2898, 2.0310], abs=2e-4)


def test_one_look_is_the_ordinary_test():
    assert sequential_limits([1.0]) == pytest.approx([1.959964], abs=1e-6)
    assert sequential_limits([1.0], alpha=0.01) == pytest.approx([2.575829], abs=1e-6)
    assert inflation([1.0]) == pytest.approx(1.0, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(LOOKS, st.sampled_from([0.01, 0.05, 0.2]))
def test_whatever_the_looks_the_error_is_what_was_spent(looks, alpha):
    limits = sequential_limits(looks, alpha=alpha)
    seen = [share for share, limit in zip(looks, limits, strict=True) if np.isfinite(limit)]
    assert crossing(looks, limits).sum() == pytest.approx(spent(max(seen), alpha), abs=2e-5)
    assert (limits > 1).all()


@settings(max_examples=15, deadline=None)
@given(LOOKS)
def test_a_limit_depends_on_the_looks_before_it_only(looks):
    assert sequential_limits(looks)[0] == pytest.approx(sequential_limits(looks[:1])[0])


def test_crossing_agrees_with_a_simulated_random_walk():
    looks, drift = np.array([0.3, 0.5, 1.0]), 2.8
    limits = sequential_limits(looks)
    steps = np.diff(looks, prepend=0)
    walk = np.random.default_rng(3).normal(drift * steps, np.sqrt(steps), (200_000, 3)).cumsum(axis=1)
    first = (np.abs(walk / np.sqrt(looks)) >= limits).argmax(axis=1)
    ever = (np.abs(walk / np.sqrt(looks)) >= limits).any(axis=1)
    assert crossing(looks, limits, drift=drift) == pytest.approx(np.bincount(first[ever]) / 200_000, abs=0.004)


def test_power_with_looks_is_what_the_inflation_promises():
    looks = np.arange(1, 15) / 14
    more = inflation(looks, power=0.9)
    drift = (1.959964 + 1.281552) * np.sqrt(more)
    assert 1 < more < 1.05
    assert crossing(looks, sequential_limits(looks), drift=drift).sum() == pytest.approx(0.9, abs=1e-6)


def test_a_look_with_nothing_new_and_one_after_the_end_decide_nothing():
    limits = sequential_limits([0.5, 0.5, 1.0, 1.2])
    assert np.isinf(limits[[1, 3]]).all()
    assert limits[[0, 2]] == pytest.approx(sequential_limits([0.5, 1.0]))


@pytest.mark.parametrize("looks", [[], [0.0, 1.0], [-0.5, 1.0], [0.5, 0.4], [float("nan")]])
def test_looks_that_go_backwards_are_refused(looks):
    with pytest.raises(InvalidSetting, match="shares of the planned units"):
        sequential_limits(looks)


def test_alpha_and_power_are_probabilities():
    with pytest.raises(InvalidSetting, match="alpha = 5"):
        sequential_limits([1.0], alpha=5)
    with pytest.raises(InvalidSetting, match="power = 1"):
        inflation([1.0], power=1)


def test_two_thousand_tests_of_a_model_against_itself_read_daily():
    """The promise: at most 5.5 % false alarms with daily looks. Peeking at 1.96 has several times as many."""
    peeking = simulate_peeking(plan_ab_test(size_for_shares(0.1, 0.02), looks=14), 0.1, tests=2000, seed=7)
    assert peeking.found[SEQUENTIAL] <= 0.055
    assert peeking.found[PEEKING] > 0.15
    assert "false alarms in 2,000 tests" in str(peeking)


def test_the_power_is_within_three_points_of_the_plan_and_most_tests_end_early():
    plan = plan_ab_test(size_for_shares(0.1, 0.02), looks=14)
    peeking = simulate_peeking(plan, 0.1, lift=0.02, tests=4000, seed=8)
    assert peeking.found[SEQUENTIAL] == pytest.approx(0.8, abs=0.03)
    assert peeking.looks[SEQUENTIAL] < 11.5 < peeking.looks[ONCE] == 14
    assert len(peeking.figure().axes[0].get_lines()) == 4
    assert "14 looks" in peeking.alt()


def test_the_same_seed_simulates_the_same_tests():
    plan = plan_ab_test(size_for_shares(0.1, 0.02), looks=5)
    first, second = (simulate_peeking(plan, 0.1, tests=50, seed=seed) for seed in (1, 1))
    assert first.curves.equals(second.curves)


def test_senseless_simulations_are_refused():
    plan = plan_ab_test(size_for_shares(0.1, 0.02), looks=5)
    with pytest.raises(InvalidSetting, match=r"1\.1"):
        simulate_peeking(plan, 0.1, lift=1.0)
    with pytest.raises(InvalidSetting, match="at least one test"):
        simulate_peeking(plan, 0.1, tests=0)
