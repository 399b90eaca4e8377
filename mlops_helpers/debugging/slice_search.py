"""Count errors in every slice of a table, fast, and tell new slices from those that say the same again.

Columns come as small whole numbers (`binning`). The rows of all combinations of two columns are counted in one pass:
the pair of levels is one number, and `numpy.bincount` counts numbers. No row is ever moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mlops_helpers.debugging.binning import Binned
from mlops_helpers.debugging.significance import enrichment

if TYPE_CHECKING:
    import numpy as np

LOOKED_AT = 1000  # of the slices that stand out, so many are compared with the ones already listed


@dataclass(frozen=True)
class Counted:
    """All slices with enough rows: `columns[i]` and `levels[i]` define slice i, a column of -1 is not used.

    columns, levels  shape (slices, depth)
    n, errors        rows and errors of each slice
    """

    columns: np.ndarray
    levels: np.ndarray
    n: np.ndarray
    errors: np.ndarray

    def conditions(self, number: int) -> tuple[tuple[int, int], ...]:
        """Return (column, level) of each condition of a slice."""
        pairs = zip(self.columns[number].tolist(), self.levels[number].tolist(), strict=True)
        return tuple((column, level) for column, level in pairs if column >= 0)


def count_slices(binned: Sequence[Binned], wrong: np.ndarray, *, depth: int, min_support: int) -> Counted:
    """Return each conjunction of up to `depth` levels with at least `min_support` rows, and fewer than all rows."""
    import numpy as np

    of_errors = [column.codes[wrong] for column in binned]
    parts = []
    for size in range(1, depth + 1):
        for chosen in combinations(range(len(binned)), size):
            shape = tuple(len(binned[column].labels) for column in chosen)
            n = _count([binned[column].codes for column in chosen], shape)
            kept = np.flatnonzero((n >= min_support) & (n < len(wrong)))
            errors = _count([of_errors[column] for column in chosen], shape)[kept]
            parts.append(_part(chosen, np.unravel_index(kept, shape), depth, (n[kept], errors)))
    return Counted(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _count(codes: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Count how often each combination of codes occurs; position = row-major index in `shape`."""
    import numpy as np

    cells = int(np.prod(shape))
    combined = codes[0].astype(np.min_scalar_type(cells))  # as narrow as holds the numbers: narrow is fast
    for column, levels in zip(codes[1:], shape[1:], strict=True):
        combined *= levels
        combined += column
    return np.bincount(combined, minlength=cells)


def _part(chosen: Sequence[int], levels: Sequence[np.ndarray], depth: int, counts: tuple) -> tuple[np.ndarray, ...]:
    """Return columns, levels, rows and errors of the slices that one choice of columns makes."""
    import numpy as np

    width, slices = len(chosen), len(levels[0])
    columns, padded = np.full((slices, depth), -1), np.zeros((slices, depth), dtype=int)
    columns[:, :width] = chosen
    padded[:, :width] = np.column_stack(levels)
    return columns, padded, *counts


def rows_of(binned: Sequence[Binned], conditions: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return True for each row that meets all conditions (column, level)."""
    column, level = conditions[0]
    inside = binned[column].codes == level
    for column, level in conditions[1:]:
        inside &= binned[column].codes == level
    return inside


@dataclass
class Novelty:
    """Remembers which rows the listed slices cover, and answers whether a further slice adds something.

    A slice is new if it stands out among the rows that no listed slice covers, or if it lies wholly inside a listed
    slice and is still worse than the rest of that one. `threshold` is the p-value below which it stands out.
    """

    binned: Sequence[Binned]
    wrong: np.ndarray
    threshold: float

    def __post_init__(self) -> None:
        self._open = self.wrong | ~self.wrong
        self._listed: list[tuple[set[tuple[int, int]], np.ndarray]] = []

    def is_new(self, conditions: Sequence[tuple[int, int]]) -> bool:
        """Return whether the slice says something that the listed ones do not."""
        inside = rows_of(self.binned, conditions)
        for listed, rows in self._listed:
            if listed < set(conditions):
                return self._stands_out(inside, rows)
        return self._stands_out(inside & self._open, self._open)

    def add(self, conditions: Sequence[tuple[int, int]]) -> None:
        """List the slice."""
        inside = rows_of(self.binned, conditions)
        self._listed.append((set(conditions), inside))
        self._open &= ~inside

    def _stands_out(self, inside: np.ndarray, among: np.ndarray) -> bool:
        import numpy as np

        count = np.count_nonzero
        n, errors = count(inside), count(inside & self.wrong)
        return bool(enrichment(errors, n, count(among & self.wrong), count(among)) <= self.threshold)


def new_slices(counted: Counted, order: Sequence[int], novelty: Novelty) -> Iterator[int]:
    """Yield, in `order`, the slices that add something to those yielded before."""
    for number in order[:LOOKED_AT]:
        conditions = counted.conditions(number)
        if novelty.is_new(conditions):
            novelty.add(conditions)
            yield int(number)
