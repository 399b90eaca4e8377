"""Counts, sums and means of a table that tell about everybody and about nobody: with noise, within a budget.

    private = PrivateQueries(customers, PrivacyBudget(1.0))
    private.count(epsilon=0.2, where=customers["age"] > 60)
    private.mean("income", bounds=(0, 100_000), epsilon=0.5)

Neighbouring tables differ by one row: one person is one row, or the promise holds for rows only. Bounds and categories
have to come from outside (a price list, the law), never from the table: the largest income in it *is* somebody.

k-anonymity (`governance.anonymity`) is another promise: it says that a *published table* singles nobody out, and fails
against those who know more than the columns it looked at. This one holds whatever else is known, and covers answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.errors import InvalidSetting, MissingColumn, UnequalLengths
from mlops_helpers.ethics.privacy_budget import PrivacyBudget
from mlops_helpers.ethics.private_noise import Below, check_epsilon, discrete_laplace, noise_margin, random_below

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

GRID = 2**20  # steps from the middle of the bounds to their end: rounding is far below any noise
CONFIDENCE = 0.95


@dataclass(frozen=True)
class PrivateAnswer:
    """A noisy `value`; the true one lies within `margin` of it with 95 % (for a mean: approximately).

    Clipping and grid are not part of the margin: the true value is that of the clipped data.
    """

    query: str
    value: float
    margin: float
    epsilon: Decimal

    def __str__(self) -> str:
        return f"{self.query}: {self.value:,.6g} ± {self.margin:,.3g} (epsilon {self.epsilon})"


@dataclass(frozen=True)
class PrivateQueries:
    """Answers about one table out of one budget. `below` is the source of chance, by default the system's.

    For lessons, `below=random_below(seed)` repeats itself.
    """

    data: pd.DataFrame = field(repr=False)
    budget: PrivacyBudget
    below: Below = field(default_factory=random_below, repr=False)

    def count(self, *, epsilon: float, where: Any = None, query: str = "count") -> PrivateAnswer:
        """Return the number of rows, or of those where a mask (one truth value per row) holds.

        It may come out negative: cutting it off would bias sums of counts. Raises `BudgetSpent`, `InvalidEpsilon`,
        `UnequalLengths`.
        """
        rows = self._mask(where)
        spent = self.budget.spend(epsilon, query).epsilon
        noise = discrete_laplace(spent, self.below)
        return PrivateAnswer(query, int(rows.sum()) + noise, noise_margin(spent, confidence=CONFIDENCE), spent)

    def counts(self, column: str, categories: Iterable[Any], *, epsilon: float) -> pd.DataFrame:
        """Return one row per category: category, count, margin. Costs `epsilon` once.

        A row falls into one category at most, so one person changes one count (parallel composition). The categories
        are named by the caller; values that are none of them are not counted. Raises `InvalidSetting` for none, or
        for one named twice, else as `count`.
        """
        import pandas as pd

        names, values = list(categories), self._column(column)
        if not names or len(set(names)) < len(names):
            raise InvalidSetting(f"categories {names!r:.80}", "at least one, each once", "Name them from a code book.")
        spent = self.budget.spend(epsilon, f"counts by {column}").epsilon
        noisy = [int((values == name).sum()) + discrete_laplace(spent, self.below) for name in names]
        margin = noise_margin(spent, confidence=CONFIDENCE)
        return pd.DataFrame({"category": names, "count": noisy, "margin": margin})

    def sum(self, column: str, *, bounds: tuple[float, float], epsilon: float, where: Any = None) -> PrivateAnswer:
        """Return the sum of a column after its values were clipped to `bounds`; missing values are left out.

        One row changes it by at most the larger of the two bounds. Raises `InvalidSetting` for bounds that are none,
        `MissingColumn`, else as `count`.
        """
        low, high = check_bounds(bounds)
        values = self._numbers(column, where)
        spent = self.budget.spend(epsilon, f"sum of {column}").epsilon
        widest = max(abs(low), abs(high))
        total, margin = self._noisy_sum(values.clip(low, high), widest, spent)
        return PrivateAnswer(f"sum of {column}", total, margin, spent)

    def mean(self, column: str, *, bounds: tuple[float, float], epsilon: float, where: Any = None) -> PrivateAnswer:
        """Return the mean of a column after clipping to `bounds`, itself within them; missing values are left out.

        Half of epsilon goes to the count, half to the sum of distances from the middle of the bounds: those are
        half as wide as the values. Raises as `sum`.
        """
        low, high = check_bounds(bounds)
        values = self._numbers(column, where)
        spent = self.budget.spend(epsilon, f"mean of {column}").epsilon
        middle, half = (low + high) / 2, spent / 2
        total, margin = self._noisy_sum(values.clip(low, high) - middle, (high - low) / 2, half)
        rows = max(1, len(values) + discrete_laplace(half, self.below))
        mean = min(high, max(low, middle + total / rows))
        widest = (margin + noise_margin(half, confidence=CONFIDENCE) * abs(mean - middle)) / rows
        return PrivateAnswer(f"mean of {column}", mean, min(widest, high - low), spent)

    def _noisy_sum(self, values: np.ndarray, widest: float, epsilon: Decimal) -> tuple[float, float]:
        """Return the noisy sum of values from -widest to widest, added up on a grid, and its margin."""
        import numpy as np

        step = widest / GRID
        steps = int(np.rint(values / step).astype(np.int64).sum())
        noise = discrete_laplace(epsilon, self.below, sensitivity=GRID)
        margin = noise_margin(epsilon, sensitivity=GRID, confidence=CONFIDENCE)
        return (steps + noise) * step, margin * step

    def _column(self, column: str) -> pd.Series:
        if column not in self.data.columns:
            raise MissingColumn(
                f"no column {column!r}", f"one of {', '.join(map(str, self.data.columns))}", "Check the spelling."
            )
        return self.data[column]

    def _mask(self, where: Any) -> np.ndarray:
        import numpy as np

        if where is None:
            return np.ones(len(self.data), dtype=bool)
        mask = np.asarray(where)
        if mask.shape != (len(self.data),) or mask.dtype != bool:
            found = f"a mask of shape {mask.shape} and type {mask.dtype}"
            raise UnequalLengths(found, f"{len(self.data)} truth values", "Compare a column of this very table.")
        return mask

    def _numbers(self, column: str, where: Any) -> np.ndarray:
        """Return the values that are there; raise before anything is spent."""
        import numpy as np
        import pandas as pd

        series = self._column(column)
        if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
            raise InvalidSetting(f"the column {column!r} of {series.dtype}", "numbers", "Convert it first.")
        values = series.to_numpy(dtype=np.float64, na_value=math.nan)
        return values[self._mask(where) & ~np.isnan(values)]


def check_bounds(bounds: tuple[float, float]) -> tuple[float, float]:
    """Return the bounds as numbers. Raises `InvalidSetting` unless there are two, finite, the lower one first."""
    try:
        low, high = map(float, bounds)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        remedy = "They say how much one person may count, and must not be read off the table."
        raise InvalidSetting(f"the bounds {bounds!r}", "two numbers, the lower one first", remedy)
    return low, high


def split_epsilon(epsilon: float | Decimal | str, queries: int) -> Decimal:
    """Return the epsilon for each of several queries, rounded down, so that together they fit into `epsilon`."""
    if isinstance(queries, bool) or not isinstance(queries, int) or queries < 1:
        raise InvalidSetting(f"{queries!r} queries", "a whole number from 1 on", "Count what you want to ask.")
    return (check_epsilon(epsilon) / queries).quantize(Decimal("1e-9"), rounding="ROUND_FLOOR")
