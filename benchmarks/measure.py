"""How a ratio is measured: reference and case by turns in one run, then the median of the pairwise ratios.

A machine that is busy with something else slows both members of a pair about equally, so their ratio tells more than
either time. Two clocks are kept. The CPU's counts the work done, whoever else is running; the wall clock counts what a
person waits for, which includes work done by a server in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

CLOCKS = ("wall", "cpu")


@dataclass(frozen=True)
class Sample:
    """One run of one case: seconds by both clocks and, where the system tells, memory in MB.

    `grown` is the peak of the resident memory above its level before the run, `peak` the peak itself.
    """

    wall: float
    cpu: float
    grown: float | None = None
    peak: float | None = None


@dataclass(frozen=True)
class Pairs:
    """Runs of a reference and of a case, the n-th of the one beside the n-th of the other."""

    reference: Sequence[Sample]
    case: Sequence[Sample]

    def __post_init__(self) -> None:
        """Refuse runs that cannot be paired."""
        if not self.reference or len(self.reference) != len(self.case):
            found = f"{len(self.reference)} runs of the reference and {len(self.case)} of the case"
            raise ValueError(f"found {found}, expected as many of each, at least one")

    @property
    def n(self) -> int:
        """How many pairs there are."""
        return len(self.case)

    def ratio(self, clock: str) -> float:
        """Return the median over the pairs of case / reference: 0.5 means half the time."""
        pairs = zip(self.reference, self.case, strict=True)
        return median(getattr(case, clock) / getattr(reference, clock) for reference, case in pairs)

    def speed(self, clock: str) -> float:
        """Return the median over the pairs of reference / case: 2 means twice as fast."""
        return Pairs(self.case, self.reference).ratio(clock)


def middle(samples: Sequence[Sample], field: str) -> float | None:
    """Return the median of one field, or None if a sample lacks it (memory, where the system does not tell)."""
    values = [getattr(sample, field) for sample in samples]
    return None if None in values else median(values)


def by_turns(runs: Mapping[str, Callable[[], Sample]], *, rounds: int = 5) -> dict[str, list[Sample]]:
    """Run every case once to warm up, then `rounds` times by turns; every second round goes backwards.

    Going back and forth keeps a machine that gets slower (or faster) from favouring whoever always goes first.
    """
    for run in runs.values():
        run()
    samples: dict[str, list[Sample]] = {name: [] for name in runs}
    for number in range(rounds):
        names = list(runs) if number % 2 == 0 else list(reversed(runs))
        for name in names:
            samples[name].append(runs[name]())
    return samples
