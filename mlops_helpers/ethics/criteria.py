"""The criteria of fairness: which rate has to be the same in all groups, and how far from the same it is.

    demographic parity     selection_rate   the same share is selected
    equal opportunity      tpr              of those who qualify, the same share is selected (Hardt et al., 2016)
    predictive equality    fpr              of those who do not, the same share is selected
    equalized odds         tpr and fpr      both; the larger of the two differences counts
    predictive parity      ppv              of the selected, the same share qualifies (Chouldechova, 2017)
    accuracy equality      accuracy         the same share is judged right

The difference is the largest rate minus the smallest; the ratio the smallest divided by the largest. A largest minus a
smallest is never below 0: even with equal rates it is as large as chance makes it. So each comes with `by_chance`,
which 95 % of the differences would stay below if all groups had the same rate and as many rows as they have.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_between, require_choice
from mlops_helpers.ethics.outcomes import RATES, Outcomes, hits_among, rate_of, redraw

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CRITERIA = MappingProxyType(
    {
        "demographic parity": ("selection_rate",),
        "equal opportunity": ("tpr",),
        "predictive equality": ("fpr",),
        "equalized odds": ("tpr", "fpr"),
        "predictive parity": ("ppv",),
        "accuracy equality": ("accuracy",),
    }
)
COLUMNS = (*("criterion", "difference", "low", "high", "by_chance", "ratio", "lowest", "highest", "verdict", "note"),)
DIFFERS, CHANCE, UNDEFINED = "differs", "could be chance", "undefined"


def require_criterion(criterion: str) -> tuple[str, ...]:
    """Return the rates that a criterion wants to be equal. Raises InvalidSetting, which lists the criteria."""
    require_choice(criterion, CRITERIA, name="criterion")
    return CRITERIA[criterion]


def difference(counts: np.ndarray, criterion: str) -> np.ndarray:
    """Return the largest difference between two groups for counts of shape (..., groups, 2, 2).

    Groups in which a rate is undefined are left out of it; NaN where fewer than two groups are left.
    Raises InvalidSetting.
    """
    import numpy as np

    found = []
    for name in require_criterion(criterion):
        rate = rate_of(counts, name)
        known = ~np.isnan(rate)
        high, low = np.where(known, rate, -np.inf).max(axis=-1), np.where(known, rate, np.inf).min(axis=-1)
        found.append(np.where(known.sum(axis=-1) >= 2, high - low, np.nan))
    return np.max(found, axis=0)


def ratio(counts: np.ndarray, criterion: str) -> float:
    """Return the smallest rate divided by the largest, of counts of shape (groups, 2, 2); of two rates the worse.

    NaN (undefined) where fewer than two groups have the rate, or all of them have 0.
    """
    import numpy as np

    found = []
    for name in require_criterion(criterion):
        rate = rate_of(counts, name)
        rate = rate[~np.isnan(rate)]
        found.append(rate.min() / rate.max() if len(rate) >= 2 and rate.max() > 0 else np.nan)
    return float(np.min(found))


def gaps(outcomes: Outcomes, *, few: int = 30, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Return one row per criterion: how far the groups are apart.

    difference       largest rate minus smallest; low, high: its 95 % interval, by redrawing the counts
    by_chance        what 95 % of the differences would stay below if the rate were the same in all groups
    ratio            smallest rate divided by largest
    lowest, highest  the two groups
    verdict          "differs" (more than chance explains), "could be chance", "undefined"
    note             groups without the rate, and groups where it stands on fewer than `few` rows

    few     fewest rows a rate should stand on; draws, seed: of the redrawing
    Raises InvalidSetting for fewer than 100 draws.
    """
    import pandas as pd

    require_between(draws, 100, 100_000, name="draws")
    drawn = redraw(outcomes.counts, draws=draws, seed=seed)
    lines = [_line(outcomes, criterion, drawn, few, seed) for criterion in CRITERIA]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _line(outcomes: Outcomes, criterion: str, drawn: np.ndarray, few: int, seed: int) -> tuple:
    """Return a row of the table."""
    import numpy as np

    found = float(difference(outcomes.counts, criterion))
    note = "; ".join(_notes(outcomes, criterion, few))
    if np.isnan(found):
        return (criterion, *[np.nan] * 5, "", "", UNDEFINED, note)
    values = difference(drawn, criterion)
    low, high = np.quantile(values[~np.isnan(values)], [0.025, 0.975])
    chance = float(np.nanquantile(_under_equality(outcomes.counts, criterion, len(drawn), seed), 0.95))
    worst = max(CRITERIA[criterion], key=lambda name: np.nan_to_num(np.ptp(_known(outcomes.counts, name)), nan=-1))
    rate = rate_of(outcomes.counts, worst)
    ends = outcomes.labels[int(np.nanargmin(rate))], outcomes.labels[int(np.nanargmax(rate))]
    verdict = DIFFERS if found > chance else CHANCE
    return (criterion, found, low, high, chance, ratio(outcomes.counts, criterion), *ends, verdict, note)


def _known(counts: np.ndarray, name: str) -> np.ndarray:
    import numpy as np

    rate = rate_of(counts, name)
    return rate[~np.isnan(rate)]


def _under_equality(counts: np.ndarray, criterion: str, draws: int, seed: int) -> np.ndarray:
    """Return differences of groups that share each rate, with the rows that each group has; shape (draws,)."""
    import numpy as np

    rng, largest = np.random.default_rng([seed, 1]), np.zeros(draws)
    for name in CRITERIA[criterion]:
        hits, among = (values[hits_among(counts, name)[1] > 0] for values in hits_among(counts, name))
        rates = rng.binomial(among, hits.sum() / among.sum(), size=(draws, len(among))) / among
        largest = np.maximum(largest, np.ptp(rates, axis=1))
    return largest


def _notes(outcomes: Outcomes, criterion: str, few: int) -> list[str]:
    """Return who has no such rate, and whose rate stands on few rows."""
    notes = []
    for name in CRITERIA[criterion]:
        among, what = hits_among(outcomes.counts, name)[1], RATES[name].empty
        for label, rows in zip(outcomes.labels, among.tolist(), strict=True):
            if rows < few:
                notes.append(f"{label}: no {what}, left out" if rows == 0 else f"{label}: only {rows} {what}")
    return notes
