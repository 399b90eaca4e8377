"""A sketch: the few thousand numbers to keep of a column, from which its distance to another can be read later.

    reference = Sketch.of(january["amount"])                       # 100 million rows or ten thousand: 100 kB
    july = Sketch.of(part_one, like=reference).merge(Sketch.of(part_two, like=reference))
    compare_sketches(reference, july).ks                           # known to within reference.resolution

Sketches of parts merge into exactly the sketch of the whole, whatever the order, so a column may arrive in pieces, on
many machines, or as `GROUP BY RANGE_BUCKET(value, edges)` from a database. A sketch holds no row of the data but the
smallest, the largest and the edges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import InvalidSetting
from .grid import Grid
from .sketch_edges import SAMPLE, blocks, count_between, quantile_edges
from .values import finite_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COARSE = 0.001  # a reference sketch must tell KS at least this finely
NO_GRID = Grid(0.0, 0.0, 0)


@dataclass(frozen=True, eq=False)
class Sketch:
    """Counts of a numeric column between edges.

    edges     rising numbers; bin i holds the values with edges[i-1] <= value < edges[i]
    counts    one more than edges: the first bin lies below all edges, the last at or above the last one
    missing   rows without a value (they are in no bin)
    minimum, maximum    None without values
    mean, variance      of the values (variance: mean squared distance from the mean); 0 without values
    grid      helps to count fast, changes no result
    """

    edges: np.ndarray
    counts: np.ndarray
    missing: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float = 0.0
    variance: float = 0.0
    grid: Grid = NO_GRID

    def __post_init__(self) -> None:
        """Refuse edges that do not rise and counts that do not fit them. Raises InvalidSetting."""
        if len(self.counts) != len(self.edges) + 1 or not (np.diff(self.edges) > 0).all():
            found = f"{len(self.edges)} edges and {len(self.counts)} counts"
            raise InvalidSetting(found, "rising edges and one count more", "Build sketches with Sketch.of.")

    @classmethod
    def of(cls, values: ArrayLike, *, edges: ArrayLike | None = None, like: Sketch | None = None) -> Sketch:
        """Return the sketch of numbers, of which NaN count as missing.

        A reference chooses its own edges. Production is sketched `like` the reference (or with given `edges`), since
        only sketches with equal edges can be compared and merged.
        Raises BadValue for infinite values or text, InvalidSetting for edges that do not rise.
        """
        present = finite_numbers(values)
        missing = np.size(values) - len(present)
        if like is not None or edges is not None:
            rule = (like.edges, like.grid) if like is not None else (np.asarray(edges, np.float64), NO_GRID)
            return cls._counted(present, missing, *rule)
        if not len(present):
            return cls(np.empty(0), np.zeros(1, np.int64), missing)
        sketch = cls._counted(present, missing, *quantile_edges(present))
        if sketch.resolution > COARSE and len(present) > SAMPLE:  # the rows looked at did not speak for the rest
            return cls._counted(present, missing, *quantile_edges(present, sample=len(present)))
        return sketch

    @classmethod
    def _counted(cls, present: np.ndarray, missing: int, edges: np.ndarray, grid: Grid) -> Sketch:
        if not (np.diff(edges) > 0).all():
            raise InvalidSetting("edges that do not rise", "rising edges without NaN", "Sort them and drop repeats.")
        if not len(present):
            return cls(edges, np.zeros(len(edges) + 1, np.int64), missing, grid=grid)
        counts, mean = count_between(present, edges, grid), float(present.mean())
        variance = float(sum(np.square(block - mean).sum() for block in blocks(present)) / len(present))
        return cls(edges, counts, missing, float(present.min()), float(present.max()), mean, variance, grid)

    @property
    def total(self) -> int:
        """Return how many values were counted, missing ones not included."""
        return int(self.counts.sum())

    @property
    def resolution(self) -> float:
        """Return the largest share of the values in one bin, bins of a single number aside; 0 without values.

        A KS statistic read from this sketch and any other is at most so much below the exact one: between two edges
        neither distribution function can rise by more than its share, and the smaller of both shares counts.
        """
        spread = np.append(True, np.append(self.edges[1:] > np.nextafter(self.edges[:-1], np.inf), True))
        spread = spread if len(self.edges) else np.ones(1, bool)
        return float(self.counts[spread].max() / max(self.total, 1))

    def merge(self, other: Sketch) -> Sketch:
        """Return the sketch of both columns together. Raises InvalidSetting if the edges differ."""
        same_edges(self, other)
        both = [part for part in (self, other) if part.total]
        total = max(1, self.total + other.total)
        weights = [part.total / total for part in both]
        mean = sum(part.mean * weight for part, weight in zip(both, weights, strict=True))
        # Spread within the parts plus spread between them (Chan, Golub, LeVeque 1979): no large sums cancel.
        parts = zip(both, weights, strict=True)
        variance = sum((part.variance + (part.mean - mean) ** 2) * weight for part, weight in parts)
        low = min((part.minimum for part in both), default=None)
        high = max((part.maximum for part in both), default=None)
        counts, missing = self.counts + other.counts, self.missing + other.missing
        return Sketch(self.edges, counts, missing, low, high, float(mean), float(variance), self.grid)

    def to_dict(self) -> dict:
        """Return plain values for JSON; `from_dict` gives back an equal sketch."""
        plain = {name: getattr(self, name) for name in ("missing", "minimum", "maximum", "mean", "variance")}
        return {"edges": self.edges.tolist(), "counts": self.counts.tolist(), **plain, "grid": list(self.grid)}

    @classmethod
    def from_dict(cls, stored: Mapping) -> Sketch:
        """Return the sketch that `to_dict` wrote. Raises InvalidSetting for anything else."""
        try:
            edges, counts = np.array(stored["edges"], np.float64), np.array(stored["counts"], np.int64)
            plain = (stored[name] for name in ("missing", "minimum", "maximum", "mean", "variance"))
            return cls(edges, counts, *plain, Grid(*stored["grid"]))
        except (KeyError, TypeError, ValueError) as error:
            remedy = "Store the dictionary whole."
            raise InvalidSetting(f"no stored sketch ({error!r})", "what Sketch.to_dict returned", remedy) from error


def same_edges(a: Sketch, b: Sketch) -> None:
    """Raise InvalidSetting unless both sketches have equal edges."""
    if a.edges is not b.edges and not np.array_equal(a.edges, b.edges):
        remedy = "Sketch production with like=reference."
        raise InvalidSetting("sketches with different edges", "edges chosen once, by the reference", remedy)
