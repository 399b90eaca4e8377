"""How often each group meets each outcome: one count of group × label × prediction, from which every metric follows.

The rows are read once, whatever is asked afterwards: the metrics of the groups, of coarser groups, and of all rows, and
their intervals. Counts of parts of a table add up to those of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.ethics.checks import require_choice, require_columns, require_equal, zero_one

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mlops_helpers.ethics.groups import Groups


class Rate(NamedTuple):
    """A rate as two choices among the cells (label 0 and predicted 0, 0 and 1, 1 and 0, 1 and 1): hits / among.

    `empty` says what is missing where the rate is undefined.
    """

    hits: tuple[int, int, int, int]
    among: tuple[int, int, int, int]
    empty: str


ALL, NEGATIVES, POSITIVES, REJECTED, SELECTED = (1, 1, 1, 1), (1, 1, 0, 0), (0, 0, 1, 1), (1, 0, 1, 0), (0, 1, 0, 1)
RATES = MappingProxyType(
    {
        "base_rate": Rate(POSITIVES, ALL, "rows"),
        "selection_rate": Rate(SELECTED, ALL, "rows"),
        "accuracy": Rate((1, 0, 0, 1), ALL, "rows"),
        "tpr": Rate((0, 0, 0, 1), POSITIVES, "positives"),
        "fnr": Rate((0, 0, 1, 0), POSITIVES, "positives"),
        "fpr": Rate((0, 1, 0, 0), NEGATIVES, "negatives"),
        "tnr": Rate((1, 0, 0, 0), NEGATIVES, "negatives"),
        "ppv": Rate((0, 0, 0, 1), SELECTED, "selected"),
        "npv": Rate((1, 0, 0, 0), REJECTED, "rejected"),
    }
)


@dataclass(frozen=True)
class Outcomes:
    """Counts by group: `counts[g, y, p]` rows of group g have label y and prediction p; shape (groups, 2, 2).

    `names` holds one level per attribute for each group; only groups with rows are listed.
    """

    attributes: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    counts: np.ndarray

    @property
    def labels(self) -> list[str]:
        """The groups in one word each: "Female & 40+"."""
        return [" & ".join(name) for name in self.names]

    @property
    def n(self) -> np.ndarray:
        """Rows of each group, shape (groups,)."""
        return self.counts.sum(axis=(1, 2))

    def by(self, attributes: str | Sequence[str]) -> Outcomes:
        """Return the counts by some of the attributes: the others are summed over. Raises MissingColumn."""
        wanted = [attributes] if isinstance(attributes, str) else list(attributes)
        require_columns(self.attributes, wanted)
        places = [self.attributes.index(name) for name in wanted]
        sums: dict[tuple[str, ...], np.ndarray] = {}
        for name, counts in zip(self.names, self.counts, strict=True):
            key = tuple(name[place] for place in places)
            sums[key] = sums.get(key, 0) + counts
        return listed(wanted, list(sums), list(sums.values()))


def listed(attributes: Sequence[str], names: Sequence[tuple[str, ...]], counts: npt.ArrayLike) -> Outcomes:
    """Return Outcomes of the groups that have rows, in the order given."""
    import numpy as np

    array = np.asarray(counts, dtype=np.int64).reshape(-1, 2, 2)
    present = np.flatnonzero(array.any(axis=(1, 2)))
    return Outcomes(tuple(attributes), tuple(names[place] for place in present), array[present])


def count_outcomes(label: npt.ArrayLike, prediction: npt.ArrayLike, groups: Groups) -> Outcomes:
    """Count group × label × prediction in one pass; both arrays have shape (n,) and hold 0 and 1.

    Raises BadLabels for other values, UnequalLengths.
    """
    import numpy as np

    y, p = zero_one(label, "the label"), zero_one(prediction, "the prediction")
    require_equal({"labels": len(y), "predictions": len(p), "rows with a group": len(groups.codes)})
    cells = 4 * len(groups.names)
    kind = np.uint8 if cells <= 256 else np.int64
    keys = groups.codes.astype(kind) * kind(4) + (y * np.uint8(2) + p)
    return listed(groups.attributes, groups.names, np.bincount(keys, minlength=cells))


def hits_among(counts: np.ndarray, rate: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of a rate for counts of shape (..., 2, 2). Raises InvalidSetting."""
    import numpy as np

    require_choice(rate, RATES, name="rate")
    cells = counts.reshape(*counts.shape[:-2], 4)
    return cells @ np.array(RATES[rate].hits), cells @ np.array(RATES[rate].among)


def rate_of(counts: np.ndarray, rate: str) -> np.ndarray:
    """Return a rate for counts of shape (..., 2, 2); NaN where it is undefined, never 0. Raises InvalidSetting."""
    import numpy as np

    hits, among = hits_among(counts, rate)
    return np.divide(hits, among, out=np.full(hits.shape, np.nan), where=among > 0)


def redraw(counts: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Return counts as they might have come: shape (draws, groups, 2, 2).

    Drawing n rows with replacement gives counts that follow the multinomial distribution with the shares of the cells
    (Efron's bootstrap, 1979). So the counts are drawn, and a million rows cost as little as a hundred.
    """
    import numpy as np

    flat = counts.reshape(-1)
    drawn = np.random.default_rng(seed).multinomial(flat.sum(), flat / flat.sum(), size=draws)
    return drawn.reshape(draws, *counts.shape)
