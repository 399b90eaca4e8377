"""Is the new prompt worse? Two reports of the same cases and samples, compared pair by pair.

One number decides, and single cases explain it:

- overall, a permutation test of the cases: if the prompts were equally good, each case's difference in passes could as
  well have had the other sign. Every case is one unit, however many samples it has. With one sample per case this is
  McNemar's exact test. (Good 2005, "Permutation, Parametric and Bootstrap Tests of Hypotheses", ch. 3.)
- for each case, Fisher's exact test of its two counts, adjusted for the number of cases (Benjamini and Hochberg 1995).
  A case with one sample can never be significant alone.

Each of the two may raise a false alarm in 2.5 of 100 comparisons of equal prompts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import ReportsNotComparable
from mlops_helpers.debugging.prompt_report import PromptTestReport

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.025  # for the overall test, and again for the single cases


@dataclass(frozen=True)
class CaseChange:
    """One case whose pass rate changed; `p` is Fisher's, `adjusted` for the number of cases."""

    case: str
    before: float
    after: float
    p: float
    adjusted: float


@dataclass(frozen=True)
class PromptComparison:
    """Two reports beside each other; `p` is two-sided. `changes` are ordered from the worst loss to the best gain."""

    before: PromptTestReport
    after: PromptTestReport
    p: float
    changes: tuple[CaseChange, ...]

    @property
    def regressions(self) -> list[CaseChange]:
        """The cases that pass less often than before, significantly or not."""
        return [change for change in self.changes if change.after < change.before]

    @property
    def is_worse(self) -> bool:
        """Whether the loss is more than chance explains: overall, or in a single case."""
        overall = self.p < ALPHA and self.after.rate < self.before.rate
        return overall or any(change.adjusted < ALPHA for change in self.regressions)

    def table(self) -> pd.DataFrame:
        """Return the cases that changed: case, before, after (rates), p, adjusted."""
        import pandas as pd

        columns = ["case", "before", "after", "p", "adjusted"]
        return pd.DataFrame([vars(change) for change in self.changes], columns=columns)

    def __str__(self) -> str:
        """Say in one sentence what changed and whether chance explains it."""
        rates = f"{self.before.rate:.0%} → {self.after.rate:.0%} of samples pass (p {_shown(self.p)})"
        worse, better = len(self.regressions), len(self.changes) - len(self.regressions)
        verdict = "worse, beyond chance" if self.is_worse else "no loss beyond chance"
        named = ", ".join(f"{item.case} {item.before:.0%} → {item.after:.0%}" for item in self.regressions[:3])
        lost = f"; worst: {named}" if named else ""
        cases = f"{worse} cases worse, {better} better"
        return f"{self.after.name} against {self.before.name}: {rates}; {cases}: {verdict}{lost}"


def compare_reports(before: PromptTestReport, after: PromptTestReport) -> PromptComparison:
    """Compare two reports. Raises `ReportsNotComparable` unless they have the same cases, checks and samples.

    A report whose samples were all alike has one that counts; it can be compared with one of several.
    """
    _require_alike(before, after)
    gains = [after.passes[case] * before.samples - before.passes[case] * after.samples for case in before.passes]
    found = _adjusted([_change(before, after, case) for case in before.passes])
    changes = (change for change in found if change.after != change.before)
    return PromptComparison(
        before, after, _sign_flips(gains), tuple(sorted(changes, key=lambda item: item.after - item.before))
    )


def _require_alike(before: PromptTestReport, after: PromptTestReport) -> None:
    asked = [{(outcome.case, outcome.check) for outcome in report.outcomes} for report in (before, after)]
    if different := sorted({case for case, _ in asked[0] ^ asked[1]}):
        found = f"cases that are not the same in {before.name} and {after.name}: {', '.join(different[:5])}"
        raise ReportsNotComparable(found, "the same cases and checks in both", "Run both on the same file.")
    if before.samples != after.samples and not (before.alike or after.alike):
        found = f"{before.samples} samples in {before.name} and {after.samples} in {after.name}"
        raise ReportsNotComparable(found, "as many in both", "Run both with the same number of samples.")


def _sign_flips(differences: Sequence[int]) -> float:
    """Return the share of all choices of signs whose sum is at least as far from zero: exact, two-sided.

    The distribution of the sum is built up case by case; adding a case of size d shifts it by +d or -d.
    """
    import numpy as np

    unit = math.gcd(*differences) or 1
    differences = [difference // unit for difference in differences]
    reach = sum(abs(difference) for difference in differences)
    chances = np.zeros(2 * reach + 1)
    chances[reach] = 1.0
    for size in map(abs, differences):
        chances = (np.roll(chances, size) + np.roll(chances, -size)) / 2
    sums = np.arange(-reach, reach + 1)
    return float(min(1.0, chances[np.abs(sums) >= abs(sum(differences))].sum()))


def _change(before: PromptTestReport, after: PromptTestReport, case: str) -> CaseChange:
    from scipy.stats import fisher_exact

    old, new = before.passes[case], after.passes[case]
    p = float(fisher_exact([[old, before.samples - old], [new, after.samples - new]]).pvalue)
    return CaseChange(case, old / before.samples, new / after.samples, p, p)


def _adjusted(changes: list[CaseChange]) -> list[CaseChange]:
    from scipy.stats import false_discovery_control

    adjusted = false_discovery_control([change.p for change in changes])
    return [replace(change, adjusted=float(p)) for change, p in zip(changes, adjusted, strict=True)]


def _shown(p: float) -> str:
    """A p-value for a sentence: none is zero."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
