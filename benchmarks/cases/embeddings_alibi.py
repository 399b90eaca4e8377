"""The same test by alibi-detect, in the environment of alibi-detect."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.cases.embeddings import PERMUTATIONS, windows

CLOSE = 1e-5  # MMD² is about 1e-3 here


def cases(bandwidth: str, mmd2: str) -> dict[str, Callable[[], object]]:
    """Return the one case, after its statistic was compared with ours at our bandwidth."""
    import numpy as np
    from alibi_detect.cd import MMDDrift

    reference, production = windows()

    def test(permutations: int, **options: np.ndarray) -> float:
        detector = MMDDrift(reference, backend="pytorch", n_permutations=permutations, device="cpu", **options)
        return float(detector.predict(production)["data"]["distance"])

    theirs = test(1, sigma=np.array([float(bandwidth)], dtype=np.float32))
    if abs(theirs - float(mmd2)) > CLOSE:
        raise ValueError(f"alibi-detect finds MMD² {theirs}, mmd_test {mmd2}: not the same work")
    return {"mmd": lambda: test(PERMUTATIONS)}
