"""The worst slices of a table of 1,000,000 rows and 15 columns: by `debugging.worst_slices` and by pandas `groupby`.

Two slices are planted. The pandas way gets its levels ready made, and only counts: rows and errors of each level and of
each pair of levels. Both ways have to find the planted slices before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000_000
PLANTED = ("amount_0 = -999", "kind_0 = b & kind_1 = c")


def cases(rows: str = str(ROWS)) -> dict[str, Callable[[], object]]:
    """Return both ways; what they find is compared first."""
    from mlops_helpers.debugging.slices import worst_slices

    frame = errors(int(rows))
    levels = named_levels(frame)
    ours = worst_slices(frame, error="wrong").table
    theirs = plain(levels, frame["wrong"]).set_index("slice")
    found = ours[ours["verdict"] == "worse"].set_index("slice")
    if set(found.index) != set(PLANTED) or not (theirs.loc[found.index, "n"] == found["n"]).all():
        raise ValueError(f"found {list(found.index)}, expected {PLANTED} with the counts of pandas: not the same work")
    return {
        "search": lambda: worst_slices(frame, error="wrong").table,
        "groupby": lambda: plain(levels, frame["wrong"]),
    }


def errors(rows: int, *, seed: int = 11) -> pd.DataFrame:
    """Return five fractional, four whole and six text columns, and whether the row is predicted wrongly."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"amount_{number}": rng.normal(50, 20, rows).round(2) for number in range(5)})
    for number in range(4):
        frame[f"count_{number}"] = rng.integers(0, 80, rows)
    for number in range(6):
        frame[f"kind_{number}"] = pd.Series(rng.choice(list("abcdefgh"), rows)).astype("str")
    frame.loc[rng.random(rows) < 0.01, "amount_0"] = -999
    rate = np.full(rows, 0.08)
    rate[frame["amount_0"] == -999] = 0.4
    rate[(frame["kind_0"] == "b") & (frame["kind_1"] == "c")] = 0.3
    return frame.assign(wrong=rng.random(rows) < rate)


def named_levels(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns as categories, cut as `worst_slices` cuts them."""
    import pandas as pd

    from mlops_helpers.debugging.binning import bin_column

    binned = [bin_column(frame[name], min_rows=len(frame) // 500) for name in frame.columns.drop("wrong")]
    return pd.DataFrame({each.name: pd.Categorical.from_codes(each.codes, each.labels) for each in binned})


def store_levels(path: Path, rows: int) -> None:
    """Write the levels as numbers, the errors, and the planted slices (level + 1 of each column, 0: any) to `path`."""
    import numpy as np

    frame = errors(rows)
    levels = named_levels(frame)
    planted = np.zeros((len(PLANTED), levels.shape[1]), dtype=int)
    for line, slice_ in enumerate(PLANTED):
        for condition in slice_.split(" & "):
            column = levels.columns.get_loc(condition.split(" = ")[0])
            planted[line, column] = levels.iloc[:, column].cat.categories.get_loc(condition) + 1
    codes = np.column_stack([levels[name].cat.codes for name in levels])
    np.savez(path, levels=codes, wrong=frame["wrong"].to_numpy(), planted=planted)


def plain(levels: pd.DataFrame, wrong: pd.Series) -> pd.DataFrame:
    """Return rows and errors of each level and each pair, by the call one would type."""
    import pandas as pd

    names = [[name] for name in levels] + [list(pair) for pair in combinations(levels, 2)]
    parts = []
    for chosen in names:
        counts = wrong.groupby([levels[name] for name in chosen], observed=True).agg(["size", "sum"])
        labels = [" & ".join(key) if isinstance(key, tuple) else key for key in counts.index]
        parts.append(pd.DataFrame({"slice": labels, "n": counts["size"].array, "errors": counts["sum"].array}))
    return pd.concat(parts, ignore_index=True)
