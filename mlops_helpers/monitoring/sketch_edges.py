"""Where a sketch puts its edges: at quantiles of the reference, around values that repeat, and far out in both tails.

Bins of equal width lose skewed data: one outlier of a billion puts all the rest into one bin. Here every bin holds
about the same share of the reference instead. A value that takes more than one bin's share by itself (a zero, a price)
gets a bin that holds nothing else: [value, next number). Beyond the reference the bins double every fourth time, so
that production may move a billion times the reference's range away and still be located.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .grid import Grid, cells_for, mixed_cells

BINS, FEW_BINS, FEW_ROWS = 4096, 2048, 65_536  # half the bins where there are only so many rows
SAMPLE = 1 << 15  # values at most from which quantiles are read; about eight of them in each bin
BLOCK = 1 << 17  # values counted at a time
GENEROUS = 2  # times finer than a grid for counting alone: two edges shall rarely share a cell
EXTREMES = 15  # the outermost values of the sample are edges themselves: the tails' last bins are the widest
DOUBLINGS = np.exp2(np.arange(-16, 112) / 4)  # how far beyond the reference the outer edges lie, in its ranges


def quantile_edges(values: np.ndarray, *, sample: int = SAMPLE) -> tuple[np.ndarray, Grid]:
    """Return rising edges for a sketch of finite numbers (at least one), and the grid most of them lie on.

    An edge on the grid saves sorting: all values of a cell are then on the same side of it. So quantiles are moved to
    the start of their grid cell where no other edge shares that cell.
    """
    ordered = np.sort(values[:: -(-len(values) // sample)])
    bins = BINS if len(values) > FEW_ROWS else FEW_BINS
    knots, times = np.unique(ordered[np.arange(1, bins) * len(ordered) // bins], return_counts=True)
    atoms = knots[times > 1] if len(ordered) > bins else np.unique(ordered)
    grid = Grid.over(ordered, cells_for(GENEROUS * len(values)))
    single = np.setdiff1d(knots, atoms, assume_unique=True)
    fixed = [atoms, np.nextafter(atoms, np.inf), ordered[:EXTREMES], ordered[-EXTREMES:], _outer(ordered)]
    return np.unique(np.concatenate([*fixed, *_on_grid(single, grid, atoms)])), grid


def _on_grid(knots: np.ndarray, grid: Grid, atoms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the knots moved to the grid, and those that stay because their cell holds another edge."""
    cells = grid.cells(knots)
    crowd = grid.count(cells) + grid.count(grid.cells(atoms))
    free = (crowd[cells] == 1) & (cells > 0) & (cells <= grid.size)
    return grid.starts(cells[free]), knots[~free]


def _outer(ordered: np.ndarray) -> np.ndarray:
    """Return edges beyond both ends of the sample, at distances that grow by a constant factor."""
    low, high = float(ordered[0]), float(ordered[-1])
    with np.errstate(over="ignore"):
        span = np.float64(high) - low or abs(high) or 1.0
        outer = np.concatenate([low - span * DOUBLINGS, high + span * DOUBLINGS])
    return outer[np.isfinite(outer)]


def count_between(values: np.ndarray, edges: np.ndarray, grid: Grid) -> np.ndarray:
    """Return how many values lie below the first edge, between each two edges, and at or above the last one.

    The bin of a value is the number of edges not above it: `numpy.searchsorted(edges, value, "right")`, the same as
    `RANGE_BUCKET(value, edges)` in BigQuery. Cells that an edge cuts are opened, all others are counted whole.
    """
    edge_cells = grid.cells(edges)
    cut = np.zeros(grid.size + 2, bool)
    cut[edge_cells[grid.cells(np.nextafter(edges, -np.inf)) >= edge_cells]] = True
    counts, whole, opened = np.zeros(len(edges) + 1, np.int64), np.zeros(grid.size + 2, np.int64), [values[:0]]
    for block in blocks(values):
        cells, doubtful = grid.cells(block), cut
        held = grid.count(cells)
        whole += held
        if held[cut].sum() > len(block) // 4:  # a cell of a single value takes one look-up
            mixed, value = mixed_cells(len(cut), (block, cells))
            single, doubtful = np.flatnonzero(cut & ~mixed & (held > 0)), cut & mixed
            np.add.at(counts, np.searchsorted(edges, value[single], side="right"), held[single])
        opened.append(block[doubtful[cells]])
    bins = grid.count(edge_cells).cumsum()
    counts += np.bincount(bins, weights=np.where(cut, 0, whole), minlength=len(counts)).astype(np.int64)
    rest = np.sort(np.concatenate(opened))
    return counts + np.diff(np.searchsorted(rest, edges, side="left"), prepend=0, append=len(rest))


def blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the values in pieces small enough that what is computed from one stays in the processor's cache."""
    for start in range(0, len(values), BLOCK):
        yield values[start : start + BLOCK]
