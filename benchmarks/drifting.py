"""Two windows of 20 numeric and 5 text columns, every second one shifted in production."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NUMERIC, LEVELS = 20, (2, 5, 10, 20, 50)
SHIFT = 0.1


def windows(folder: Path, rows: int) -> tuple[Path, Path]:
    """Return Parquet files of reference and production, made in `folder` unless they are there."""
    paths = folder / f"reference_{rows}.parquet", folder / f"production_{rows}.parquet"
    for seed, path in enumerate(paths):
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            window(rows, seed=seed, shift=SHIFT * seed).to_parquet(unfinished, index=False)
            unfinished.replace(path)
    return paths


def window(rows: int, *, seed: int, shift: float) -> pd.DataFrame:
    """Return a window; the columns with odd numbers are shifted."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    columns = {f"number_{i}": _numbers(rng, i, rows, shift * (i % 2)) for i in range(NUMERIC)}
    for i, levels in enumerate(LEVELS):
        weights = np.arange(1, levels + 1.0) ** (1 + shift * (i % 2))
        codes = rng.choice(levels, rows, p=weights / weights.sum())
        names = np.array([f"level_{level}" for level in range(levels)])
        columns[f"text_{i}"] = pd.Series(names[codes], dtype="str")
    return pd.DataFrame(columns)


def _numbers(rng: np.random.Generator, i: int, rows: int, shift: float) -> np.ndarray:
    """Return normal, lognormal, uniform, gamma or rounded numbers (with ties), by turns."""
    shapes = (
        lambda: rng.normal(shift, 1, rows),
        lambda: rng.lognormal(shift, 1, rows),
        lambda: rng.random(rows) + shift,
        lambda: rng.gamma(2 + shift, 1, rows),
        lambda: rng.normal(shift, 1, rows).round(1),
    )
    return shapes[i % len(shapes)]()
