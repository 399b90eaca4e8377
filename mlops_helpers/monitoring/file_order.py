"""Is an alarm about time, or only about the order in which rows stand in a file?

Chunks of a file look like days. If the file is in another order, one kind of row may stand together (all prisons at the
end of a year), and the chunk that holds them alarms although nothing ever changed. Two facts tell: the alarm vanishes
when the same rows are cut into chunks by their true time (or dealt at random, where no time is known), and one level
fills a block of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.evidence import Evidence

if TYPE_CHECKING:
    import numpy as np

    from mlops_helpers.monitoring.bins import Binned

ORDER, DISTRIBUTION = "file order", "distribution"
PSI_LIMIT = 0.1
CHUNKS, SHORTEST, FEWEST = 20, 250, 4
BLOCK = 0.2  # a level must fill so much more of one chunk than of all rows


def psi(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the population stability index of counts over the last axis, half a row added to every bin."""
    import numpy as np

    bins = before.shape[-1]
    p = (before + 0.5) / (before.sum(axis=-1, keepdims=True) + bins / 2)
    q = (after + 0.5) / (after.sum(axis=-1, keepdims=True) + bins / 2)
    return ((q - p) * np.log(q / p)).sum(axis=-1)


def psi_limit(bins: int, before: int, after: int) -> float:
    """Return 0.1 and twice what sampling alone gives: (bins - 1)(1/n + 1/m) on average."""
    return PSI_LIMIT + 2 * (bins - 1) * (1 / before + 1 / after)


def distributions(columns: Sequence[Binned]) -> list[Evidence]:
    """Return for each column how far its whole distribution has moved, the farthest first."""
    import numpy as np

    lines = []
    for one in columns:
        before, after = (np.bincount(codes, minlength=len(one.names)) for codes in (one.reference, one.production))
        value, limit = float(psi(before, after)), psi_limit(len(one.names), len(one.reference), len(one.production))
        what = f"population stability index {value:.3f}"
        lines.append(Evidence(DISTRIBUTION, one.column, value > limit, value, limit, what))
    return sorted(lines, key=lambda line: -line.value)


def find_file_order(columns: Sequence[Binned], time: np.ndarray | None, *, seed: int = 0) -> Evidence:
    """Return whether chunks alarm in the order of the file and no longer in the order of `time` (n,).

    Rows of one time are dealt among its chunks at random, and all rows are where `time` is None.
    """
    import numpy as np

    rows = len(columns[0].production)
    chunks = min(CHUNKS, rows // SHORTEST)
    if chunks < FEWEST:
        what = f"insufficient data: {rows} rows, needs {FEWEST * SHORTEST} to cut into chunks"
        return Evidence(ORDER, "", False, float(rows), FEWEST * SHORTEST, what)
    dealt = np.random.default_rng(seed).permutation(rows)
    truth = dealt if time is None else dealt[np.argsort(time[dealt], kind="stable")]
    in_file, in_truth = (_alarms(columns, order, chunks) for order in (np.arange(rows), truth))
    share, limit = float(in_file.mean()), float(4 * in_truth.mean())
    column, block, filled = _block(columns, chunks) if in_file.any() else ("", "", 0.0)
    found = share > limit and filled > BLOCK
    other = "dealt at random" if time is None else "ordered by time"
    what = f"{in_file.sum()} of {chunks} equal chunks that the file was cut into alarm"
    what += f", {in_truth.sum()} when rows are {other}"
    return Evidence(ORDER, column if found else "", found, share, limit, f"{what}{block if found else ''}")


def _alarms(columns: Sequence[Binned], order: np.ndarray, chunks: int) -> np.ndarray:
    """Return for each chunk whether any column differs from the reference, shape (chunks,)."""
    import numpy as np

    alarms = np.zeros(chunks, dtype=bool)
    for one in columns:
        counts = _counts(one.production[order], len(one.names), chunks)
        before = np.bincount(one.reference, minlength=len(one.names))
        limit = psi_limit(len(one.names), len(one.reference), len(order) // chunks)
        alarms |= psi(before, counts) > limit
    return alarms


def _counts(codes: np.ndarray, bins: int, chunks: int) -> np.ndarray:
    """Return how many rows of each chunk lie in each bin, shape (chunks, bins)."""
    import numpy as np

    chunk = np.arange(len(codes)) * chunks // len(codes)
    return np.bincount(chunk * bins + codes, minlength=chunks * bins).reshape(chunks, bins)


def _block(columns: Sequence[Binned], chunks: int) -> tuple[str, str, float]:
    """Return the column and bin that fill one chunk most beyond their share of all rows, in words, and how far."""
    import numpy as np

    best = ("", "", 0.0)
    for one in columns:
        counts = _counts(one.production, len(one.names), chunks)
        shares, overall = counts / counts.sum(axis=1, keepdims=True), counts.sum(axis=0) / counts.sum()
        chunk, most = np.unravel_index(np.argmax(shares - overall), shares.shape)
        more = float(shares[chunk, most] - overall[most])
        if more > best[2]:
            words = f"; {one.names[most]} in {shares[chunk, most]:.0%} of chunk {chunk + 1}"
            words += f", {overall[most]:.0%} of all rows"
            best = (one.column, words, more)
    return best
