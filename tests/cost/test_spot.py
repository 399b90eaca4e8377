"""Spot machines: the derived interval against a search, and the formula against simulated runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from mlops_helpers import cost

JOB = cost.SpotJob(work=10, checkpoint=0.05, restart=0.1, between=6)
HOURS = st.floats(0.001, 2)


@settings(max_examples=40)
@given(HOURS, st.floats(0.5, 100))
def test_the_derived_interval_is_the_best_one(checkpoint, between):
    long = cost.SpotJob(1e6, checkpoint, 0.1, between)
    found = minimize_scalar(
        lambda interval: np.log(cost.expected_hours(long, interval)), bounds=(1e-4, 20 * between), method="bounded"
    )
    best = cost.best_interval(checkpoint, between)
    assert cost.expected_hours(long, best) <= cost.expected_hours(long, found.x) * (1 + 1e-9)


def test_young_is_close_where_saving_is_fast():
    assert cost.young_interval(0.001, 10) == pytest.approx(cost.best_interval(0.001, 10), rel=0.01)
    assert cost.young_interval(0.02, 10) / cost.young_interval(0.005, 10) == pytest.approx(2)


@pytest.mark.parametrize("interval", [0.2, 0.75, 2.5])
def test_the_formula_is_the_mean_of_simulated_runs(interval):
    job = cost.SpotJob(10, 0.05, 0.2, 4)
    runs = cost.simulate_spot(job, interval, runs=2000, seed=7)
    error = runs.std() / np.sqrt(len(runs))
    assert abs(runs.mean() - cost.expected_hours(job, interval)) < 4 * error


def test_the_best_interval_wins_in_simulation_too():
    means = {
        interval: cost.simulate_spot(JOB, interval, runs=1500, seed=1).mean()
        for interval in (0.1, cost.best_interval(0.05, 6), 5)
    }
    assert min(means, key=means.get) == cost.best_interval(0.05, 6)


def test_a_plan_says_what_to_expect():
    plan = cost.plan_spot(JOB, on_demand=cost.Money("0.19"), spot=cost.Money("0.076"))
    assert plan.pays
    assert plan.on_demand_cost == cost.Money("1.9")
    assert float(plan.cost.amount) == pytest.approx(0.076 * cost.expected_hours(JOB, plan.interval))
    assert plan.saving + plan.cost == plan.on_demand_cost
    assert str(plan).startswith("spot: a checkpoint every 44 min")


def test_spot_does_not_pay_where_machines_go_all_the_time():
    plan = cost.plan_spot(cost.SpotJob(10, 0.3, 0.5, 0.5), on_demand=cost.Money("0.19"), spot=cost.Money("0.15"))
    assert not plan.pays
    assert str(plan).startswith("on demand")


@pytest.mark.parametrize(
    "make",
    [
        lambda: cost.SpotJob(0, 1, 1, 1),
        lambda: cost.SpotJob(1, 0, 1, 1),
        lambda: cost.best_interval(1, -1),
        lambda: cost.expected_hours(JOB, 0),
        lambda: cost.plan_spot(cost.SpotJob(1, 0.1, 1000, 1), on_demand=cost.Money(1), spot=cost.Money(1)),
    ],
)
def test_jobs_that_cannot_be_are_refused(make):
    with pytest.raises(cost.InvalidSetting):
        make()


def test_currencies_do_not_mix():
    with pytest.raises(cost.MixedCurrencies):
        _ = cost.plan_spot(JOB, on_demand=cost.Money(1), spot=cost.Money(1, "EUR")).pays
