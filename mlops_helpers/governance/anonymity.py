"""k-anonymity: can a person be singled out by what a neighbour knows anyway?

Age, postcode and contract type are no secrets, yet together they may fit one customer only. A table is k-anonymous
when every combination of such *quasi-identifiers* occurs at least k times (Samarati and Sweeney, 1998).
k-anonymity hides who someone is, not what is known about them: if all k people of a group share the sensitive value,
the group gives it away. l-diversity asks for l different sensitive values in each group (Machanavajjhala et al., 2007).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import EmptyData, InvalidSetting, MissingColumn, NotAnonymous
from mlops_helpers.governance.masking import Action, apply_action

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_COMBINATIONS = 10_000


@dataclass(frozen=True)
class Anonymity:
    """The groups a table falls into: `groups` has one row per combination and a column `rows`, smallest first."""

    groups: pd.DataFrame
    sizes: pd.Series

    @property
    def k(self) -> int:
        """Size of the smallest group."""
        return int(self.sizes.min())

    def below(self, k: int) -> pd.Index:
        """Return the labels of the rows in groups smaller than `k`: the people who stand out."""
        return self.sizes.index[self.sizes < k]

    def require(self, k: int) -> Anonymity:
        """Return self, or raise `NotAnonymous` with the number of rows concerned and the smallest group."""
        if self.k >= k:
            return self
        smallest = self.groups.drop(columns="rows").iloc[0].to_dict()
        raise NotAnonymous(
            f"{len(self.below(k))} of {len(self.sizes)} rows in groups below {k}; the smallest is {smallest}: {self.k}",
            f"at least {k} rows in each group",
        )

    def _repr_html_(self) -> str:
        """Show k and the smallest groups."""
        return f"<p>k = {self.k}</p>{self.groups.head().to_html(index=False)}"


def k_anonymity(data: pd.DataFrame, quasi_identifiers: Iterable[str]) -> Anonymity:
    """Group a table by its quasi-identifiers; a missing value counts as a value of its own.

    Raises `MissingColumn` for a column the table lacks, `EmptyData` for a table without rows.
    """
    names = _checked(data, quasi_identifiers)
    grouped = data.groupby(names, dropna=False, observed=True, sort=True)
    groups = grouped.size().rename("rows").reset_index()
    sizes = grouped[names[0]].transform("size").rename("group_rows").astype("int64")
    return Anonymity(groups.sort_values("rows", kind="stable", ignore_index=True), sizes)


def l_diversity(data: pd.DataFrame, quasi_identifiers: Iterable[str], sensitive: str) -> int:
    """Return the smallest number of different values of `sensitive` in any group (distinct l-diversity).

    A missing value counts as one more value. 1 means: for some group the secret is no secret.
    """
    names = _checked(data, [*quasi_identifiers, sensitive])[:-1]
    counts = data.groupby(names, dropna=False, observed=True)[sensitive].nunique(dropna=False)
    return int(counts.min())


def generalisations(
    data: pd.DataFrame, ladders: Mapping[str, Sequence[Action]], k: int, *, max_suppressed: float = 0.0
) -> pd.DataFrame:
    """Return the mildest ways to reach `k`: combinations of one action per column that cannot be weakened any further.

    `ladders` gives for each quasi-identifier its actions (see `masking`) from exact to coarse, for example
    `{"age": ["keep", {"action": "age_band", "width": 10}, "redact"]}`. A combination may leave out up to the share
    `max_suppressed` of all rows, those in groups that stay too small. The result has one column per quasi-identifier
    (the action), then steps (how far up the ladders in all), k, groups, suppressed (rows to leave out), mildest first.
    Every combination is tried, so there may be at most 10 000. The frame is empty if nothing suffices.
    """
    names = _checked(data, ladders)
    _check_search(ladders, k, max_suppressed)
    codes = {name: [_codes(data[name], action) for action in ladders[name]] for name in names}
    found: dict[tuple[int, ...], tuple[int, int, int]] = {}
    for rungs in sorted(itertools.product(*(range(len(ladders[name])) for name in names)), key=lambda r: (sum(r), r)):
        if any(all(low <= high for low, high in zip(mild, rungs, strict=True)) for mild in found):
            continue  # a milder combination already suffices
        sizes = _group_sizes([codes[name][rung] for name, rung in zip(names, rungs, strict=True)])
        suppressed = int(sizes[sizes < k].sum())
        if suppressed <= max_suppressed * len(data) and (sizes >= k).any():
            found[rungs] = (int(sizes[sizes >= k].min()), int((sizes >= k).sum()), suppressed)
    return _as_table(names, ladders, found)


def _checked(data: pd.DataFrame, columns: Iterable[str]) -> list[str]:
    """Return the columns as a list if the table has them all and has rows."""
    names = list(columns)
    if not names or (absent := [name for name in names if name not in data.columns]):
        wanted = ", ".join(map(repr, absent)) if names else "no quasi-identifier"
        raise MissingColumn(f"{wanted} asked for", f"one or more of {', '.join(map(str, data.columns))}")
    if data.empty:
        raise EmptyData("a table without rows", "at least one row", "anonymity of nobody is not defined")
    return names


def _check_search(ladders: Mapping[str, Sequence[Action]], k: int, max_suppressed: float) -> None:
    combinations = math.prod(len(ladder) for ladder in ladders.values())
    if not 1 <= combinations <= MAX_COMBINATIONS:
        raise InvalidSetting(f"{combinations} combinations", f"1 to {MAX_COMBINATIONS}", "shorten the ladders")
    if k < 1 or not 0 <= max_suppressed < 1:
        raise InvalidSetting(f"k={k}, max_suppressed={max_suppressed}", "k >= 1 and a share below 1", "correct them")


def _codes(column: pd.Series, action: Action) -> np.ndarray:
    """Number the values of a column after an action, from 0 (missing values too); a dropped column has one value."""
    import numpy as np
    import pandas as pd

    after = apply_action(column, action)
    if after is None:
        return np.zeros(len(column), dtype=np.int64)
    return pd.factorize(after, use_na_sentinel=False)[0].astype(np.int64)


def _group_sizes(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return the size of each group of rows that agree in all columns."""
    import numpy as np

    keys = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:  # renumber after each column, so that keys never outgrow rows²
        keys = np.unique(keys * (int(column.max()) + 1) + column, return_inverse=True)[1]
    return np.bincount(keys)


def _as_table(
    names: Sequence[str],
    ladders: Mapping[str, Sequence[Action]],
    found: Mapping[tuple[int, ...], tuple[int, int, int]],
) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (*(_label(ladders[name][rung]) for name, rung in zip(names, rungs, strict=True)), sum(rungs), *numbers)
        for rungs, numbers in found.items()
    ]
    return pd.DataFrame(rows, columns=[*names, "steps", "k", "groups", "suppressed"])


def _label(action: Action) -> str:
    """Write an action as text: "age_band width=10"."""
    if isinstance(action, str):
        return action
    return " ".join([str(action["action"]), *(f"{key}={value}" for key, value in action.items() if key != "action")])
