"""How many units does an A/B test need? Decided before it starts, or it will be decided by what one hopes to see.

Normal approximations, computed with the standard library alone:
- shares: Fleiss, "Statistical methods for rates and proportions" (1981), without continuity correction; pooled variance
  under "no difference", separate variances under the difference one wants to find
- means: the difference in standard deviations, plus Guenther's (1981) correction of z²/4 for estimating the deviation
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from .errors import InvalidSetting

NORMAL = NormalDist()
MOST = 10**12  # more units than any experiment will see: the question was wrong


@dataclass(frozen=True)
class SampleSize:
    """The units that each arm needs, and what they buy.

    units       per arm
    difference  the true difference (in the metric's unit) that is found with probability `power`
    alpha       the two-sided error: how often a difference is found where there is none
    """

    units: int
    difference: float
    power: float
    alpha: float

    def __post_init__(self) -> None:
        """Raise InvalidSetting for a size that nobody can have."""
        if not self.units >= 1:
            remedy = "Compute it with size_for_shares() or size_for_means()."
            raise InvalidSetting(f"a sample size of {self.units}", "at least 1 unit per arm", remedy)

    def days(self, units_per_day: float) -> int:
        """Return how many days this takes if so many units arrive each day, both arms together.

        Raises InvalidSetting for a traffic of nothing or less.
        """
        if not units_per_day > 0:
            remedy = "Count the units of an ordinary day."
            raise InvalidSetting(f"{units_per_day} units per day", "more than 0", remedy)
        return ceil(2 * self.units / units_per_day)

    def __str__(self) -> str:
        return (
            f"{self.units:,} units per arm: a difference of {self.difference:+g} is found with "
            f"{self.power:.0%} power at α = {self.alpha:g}"
        )


def size_for_shares(base: float, lift: float, *, power: float = 0.8, alpha: float = 0.05) -> SampleSize:
    """Return the units per arm to find that a share of `base` became `base + lift` (both between 0 and 1).

    `lift` is absolute: from 10 % to 12 % is 0.02. Raises InvalidSetting for shares, power or alpha outside of 0 to 1,
    a lift of 0, or a lift so small that no experiment could find it.
    """
    _check_shares(base, lift)
    z_alpha, z_power = _quantiles(power, alpha)
    null, alternative = _deviations(base, base + lift)
    return SampleSize(_whole((z_alpha * null + z_power * alternative) ** 2 / lift**2), lift, power, alpha)


def size_for_means(difference: float, deviation: float, *, power: float = 0.8, alpha: float = 0.05) -> SampleSize:
    """Return the units per arm to find a difference of means, given the standard deviation of single units.

    Raises InvalidSetting for a difference of 0, a deviation of 0 or less, and power or alpha outside of 0 to 1.
    """
    if not deviation > 0:
        raise InvalidSetting(f"a standard deviation of {deviation}", "more than 0", "Measure it on last month's data.")
    if not difference:
        raise InvalidSetting("a difference of 0", "the smallest difference that matters", "Ask who would act on it.")
    z_alpha, z_power = _quantiles(power, alpha)
    effect = difference / deviation
    return SampleSize(_whole(2 * ((z_alpha + z_power) / effect) ** 2 + z_alpha**2 / 4), difference, power, alpha)


def power_for_shares(units: int, base: float, lift: float, *, alpha: float = 0.05) -> float:
    """Return the probability to find this lift with so many units per arm; the far tail is left out, as in tables.

    Raises InvalidSetting for fewer than one unit, and as `size_for_shares`.
    """
    if not units >= 1:
        raise InvalidSetting(f"a sample size of {units}", "at least 1 unit per arm", "Give the units of one arm.")
    _check_shares(base, lift)
    z_alpha, _ = _quantiles(0.5, alpha)
    null, alternative = _deviations(base, base + lift)
    return NORMAL.cdf((abs(lift) * sqrt(units) - z_alpha * null) / alternative)


def _deviations(first: float, second: float) -> tuple[float, float]:
    """Return the standard deviation of a difference of two single units: with equal shares, and with these."""
    middle = (first + second) / 2
    return sqrt(2 * middle * (1 - middle)), sqrt(first * (1 - first) + second * (1 - second))


def _check_shares(base: float, lift: float) -> None:
    for name, share in (("base", base), ("base + lift", base + lift)):
        if not 0 < share < 1:
            remedy = "Give shares as 0.12, not as 12; the lift is added to the base."
            raise InvalidSetting(f"{name} = {share:g}", "a share between 0 and 1", remedy)
    if not lift:
        raise InvalidSetting("a lift of 0", "the smallest difference that matters", "Ask who would act on it.")


def _quantiles(power: float, alpha: float) -> tuple[float, float]:
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise InvalidSetting(f"{name} = {value}", "a number between 0 and 1", "80 % is written 0.8.")
    if power <= alpha / 2:
        raise InvalidSetting(f"power {power} at alpha {alpha}", "more power than chance has", "Usual is 0.8 or 0.9.")
    return NORMAL.inv_cdf(1 - alpha / 2), NORMAL.inv_cdf(power)


def _whole(units: float) -> int:
    if units > MOST:
        raise InvalidSetting(f"a need of {units:.1e} units", f"at most {MOST:.0e}", "Look for a larger difference.")
    return max(2, ceil(units - 1e-9))
