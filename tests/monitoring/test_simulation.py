"""Alerts per month against detection delay: the binomial case is known exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring import (
    AlertPolicy,
    BadValue,
    EmptyWindow,
    InvalidSetting,
    policy_figure,
    policy_grid,
    simulate_policies,
)

UNIFORM = np.linspace(0, 1, 1001)


def expected_delay(share, needed, of):
    """Mean number of days before the first alarm, from a Markov chain over the latest of - 1 days, all quiet before."""
    states = list(itertools.product((0, 1), repeat=of - 1))
    place = {state: number for number, state in enumerate(states)}
    stay = np.zeros((len(states), len(states)))
    for state in states:
        for breach, probability in ((1, share), (0, 1 - share)):
            if not (breach and sum(state) + 1 >= needed):
                stay[place[state], place[(*state, breach)[1:]]] += probability
    start = np.zeros(len(states))
    start[0] = 1
    return start @ np.linalg.solve(np.eye(len(states)) - stay, np.ones(len(states))) - 1


def test_single_breaches_are_binomial_and_the_delay_geometric():
    policy = AlertPolicy(0.9, needed=1, of=1, cool_down_days=0)
    [row] = simulate_policies(UNIFORM, [policy], changed=UNIFORM, runs=3000).to_dict("records")
    share = (UNIFORM > 0.9).mean()
    assert row["alerts_per_month"] == pytest.approx(30 * share, rel=0.02)
    assert row["detection_delay_days"] == pytest.approx((1 - share) / share, rel=0.04)
    assert row["missed"] == pytest.approx((1 - share) ** 60, abs=0.003)


@pytest.mark.parametrize(("needed", "of"), [(1, 1), (2, 3), (3, 5), (4, 4)])
def test_persistent_breaches_agree_with_a_markov_chain(needed, of):
    policy = AlertPolicy(0.4, needed, of, 0)
    table = simulate_policies(np.zeros(3), [policy], changed=UNIFORM, days=200, runs=4000)
    share = (UNIFORM > 0.4).mean()
    assert table["detection_delay_days"][0] == pytest.approx(expected_delay(share, needed, of), rel=0.04)
    assert (table["alerts_per_month"][0], table["missed"][0]) == (0, 0)


def test_what_is_never_noticed_counts_as_the_whole_horizon():
    table = simulate_policies([0.0], [AlertPolicy(0.5)], changed=[0.1], days=20, runs=10)
    assert (table["detection_delay_days"][0], table["missed"][0]) == (20, 1)


def test_a_false_alarm_before_the_change_delays_its_detection():
    def quiet(generator, shape):
        values = np.zeros(shape)
        values[:, -1] = 1  # the day before the change
        return values

    table = simulate_policies(quiet, policy_grid([0.5], persistence=[(1, 1)]), changed=[1.0], days=30, runs=5)
    assert (table["detection_delay_days"][0], table["alerts_per_month"][0]) == (6, 1)


def test_the_best_are_those_that_no_other_beats():
    table = simulate_policies(UNIFORM, policy_grid([0.6, 0.8, 0.95]), changed=UNIFORM + 0.3, runs=300, seed=2)
    points = table[["alerts_per_month", "detection_delay_days"]].to_numpy()
    beaten = [any((other <= point).all() and (other < point).any() for other in points) for point in points]
    assert list(~table["best"]) == beaten
    assert table["best"].any()


@given(st.integers(0, 2**32 - 1))
def test_equal_seeds_give_equal_tables(seed):
    tables = [simulate_policies(UNIFORM, policy_grid([0.8]), changed=[1.0], runs=5, seed=seed) for _ in range(2)]
    assert tables[0].equals(tables[1])


def test_the_figure_names_its_axes_and_policies():
    table = simulate_policies(UNIFORM, policy_grid([0.6, 0.9]), changed=UNIFORM + 0.3, runs=50)
    [axes] = policy_figure(table).axes
    assert axes.get_xlabel() == "false alarms per month"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["not beaten", "1 of 1", "2 of 3", "3 of 5"]
    assert sum(len(line.get_xdata()) for line in axes.lines[1:]) == len(table)


def test_bad_input_is_refused():
    grid = policy_grid([0.5])
    with pytest.raises(InvalidSetting, match="0 policies"):
        simulate_policies(UNIFORM, [], changed=UNIFORM)
    with pytest.raises(InvalidSetting, match="days=0"):
        simulate_policies(UNIFORM, grid, changed=UNIFORM, days=0)
    with pytest.raises(EmptyWindow, match="draw_statistic"):
        simulate_policies([], grid, changed=UNIFORM)
    with pytest.raises(BadValue, match="not finite"):
        simulate_policies([np.nan], grid, changed=UNIFORM)
    with pytest.raises(BadValue, match="of shape"):
        simulate_policies(lambda generator, shape: np.zeros(3), grid, changed=UNIFORM)
