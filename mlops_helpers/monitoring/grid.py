"""An even grid over the middle of the data: the cell of a value costs one multiplication, where a sort costs twenty.

Everything that counts a million numbers here starts with this grid. Cells are ordered as the values are, so whole cells
can be reasoned about, and only the few values whose cell leaves a question open are sorted:

    cell 0            below the grid
    cell 1 … size     even cells from `low` upwards
    cell size + 1     above the grid
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SAMPLE = 512  # values looked at to find the middle of the data
TAIL = 200  # one value in so many may lie below the grid, and one in so many above: outliers shall not stretch it

STEPS = 3  # neighbouring numbers tried when the start of a cell is pinned down


class Grid(NamedTuple):
    """`size` even cells from `low` upwards, `scale` cells per unit. A scale of 0 puts every value into cell 0."""

    low: float
    scale: float
    size: int

    @classmethod
    def over(cls, ordered: np.ndarray, size: int) -> Grid:
        """Return the grid over the middle of a sorted sample (over all of it where the middle is one value)."""
        cut = len(ordered) // TAIL
        for low, high in ((ordered[cut], ordered[-1 - cut]), (ordered[0], ordered[-1])):
            with np.errstate(over="ignore", divide="ignore"):
                scale = size / (np.float64(high) - np.float64(low))
            if high > low and np.isfinite(scale) and scale > 0:
                return cls(float(low), float(scale), size)
        return cls(float(ordered[0]), 0.0, size)

    @classmethod
    def around(cls, *columns: np.ndarray) -> Grid:
        """Return a grid for some columns together; the more values, the finer, so that a cell holds but a few."""
        rows = min(len(values) for values in columns)
        sample = np.concatenate([values[:: max(1, len(values) // SAMPLE)] for values in columns])
        sample.sort()
        return cls.over(sample, cells_for(rows))

    def cells(self, values: np.ndarray) -> np.ndarray:
        """Return the cell of each value. Never falls where values rise, rounding included: each step is monotone."""
        if self.scale == 0:
            return np.zeros(len(values), np.intp)
        with np.errstate(over="ignore"):
            cells = np.subtract(values, self.low, dtype=np.float64)
            cells *= self.scale
            cells += 1
            np.clip(cells, 0, self.size + 1, out=cells)
        return cells.astype(np.intp)

    def starts(self, cells: np.ndarray) -> np.ndarray:
        """Return for each cell (1 or more) the smallest number that lies in it.

        Where cells are rounded away (far from zero, a cell may be narrower than the step to the next number), the
        result may miss by a few steps; `cells` tells.
        """
        distance = (cells - 1) / self.scale
        for _ in range(STEPS):
            short = distance * self.scale + 1 < cells
            distance[short] = np.nextafter(distance[short], np.inf)
        # `value - low` rounds to `distance` from half a step below it; close to zero many numbers lie in that half.
        starts = self.low + distance - np.spacing(distance) / 2
        for _ in range(STEPS):
            below = self.cells(starts) < cells
            starts[below] = np.nextafter(starts[below], np.inf)
        for _ in range(STEPS):
            before = np.nextafter(starts, -np.inf)
            inside = self.cells(before) >= cells
            starts[inside] = before[inside]
        return starts

    def count(self, cells: np.ndarray) -> np.ndarray:
        """Return how many values each cell holds."""
        return np.bincount(cells, minlength=self.size + 2)


def cells_for(rows: int) -> int:
    """Return a size for a grid of so many rows: about eight rows a cell, from 2,048 to 65,536 cells."""
    return 1 << min(16, max(11, (rows // 8).bit_length()))


def mixed_cells(size: int, *columns: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return which of `size` cells hold different values, and one value of each cell.

    Each column is its values and their cells. Prices, counts and zeros by the thousand fill cells with one value:
    there is nothing to sort in those.
    """
    value, mixed = np.zeros(size), np.zeros(size, bool)
    for values, cells in columns:
        value[cells] = values
    for values, cells in columns:
        mixed[cells[value[cells] != values]] = True
    return mixed, value
