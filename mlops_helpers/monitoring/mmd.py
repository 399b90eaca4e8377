"""Maximum mean discrepancy (MMD): are two sets of points drawn from one distribution?

MMD² compares how alike points are within each set with how alike they are across. Likeness is the Gaussian kernel
k(x, y) = exp(-|x - y|² / (2 bandwidth²)). The unbiased estimate (Gretton et al., "A Kernel Two-Sample Test", JMLR 13,
2012, equation 3) leaves out each point's likeness to itself:

    MMD² = Sxx / (n (n - 1)) + Syy / (m (m - 1)) - 2 Sxy / (n m)

with Sxx, Syy, Sxy the sums of the kernel over the pairs within x, within y and across. It is 0 on average where both
sets come from one distribution, and may then be negative. How far from 0 is far is found by permuting which point
belongs to which set.

All permutations together are one product of matrices. Let K be the kernel of all points with a diagonal of zeros, and
w hold +1 for a point of x and -1 for one of y. Then

    w'Kw = Sxx + Syy - 2 Sxy,   w'K1 = Sxx - Syy,   1'K1 = Sxx + Syy + 2 Sxy,

three equations for three sums. K and 1'K1 do not change when points are permuted, so that K is computed once and
K @ [w₀ w₁ … w_B] answers for all B permutations at the speed of the processor's matrix multiplication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.errors import InvalidSetting
from mlops_helpers.monitoring.points import Pooled, pool

if TYPE_CHECKING:
    import numpy as np

    from mlops_helpers.monitoring.points import Embeddings

MAX_ROWS = 5_000  # a window; the kernel of both then takes (2 * 5,000)² * 4 bytes = 400 MB
PAIRS_FROM = 1_000  # rows from which the bandwidth is taken: half a million distances
ROUNDING = 1e-9  # values of MMD² that differ by less are equal: the same labelling, summed in another order
BLOCK = 256  # rows of the kernel worked on at a time, so that they stay in the processor's cache
TOGETHER = 512  # permutations in one product: bounds the memory of very many


@dataclass(frozen=True)
class MmdTest:
    """What the test found: MMD², its p-value, and what went into them.

    `rows` are the rows compared, reference first; `sampled` says that a window had more. `bandwidth` is in the unit of
    the embeddings.
    """

    mmd2: float
    p_value: float
    permutations: int
    bandwidth: float
    rows: tuple[int, int]
    sampled: bool


def mmd_test(
    reference: Embeddings,
    production: Embeddings,
    *,
    permutations: int = 200,
    bandwidth: float | None = None,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
) -> MmdTest:
    """Test whether two sets of vectors, (n, d) and (m, d), come from one distribution.

    The p-value is (1 + permutations at least as far apart) / (1 + permutations): never 0, at least 1 / (1 + B).
    `bandwidth` defaults to the median heuristic (`median_bandwidth`). Above `max_rows` rows, a window is sampled.

    Raises InvalidSetting, BadValue, MismatchedColumns; needs two rows in each window and two different points.
    """
    pooled = pool(reference, production, max_rows=max_rows, seed=seed)
    if min(pooled.kept) < 2 or pooled.constant:
        raise InvalidSetting(
            f"{pooled.kept[0]} and {pooled.kept[1]} rows" + (", all of them equal" if pooled.constant else ""),
            "two or more rows in each window, not all of them equal",
            "Wait for more rows; `embedding_drift` says how many are needed.",
        )
    return mmd_of_points(pooled, permutations=permutations, bandwidth=bandwidth, seed=seed)


def mmd_of_points(pooled: Pooled, *, permutations: int, bandwidth: float | None, seed: int) -> MmdTest:
    """Run the test of `mmd_test` on points that are checked and pooled already."""
    import numpy as np

    if permutations < 1 or (bandwidth is not None and not 0 < bandwidth < np.inf):
        raise InvalidSetting(
            f"permutations={permutations}, bandwidth={bandwidth}",
            "one permutation or more and a positive bandwidth",
            "Leave them out for 200 permutations and the median heuristic.",
        )
    width = median_bandwidth(pooled.points, seed=seed) if bandwidth is None else bandwidth / pooled.scale
    signs = labellings(*pooled.kept, permutations=permutations, seed=seed)
    values = mmd2_of_labellings(rbf_kernel(pooled.points, width), signs)
    far = int((values[1:] >= values[0] - ROUNDING).sum())
    return MmdTest(
        mmd2=float(values[0]),
        p_value=(1 + far) / (1 + permutations),
        permutations=permutations,
        bandwidth=width * pooled.scale,
        rows=pooled.kept,
        sampled=pooled.sampled,
    )


def rbf_kernel(points: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return exp(-|x - y|² / (2 bandwidth²)) of all pairs of rows, float32, with zeros on the diagonal.

    With points in units of the bandwidth, the exponent is x·y - |x|²/2 - |y|²/2: one matrix product and a sweep.
    """
    import numpy as np

    scaled = np.asarray(points / bandwidth, dtype=np.float32)
    half = np.einsum("ij,ij->i", scaled, scaled) / 2
    kernel = scaled @ scaled.T
    for start in range(0, len(kernel), BLOCK):
        rows = kernel[start : start + BLOCK]
        rows -= half
        rows -= half[start : start + BLOCK, None]
        np.minimum(rows, 0, out=rows)  # rounding may leave a distance just below zero
        np.exp(rows, out=rows)
    np.fill_diagonal(kernel, 0)
    return kernel


def median_bandwidth(points: np.ndarray, *, seed: int) -> float:
    """Return the median heuristic: a pair of points at the median distance has a likeness of 1/e.

    It is taken over the pairs of at most 1,000 rows of both sets together, so that it does not depend on which point
    belongs to which. Where more than half of the pairs coincide, the median of the others is taken.
    """
    import numpy as np

    rng = np.random.default_rng([seed, 1])
    chosen = points if len(points) <= PAIRS_FROM else points[rng.choice(len(points), PAIRS_FROM, replace=False)]
    exact = chosen.astype(np.float64)
    squares = (exact**2).sum(axis=1)
    between = squares[:, None] + squares - 2 * (exact @ exact.T)
    between = between[np.triu_indices(len(exact), 1)]
    apart = between[between > 1e-12 * squares.max()]
    if not apart.size:  # the few points that differ were not drawn
        apart = ((points - points[0]).astype(np.float64) ** 2).sum(axis=1)
        apart = apart[apart > 0]
    median = np.median(between)
    return float(np.sqrt((median if median > 1e-12 * squares.max() else np.median(apart)) / 2))


def labellings(n: int, m: int, *, permutations: int, seed: int) -> np.ndarray:
    """Return a matrix (n + m, 1 + permutations) of signs, +1 for a point of the first set: the true one comes first."""
    import numpy as np

    true = np.ones(n + m, dtype=np.float32)
    true[n:] = -1
    shuffled = np.random.default_rng([seed, 2]).permuted(np.tile(true, (permutations, 1)), axis=1)
    return np.concatenate([true[None], shuffled]).T


def mmd2_of_labellings(kernel: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return the unbiased MMD² of each column of signs, given the kernel with a diagonal of zeros."""
    import numpy as np

    n = int((signs[:, 0] > 0).sum())
    m = len(signs) - n
    row_sums = kernel.sum(axis=1, dtype=np.float64)
    total = row_sums.sum()
    found = []
    for start in range(0, signs.shape[1], TOGETHER):
        some = np.asarray(signs[:, start : start + TOGETHER], order="C")
        quadratic = (some * (kernel @ some)).sum(axis=0, dtype=np.float64)  # Sxx + Syy - 2 Sxy
        difference = row_sums @ some  # Sxx - Syy
        within, across = (total + quadratic) / 2, (total - quadratic) / 4
        first, second = (within + difference) / 2, (within - difference) / 2
        found.append(first / (n * (n - 1)) + second / (m * (m - 1)) - 2 * across / (n * m))
    return np.concatenate(found)
