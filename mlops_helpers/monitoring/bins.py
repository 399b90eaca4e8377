"""Columns of two windows in the same few bins: tenths of a numeric column, levels of a categorical one, and "missing".

Everything in the diagnosis that is counted is counted in these bins. Their edges come from the reference alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.errors import MismatchedColumns
from mlops_helpers.monitoring.tables import finite_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

QUANTILES = 10
FEW = 20  # a numeric column with so many values or fewer is taken level by level
LEVELS = 30  # the most frequent levels get a bin each, the others share one


@dataclass(frozen=True, eq=False)
class Binned:
    """One column of both windows: the names of its bins, and the bin (0 … len(names) - 1) of every row."""

    column: str
    names: list[str]
    reference: np.ndarray
    production: np.ndarray

    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Return which share of the reference and of production lies in each bin."""
        import numpy as np

        counts = [np.bincount(codes, minlength=len(self.names)) for codes in (self.reference, self.production)]
        return counts[0] / max(1, len(self.reference)), counts[1] / max(1, len(self.production))


def bin_column(reference: pd.DataFrame, production: pd.DataFrame, column: str) -> Binned:
    """Return a column of both windows in common bins.

    Raises MismatchedColumns if it is numeric in one window only, BadValue if it holds infinite numbers.
    """
    if is_numeric(reference, production, column):
        values = [
            finite_numbers(reference, column, where="the reference"),
            finite_numbers(production, column, where="production"),
        ]
        return _numeric(column, *values)
    return _categorical(column, reference[column], production[column])


def is_numeric(reference: pd.DataFrame, production: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds numbers; a column without any value agrees with both kinds."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    def numeric(frame: pd.DataFrame) -> bool:
        return is_numeric_dtype(frame[column]) and not is_bool_dtype(frame[column])

    kinds = {numeric(frame) for frame in (reference, production) if frame[column].notna().any()}
    if len(kinds) > 1:
        found = f"{column!r} as {reference[column].dtype} in the reference and {production[column].dtype} in production"
        raise MismatchedColumns(found, "one type", "Convert the column, and ask who changed its type.")
    return kinds == {True}


def _numeric(column: str, reference: np.ndarray, production: np.ndarray) -> Binned:
    import numpy as np

    known = reference[~np.isnan(reference)]
    distinct = np.unique(known)
    if 0 < len(distinct) <= FEW:
        edges = (distinct[1:] + distinct[:-1]) / 2
        names = [f"{column} = {value:g}" for value in distinct]
    else:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, QUANTILES + 1)[1:-1])) if len(known) else distinct
        names = _interval_names(column, edges)
    codes = [_into(values, edges) for values in (reference, production)]
    return Binned(column, [*names, f"{column} missing"], *codes)


def _into(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the interval of each value; the last bin is for missing ones."""
    import numpy as np

    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _interval_names(column: str, edges: np.ndarray) -> list[str]:
    if not len(edges):
        return [column]
    inner = [f"{low:.4g} ≤ {column} < {high:.4g}" for low, high in pairwise(edges)]
    return [f"{column} < {edges[0]:.4g}", *inner, f"{column} ≥ {edges[-1]:.4g}"]


def _categorical(column: str, reference: pd.Series, production: pd.Series) -> Binned:
    import numpy as np

    levels = list(reference.value_counts().index[:LEVELS])
    place = {level: number for number, level in enumerate(levels)}
    names = [*(f"{column} = {level}" for level in levels), f"{column} = another level", f"{column} missing"]

    def codes(values: pd.Series) -> np.ndarray:
        known = values.astype(object).map(place).fillna(len(levels)).to_numpy(dtype="int64")
        return np.where(values.isna(), len(levels) + 1, known)

    return Binned(column, names, codes(reference), codes(production))
