"""Would the decision be another one if the person were of the other group? Flip the attribute, and count.

Flipping `sex` alone asks little of a model that reads it off `relationship`: a husband would only become a husband who
is a woman. So proxies are flipped along, each in one of two ways:

    a mapping    {"Husband": "Wife", "Wife": "Husband"}, for levels whose counterpart is known
    None         matched: a number moves to the same rank in the other group (the third-longest working week among the
                 women becomes the third-longest among the men); a level that the other group has too stays, and one
                 that it has not becomes the other group's most frequent

It is a question to the model, not a statement about the world: a person with another sex would have had another life.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.checks import require_columns, require_equal, require_rows, zero_one
from mlops_helpers.ethics.errors import BadGroups, InvalidSetting
from mlops_helpers.ethics.groups import groups_of, require_several

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class FlipReport:
    """What happened to the decisions when everybody changed group.

    table    one row per group and one for all: n, changed, to_selected, to_rejected, share (of changed decisions) with
             its 95 % interval (Wilson)
    changed  True for each row whose decision changed, shape (n,): look at these people
    """

    table: pd.DataFrame
    changed: np.ndarray

    def __str__(self) -> str:
        """Return the finding in a sentence."""
        last = self.table.iloc[-1]
        return (
            f"{last['changed']:,} of {last['n']:,} decisions change ({last['share']:.1%}, "
            f"{last['low']:.1%} to {last['high']:.1%}): {last['to_selected']:,} to selected, "
            f"{last['to_rejected']:,} to rejected."
        )


def flip_attribute(
    decide: Callable[[pd.DataFrame], Any],
    data: pd.DataFrame,
    *,
    attribute: str,
    swap: Mapping[object, object],
    proxies: Mapping[str, Mapping[object, object] | None] | None = None,
) -> FlipReport:
    """Compare the decisions on `data` with those on the same rows in the other group.

    decide   gets a table like `data` and returns 0 or 1 per row: `model.predict`, or a threshold on its scores
    swap     which level of `attribute` becomes which: {"Female": "Male", "Male": "Female"}; others stay,
             and are left out of the table
    proxies  columns to flip along, with a mapping, or None to match them (see above)
    Raises MissingColumn, EmptyData, BadGroups, InvalidSetting for a swap to itself or to a level nobody has, BadLabels
    and UnequalLengths for decisions other than 0 and 1 per row.
    """
    flipped = counterfactual_rows(data, attribute=attribute, swap=swap, proxies=proxies)
    before, after = (zero_one(decide(rows), "the decisions") for rows in (data, flipped))
    require_equal({"rows": len(data), "decisions before": len(before), "decisions after": len(after)})
    asked = data[attribute].isin(list(swap)).to_numpy()  # whoever changes nothing is not counted
    return FlipReport(_table(data[asked], attribute, before[asked], after[asked]), before != after)


def counterfactual_rows(
    data: pd.DataFrame,
    *,
    attribute: str,
    swap: Mapping[object, object],
    proxies: Mapping[str, Mapping[object, object] | None] | None = None,
) -> pd.DataFrame:
    """Return the rows as they would be in the other group; `data` stays as it is. Raises as `flip_attribute` does."""
    proxies = dict(proxies or {})
    require_columns(data.columns, [attribute, *proxies])
    require_rows(data)
    require_several(groups_of(data, attribute))
    _require_swap(data[attribute], swap)
    flipped = data.assign(**{attribute: data[attribute].map(lambda level: swap.get(level, level))})
    for name, mapping in proxies.items():
        if mapping is None:
            flipped[name] = _matched(data, name, attribute, swap)
        else:
            flipped[name] = data[name].map(lambda level, mapping=mapping: mapping.get(level, level))
    return flipped


def _require_swap(column: pd.Series, swap: Mapping[object, object]) -> None:
    """Raise unless the swap leads from level to other level."""
    known = set(column.unique())
    if not swap or all(old == new for old, new in swap.items()):
        raise InvalidSetting(f"swap={dict(swap)}", "a level for another", "As in {'Female': 'Male', 'Male': 'Female'}.")
    strange = [level for pair in swap.items() for level in pair if level not in known]
    if strange:
        found = f"{strange[0]!r} in the swap, which no row has"
        raise BadGroups(found, f"levels among {sorted(map(str, known))}", "Correct the swap.")


def _matched(data: pd.DataFrame, name: str, attribute: str, swap: Mapping[object, object]) -> pd.Series:
    """Return a column with values of the other group in place of a group's own."""
    import pandas as pd

    column, parts = data[name], [data.loc[~data[attribute].isin(list(swap)), name]]
    for old, new in swap.items():
        own, other = column[data[attribute] == old], column[data[attribute] == new]
        if pd.api.types.is_numeric_dtype(column):
            parts.append(_same_rank(own, other.dropna()))
        else:
            stays, common = own.isin(other.unique()) | own.isna(), other.mode()
            parts.append(own.where(stays, common.iloc[0]) if len(common) else own)
    return pd.concat(parts).reindex(data.index)


def _same_rank(own: pd.Series, other: pd.Series) -> pd.Series:
    """Return for each value the one at the same share of ranks among `other`; missing ones stay missing."""
    import numpy as np
    import pandas as pd

    share = (own.rank(method="average") - 0.5) / max(own.notna().sum(), 1)
    place = np.clip((share.fillna(0) * len(other)).to_numpy().astype(int), 0, max(len(other) - 1, 0))
    if not len(other):
        return own
    values = pd.Series(np.sort(other.to_numpy())[place], index=own.index)
    return values.where(own.notna(), np.nan) if own.isna().any() else values.astype(own.dtype)


def _table(data: pd.DataFrame, attribute: str, before: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    """Return the counts of each group, and of all rows at the end."""
    import pandas as pd

    from mlops_helpers.debugging.significance import wilson

    changes = {"changed": before != after, "to_selected": after > before, "to_rejected": before > after}
    rows = pd.DataFrame({"n": 1, **changes})
    groups = data[attribute].astype(str).rename("group").to_numpy()
    sums = rows.astype(int).groupby(groups).sum()
    sums.loc["all rows"] = rows.astype(int).sum()
    table = sums.rename_axis("group").reset_index()
    table["share"] = table["changed"] / table["n"]
    table["low"], table["high"] = wilson(table["changed"], table["n"])
    return table
