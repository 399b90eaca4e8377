"""Which tool? Options against weighted criteria, added up exactly.

    matrix = weigh_options(scores, {"quality": 5, "cost": 3, "lock-in": 2}, scale=(1, 5))
    matrix.winner, matrix.ranking
    weight_flips(matrix), score_flips(matrix)      what would change the answer (`decision_sensitivity`)
    record_decision(matrix, …)                     the same in writing, for those who ask in a year (`decision_record`)

The weighted sum is the simplest method there is (Fishburn, "Additive utilities with incomplete product set", 1967), and
it assumes much: more is always better (so score "cheapness", not "price"), and a weakness in one criterion can be made
up for in another. What no option may do without is no criterion but a condition: leave out the options that fail it.

All numbers are kept as fractions, as they are written: 0.1 is 1/10. So two options are tied if and only if they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from math import isfinite
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING

from .errors import BadMatrix

if TYPE_CHECKING:
    import pandas as pd

SCALE = (0, 10)


@dataclass(frozen=True)
class DecisionMatrix:
    """Checked scores and weights; make it with `weigh_options`.

    scores    option -> criterion -> score, within the scale
    weights   criterion -> weight, together 1
    scale     the lowest and the highest score that may be given
    """

    scores: Mapping[str, Mapping[str, Fraction]]
    weights: Mapping[str, Fraction]
    scale: tuple[Fraction, Fraction]

    @property
    def totals(self) -> dict[str, Fraction]:
        """The weighted sum of each option, on the scale of the scores."""
        return {
            option: sum(weight * row[criterion] for criterion, weight in self.weights.items())
            for option, row in self.scores.items()
        }

    @property
    def winners(self) -> tuple[str, ...]:
        """The option with the highest sum; several if they are tied, in the order they were given."""
        totals = self.totals
        return tuple(option for option, total in totals.items() if total == max(totals.values()))

    @property
    def winner(self) -> str:
        """The option with the highest sum; of tied ones the first, so look at `winners` too."""
        return self.winners[0]

    @property
    def ranking(self) -> pd.DataFrame:
        """One row per option, best first: rank (tied options share one), option, score, behind (the best score)."""
        import pandas as pd

        totals = self.totals
        best = max(totals.values())
        rows = [
            (1 + sum(other > total for other in totals.values()), option, float(total), float(best - total))
            for option, total in totals.items()
        ]
        return pd.DataFrame(sorted(rows, key=lambda row: row[0]), columns=["rank", "option", "score", "behind"])

    @property
    def table(self) -> pd.DataFrame:
        """The scores as they were given: one row per option, one column per criterion."""
        import pandas as pd

        rows = {option: {name: float(row[name]) for name in self.weights} for option, row in self.scores.items()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("option")

    def __str__(self) -> str:
        first, *others = self.winners
        best = float(self.totals[first])
        if others:
            return f"a tie: {first} and {', '.join(others)} with {best:.2f} each"
        rank_two = self.ranking.iloc[1]
        return f"{first} with {best:.2f}, {rank_two['behind']:.2f} ahead of {rank_two['option']}"

    def _repr_html_(self) -> str:
        shown = self.ranking.merge(self.table, on="option").round(2)
        return f"<p>{escape(str(self))}</p>{shown.to_html(index=False, border=0)}"


def weigh_options(
    scores: pd.DataFrame | Mapping[str, Mapping[str, float]],
    weights: Mapping[str, float],
    *,
    scale: tuple[float, float] = SCALE,
) -> DecisionMatrix:
    """Check scores and weights, and return the matrix.

    scores    a DataFrame (options as index, criteria as columns) or option -> criterion -> score; more is better
    weights   criterion -> how much it counts; any numbers of 0 or more, divided by their sum
    scale     the lowest and the highest score

    Raises BadMatrix for fewer than two options, fewer than two criteria with a weight above 0, a negative weight, a
    score that is missing, NaN, no number or outside the scale, and a criterion without a weight.
    """
    lowest, highest = (_exact(end, "the scale's end") for end in scale)
    if not lowest < highest:
        raise BadMatrix(f"a scale from {scale[0]} to {scale[1]}", "the lowest score first", "Use (0, 10), say.")
    shares = _shares(weights)
    rows = _rows(scores)
    _check_names(rows, "option")
    if len(rows) < 2:
        raise BadMatrix(f"the options {list(rows)}", "at least two", "One option is no decision; add 'do nothing'.")
    checked = {option: _row(option, row, shares) for option, row in rows.items()}
    for option, row in checked.items():
        for name, score in row.items():
            if not lowest <= score <= highest:
                found = f"the score {float(score):g} of {option} in {name}"
                raise BadMatrix(found, f"{float(lowest):g} to {float(highest):g}", "Correct it, or pass scale=.")
    return DecisionMatrix(MappingProxyType(checked), MappingProxyType(shares), (lowest, highest))


def _shares(weights: Mapping[str, float]) -> dict[str, Fraction]:
    """Return the weights divided by their sum."""
    _check_names(weights, "criterion")
    exact = {name: _exact(weight, f"the weight of {name}") for name, weight in weights.items()}
    if negative := [name for name, weight in exact.items() if weight < 0]:
        remedy = "Score the opposite instead: cheapness for price."
        raise BadMatrix(f"a negative weight of {', '.join(negative)}", "weights of 0 or more", remedy)
    if sum(weight > 0 for weight in exact.values()) < 2:
        found = f"the weights {dict(weights)}"
        raise BadMatrix(found, "at least two criteria with a weight above 0", "With one there is nothing to weigh.")
    total = sum(exact.values())
    return {name: weight / total for name, weight in exact.items()}


def _rows(scores: pd.DataFrame | Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    if isinstance(scores, Mapping):
        return scores
    for names, kind in ((scores.index, "option"), (scores.columns, "criterion")):
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise BadMatrix(f"the {kind} {twice[0]} twice", f"each {kind} once", "Rename or drop one of them.")
    return scores.to_dict("index")


def _row(option: str, row: Mapping[str, float], weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Return one option's scores in the order of the criteria."""
    if unknown := sorted(str(name) for name in set(row) - set(weights)):
        found = f"scores of {option} in {', '.join(unknown)}, which has no weight"
        raise BadMatrix(found, f"scores in {', '.join(weights)}", "Give it a weight (0 if it should not count).")
    if missing := [name for name in weights if name not in row]:
        remedy = "Find out, or give the lowest score: silence would count as average."
        raise BadMatrix(f"no score of {option} in {', '.join(missing)}", "a score in each criterion", remedy)
    return {name: _exact(row[name], f"the score of {option} in {name}") for name in weights}


def _check_names(names: Iterable[str], kind: str) -> None:
    if wrong := [name for name in names if not isinstance(name, str) or not name.strip()]:
        raise BadMatrix(f"the {kind} {wrong[0]!r}", "a name", "Name it in a word or two.")


def _exact(value: object, what: str) -> Fraction:
    """Return the number as it is written."""
    if not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value):
        raise BadMatrix(f"{value!r} as {what}", "a finite number", "Put a number there.")
    return Fraction(str(value))
