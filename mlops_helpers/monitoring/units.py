"""Numbers that came in another unit: the same distribution, times a factor that people convert with.

A factor is accepted if undoing it brings the distribution back to the reference's, by the Kolmogorov–Smirnov distance.
Nothing in the world multiplies everything by exactly 1000; something in the world may well make everything 40 % less,
so factors near 1 must fit much better.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

FAR = (7, 10, 12, 24, 60, 100, 1000, 1024, 3600, 86400, 1e6)
NEAR = (("inches to cm", 2.54), ("miles to km", 1.609344), ("kg to pounds", 2.2046226), ("m to feet", 3.2808399))
MOVED = 0.2  # a KS distance below which there is nothing to explain
FITS_FAR, FITS_NEAR = 0.10, 0.03  # the KS distance that may remain
PART, FEWEST = 0.002, 20  # of the rows, and their number, that must lie outside of what the reference held
SAMPLE = 20_000


class Unit(NamedTuple):
    """A conversion that explains what was found, and which rows it applies to, shape (n,)."""

    how: str
    rows: np.ndarray


def find_unit(before: np.ndarray, after: np.ndarray) -> Unit | None:
    """Return the conversion that turned `before` into `after` (no missing values), or None.

    Looked for in all rows, then in those outside the reference's range alone: one source of several may have changed.
    """
    import numpy as np

    if len(after) < FEWEST or len(before) < FEWEST:
        return None
    thin, whole = _thinned(before), np.ones(len(after), dtype=bool)
    if _distance(thin, _thinned(after)) > MOVED and (how := _best(thin, after, near=True)):
        return Unit(how, whole)
    outside = (after < before.min()) | (after > before.max())
    if outside.sum() < max(FEWEST, PART * len(after)):
        return None
    how = _best(thin, after[outside], near=False)
    return Unit(how, outside) if how else None


def _thinned(values: np.ndarray) -> np.ndarray:
    """Return at most SAMPLE of the values, evenly spaced in their order."""
    import numpy as np

    ordered = np.sort(values)
    return ordered if len(ordered) <= SAMPLE else ordered[np.linspace(0, len(ordered) - 1, SAMPLE).astype(int)]


def _best(before: np.ndarray, after: np.ndarray, *, near: bool) -> str | None:
    """Return the conversion that fits best, if one fits at all."""
    after = _thinned(after)
    chance = 1.63 * math.sqrt((len(before) + len(after)) / (len(before) * len(after)))  # KS at 1 %
    fits = [
        (_distance(before, undo(after)), how)
        for how, undo, allowed in _conversions(near=near)
        if _distance(before, undo(after)) <= (max(allowed, chance) if allowed == FITS_FAR else allowed)
    ]
    return min(fits)[1] if fits else None


def _conversions(*, near: bool) -> list[tuple[str, Callable[[np.ndarray], np.ndarray], float]]:
    """Return what was done, how to undo it, and the distance that may remain."""
    found: list[tuple[str, Callable[[np.ndarray], np.ndarray], float]] = []
    for factor in FAR:
        found.append((f"times {factor:g}", lambda x, by=factor: x / by, FITS_FAR))
        found.append((f"divided by {factor:g}", lambda x, by=factor: x * by, FITS_FAR))
    if near:
        found.append(("with the sign turned", lambda x: -x, FITS_FAR))
        found.append(("in °F instead of °C", lambda x: (x - 32) / 1.8, FITS_NEAR))
        found.append(("in °C instead of °F", lambda x: x * 1.8 + 32, FITS_NEAR))
        for name, factor in NEAR:
            found.append((f"times {factor:g} ({name})", lambda x, by=factor: x / by, FITS_NEAR))
            found.append((f"divided by {factor:g} ({name}, undone)", lambda x, by=factor: x * by, FITS_NEAR))
    return found


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the KS distance of two samples."""
    import numpy as np

    one, other = np.sort(one), np.sort(other)
    both = np.concatenate((one, other))
    shares = [np.searchsorted(side, both, side="right") / len(side) for side in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
