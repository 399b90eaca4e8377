"""Is it chance? Exact tests for counts, and what is left of them when thousands of questions were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def enrichment(errors: npt.ArrayLike, n: npt.ArrayLike, all_errors: int, rows: int) -> np.ndarray:
    """Return P(at least so many errors) if errors fell on rows at random: Fisher's exact test, one-sided.

    errors, n    errors and rows of each group, arrays of one shape
    all_errors, rows    the same of the whole table, to which the groups belong

    The number of errors among n rows drawn without replacement follows the hypergeometric distribution.
    """
    import numpy as np
    from scipy.stats import hypergeom

    return hypergeom.sf(np.asarray(errors) - 1, rows, all_errors, np.asarray(n))


def holm(p_values: npt.ArrayLike) -> np.ndarray:
    """Return p-values that may be held against alpha although many were computed (Holm, 1979).

    The smallest is multiplied by the number of tests, the next by one less, and so on; none may be smaller than the one
    before. The chance of even one false alarm stays below alpha, however the tests depend on each other.
    """
    import numpy as np

    given = np.asarray(p_values, dtype=float)
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(given[order] * factors))
    return adjusted


def wilson(errors: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds within which a true rate lies that showed `errors` in `n` rows (Wilson, 1927).

    Unlike rate ± 1.96 standard errors, it neither leaves [0, 1] nor shrinks to nothing where there was no error.
    """
    import numpy as np
    from scipy.special import ndtri

    errors, n = np.asarray(errors, dtype=float), np.asarray(n, dtype=float)
    z = ndtri(0.5 + confidence / 2)
    rate, weight = errors / n, z**2 / n
    middle = (rate + weight / 2) / (1 + weight)
    half = np.sqrt(rate * (1 - rate) * weight + weight**2 / 4) / (1 + weight)
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
