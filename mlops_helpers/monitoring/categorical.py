"""Compare a categorical column: counts of its levels in both windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .comparison import LISTED, Comparison
from .distances import jensen_shannon_distance, population_stability_index
from .proportions import chi_squared

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 50  # PSI and Jensen–Shannon look at so many levels, the rest counts as one: each rare level adds noise
OTHERS = "(all other levels)"


@dataclass(frozen=True, eq=False)
class LevelCounts:
    """How often each level occurs: a Series of counts by level, and rows without a value."""

    counts: pd.Series
    missing: int = 0

    @classmethod
    def of(cls, column: pd.Series) -> LevelCounts:
        """Count the levels of a column; None, NaN and NA are missing, not a level."""
        import pandas as pd

        if isinstance(column.dtype, pd.CategoricalDtype):
            codes = np.bincount(column.cat.codes.to_numpy() + 1, minlength=len(column.cat.categories) + 1)
            counts = pd.Series(codes[1:], index=column.cat.categories)
            counts = counts[counts > 0]
        else:
            counts = column.value_counts(sort=False, dropna=True)
        return cls(counts.astype(np.int64), len(column) - int(counts.sum()))


def compare_levels(column: str, reference: LevelCounts, production: LevelCounts) -> Comparison:
    """Return the comparison of two tables of levels. The statistic is Cramér's V, the p-value that of chi-squared.

    PSI and Jensen–Shannon are over the levels themselves (beyond 50, the rarest count as one).
    """
    facts = {
        "n_reference": int(reference.counts.sum()),
        "n_production": int(production.counts.sum()),
        "missing_reference": reference.missing,
        "missing_production": production.missing,
    }
    if not facts["n_reference"] or not facts["n_production"]:
        return Comparison(column, "categorical", **facts)
    names, r, p = _aligned(reference.counts, production.counts)
    test = chi_squared(r, p)
    new, vanished = np.flatnonzero(r == 0), np.flatnonzero(p == 0)
    unlisted = max(0, len(new) - LISTED), max(0, len(vanished) - LISTED)
    bins, few_r, few_p = _most_frequent(names, r, p)
    return Comparison(
        column,
        "categorical",
        **facts,
        statistic=test.cramers_v,
        p_value=test.p_value,
        test=f"chi-squared ({test.freedom} degrees of freedom)",
        psi=population_stability_index(few_r, few_p),
        jensen_shannon=jensen_shannon_distance(few_r, few_p),
        constant=len(names) == 1,
        new_levels=tuple(names[i] for i in new[:LISTED]),
        vanished_levels=tuple(names[i] for i in vanished[:LISTED]),
        unlisted=unlisted,
        bins=bins,
        shares=(tuple((few_r / r.sum()).tolist()), tuple((few_p / p.sum()).tolist())),
    )


def _aligned(reference: pd.Series, production: pd.Series) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return all levels as text, and their counts in both windows; the most frequent first, ties by name."""
    levels = reference.index.union(production.index, sort=False)
    r, p = (counts.reindex(levels, fill_value=0).to_numpy() for counts in (reference, production))
    names = levels.astype(str).to_numpy(dtype=object)
    order = np.lexsort((names.astype(str), -(r + p)))
    return names[order].tolist(), r[order], p[order]


def _most_frequent(names: list[str], r: np.ndarray, p: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return the first 50 levels and one entry for all others."""
    if len(names) <= MOST_LEVELS:
        return tuple(names), r, p
    few = [np.append(counts[:MOST_LEVELS], counts[MOST_LEVELS:].sum()) for counts in (r, p)]
    return (*names[:MOST_LEVELS], OTHERS), *few
