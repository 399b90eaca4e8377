"""Mitigation before training: weights that make group and label independent (Kamiran and Calders, KAIS 2012).

A row of group g with label y gets P(g)·P(y) / P(g, y): rows of which there are fewer than independence would have
weigh more. Any model that takes `sample_weight` can be trained with them; the data stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_equal, zero_one
from mlops_helpers.ethics.errors import UndefinedRate
from mlops_helpers.ethics.groups import groups_from, require_several

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


def reweighing_weights(label: npt.ArrayLike, groups: pd.DataFrame | pd.Series | npt.ArrayLike) -> np.ndarray:
    """Return a weight per row, shape (n,); they sum to n, and with them the base rate is the same in all groups.

    label    0 and 1, shape (n,); groups   one attribute, or a DataFrame of several: then intersections are balanced
    Raises BadLabels, BadGroups, OneGroup, UnequalLengths, and UndefinedRate for a group whose labels are all alike: no
    weight can give it what it does not have.
    """
    import numpy as np

    y, grouped = zero_one(label, "the label"), groups_from(groups)
    require_equal({"labels": len(y), "rows with a group": len(grouped.codes)})
    require_several(grouped)
    cells = grouped.codes.astype(np.int64) * 2 + y
    counts = np.bincount(cells, minlength=2 * len(grouped.names)).reshape(-1, 2)
    for place in grouped.present:
        if not counts[place].all():
            found = (
                f"{grouped.labels[place]!r}, where all {counts[place].sum():,} labels are {int(counts[place, 1] > 0)}"
            )
            raise UndefinedRate(found, "both labels in each group", "Join small groups, or leave this one out.")
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / len(y)
    weights = np.divide(expected, counts, out=np.zeros(counts.shape), where=counts > 0)
    return weights.reshape(-1)[cells]
