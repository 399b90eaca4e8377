"""Sample sizes against published ones: Fleiss' formula as printed by R, and the t test's as printed by R's pwr."""

from itertools import pairwise

import numpy as np
import pytest

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.power import power_for_shares, size_for_means, size_for_shares


def test_shares_agree_with_the_example_of_power_prop_test():
    """R: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.7; with n = 50, power = 0.740."""
    assert size_for_shares(0.5, 0.25, power=0.9).units == 77
    assert power_for_shares(50, 0.5, 0.25) == pytest.approx(0.740, abs=5e-4)


@pytest.mark.parametrize(("effect", "units"), [(0.2, 394), (0.5, 64), (0.8, 26)])
def test_means_agree_with_cohens_small_medium_and_large_effects(effect, units):
    """R: pwr.t.test(d, power = .8) gives 393.4, 63.8 and 25.5; Cohen (1988, table 2.4.1) prints 393, 64 and 26."""
    assert size_for_means(effect, 1.0).units == units
    assert size_for_means(-effect * 7, 7.0).units == units


def test_size_and_power_are_each_others_inverse():
    for lift in (-0.03, 0.005, 0.02):
        size = size_for_shares(0.1, lift, power=0.85, alpha=0.01)
        assert power_for_shares(size.units, 0.1, lift, alpha=0.01) >= 0.85
        assert power_for_shares(size.units - 1, 0.1, lift, alpha=0.01) < 0.85


def test_simulated_tests_have_the_power_that_was_planned():
    size = size_for_shares(0.3, 0.05)
    first, second = (np.random.default_rng(4).binomial(size.units, [share] * 20_000) for share in (0.3, 0.35))
    first, second = first / size.units, np.random.default_rng(5).permutation(second) / size.units
    middle = (first + second) / 2
    z = (second - first) / np.sqrt(2 * middle * (1 - middle) / size.units)
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.01)


def test_half_the_difference_needs_four_times_the_units():
    units = [size_for_means(difference, 1.0).units for difference in (0.4, 0.2, 0.1)]
    assert all(3.9 < more / less < 4.1 for less, more in pairwise(units))


def test_days_are_rounded_up_and_the_plan_reads_as_a_sentence():
    size = size_for_shares(0.10, 0.02)
    assert size.units == 3841
    assert (size.days(768.2), size.days(768.3)) == (10, 10)
    assert size.days(768) == 11
    assert str(size) == "3,841 units per arm: a difference of +0.02 is found with 80% power at α = 0.05"


@pytest.mark.parametrize(
    ("base", "lift", "options", "message"),
    [
        (12, 0.02, {}, "base = 12"),
        (0.99, 0.02, {}, r"base \+ lift = 1.01"),
        (0.1, 0, {}, "a lift of 0"),
        (0.1, 0.02, {"power": 80}, "power = 80"),
        (0.1, 0.02, {"power": 0}, "power = 0"),
        (0.1, 0.02, {"alpha": 1.0}, "alpha = 1.0"),
        (0.1, 0.02, {"power": 0.02}, "more power than chance"),
        (0.1, 1e-9, {}, "a need of"),
        (float("nan"), 0.02, {}, "base = nan"),
    ],
)
def test_senseless_shares_are_refused(base, lift, options, message):
    with pytest.raises(InvalidSetting, match=message):
        size_for_shares(base, lift, **options)


def test_senseless_means_sizes_and_traffic_are_refused():
    with pytest.raises(InvalidSetting, match="standard deviation of -1"):
        size_for_means(1, -1)
    with pytest.raises(InvalidSetting, match="a difference of 0"):
        size_for_means(0, 1)
    with pytest.raises(InvalidSetting, match="a sample size of -5"):
        power_for_shares(-5, 0.1, 0.02)
    with pytest.raises(InvalidSetting, match="-1 units per day"):
        size_for_means(1, 1).days(-1)
