"""Did the split arrive as planned? The first question of every experiment, before anybody looks at the metric.

A redirect that loses slow phones, a cache, a bot filter: whatever loses units of one arm more often than of the other
makes the arms different people. Their metrics must then not be compared at all (Fabijan and others, "Diagnosing sample
ratio mismatch in online controlled experiments", 2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .assignment import percents
from .errors import BadCounts, InvalidSetting

ALARM = 0.001  # low: this is asked of every experiment, and an alarm stops it


@dataclass(frozen=True)
class RatioCheck:
    """Pearson's chi-squared test of the counts against the split.

    observed, expected    arm -> units
    statistic, p_value    of k - 1 degrees of freedom, for the k arms that were promised traffic
    alarm                 below this p-value the arms are called mismatched
    """

    observed: Mapping[str, int]
    expected: Mapping[str, float]
    statistic: float
    p_value: float
    alarm: float

    @property
    def is_balanced(self) -> bool:
        """Whether the counts may have come from the split."""
        return self.p_value >= self.alarm

    def __str__(self) -> str:
        counts = ", ".join(
            f"{arm} {count:,} of {self.expected[arm]:,.0f} expected" for arm, count in self.observed.items()
        )
        verdict = "as planned" if self.is_balanced else "sample ratio mismatch, do not read the metric"
        return f"{counts}: {verdict} (χ² = {self.statistic:.2f}, p = {self.p_value:.2g})"


def check_ratio(counts: Mapping[str, int], split: Mapping[str, float], *, alarm: float = ALARM) -> RatioCheck:
    """Test the units of each arm against the planned percents.

    An arm of 0 % that got a unit all the same is a mismatch for certain: statistic infinite, p-value 0.
    Raises BadSplit, BadCounts (other arms than the split's, negative counts, nobody at all), InvalidSetting (an alarm
    that is no probability).
    """
    planned = percents(split)
    if not 0 < alarm < 1:
        raise InvalidSetting(
            f"an alarm at p = {alarm}", "a number between 0 and 1", "Use 0.001 unless you know better."
        )
    if set(counts) != set(split):
        raise BadCounts(f"counts of {sorted(counts)}", f"counts of {sorted(split)}", "Count each arm of the split.")
    if any(count < 0 for count in counts.values()) or not sum(counts.values()):
        raise BadCounts(
            f"the counts {dict(counts)}", "numbers of units, not all 0", "Count the units that were assigned."
        )
    total = sum(counts.values())
    observed = {arm: counts[arm] for arm in split}
    expected = {arm: float(percent * total / 100) for arm, percent in planned.items()}
    statistic, p_value = _pearson(list(observed.values()), list(expected.values()))
    return RatioCheck(observed, expected, statistic, p_value, alarm)


def _pearson(observed: list[int], expected: list[float]) -> tuple[float, float]:
    from scipy.special import chdtrc

    if any(count for count, plan in zip(observed, expected, strict=True) if not plan):
        return float("inf"), 0.0
    pairs = [(count, plan) for count, plan in zip(observed, expected, strict=True) if plan]
    statistic = sum((count - plan) ** 2 / plan for count, plan in pairs)
    return statistic, float(chdtrc(len(pairs) - 1, statistic)) if len(pairs) > 1 else 1.0
