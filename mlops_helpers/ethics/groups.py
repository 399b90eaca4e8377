"""Who belongs to which group: a number for each row, and the name behind each number.

One attribute gives its levels as groups; several give every combination, which is how an *intersection* such as women
of forty and more is looked at. A level stands for itself: numbers such as ages have to be cut into bands first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import names_of, require_choice, require_columns, require_rows
from mlops_helpers.ethics.errors import BadGroups, OneGroup

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MOST_LEVELS = 50  # of one attribute: more are no groups but a quantity or an id
MOST_GROUPS = 10_000
MISSING = "(missing)"
REFUSE, GROUP = "refuse", "group"
UNKNOWN = (
    "They may be the ones who are hurt: show them as a group of their own, with missing='group' where a function takes "
    "that, or by filling in a word such as 'unknown'."
)


@dataclass(frozen=True)
class Groups:
    """Rows by group.

    attributes   names of the sensitive attributes
    names        for each group one level per attribute; all combinations, also those without a row
    codes        for each row its group, as a position in `names`; shape (n,)
    """

    attributes: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    codes: np.ndarray

    @property
    def labels(self) -> list[str]:
        """The names in one word each: "Female & 40+"."""
        return [" & ".join(name) for name in self.names]

    @property
    def present(self) -> list[int]:
        """The groups that have rows."""
        import numpy as np

        return np.flatnonzero(np.bincount(self.codes, minlength=len(self.names))).tolist()


def groups_of(table: pd.DataFrame, by: str | Sequence[str], *, missing: str = REFUSE) -> Groups:
    """Group the rows of `table` by one or several of its columns.

    missing   "refuse" a row without a value, or make such rows a "group" of their own, named "(missing)"

    Raises MissingColumn, EmptyData, and BadGroups for a missing value or for more than 50 levels of one attribute.
    """
    names = names_of(by, "groups")
    require_columns(table.columns, names)
    require_rows(table)
    require_choice(missing, (REFUSE, GROUP), name="missing")
    codes, levels = zip(*(_codes(table[name], name, missing) for name in names), strict=True)
    combined = codes[0]
    for more, found in zip(codes[1:], levels[1:], strict=True):
        combined = _wide_enough(combined, len(found), levels) * len(found) + more
    return Groups(tuple(names), tuple(product(*levels)), combined)


def groups_from(values: pd.DataFrame | pd.Series | npt.ArrayLike, *, missing: str = REFUSE) -> Groups:
    """Group rows by a DataFrame of attributes (all its columns), a Series or an array. Raises as `groups_of` does."""
    import pandas as pd

    if isinstance(values, pd.DataFrame):
        return groups_of(values, list(values.columns), missing=missing)
    column = pd.Series(values)
    name = str(column.name) if column.name is not None else "group"
    return groups_of(column.to_frame(name), name, missing=missing)


def require_several(groups: Groups) -> None:
    """Raise OneGroup unless there are rows in two groups."""
    present = groups.present
    if len(present) < 2:
        found = f"one group only, {groups.labels[present[0]]!r}, by {', '.join(groups.attributes)}"
        raise OneGroup(found, "two or more groups to compare", "Take rows of the others too, or another attribute.")


def _codes(column: pd.Series, name: str, missing: str) -> tuple[np.ndarray, list[str]]:
    """Return a small number per row, and the level behind each number, in order."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes.to_numpy(), list(column.cat.categories)
    else:
        codes, values = _in_order(*pd.factorize(column))
    if len(values) > MOST_LEVELS:
        remedy = "Cut a quantity into bands with pandas.cut; an id is no attribute."
        raise BadGroups(f"{len(values):,} levels of {name!r}", f"at most {MOST_LEVELS}", remedy)
    if codes.min() < 0:
        if missing == REFUSE:
            found = f"{int((codes < 0).sum()):,} rows without a value in {name!r}"
            remedy = UNKNOWN
            raise BadGroups(found, "a group for every row", remedy)
        codes, values = codes + (codes < 0) * (len(values) + 1), [*values, MISSING]
    return codes, [str(value) for value in values]


def _in_order(codes: np.ndarray, found: pd.Index | np.ndarray) -> tuple[np.ndarray, list[object]]:
    """Return the codes as if the levels had been numbered in order; too many levels are left as they are."""
    import numpy as np
    import pandas as pd

    if len(found) > MOST_LEVELS:
        return codes, list(found)
    places, ordered = pd.factorize(found, sort=True)
    return np.append(places, -1).astype(np.int8)[codes], list(ordered)  # -1, missing, takes the last: -1 again


def _wide_enough(codes: np.ndarray, factor: int, levels: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the codes as integers that can hold all combinations; small ones are counted faster."""
    import math

    import numpy as np

    groups = math.prod(len(found) for found in levels)
    if groups > MOST_GROUPS:
        found = f"{groups:,} combinations of levels"
        raise BadGroups(found, f"at most {MOST_GROUPS:,}", "Take fewer attributes, or fewer levels of each.")
    return codes.astype(np.uint8 if groups <= 64 else np.int32)
