"""An A/B test planned before it starts, and read every day without fooling oneself.

    plan = plan_ab_test(size_for_shares(0.10, 0.02), split={"champion": 50, "challenger": 50}, looks=14)
    result = read_ab_test(daily, plan)        # daily: one row per day and arm
    print(result)                             # "challenger higher by 0.021 (0.007 to 0.035), decided at look 9 of 14 …"

Three things are read, in this order: whether the split arrived as planned (`sample_ratio`), whether z went beyond the
limit of its look (`sequential`), and how large the difference is. Its interval is the repeated confidence interval of
Jennison and Turnbull (1989), difference ± limit × standard error: it may be looked at every day as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import BadCounts, BadSplit, InvalidSetting
from .given import need_kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.figure import Figure

    from .power import SampleSize
    from .sample_ratio import RatioCheck

HIGHER, LOWER, NO_DIFFERENCE = "higher", "lower", "no difference found"
GO_ON, MISMATCH = "go on", "sample ratio mismatch"
EVEN = MappingProxyType({"champion": 50, "challenger": 50})
COLUMNS = ("day", "arm", "units", "total")
NEEDED = "columns day, arm, units, total (and squares, for a metric that is no share)"


@dataclass(frozen=True)
class AbPlan:
    """What was promised before the start. `units` is per arm if both get the same; the first arm is the baseline."""

    units: int
    looks: int
    size: SampleSize
    split: Mapping[str, float] = field(default_factory=lambda: EVEN)

    def __post_init__(self) -> None:
        """Raise InvalidSetting for a plan without units or looks."""
        if not (self.units >= 1 and self.looks >= 1):
            found = f"a plan of {self.units} units per arm and {self.looks} looks"
            raise InvalidSetting(found, "at least 1 of each", "Make it with plan_ab_test().")

    @property
    def arms(self) -> tuple[str, str]:
        """The names of both arms, the baseline first."""
        first, second = self.split
        return first, second

    def __str__(self) -> str:
        extra = self.units / self.size.units - 1
        return f"{self.size}; {self.units:,} per arm with {self.looks} looks ({extra:.1%} more)"


@dataclass(frozen=True)
class AbResult:
    """An A/B test as read after its last day.

    table     one row per look: day, units and mean of both arms, difference, z, limit, low, high, naive_p, information
    ratio     the check of the split over all units
    verdict   higher, lower (the second arm against the first), no difference found, go on, or sample ratio mismatch
    decided   the look, from 1, at which z went beyond its limit; None if it never did
    """

    plan: AbPlan
    table: pd.DataFrame
    ratio: RatioCheck
    verdict: str
    decided: int | None

    @property
    def difference(self) -> tuple[float, float, float]:
        """The difference (second arm minus first) at the look that counts, and the bounds of its interval."""
        row = self.table.iloc[(self.decided or len(self.table)) - 1]
        return row["difference"], row["low"], row["high"]

    def __str__(self) -> str:
        if self.verdict == MISMATCH:
            return str(self.ratio)
        found, low, high = self.difference
        first, second = self.plan.arms
        size = f"difference {found:+.4g} ({low:+.4g} to {high:+.4g})"
        if self.decided:
            return f"{second} {self.verdict} than {first}: {size}, decided at look {self.decided} of {self.plan.looks}"
        share = min(self.table["information"].iloc[-1], 1)
        return f"{second} against {first}: {self.verdict}; {size} with {share:.0%} of the planned units"

    def figure(self) -> Figure:
        """Return z at each look between the limits."""
        from .ab_test_figure import looks_figure

        return looks_figure(self)

    def alt(self) -> str:
        """Return the sentence for those who cannot see the figure."""
        return f"Line chart of z over {len(self.table)} looks between limits that close in. {self}."


def plan_ab_test(size: SampleSize, *, split: Mapping[str, float] = EVEN, looks: int = 14) -> AbPlan:
    """Return the plan of a test with so many evenly spaced looks; its units keep the power of `size`.

    An uneven split needs more units in all: what counts is the harmonic mean of both arms.
    Raises InvalidSetting for fewer than one or more than 365 looks, BadSplit unless both of two arms get traffic.
    """
    import numpy as np

    from .assignment import percents
    from .sequential import inflation

    if len(split) != 2 or not all(percents(split).values()):
        raise BadSplit(f"the split {dict(split)}", "two arms, both with traffic", "Test one challenger at a time.")
    if not 1 <= looks <= 365:
        raise InvalidSetting(f"{looks} looks", "1 to 365", "Look once a day.")
    evenly = np.arange(1, looks + 1) / looks
    units = ceil(size.units * inflation(evenly, power=size.power, alpha=size.alpha))
    return AbPlan(units, looks, size, MappingProxyType(dict(split)))


def read_ab_test(daily: pd.DataFrame, plan: AbPlan) -> AbResult:
    """Read a test so far.

    daily   one row per day and arm, of that day alone: `day` (sortable), `arm`, `units` (whose outcome is known),
            `total` (the sum of the metric; successes, if it is a share) and for other metrics `squares` (the sum of
            their squares)

    A share is tested with the pooled variance, another metric as by Welch; both rely on large numbers, which the limits
    of the first looks demand anyway. Raises BadCounts for missing columns, other arms than the plan's, a day that is
    there twice or in one arm only, more looks than were planned, and counts that cannot be.
    """
    import numpy as np

    from .sample_ratio import check_ratio
    from .sequential import sequential_limits

    sums = _running(daily, plan)
    if len(sums) > plan.looks:
        found, remedy = f"{len(sums)} days", "Read the days of the plan; what came later is another test."
        raise BadCounts(found, f"at most {plan.looks}, one for each planned look", remedy)
    table = _tested(sums, plan)
    limits = sequential_limits(table["information"], alpha=plan.size.alpha)
    margin = limits * table["error"].to_numpy()
    table = table.assign(limit=limits, low=table["difference"] - margin, high=table["difference"] + margin)
    beyond = np.flatnonzero(table["z"].abs() >= table["limit"])
    decided = int(beyond[0]) + 1 if len(beyond) else None
    ratio = check_ratio({arm: int(sums["units", arm].iloc[-1]) for arm in plan.arms}, plan.split)
    return AbResult(plan, table.drop(columns="error"), ratio, _verdict(table, ratio, decided), decided)


def _verdict(table: pd.DataFrame, ratio: RatioCheck, decided: int | None) -> str:
    if not ratio.is_balanced:
        return MISMATCH
    if decided:
        return HIGHER if table["z"].iloc[decided - 1] > 0 else LOWER
    return NO_DIFFERENCE if table["information"].iloc[-1] >= 1 else GO_ON


def _running(daily: pd.DataFrame, plan: AbPlan) -> pd.DataFrame:
    """Return running sums by day, columns (what, arm), after the counts have been checked."""
    import pandas as pd

    need_kind(plan, AbPlan, "an AbPlan", "Make it with plan_ab_test().")
    need_kind(daily, pd.DataFrame, f"a DataFrame with {NEEDED}", "Read the counts first.")
    if missing := [name for name in COLUMNS if name not in daily]:
        raise BadCounts(f"no column {', '.join(missing)}", NEEDED, "Rename or add it.")
    if unknown := set(daily["arm"]) ^ set(plan.arms):
        raise BadCounts(
            f"{sorted(map(str, unknown))} in one of counts and plan", f"arms {plan.arms}", "Count both arms."
        )
    if daily.duplicated(["day", "arm"]).any() or daily.groupby("day")["arm"].nunique().ne(2).any():
        raise BadCounts(
            "days twice, or without one of the arms", "one row per day and arm", "Sum them; write 0 for none."
        )
    whats = ["units", "total", *(["squares"] if "squares" in daily else [])]
    if (wrong := _impossible(daily[whats].apply(pd.to_numeric, errors="coerce"))).any():
        remedy = "A metric that is no share needs a column squares, the sum of its squares."
        raise BadCounts(f"impossible counts in {wrong.sum()} rows", "0 ≤ total ≤ units for a share", remedy)
    sums = daily.pivot(index="day", columns="arm", values=whats).sort_index().astype(float).cumsum()
    return sums[(sums["units"] > 1).all(axis=1).cummax()] if (sums["units"].iloc[-1] > 1).all() else _nobody(sums)


def _impossible(numbers: pd.DataFrame) -> pd.Series:
    """Return which rows no count can give: negative, missing, more successes than units, squares without their sum."""
    wrong = (numbers["units"] < 0) | numbers.isna().any(axis=1)
    if "squares" not in numbers:
        return wrong | ~numbers["total"].between(0, numbers["units"])
    return wrong | (numbers["squares"] * numbers["units"] < numbers["total"] ** 2 * (1 - 1e-9))  # Cauchy and Schwarz


def _nobody(sums: pd.DataFrame) -> pd.DataFrame:
    found = f"units {sums['units'].iloc[-1].to_dict()}"
    raise BadCounts(found, "at least two in each arm", "Wait for the first day with units in both arms.")


def _tested(sums: pd.DataFrame, plan: AbPlan) -> pd.DataFrame:
    """Return one row per look, all but the limits."""
    import numpy as np
    import pandas as pd
    from scipy.special import erfc

    first, second = plan.arms
    n, m = sums["units", first].to_numpy(), sums["units", second].to_numpy()
    means = [sums["total", arm].to_numpy() / count for arm, count in ((first, n), (second, m))]
    null, error = _errors(sums, plan.arms, means)
    difference = means[1] - means[0]
    z = np.divide(difference, null, out=np.zeros_like(difference), where=null > 0)
    columns = {
        "day": sums.index,
        f"units_{first}": n.astype(int),
        f"units_{second}": m.astype(int),
        f"mean_{first}": means[0],
        f"mean_{second}": means[1],
        "difference": difference,
        "z": z,
        "naive_p": erfc(np.abs(z) / np.sqrt(2)),
        "information": 2 * n * m / (n + m) / plan.units,
        "error": error,
    }
    return pd.DataFrame(columns)


def _errors(sums: pd.DataFrame, arms: tuple[str, str], means: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard error of the difference if there is none (for z), and as it is (for the interval)."""
    import numpy as np

    n, m = (sums["units", arm].to_numpy() for arm in arms)
    if "squares" in sums:
        spreads = (
            sums["squares", arm].to_numpy() - sums["units", arm] * mean**2
            for arm, mean in zip(arms, means, strict=True)
        )
        variances = [np.maximum(spread, 0) / (count - 1) for spread, count in zip(spreads, (n, m), strict=True)]
        error = np.sqrt(variances[0] / n + variances[1] / m)
        return error, error
    pooled = (means[0] * n + means[1] * m) / (n + m)
    null = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return null, np.sqrt(means[0] * (1 - means[0]) / n + means[1] * (1 - means[1]) / m)
