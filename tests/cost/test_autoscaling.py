"""A day of an endpoint, second by second, against queues worked out by hand and one request at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers import cost
from mlops_helpers.cost.series import weighted_quantile

REPLICA = cost.Replica(rate=10, latency_ms=80)
FIXED = cost.ScalingPolicy(minimum=2, maximum=2)


def one_by_one(requests, rate, latency_ms):
    """First come first served, a request at a time: the mean latency and the total number of requests."""
    free, waits = 0.0, []
    for second, number in enumerate(requests):
        for place in range(number):
            arrives = second + (place + 0.5) / number
            begins = max(arrives, free)
            free = begins + 1 / rate
            waits.append(begins - arrives)
    return latency_ms + 1000 * float(np.mean(waits))


def test_below_capacity_nobody_waits():
    result = cost.simulate_autoscaling([10] * 600, REPLICA, FIXED)
    assert result.p99_ms == 80
    assert result.backlog.max() == 0
    assert result.busy == pytest.approx(0.5)
    assert result.replica_hours * 3600 == 2 * 600


def test_a_queue_by_hand():
    """50 arrive in one second where 20 are answered: 30 wait, then 10, then none."""
    result = cost.simulate_autoscaling([50, 0, 0, 0], REPLICA, FIXED)
    assert result.backlog.tolist() == [30, 10, 0, 0]
    assert result.latency_ms[0] == 80 + 1000 * (25 - 10) / 20
    assert result.slower_than(80) == 1


def test_waits_are_those_of_single_requests():
    rng = np.random.default_rng(1)
    requests = rng.poisson(19, 3000)
    result = cost.simulate_autoscaling(requests, REPLICA, FIXED)
    mean = float(np.average(result.latency_ms, weights=requests))
    assert mean == pytest.approx(one_by_one(requests.tolist(), 20, 80), rel=0.08)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=300), st.floats(0.2, 1), st.integers(1, 4))
def test_nothing_is_lost_and_bounds_are_kept(requests, target, minimum):
    policy = cost.ScalingPolicy(minimum, 6, target, up_delay=30, down_delay=60)
    result = cost.simulate_autoscaling(requests, REPLICA, policy)
    assert minimum <= result.replicas.min() <= result.billed.max() <= 6
    assert (result.billed >= result.replicas).all()
    served = result.busy * result.replicas.sum() * REPLICA.rate
    assert served + result.backlog[-1] == pytest.approx(sum(requests), abs=1e-6)
    assert (result.latency_ms >= REPLICA.latency_ms).all()


def test_it_scales_up_late_and_down_later():
    requests = [5] * 300 + [50] * 600 + [5] * 900
    result = cost.simulate_autoscaling(requests, REPLICA, cost.ScalingPolicy(1, 9, 0.6, up_delay=120, down_delay=300))
    up = int((result.replicas > 1).argmax())
    assert 300 + 120 < up <= 300 + 120 + 75  # noticed within a minute, ready two minutes later
    down = 900 + int((np.diff(result.replicas[900:]) < 0).argmax())
    assert 900 + 300 <= down <= 900 + 300 + 75
    assert result.replicas[-1] < result.replicas.max() == 9


def test_the_frontier_holds_what_no_other_beats():
    requests = np.random.default_rng(2).poisson(30 + 20 * np.sin(np.arange(3600) / 600))
    policies = [cost.ScalingPolicy(minimum, 12, target) for minimum in (1, 4, 8) for target in (0.4, 0.7)]
    table = cost.scaling_frontier(requests, REPLICA, policies, hourly=cost.Money("0.219"), limit_ms=200)
    assert table["usd"].is_monotonic_increasing
    for row in table.itertuples():
        beaten = ((table["usd"] <= row.usd) & (table["p99_ms"] <= row.p99_ms)).sum() > 1
        assert row.best != beaten
    assert 0 < table["best"].sum() < len(table)


def test_money_is_exact():
    result = cost.simulate_autoscaling([1] * 3601, REPLICA, FIXED)
    assert result.cost(cost.Money("0.219")) * 3600 == cost.Money("0.219") * 2 * 3601


@pytest.mark.parametrize("requests", [[], [1, -1], [1, float("nan")], [[1], [2]], ["a"]])
def test_traffic_that_cannot_be_is_named(requests):
    with pytest.raises(cost.BadSeries):
        cost.simulate_autoscaling(requests, REPLICA, FIXED)


@pytest.mark.parametrize(
    "make",
    [
        lambda: cost.ScalingPolicy(0, 2),
        lambda: cost.ScalingPolicy(3, 2),
        lambda: cost.ScalingPolicy(target=0),
        lambda: cost.ScalingPolicy(up_delay=-1),
        lambda: cost.Replica(0, 80),
        lambda: cost.scaling_frontier([1], REPLICA, [], hourly=cost.Money(1)),
    ],
)
def test_settings_that_make_no_endpoint_are_refused(make):
    with pytest.raises(cost.InvalidSetting):
        make()


def test_a_weighted_quantile_is_that_of_repeated_values():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1, 5, 4])
    repeated = np.repeat(values, weights)
    for share in (0.1, 0.5, 0.9, 0.99):
        assert weighted_quantile(values, weights, share) == np.quantile(repeated, share, method="inverted_cdf")
    assert np.isnan(weighted_quantile(values, 0 * weights, 0.5))
