"""Two sets of embeddings as one table of points: checked, cut to a size that fits in memory, centred and scaled.

Distances do not change when all points are moved alike, and a kernel with a bandwidth does not notice one common unit.
So the points are centred and divided by their largest coordinate before they become float32: an embedding far away
from zero, or in an odd unit, loses no digits to the smaller type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.errors import BadValue, InvalidSetting, MismatchedColumns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike

    Embeddings = np.ndarray | pd.DataFrame | pd.Series | Sequence[ArrayLike]

SMALLEST_LIMIT = 2


@dataclass(frozen=True)
class Pooled:
    """The points of both windows, reference first.

    `points` has shape (kept_reference + kept_production, dimensions), float32, and is `scale` times smaller than the
    embeddings. `rows` are the rows given and `zeros` the vectors of nothing but zeros among them, reference first.
    """

    points: np.ndarray
    kept: tuple[int, int]
    rows: tuple[int, int]
    zeros: tuple[int, int]
    scale: float

    @property
    def dimensions(self) -> int:
        """Return the length of an embedding."""
        return self.points.shape[1]

    @property
    def constant(self) -> bool:
        """Whether all embeddings of both windows are one and the same."""
        return self.scale == 0

    @property
    def sampled(self) -> bool:
        """Whether rows were left out to keep to the limit."""
        return self.kept != self.rows


def as_matrix(values: Embeddings, window: str) -> np.ndarray:
    """Return embeddings as a matrix (rows, dimensions) of float32 or float64; a Series may hold one vector a row.

    Raises BadValue for anything but numbers and for a NaN or an infinite coordinate, MismatchedColumns where the
    vectors of one window differ in length.
    """
    import numpy as np

    matrix = _stacked(values, window)
    if matrix.size == 0:
        return np.empty((0, matrix.shape[1] if matrix.ndim == 2 else 0))
    if matrix.ndim != 2:
        raise BadValue(
            f"{window} embeddings of shape {matrix.shape}",
            "one row per text and one column per dimension",
            "Pass a matrix, or a list of vectors.",
        )
    broken = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if broken.size:
        count = f"{broken.size} of {len(matrix)} {window} embeddings"
        raise BadValue(
            f"{count} with NaN or an infinite number (first: row {broken[0]})",
            "finite numbers only",
            "Find out why they were not embedded, then leave these rows out.",
        )
    return matrix


def pool(reference: Embeddings, production: Embeddings, *, max_rows: int, seed: int) -> Pooled:
    """Put both windows into one table; of more than `max_rows` in a window, that many are drawn with the seed.

    Raises BadValue, MismatchedColumns for different dimensions, InvalidSetting for a limit below two rows.
    """
    import numpy as np

    if max_rows < SMALLEST_LIMIT:
        raise InvalidSetting(f"max_rows={max_rows}", "2 or more", "Leave it out, or name a number of rows.")
    windows = as_matrix(reference, "reference"), as_matrix(production, "production")
    wide = [matrix.shape[1] for matrix in windows if len(matrix)]
    if len(set(wide)) > 1:
        raise MismatchedColumns(
            f"reference embeddings of {wide[0]} dimensions and production embeddings of {wide[1]}",
            "as many in both",
            "Embed both windows with the same model and the same output_dimensionality.",
        )
    rng = np.random.default_rng(seed)
    kept = [_sample(matrix, max_rows, rng) for matrix in windows]
    points, scale = _centred(kept) if all(map(len, kept)) else (np.empty((0, max(wide, default=0)), np.float32), 0.0)
    zeros = tuple(int(len(matrix) - matrix.any(axis=1).sum()) for matrix in windows)
    return Pooled(points, tuple(map(len, kept)), tuple(map(len, windows)), zeros, scale)


def _stacked(values: Embeddings, window: str) -> np.ndarray:
    """Return the values as one array of floats."""
    import numpy as np

    if getattr(values, "ndim", 1) == 1:  # a list or a Series of vectors
        values = list(values)
        lengths = {len(vector) for vector in values if hasattr(vector, "__len__")}
        if len(lengths) > 1:
            raise MismatchedColumns(
                f"{window} embeddings of {min(lengths)} to {max(lengths)} dimensions",
                "vectors of one length",
                "Embed all texts with the same model and the same output_dimensionality.",
            )
    try:
        matrix = np.asarray(values)
        return matrix if matrix.dtype in (np.float32, np.float64) else matrix.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{window} embeddings that are no numbers", "vectors of numbers", f"({error})") from error


def _sample(matrix: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return at most so many rows, in their order."""
    if len(matrix) <= most:
        return matrix
    return matrix[sorted(rng.choice(len(matrix), size=most, replace=False))]


def _centred(windows: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the points around their common mean, the largest coordinate scaled to 1, and the scale.

    The mean of equal numbers may differ from them in the last digit: a spread below that counts as none.
    """
    import numpy as np

    pooled = np.concatenate(windows)
    if (pooled == pooled[0]).all():
        return np.zeros(pooled.shape, np.float32), 0.0
    largest = float(np.abs(pooled).max())
    pooled = pooled / largest  # a copy; squares and sums of what remains cannot overflow
    pooled -= pooled.mean(axis=0, dtype=np.float64).astype(pooled.dtype)
    spread = float(np.abs(pooled).max())
    return (pooled / spread).astype(np.float32), spread * largest
