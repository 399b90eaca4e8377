"""What a mitigation costs whom: whose decision changed, in which direction, and who of them had qualified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import require_equal, require_same_index, zero_one
from mlops_helpers.ethics.groups import REFUSE, groups_from

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

ALL = "all rows"


def who_pays(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    label: npt.ArrayLike,
    groups: pd.DataFrame | pd.Series | npt.ArrayLike,
    *,
    missing: str = REFUSE,
) -> pd.DataFrame:
    """Return one row per group, and one for all: how many were selected only after, and how many only before.

    before, after, label   0 and 1, shape (n,): two sets of decisions, and what was true

    n                               rows
    gained, gained_qualified        selected only after, and those among them whose label is 1
    lost, lost_qualified            selected only before, likewise
    changed                         share of rows whose decision changed
    accuracy_before, accuracy_after
    Raises BadLabels, BadGroups, UnequalLengths.
    """
    import pandas as pd

    require_same_index({"decisions before": before, "decisions after": after, "labels": label, "groups": groups})
    first, second = zero_one(before, "the decisions before"), zero_one(after, "the decisions after")
    y, grouped = zero_one(label, "the label"), groups_from(groups, missing=missing)
    require_equal({"before": len(first), "after": len(second), "labels": len(y), "groups": len(grouped.codes)})
    gained, lost = (second > first).astype(int), (first > second).astype(int)
    table = pd.DataFrame(
        {
            "n": 1,
            "gained": gained,
            "gained_qualified": gained * y,
            "lost": lost,
            "lost_qualified": lost * y,
            "right_before": (first == y).astype(int),
            "right_after": (second == y).astype(int),
        }
    )
    sums = table.groupby(grouped.codes).sum()
    sums.index = [grouped.labels[code] for code in sums.index]
    sums.loc[ALL] = table.sum()
    found = sums[["n", "gained", "gained_qualified", "lost", "lost_qualified"]].rename_axis("group").reset_index()
    found["changed"] = (found["gained"] + found["lost"]) / found["n"]
    for when in ("before", "after"):
        found[f"accuracy_{when}"] = (sums[f"right_{when}"] / sums["n"]).to_numpy()
    return found
