"""Limits that allow a look every day: group sequential tests with O'Brien-Fleming alpha spending.

Who compares z with 1.96 every day for a fortnight finds a difference in every fifth test of a model against itself.
The remedy is to spend the 5 % in instalments: little on the first days, nearly all of it at the end. Each look gets the
limit that uses up its instalment. The test may then stop at any look, and the whole has the error that was promised.

Why this method: it is planned for a number of units, as a test with one look is, and needs only some 4 % more of them
for the same power. Always-valid p-values (mixture SPRT; Johari and others, 2017) need no end, and pay for it in power.

Sources: Lan and DeMets, "Discrete sequential boundaries for clinical trials" (1983), for the spending; Armitage,
McPherson and Rowe (1969) for the recursion over looks; O'Brien and Fleming (1979) for the shape of the limits.

A look is known by its information: the part of the planned units that it has seen, 1 at the end. Looks need neither be
equally spaced nor known in advance: a limit depends on this look and the earlier ones only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .errors import InvalidSetting

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

NORMAL = NormalDist()
POINTS = 401  # of the grid over which a look is integrated; more changes limits in the fifth decimal
NEVER = 8.3  # |z| beyond this has a probability that double precision cannot tell from 0
CLOSEST = 1e-3  # two looks nearer to each other than this share of the plan count as one


def spent(information: ArrayLike, alpha: float = 0.05) -> np.ndarray:
    """Return how much of the two-sided alpha may be used up to each look: Lan and DeMets, O'Brien-Fleming type."""
    from scipy.special import ndtr

    share = np.clip(np.asarray(information, float), 0, 1)
    with np.errstate(divide="ignore"):
        return 4 * ndtr(NORMAL.inv_cdf(alpha / 4) / np.sqrt(share))


def sequential_limits(information: Sequence[float], *, alpha: float = 0.05) -> np.ndarray:
    """Return for each look the |z| from which a difference is found.

    information   shares of the planned units, above 0, none below the one before; beyond 1 counts as 1

    A look too close to the one before, or one after the end, has nothing left to spend: its limit is infinite.
    Raises InvalidSetting for alpha outside of 0 to 1, and information that is 0 or falls.
    """
    _check(information, alpha)
    budget = spent(information, alpha) / 2  # for each side, up to each look
    limits, look, reached, used = np.full(len(budget), np.inf), None, 0.0, 0.0
    for place, share in enumerate(np.minimum(information, 1.0)):
        step = share - reached
        if step >= CLOSEST:
            limits[place] = _limit(look, step, share, budget[place] - used)
            look = _Look.after(look, step, limits[place] * sqrt(share))
            reached, used = share, budget[place]
    return limits


def crossing(information: Sequence[float], limits: ArrayLike, *, drift: float = 0.0) -> np.ndarray:
    """Return for each look the probability that z goes beyond the limit there, above or below, for the first time.

    drift   what z is expected to be at the end of the plan: 0 where there is no difference
    """
    found, look, reached = np.zeros(len(information)), None, 0.0
    for place, (share, limit) in enumerate(zip(np.minimum(information, 1.0), np.asarray(limits), strict=True)):
        if not np.isfinite(limit):
            continue
        step, edge = share - reached, limit * sqrt(share)
        above = _beyond(look, step, edge, drift)
        below = _beyond(look and look.mirrored(), step, edge, -drift)
        found[place] = above + below
        look, reached = _Look.after(look, step, edge, drift=drift), share
    return found


def inflation(information: Sequence[float], *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many times the units of a test with one look are needed to keep its power with these looks.

    Raises InvalidSetting as `sequential_limits`, and for power outside of alpha to 1.
    """
    if not alpha < power < 1:
        raise InvalidSetting(f"power = {power}", "a number between alpha and 1", "80 % is written 0.8.")
    from scipy.optimize import brentq

    limits = sequential_limits(information, alpha=alpha)
    single = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)
    needed = brentq(lambda drift: crossing(information, limits, drift=drift).sum() - power, 0.0, 2 * single + 1)
    return max(1.0, (needed / single) ** 2)


@dataclass(frozen=True)
class _Look:
    """Those tests that go on after a look: where their score (z times the root of information) is, and how densely."""

    score: np.ndarray
    weight: np.ndarray

    @classmethod
    def after(cls, before: _Look | None, step: float, edge: float, *, drift: float = 0.0) -> _Look:
        """Return the tests whose score, `step` of information later, lies between -edge and edge."""
        shift, deviation = drift * step, sqrt(step)
        middle = shift if before is None else shift + float(before.score @ before.weight / before.weight.sum())
        spread = deviation if before is None else deviation + float(np.ptp(before.score)) / 2
        low, high = max(-edge, middle - NEVER * spread), min(edge, middle + NEVER * spread)
        if low >= high:  # all of them went beyond the limit
            low, high = -edge, edge
        score = np.linspace(low, high, POINTS)
        if before is None:
            density = _normal(score, shift, deviation)
        else:
            density = _normal(score[:, None], before.score[None, :] + shift, deviation) @ before.weight
        return cls(score, density * _simpson(score))

    def mirrored(self) -> _Look:
        """Return the same with up and down exchanged."""
        return _Look(-self.score, self.weight)


def _beyond(look: _Look | None, step: float, edge: float, drift: float = 0.0) -> float:
    """Return the probability that a test that goes on has a score above `edge` after another `step`."""
    from scipy.special import ndtr

    if look is None:
        return float(ndtr((drift * step - edge) / sqrt(step)))
    return float(ndtr((look.score + drift * step - edge) / sqrt(step)) @ look.weight)


def _limit(look: _Look | None, step: float, share: float, budget: float) -> float:
    """Return the z whose crossing, on one side, has the probability `budget`."""
    from scipy.optimize import brentq

    def excess(z: float) -> float:
        return _beyond(look, step, z * sqrt(share)) - budget

    return NEVER if excess(NEVER) >= 0 else float(brentq(excess, 0.0, NEVER, xtol=1e-8))


def _normal(place: np.ndarray, mean: np.ndarray | float, deviation: float) -> np.ndarray:
    return np.exp(-(((place - mean) / deviation) ** 2) / 2) / (deviation * sqrt(2 * np.pi))


def _simpson(grid: np.ndarray) -> np.ndarray:
    """Return the weights of Simpson's rule on an even grid with an odd number of points."""
    weight = np.full(len(grid), 2.0)
    weight[1::2], weight[[0, -1]] = 4.0, 1.0
    return weight * (grid[1] - grid[0]) / 3


def _check(information: Sequence[float], alpha: float) -> None:
    if not 0 < alpha < 1:
        raise InvalidSetting(f"alpha = {alpha}", "a number between 0 and 1", "5 % is written 0.05.")
    shares = np.asarray(information, float)
    if shares.ndim != 1 or not len(shares) or not (shares[0] > 0 and (np.diff(shares) >= 0).all()):
        found = f"looks at {list(information)}"
        expected = "shares of the planned units, above 0, none below the one before"
        raise InvalidSetting(found, expected, "Divide the units seen by the units planned.")
