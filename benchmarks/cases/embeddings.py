"""Are 2,000 + 2,000 embeddings of one distribution? MMD with 100 permutations, and the whole report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ROWS, DIMENSIONS, PERMUTATIONS, SHIFT = 2_000, 768, 100, 0.05


def windows() -> tuple[np.ndarray, np.ndarray]:
    """Return both windows, the same in every environment."""
    import numpy as np

    rng = np.random.default_rng(0)
    reference, production = rng.normal(size=(2, ROWS, DIMENSIONS)).astype(np.float32)
    return reference, production + np.float32(SHIFT)


def cases() -> dict[str, Callable[[], object]]:
    """Return `mmd`, the test alone, and `report`, which also trains the classifier that gives the effect."""
    from mlops_helpers.monitoring import embedding_drift, mmd_test

    reference, production = windows()
    return {
        "mmd": lambda: mmd_test(reference, production, permutations=PERMUTATIONS),
        "report": lambda: embedding_drift(reference, production, permutations=PERMUTATIONS),
    }
