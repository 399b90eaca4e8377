"""Compare a categorical column: counts of its levels in both windows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    """How often each level occurs (levels as text), and the rows without a value."""

    counts: Mapping[str, int]
    missing: int = 0

    @classmethod
    def of(cls, column: pd.Series) -> LevelCounts:
        """Count the levels of a column; None, NaN and NA are missing, not a level. Levels that read alike are one."""
        import pandas as pd

        if isinstance(column.dtype, pd.CategoricalDtype):
            sizes = np.bincount(column.cat.codes.to_numpy() + 1, minlength=len(column.cat.categories) + 1)[1:]
            pairs = zip(column.cat.categories.tolist(), sizes.tolist(), strict=True)
        elif isinstance(column.dtype, pd.StringDtype):
            pairs = _count_texts(column)
        else:
            found = column.value_counts(sort=False, dropna=True)
            pairs = zip(found.index.tolist(), found.tolist(), strict=True)
        counts: Counter[str] = Counter()
        for level, size in pairs:
            if size:
                counts[str(level)] += size
        return cls(counts, len(column) - counts.total())


def _count_texts(column: pd.Series) -> Iterator[tuple[str, int]]:
    """Return the texts of a column and how often each occurs, nulls left out."""
    import pyarrow.compute as pc

    from mlops_helpers.governance.compact import arrow_text

    found = pc.value_counts(arrow_text(column))
    texts, sizes = found.field("values").to_pylist(), found.field("counts").to_pylist()
    return ((text, size) for text, size in zip(texts, sizes, strict=True) if text is not None)


def compare_levels(column: str, reference: LevelCounts, production: LevelCounts) -> Comparison:
    """Return the comparison of two tables of levels. The statistic is Cramér's V, the p-value that of chi-squared.

    PSI and Jensen–Shannon are over the levels themselves (beyond 50, the rarest count as one).
    """
    facts = {
        "n_reference": sum(reference.counts.values()),
        "n_production": sum(production.counts.values()),
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


def _aligned(reference: Mapping[str, int], production: Mapping[str, int]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return all levels and their counts in both windows; the most frequent first, ties by name."""
    levels = sorted(
        {**reference, **production}, key=lambda name: (-reference.get(name, 0) - production.get(name, 0), name)
    )
    r, p = (np.array([counts.get(name, 0) for name in levels]) for counts in (reference, production))
    return levels, r, p


def _most_frequent(names: list[str], r: np.ndarray, p: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return the first 50 levels and one entry for all others."""
    if len(names) <= MOST_LEVELS:
        return tuple(names), r, p
    few = [np.append(counts[:MOST_LEVELS], counts[MOST_LEVELS:].sum()) for counts in (r, p)]
    return (*names[:MOST_LEVELS], OTHERS), *few
