"""Does a score mean the same in each group? Of those with a score of 0.7, seven in ten should be positive in all.

Bins are of equal width, so that groups are compared at the same scores. One pass counts group × bin × label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import (
    names_of,
    require_between,
    require_columns,
    require_rows,
    unit_scores,
    zero_one,
)
from mlops_helpers.ethics.groups import REFUSE, Groups, groups_of, require_several

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FEW = 30
COLUMNS = ("group", "bin", "n", "mean_score", "positive_share", "low", "high", "verdict")
HIGH, LOW, FITS, TOO_FEW = "score too high", "score too low", "fits", "few rows"


@dataclass(frozen=True)
class GroupCalibration:
    """What `group_calibration` found.

    bins    one row per group and bin with rows: mean score against the share of positives and its 95 % interval
            (Wilson); verdict "score too high" or "score too low" where the mean score lies outside it, else "fits";
            "few rows" below 30
    groups  one row per group: n, mean_score, positive_share, `bias` (mean score minus share of positives; above 0 the
            group is promised too much) and `error`, the expected calibration error: the mean, over rows, of the
            distance between mean score and share of positives of their bin
    """

    bins: pd.DataFrame
    groups: pd.DataFrame

    def _repr_html_(self) -> str:
        """Show the summary in a notebook."""
        return self.groups.to_html(index=False, float_format="{:.3f}".format)


def group_calibration(
    data: pd.DataFrame,
    *,
    label: str,
    score: str,
    groups: str | Sequence[str],
    bins: int = 10,
    missing: str = REFUSE,
) -> GroupCalibration:
    """Compare scores with what came true, group by group; `bins` of equal width from 0 to 1.

    Raises MissingColumn, EmptyData, BadLabels for labels other than 0 and 1 or scores outside 0..1, BadGroups,
    OneGroup, InvalidSetting.
    """
    names = names_of(groups, "groups")
    require_columns(data.columns, [label, score, *names])
    require_rows(data)
    require_between(bins, 2, 1000, name="bins")
    y, scores = zero_one(data[label], "the label"), unit_scores(data[score], "the score")
    grouped = groups_of(data, names, missing=missing)
    require_several(grouped)
    table = _counted(y, scores, grouped, bins)
    return GroupCalibration(_judged(table), _summary(table))


def _counted(y: np.ndarray, scores: np.ndarray, groups: Groups, bins: int) -> pd.DataFrame:
    """Return rows, positives and sum of scores of each group and bin."""
    import numpy as np
    import pandas as pd

    place = np.minimum((scores * bins).astype(np.int64), bins - 1)
    keys, cells = groups.codes.astype(np.int64) * bins + place, bins * len(groups.names)
    n = np.bincount(keys, minlength=cells)
    table = pd.DataFrame(
        {
            "group": np.repeat(groups.labels, bins),
            "bin": np.tile([f"{k / bins:.2f}–{(k + 1) / bins:.2f}" for k in range(bins)], len(groups.names)),
            "n": n,
            "positives": np.bincount(keys, weights=y, minlength=cells),
            "total": np.bincount(keys, weights=scores, minlength=cells),
        }
    )
    return table[table["n"] > 0].reset_index(drop=True)


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of bins with shares, intervals and verdicts."""
    import numpy as np

    from mlops_helpers.debugging.significance import wilson

    found = table[["group", "bin", "n"]].assign(mean_score=table["total"] / table["n"])
    found["positive_share"] = table["positives"] / table["n"]
    found["low"], found["high"] = wilson(table["positives"], table["n"])
    outside = [found["n"] < FEW, found["mean_score"] > found["high"], found["mean_score"] < found["low"]]
    return found.assign(verdict=np.select(outside, [TOO_FEW, HIGH, LOW], FITS))


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per group."""
    off = (table["total"] - table["positives"]).abs()
    sums = table.assign(off=off).groupby("group", sort=False)[["n", "positives", "total", "off"]].sum().reset_index()
    found = sums[["group", "n"]].assign(mean_score=sums["total"] / sums["n"])
    found["positive_share"] = sums["positives"] / sums["n"]
    found["bias"] = found["mean_score"] - found["positive_share"]
    return found.assign(error=sums["off"] / sums["n"])
