"""The criteria of fairness: which rate has to be the same in all groups, and how far from the same it is.

    demographic parity     selection_rate   the same share is selected
    equal opportunity      tpr              of those who qualify, the same share is selected (Hardt et al., 2016)
    predictive equality    fpr              of those who do not, the same share is selected
    equalized odds         tpr and fpr      both; the larger of the two differences counts
    predictive parity      ppv              of the selected, the same share qualifies (Chouldechova, 2017)
    accuracy equality      accuracy         the same share is judged right

The difference is the largest rate minus the smallest; the ratio the smallest divided by the largest. A largest minus a
smallest is never below 0: even with equal rates it is as large as chance makes it. So each comes with `by_chance`,
which 95 % of the differences would stay below if all groups had the same rate and as many rows as they have. Where a
criterion has two rates, each is compared with its own chance, at half the risk (Bonferroni): a small difference of the
one is not drowned by the noise of the other. `note` names the rate that differs.
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
RISK = 0.05  # of a verdict "differs" where nothing does
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
    verdict          "differs" (a rate differs by more than chance explains), "could be chance", "undefined"
    note             a rate that differs though it is not the one of `difference`; groups without the rate; groups
                     where it stands on fewer than `few` rows

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
    apart = {name: float(np.ptp(_known(outcomes.counts, name))) for name in CRITERIA[criterion]}
    limits = _by_chance(outcomes.counts, criterion, len(drawn), seed)
    worst, beyond = max(apart, key=apart.get), [name for name in apart if apart[name] > limits[name]]
    chance = limits[worst]
    if beyond and worst not in beyond:
        told = [f"{name} differs by {apart[name]:.4f}, by chance {limits[name]:.4f}" for name in beyond]
        note = "; ".join([*told, *([note] if note else [])])
    rate = rate_of(outcomes.counts, worst)
    ends = outcomes.labels[int(np.nanargmin(rate))], outcomes.labels[int(np.nanargmax(rate))]
    verdict = DIFFERS if beyond else CHANCE
    return (criterion, found, low, high, chance, ratio(outcomes.counts, criterion), *ends, verdict, note)


def _known(counts: np.ndarray, name: str) -> np.ndarray:
    import numpy as np

    rate = rate_of(counts, name)
    return rate[~np.isnan(rate)]


def _by_chance(counts: np.ndarray, criterion: str, draws: int, seed: int) -> dict[str, float]:
    """Return for each rate what differences of groups that share it stay below, with the rows that each group has."""
    import numpy as np

    rng, names = np.random.default_rng([seed, 1]), CRITERIA[criterion]
    limits = {}
    for name in names:
        hits, among = (values[hits_among(counts, name)[1] > 0] for values in hits_among(counts, name))
        rates = rng.binomial(among, hits.sum() / among.sum(), size=(draws, len(among))) / among
        limits[name] = float(np.quantile(np.ptp(rates, axis=1), 1 - RISK / len(names)))
    return limits


def _notes(outcomes: Outcomes, criterion: str, few: int) -> list[str]:
    """Return who has no such rate, and whose rate stands on few rows."""
    notes = []
    for name in CRITERIA[criterion]:
        among, what = hits_among(outcomes.counts, name)[1], RATES[name].empty
        for label, rows in zip(outcomes.labels, among.tolist(), strict=True):
            if rows < few:
                notes.append(f"{label}: no {what}, left out" if rows == 0 else f"{label}: only {rows} {what}")
    return notes
