"""What would change the answer of a decision matrix? Solved, not searched: the bounds are exact fractions.

**Weights.** One weight moves to v; the others are rescaled in proportion, so that the sum stays 1. With a the winner's
lead over a rival in this criterion and b its lead in the others (weighted as among themselves), the lead is

    lead(v) = v·a + (1 − v)·b,      zero at v = b / (b − a)

a straight line: each rival can overtake on one side only, and stays ahead from there on. So the winner keeps winning
in one interval of v. (Triantaphyllou and Sánchez, "A sensitivity analysis approach for some deterministic
multi-criteria decision-making methods", 1997, add to one weight and divide all by their sum: the same line.)

**Scores.** A winner's score may fall, a rival's may rise, by lead / weight, if the scale reaches so far.

At the bound itself both options are tied; the winner is another one beyond it. If the best are tied already, what is
asked is what the first of them would lose to, and a change of 0 means: any change at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from .decision_matrix import DecisionMatrix

if TYPE_CHECKING:
    import pandas as pd

NEVER = "never"
Flip = TypeVar("Flip", "WeightFlip", "ScoreFlip")


@dataclass(frozen=True)
class WeightFlip:
    """How far one weight may move until another option wins.

    weight      what it is now; all weights together are 1
    low, high   the winner wins in between; None: down to 0, up to 1
    at          the nearer of both, None if no weight of this criterion changes the winner
    to          who wins just beyond `at`, more than one if they would be tied
    """

    criterion: str
    weight: Fraction
    low: Fraction | None
    high: Fraction | None
    at: Fraction | None
    to: tuple[str, ...]

    @property
    def change(self) -> Fraction | None:
        """What has to be added to the weight; None for never."""
        return None if self.at is None else self.at - self.weight

    def __str__(self) -> str:
        if self.at is None:
            return f"{self.criterion}: no weight changes the winner"
        way = "above" if self.at == self.high else "below"
        return f"{self.criterion}: {way} {float(self.at):.1%} (now {float(self.weight):.1%}) {_and(self.to)} would win"


@dataclass(frozen=True)
class ScoreFlip:
    """How far one score may move until another option wins: beyond `at`, None if not within the scale."""

    option: str
    criterion: str
    score: Fraction
    at: Fraction | None
    to: tuple[str, ...]

    @property
    def change(self) -> Fraction | None:
        """What has to be added to the score; None for never."""
        return None if self.at is None else self.at - self.score

    def __str__(self) -> str:
        what = f"{self.option} in {self.criterion}"
        if self.at is None:
            return f"{what}: no score changes the winner"
        way = "above" if self.to == (self.option,) else "below"
        return f"{what}: {way} {float(self.at):.3g} (now {float(self.score):.3g}) {_and(self.to)} would win"


def weight_flips(matrix: DecisionMatrix) -> tuple[WeightFlip, ...]:
    """Return for each criterion how far its weight may move, the most sensitive first, those that never flip last."""
    return _by_change([_weight_flip(matrix, name) for name in matrix.weights])


def score_flips(matrix: DecisionMatrix) -> tuple[ScoreFlip, ...]:
    """Return for each single score how far it may move, the most sensitive first, those that never flip last."""
    leads = _leads(matrix)
    return _by_change(
        [_score_flip(matrix, leads, (option, name)) for option in matrix.scores for name in matrix.weights]
    )


def flip_table(matrix: DecisionMatrix) -> pd.DataFrame:
    """Return the weights as a table: criterion, weight, low, high, flips at (or "never"), change, to."""
    import pandas as pd

    rows = [
        (flip.criterion, float(flip.weight), float(flip.low or 0), float(1 if flip.high is None else flip.high))
        + ((float(flip.at), float(flip.change), _and(flip.to)) if flip.to else (NEVER, NEVER, ""))
        for flip in weight_flips(matrix)
    ]
    return pd.DataFrame(rows, columns=["criterion", "weight", "low", "high", "flips at", "change", "to"])


def _weight_flip(matrix: DecisionMatrix, criterion: str) -> WeightFlip:
    weight, winner = matrix.weights[criterion], matrix.winner
    falling: dict[str, tuple[Fraction, Fraction]] = {}  # rival -> (where it overtakes, how steeply)
    rising: dict[str, tuple[Fraction, Fraction]] = {}
    for rival, lead in _leads(matrix).items():
        here = matrix.scores[winner][criterion] - matrix.scores[rival][criterion]
        rest = (lead - weight * here) / (1 - weight)
        if rest < 0:
            falling[rival] = (rest / (rest - here), here - rest)
        if here < 0:
            rising[rival] = (rest / (rest - here), rest - here)
    low = max((at for at, _ in falling.values()), default=None)
    high = min((at for at, _ in rising.values()), default=None)
    if low is not None and (high is None or weight - low < high - weight):
        return WeightFlip(criterion, weight, low, high, low, _steepest(falling, low))
    to = () if high is None else _steepest(rising, high)
    return WeightFlip(criterion, weight, low, high, high, to)


def _score_flip(matrix: DecisionMatrix, leads: dict[str, Fraction], place: tuple[str, str]) -> ScoreFlip:
    option, criterion = place
    score, weight = matrix.scores[option][criterion], matrix.weights[criterion]
    if not weight:
        return ScoreFlip(option, criterion, score, None, ())
    lowest, highest = matrix.scale
    if option in leads:
        at = score + leads[option] / weight
        return ScoreFlip(option, criterion, score, *((at, (option,)) if at < highest else (None, ())))
    least = min(leads.values())
    at, to = score - least / weight, tuple(rival for rival, lead in leads.items() if lead == least)
    return ScoreFlip(option, criterion, score, *((at, to) if at > lowest else (None, ())))


def _leads(matrix: DecisionMatrix) -> dict[str, Fraction]:
    """Return by how much the winner is ahead of each rival."""
    totals, winner = matrix.totals, matrix.winner
    return {rival: totals[winner] - total for rival, total in totals.items() if rival != winner}


def _steepest(crossings: dict[str, tuple[Fraction, Fraction]], place: Fraction) -> tuple[str, ...]:
    """Of the rivals that overtake at this place, return those that gain most beyond it."""
    here = {rival: slope for rival, (at, slope) in crossings.items() if at == place}
    return tuple(rival for rival, slope in here.items() if slope == max(here.values()))


def _by_change(flips: list[Flip]) -> tuple[Flip, ...]:
    return tuple(sorted(flips, key=lambda flip: (flip.change is None, abs(flip.change or 0))))


def _and(names: tuple[str, ...]) -> str:
    return " and ".join(names)
