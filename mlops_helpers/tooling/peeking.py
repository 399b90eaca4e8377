"""What looking every day does: thousands of A/B tests, simulated, each read in three ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ab_test import AbPlan
from .errors import InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

ONCE, PEEKING, SEQUENTIAL = "once, at the end", "every day against 1.96", "every day against the day's limit"


@dataclass(frozen=True)
class Peeking:
    """Simulated tests of one plan.

    curves   one row per look, one column per way of reading: the share of tests that found a difference so far
    looks    way of reading -> looks until the test stopped, on average
    """

    plan: AbPlan
    base: float
    lift: float
    tests: int
    curves: pd.DataFrame
    looks: pd.Series

    @property
    def found(self) -> pd.Series:
        """The share of tests that found a difference: false alarms if there is none, power if there is one."""
        return self.curves.iloc[-1]

    def __str__(self) -> str:
        kind = "power" if self.lift else "false alarms"
        return f"{kind} in {self.tests:,} tests: " + "; ".join(
            f"{way} {share:.1%}" for way, share in self.found.items()
        )

    def figure(self) -> Figure:
        """Return the curves as a picture."""
        from .ab_test_figure import peeking_figure

        return peeking_figure(self)

    def alt(self) -> str:
        """Return the sentence for those who cannot see the figure."""
        return f"Line chart over {len(self.curves)} looks of the share of tests that found a difference: {self}."


def simulate_peeking(plan: AbPlan, base: float, *, lift: float = 0.0, tests: int = 2000, seed: int = 0) -> Peeking:
    """Simulate tests of a share that is `base` in the first arm and `base + lift` in the second, with daily looks.

    The planned units arrive evenly. lift 0 makes A/A tests. Raises InvalidSetting for shares outside of 0 to 1, fewer
    than one test, and fewer than one unit a day.
    """
    import numpy as np

    from .sequential import sequential_limits

    if not (0 < base < 1 and 0 < base + lift < 1):
        raise InvalidSetting(f"shares {base:g} and {base + lift:g}", "between 0 and 1", "Give 12 % as 0.12.")
    if tests < 1 or plan.units < plan.looks:
        found = f"{tests} tests of {plan.units} units in {plan.looks} looks"
        raise InvalidSetting(found, "at least one test, and one unit for each look", "Plan fewer looks.")
    ends = np.arange(1, plan.looks + 1) * plan.units // plan.looks
    z = _scores(ends, (base, base + lift), tests, np.random.default_rng(seed))
    limits = sequential_limits(ends / plan.units, alpha=plan.size.alpha)
    single = sequential_limits([1.0], alpha=plan.size.alpha)[0]
    at_the_end = np.where(np.arange(plan.looks) == plan.looks - 1, single, np.inf)
    ways = {ONCE: at_the_end, PEEKING: np.full(plan.looks, single), SEQUENTIAL: limits}
    return _read(z, ways, plan, (base, lift))


def _scores(ends: np.ndarray, shares: tuple[float, float], tests: int, rng: np.random.Generator) -> np.ndarray:
    """Return the pooled z of each test (rows) at each look (columns)."""
    import numpy as np

    arriving = np.diff(ends, prepend=0)
    first, second = (rng.binomial(arriving, share, (tests, len(ends))).cumsum(axis=1) / ends for share in shares)
    pooled = (first + second) / 2
    error = np.sqrt(pooled * (1 - pooled) * 2 / ends)
    return np.divide(second - first, error, out=np.zeros_like(error), where=error > 0)


def _read(z: np.ndarray, ways: dict[str, np.ndarray], plan: AbPlan, truth: tuple[float, float]) -> Peeking:
    import numpy as np
    import pandas as pd

    curves, looks = {}, {}
    for way, limits in ways.items():
        stopped = np.maximum.accumulate(np.abs(z) >= limits, axis=1)
        curves[way] = stopped.mean(axis=0)
        looks[way] = float(np.minimum((~stopped).sum(axis=1) + 1, len(limits)).mean())
    return Peeking(plan, *truth, len(z), pd.DataFrame(curves), pd.Series(looks, name="looks"))
