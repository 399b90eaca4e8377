"""Does a model answer differently when only the name in the prompt changes? Paired differences, with an interval.

    found = name_swaps(score, ["{name} asks for a loan of 2,000 euros. {pronoun} has worked for five years."])

The same sentence is asked twice, once with each name of a pair; whatever differs in the answers is due to the name. The
names are ours: common first names from several places, in pairs of a woman's and a man's. A name says what people
*assume* about its bearer, and that is what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.ethics.checks import require_between
from mlops_helpers.ethics.errors import BadLabels, EmptyData, InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Person(NamedTuple):
    """A name and the words that go with it."""

    name: str
    gender: str
    origin: str

    def words(self) -> dict[str, str]:
        """Return what a template may use: name, pronoun, possessive, title."""
        she = self.gender == "woman"
        return {
            "name": self.name,
            "pronoun": "She" if she else "He",
            "possessive": "her" if she else "his",
            "title": "Ms" if she else "Mr",
        }


WORDS = ("name", "pronoun", "possessive", "title")
NAMES = tuple(
    Person(name, gender, origin)
    for origin, women, men in (
        ("English", ("Emily", "Sarah", "Alice"), ("Thomas", "James", "Peter")),
        ("German", ("Anna", "Katrin", "Ute"), ("Jan", "Stefan", "Uwe")),
        ("Turkish", ("Ayşe", "Elif", "Fatma"), ("Mehmet", "Emre", "Murat")),
        ("Arabic", ("Layla", "Noor", "Amina"), ("Omar", "Karim", "Yusuf")),
        ("Nigerian", ("Ngozi", "Adaeze", "Yewande"), ("Chinedu", "Emeka", "Tunde")),
        ("Vietnamese", ("Linh", "Huong", "Thuy"), ("Minh", "Tuan", "Duc")),
    )
    for gender, group in (("woman", women), ("man", men))
    for name in group
)


@dataclass(frozen=True)
class SwapReport:
    """Paired differences.

    pairs       one row per template and pair: template, first, second (names), and their scores, `difference` = first
                minus second
    difference  mean of the differences; low, high: its 95 % interval, by redrawing templates (pairs of one template
                are not independent) and the pairs within them
    p_value     chance of so large a mean if swapping made no difference: the signs of the templates' means flipped at
                random (all combinations up to 12 templates)
    changed     share of pairs whose scores differ at all
    """

    pairs: pd.DataFrame
    difference: float
    low: float
    high: float
    p_value: float
    changed: float

    def __str__(self) -> str:
        """Return the finding in a sentence."""
        return (
            f"{self.pairs.shape[0]:,} pairs: first minus second {self.difference:+.3f} "
            f"({self.low:+.3f} to {self.high:+.3f}, p = {self.p_value:.3f}); {self.changed:.0%} of the answers differ."
        )


def name_pairs(*, by: str = "gender", origins: tuple[str, str] = ("English", "Turkish")) -> list[tuple[Person, Person]]:
    """Return pairs of names: by "gender" a woman and a man of one origin, by "origin" two of one gender.

    Raises InvalidSetting for another `by` and for an origin that is not in `NAMES`.
    """
    known = sorted({person.origin for person in NAMES})
    if by not in ("gender", "origin") or not set(origins) <= set(known):
        found = f"by={by!r}, origins={origins}"
        raise InvalidSetting(found, f"'gender' or 'origin', and origins among {known}", "Correct it.")

    def of(gender: str, origin: str) -> list[Person]:
        return [person for person in NAMES if (person.gender, person.origin) == (gender, origin)]

    if by == "gender":
        return [pair for origin in known for pair in zip(of("woman", origin), of("man", origin), strict=True)]
    first, second = origins
    return [pair for gender in ("woman", "man") for pair in zip(of(gender, first), of(gender, second), strict=True)]


def name_swaps(
    score: Callable[[str], float],
    templates: Sequence[str],
    *,
    pairs: Sequence[tuple[Person, Person]] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> SwapReport:
    """Ask `score` for every template with both names of every pair, and compare.

    score      turns a prompt into a number: 1 for an approval, a rating, a length
    templates  texts with {name}, and {pronoun}, {possessive} or {title} where they need them
    Raises EmptyData without templates or pairs, InvalidSetting for a template with another field or without {name},
    BadLabels for a score that is no number; exceptions of `score` pass through.
    """
    import numpy as np
    import pandas as pd

    chosen = name_pairs() if pairs is None else list(pairs)
    if not templates or not chosen:
        raise EmptyData("no templates or no pairs", "at least one of each", "Write a sentence with {name}.")
    require_between(draws, 100, 100_000, name="draws")
    for template in templates:
        _require_fields(template)
    lines = [
        (template, first.name, second.name, *(_number(score, template, person) for person in (first, second)))
        for template in templates
        for first, second in chosen
    ]
    table = pd.DataFrame(lines, columns=["template", "first", "second", "first_score", "second_score"])
    table["difference"] = table["first_score"] - table["second_score"]
    grid = table["difference"].to_numpy().reshape(len(templates), len(chosen))
    low, high = np.quantile(_redrawn(grid, draws, seed), [0.025, 0.975])
    chance = _sign_flips(grid.mean(axis=1), draws, seed)
    return SwapReport(table, float(grid.mean()), float(low), float(high), chance, float((grid != 0).mean()))


def _require_fields(template: str) -> None:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(template) if field is not None}
    except ValueError as error:
        raise InvalidSetting(f"template {template!r} ({error})", "fields such as {name}", "Close the brace.") from error
    if "name" not in fields or fields - set(WORDS):
        found = f"the fields {sorted(fields)} in {template!r}"
        raise InvalidSetting(found, f"{{name}}, and others of {WORDS} only", "Correct the template.")


def _number(score: Callable[[str], float], template: str, person: Person) -> float:
    value = score(template.format(**person.words()))
    if isinstance(value, str) or value is None or not float("-inf") < float(value) < float("inf"):
        raise BadLabels(f"{value!r} as a score for {person.name}", "a number", "Turn the answer into one first.")
    return float(value)


def _redrawn(grid: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Return means of redrawn templates, each with redrawn pairs; `grid` is (templates, pairs)."""
    import numpy as np

    rng, (templates, pairs) = np.random.default_rng(seed), grid.shape
    rows = rng.integers(0, templates, (draws, templates))
    columns = rng.integers(0, pairs, (draws, templates, pairs))
    return grid[rows[:, :, None], columns].mean(axis=(1, 2))


def _sign_flips(means: np.ndarray, draws: int, seed: int) -> float:
    """Return the two-sided p-value of the mean of `means` under random signs (Fisher's randomisation test)."""
    from itertools import product

    import numpy as np

    if len(means) <= 12:
        signs = np.array(list(product((1, -1), repeat=len(means))))
        extra = 0
    else:
        signs, extra = np.random.default_rng([seed, 1]).choice((1, -1), (draws, len(means))), 1
    as_large = (np.abs(signs @ means) >= abs(means.sum()) - 1e-12).sum()
    return float((as_large + extra) / (len(signs) + extra))
