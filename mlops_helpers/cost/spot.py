"""Spot machines: cheap, and taken away without asking. How often to save, and whether it pays.

    plan = plan_spot(SpotJob(work=10, checkpoint=0.05, restart=0.1, between=6), on_demand=..., spot=...)
    plan.interval, plan.expected_hours, plan.cost, plan.on_demand_cost, plan.pays

A job of `work` hours saves its state every T hours, which takes C hours. Preemptions come at random, one every M hours
on average (a Poisson process); after one, R hours pass until the last state is loaded, and what was done since is lost.
How long does it take to get one interval of T + C hours done? Let it be E. Without a preemption it takes T + C. The
time to the next one is exponential, and when it comes first, all begins anew after the restart, during which the
machine can be taken away as well. Solving that equation (J. T. Daly, Future Generation Computer Systems 22, 2006)

    E(T) = M exp(R/M) (exp((T + C)/M) - 1)        and for the whole job        work / T x E(T).

Its derivative in T is zero where (T/M - 1) exp(T/M - 1) = -exp(-1 - C/M), which is solved by Lambert's W:

    T* = M (1 + W(-exp(-1 - C/M)))

For C much smaller than M this is close to sqrt(2 C M) (J. W. Young, Communications of the ACM 17, 1974): saving twice
as seldom needs four times the patience of the machine. T* depends neither on R nor on the length of the job.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import exp, expm1, sqrt
from typing import TYPE_CHECKING

import numpy as np

from .errors import InvalidSetting

if TYPE_CHECKING:
    from .money import Money

LONGEST = 500.0  # an exponent above which no job would ever end


@dataclass(frozen=True)
class SpotJob:
    """A job, in hours: its work, saving its state, restarting, and the mean time between preemptions."""

    work: float
    checkpoint: float
    restart: float
    between: float

    def __post_init__(self) -> None:
        if not (self.work > 0 and self.checkpoint > 0 and self.restart >= 0 and self.between > 0):
            expected = "hours above 0 (a restart may take 0)"
            raise InvalidSetting(f"{self}", expected, "A checkpoint that takes no time: measure a few seconds.")


@dataclass(frozen=True)
class SpotPlan:
    """What to expect: hours between two checkpoints, expected hours and cost on spot, and the cost on demand."""

    interval: float
    expected_hours: float
    cost: Money
    on_demand_cost: Money

    @property
    def pays(self) -> bool:
        """Whether spot is expected to be cheaper."""
        return self.cost < self.on_demand_cost

    @property
    def saving(self) -> Money:
        """What spot is expected to save; negative where it does not pay."""
        return self.on_demand_cost - self.cost

    def __str__(self) -> str:
        hours = f"a checkpoint every {60 * self.interval:.0f} min, {self.expected_hours:.1f} h expected"
        choice = "spot" if self.pays else "on demand"
        return f"{choice}: {hours}, {self.cost.cents()} against {self.on_demand_cost.cents()}"


def best_interval(checkpoint: float, between: float) -> float:
    """Return the optimal hours of work between two checkpoints (T* above). Raises InvalidSetting."""
    from scipy.special import lambertw

    SpotJob(1.0, checkpoint, 0.0, between)
    return float(between * (1 + lambertw(-exp(-1 - checkpoint / between)).real))


def young_interval(checkpoint: float, between: float) -> float:
    """Return Young's approximation, sqrt(2 C M), in hours. Raises InvalidSetting."""
    SpotJob(1.0, checkpoint, 0.0, between)
    return sqrt(2 * checkpoint * between)


def expected_hours(job: SpotJob, interval: float) -> float:
    """Return the expected hours of a job with a checkpoint every `interval` hours of work; infinite if hopeless.

    Raises InvalidSetting for an interval that is not above 0.
    """
    if not interval > 0:
        raise InvalidSetting(f"an interval of {interval} h", "more than 0", "Use best_interval.")
    step = min(interval, job.work)
    exponent = (step + job.checkpoint) / job.between
    if max(exponent, job.restart / job.between) > LONGEST:
        return float("inf")
    return job.work / step * job.between * exp(job.restart / job.between) * expm1(exponent)


def plan_spot(job: SpotJob, *, on_demand: Money, spot: Money) -> SpotPlan:
    """Return the best plan for a job; prices are for an hour of the machine. On demand, nothing is saved or lost.

    Raises MixedCurrencies, InvalidSetting for a job that would practically never end on spot.
    """
    interval = min(best_interval(job.checkpoint, job.between), job.work)
    hours = expected_hours(job, interval)
    if not np.isfinite(hours):
        remedy = "Use machines on demand, or make checkpoint and restart faster."
        raise InvalidSetting(f"{job}: practically never done", "preemptions that leave time to work", remedy)
    return SpotPlan(interval, hours, spot * Decimal(repr(hours)), on_demand * Decimal(repr(job.work)))


def simulate_spot(job: SpotJob, interval: float, *, runs: int, seed: int) -> np.ndarray:
    """Return the hours that a job took in each of `runs` simulations, shape (runs,).

    Slow and simple, to check the formula and to show the spread: the mean hides the unlucky runs.
    """
    rng = np.random.default_rng(seed)
    return np.array([_one_run(job, interval, rng) for _ in range(runs)])


def _one_run(job: SpotJob, interval: float, rng: np.random.Generator) -> float:
    hours, left, restarting = 0.0, job.work, False
    until = rng.exponential(job.between)  # the next preemption, from now
    while left > 1e-12:
        step = min(interval, left)
        need = job.restart if restarting else step + job.checkpoint
        if until < need:  # what was begun is lost
            hours, until, restarting = hours + until, rng.exponential(job.between), True
            continue
        hours, until = hours + need, until - need
        left, restarting = (left, False) if restarting else (left - step, False)
    return hours
