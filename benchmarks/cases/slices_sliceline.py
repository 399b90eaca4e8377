"""The worst slices by sliceline, in the environment of sliceline, from levels that are numbers already."""

from __future__ import annotations

from collections.abc import Callable


def cases(path: str) -> dict[str, Callable[[], object]]:
    """Return the one case, on the levels stored at `path`; it has to find the planted slices, stored beside them."""
    import numpy as np
    from sliceline.slicefinder import Slicefinder

    data = np.load(path)
    levels, wrong, planted = data["levels"] + 1, data["wrong"].astype(float), data["planted"]

    def search() -> Slicefinder:  # alpha: with less weight on the errors a slice of one row in 100 scores below zero
        finder = Slicefinder(alpha=0.99, k=10, max_l=2, min_sup=len(levels) // 500, verbose=False)
        return finder.fit(levels, wrong)

    found = {tuple(level or 0 for level in slice_) for slice_ in search().top_slices_}
    if not found >= {tuple(slice_) for slice_ in planted.tolist()}:
        raise ValueError(f"sliceline found {found}, expected {planted.tolist()} among them: not the same work")
    return {"search": search}
