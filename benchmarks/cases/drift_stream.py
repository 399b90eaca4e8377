"""Two windows of a column that fit into no memory meant for them: drawn and sketched chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

CHUNK = 5_000_000


def cases(rows: str) -> dict[str, Callable[[], object]]:
    """Return the one case: `rows` numbers of the reference, as many of production, and their distances."""
    from mlops_helpers.monitoring.distances import compare_sketches
    from mlops_helpers.monitoring.sketch import Sketch

    def stream() -> object:
        january, july = (_chunks(int(rows), window) for window in (0, 1))
        reference = Sketch.of(next(january))
        for chunk in january:
            reference = reference.merge(Sketch.of(chunk, like=reference))
        production = Sketch.of([], like=reference)
        for chunk in july:
            production = production.merge(Sketch.of(chunk, like=reference))
        return compare_sketches(reference, production)

    return {"stream": stream}


def _chunks(rows: int, window: int) -> Iterator[np.ndarray]:
    import numpy as np

    rng = np.random.default_rng(window)
    for start in range(0, rows, CHUNK):
        yield rng.lognormal(0.1 * window, 1, min(CHUNK, rows - start))
