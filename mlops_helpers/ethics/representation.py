"""Are the people in the data those whom the model will judge? Shares of groups against a population's."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_between, require_columns, require_rows
from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.groups import REFUSE, groups_of

if TYPE_CHECKING:
    import pandas as pd

OVER, UNDER, AS_POPULATION = "over-represented", "under-represented", "as in the population"
ABSENT, UNKNOWN = "absent", "no population share"


def population_gap(
    data: pd.DataFrame,
    *,
    attribute: str,
    population: Mapping[object, float] | pd.Series,
    confidence: float = 0.95,
    missing: str = REFUSE,
) -> pd.DataFrame:
    """Return one row per group of `attribute`: how its share in the data compares with its share in the population.

    population   share of each group among the people the model will judge (1 together, 100 for percent), or their
                 numbers, which are whole

    n, share, low, high         rows, their share and its interval (Wilson)
    population_share            what it should be
    ratio, ratio_low, ratio_high   share / population_share, 1 is as in the population
    verdict                     "under-represented" or "over-represented" where the interval excludes the population's
                                share, "as in the population", "absent" (no row), or "no population share"
    Raises MissingColumn, EmptyData, BadGroups, and InvalidSetting for shares that are negative or not 1
    together.
    """
    import numpy as np
    import pandas as pd

    from mlops_helpers.debugging.significance import wilson

    require_columns(data.columns, [attribute])
    require_rows(data)
    require_between(confidence, 0.5, 0.9999, name="confidence")
    expected = _shares(population)
    grouped = groups_of(data, attribute, missing=missing)
    counts = dict(zip(grouped.labels, np.bincount(grouped.codes, minlength=len(grouped.names)).tolist(), strict=True))
    table = pd.DataFrame({"group": [*counts, *(name for name in expected if name not in counts)]})
    table["n"] = [counts.get(name, 0) for name in table["group"]]
    table["share"] = table["n"] / len(data)
    table["low"], table["high"] = wilson(table["n"], len(data), confidence=confidence)
    table["population_share"] = [expected.get(name, np.nan) for name in table["group"]]
    known = table["population_share"].where(table["population_share"] > 0)
    for name, column in (("ratio", "share"), ("ratio_low", "low"), ("ratio_high", "high")):
        table[name] = table[column] / known
    return table.assign(verdict=[_verdict(row) for row in table.itertuples()])


def _shares(population: Mapping[object, float] | pd.Series) -> dict[str, float]:
    """Return shares that sum to 1, by the group's name."""
    import math

    given = {str(name): value for name, value in population.items()}
    numbers = all(isinstance(value, Real) and value >= 0 for value in given.values())
    total = sum(given.values()) if numbers else 0
    counts = numbers and all(float(value).is_integer() for value in given.values())
    together = any(math.isclose(total, whole, rel_tol=0.01) for whole in (1, 100))  # shares are often rounded
    if not 0 < total < math.inf or not (counts or together):
        expected = "numbers of people, or shares that are 1 together (100 for percent), none negative"
        raise InvalidSetting(f"population={given}", expected, "Take them from a census or from your applicants.")
    return {name: float(value / total) for name, value in given.items()}


def _verdict(row: tuple) -> str:
    """Return one group's verdict."""
    if row.population_share != row.population_share:
        return UNKNOWN
    if row.n == 0 and row.population_share > 0:
        return ABSENT
    if row.low <= row.population_share <= row.high:
        return AS_POPULATION
    return UNDER if row.share < row.population_share else OVER
