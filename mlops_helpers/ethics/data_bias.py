"""What is wrong with the data before any model: missing values, labels and measurements that differ by group.

None of these is proof. A gap in the labels of people who are alike on paper asks who gave the labels, and how; a
feature that tells right from wrong in one group only asks how it was measured in the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import names_of, require_columns, require_rows, zero_one
from mlops_helpers.ethics.errors import EmptyData, InvalidSetting
from mlops_helpers.ethics.groups import GROUP, REFUSE, Groups, groups_of, require_several

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SUSPICIOUS, CHANCE = "differs by group", "could be chance"
ALPHA = 0.01


def missing_by_group(
    data: pd.DataFrame, *, groups: str | Sequence[str], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return one row per column and group: how many values are missing.

    columns          all but the groups by default; a column without missing values is left out
    n, missing, share, low, high   rows, rows without a value, their share and its 95 % interval (Wilson)
    p_value          chance of such differences between the groups of this column (chi-squared)
    verdict          "differs by group": below 0.01 after Holm's adjustment for all columns; else "could be chance"
    Rows without a group are a group. Raises MissingColumn, EmptyData, BadGroups, OneGroup.
    """
    import numpy as np
    import pandas as pd

    from mlops_helpers.debugging.significance import holm, wilson
    from mlops_helpers.monitoring.proportions import chi_squared

    grouped = _grouped(data, groups, columns or [], missing=GROUP)
    names = list(columns) if columns is not None else [name for name in data.columns if name not in grouped.attributes]
    n = np.bincount(grouped.codes, minlength=len(grouped.names))
    parts = []
    for name in names:
        gone = np.bincount(grouped.codes, weights=data[name].isna(), minlength=len(n)).astype(int)
        if gone.any():
            present = n > 0
            part = pd.DataFrame({"column": name, "group": grouped.labels, "n": n, "missing": gone})[present]
            low, high = wilson(part["missing"], part["n"])
            chance = chi_squared(gone[present], (n - gone)[present]).p_value if (n > gone).any() else 1.0
            parts.append(part.assign(share=part["missing"] / part["n"], low=low, high=high, p_value=chance))
    columns_out = ["column", "group", "n", "missing", "share", "low", "high", "p_value", "verdict"]
    if not parts:
        return pd.DataFrame(columns=columns_out)
    adjusted = holm([part["p_value"].iloc[0] for part in parts])
    verdicts = [SUSPICIOUS if value < ALPHA else CHANCE for value in adjusted]
    judged = [part.assign(verdict=verdict) for part, verdict in zip(parts, verdicts, strict=True)]
    return pd.concat(judged, ignore_index=True)


def label_gap(
    data: pd.DataFrame, *, label: str, groups: str | Sequence[str], given: str | Sequence[str]
) -> pd.DataFrame:
    """Return one row per group: its base rate, and what it would be if all groups had the same mix of `given`.

    label   0 and 1; given   columns in which people have to be alike to be compared (each combination is a stratum),
            such as education; leave out whatever may itself be a consequence of the group

    n, base_rate, low, high   as it stands (Wilson)
    compared                  share of the group's rows in strata where every group has a row; only these are compared
    standardised, standardised_low, standardised_high
                              direct standardisation: the mean of the strata's rates with the weights of all rows; its
                              normal 95 % interval, which takes the weights as known
    Base rates that differ and standardised ones that do not: the groups differ in `given`. Standardised ones that
    differ as well: the label is not explained by `given`; ask who gave it. Source: Fleiss, Statistical Methods for
    Rates and Proportions, ch. 19. Raises MissingColumn, EmptyData (also for no stratum with all groups), BadLabels,
    BadGroups, OneGroup.
    """
    import numpy as np
    import pandas as pd

    from mlops_helpers.debugging.significance import wilson

    alike = names_of(given, "given")
    grouped = _grouped(data, groups, [label, *alike])
    require_several(grouped)
    y = zero_one(data[label], "the label").astype(float)
    strata = groups_of(data, alike, missing=GROUP)
    cells = (len(strata.names), len(grouped.names))
    keys = strata.codes.astype(np.int64) * cells[1] + grouped.codes
    n, hits = (
        np.bincount(keys, weights=weights, minlength=cells[0] * cells[1]).reshape(cells) for weights in (None, y)
    )
    present = n.sum(axis=0) > 0
    n, hits = n[:, present], hits[:, present]
    table = pd.DataFrame({"group": np.array(grouped.labels)[present], "n": n.sum(axis=0).astype(int)})
    table["base_rate"] = hits.sum(axis=0) / n.sum(axis=0)
    table["low"], table["high"] = wilson(hits.sum(axis=0), n.sum(axis=0))
    return table.assign(**_standardised(n, hits))


def _standardised(n: np.ndarray, hits: np.ndarray) -> dict[str, np.ndarray]:
    """Return the standardised rates of counts by stratum and group, both of shape (strata, groups)."""
    import numpy as np

    common = (n > 0).all(axis=1)
    if not common.any():
        expected = "a stratum in which every group has a row"
        raise EmptyData("no people who are alike", expected, "Name fewer columns in `given`, or cut them coarser.")
    weights = n[common].sum(axis=1) / n[common].sum()
    rates = hits[common] / n[common]
    value = weights @ rates
    error = np.sqrt(np.square(weights) @ (rates * (1 - rates) / n[common]))
    reach = 1.959964 * error
    return {
        "compared": n[common].sum(axis=0) / n.sum(axis=0),
        "standardised": value,
        "standardised_low": np.maximum(value - reach, 0),
        "standardised_high": np.minimum(value + reach, 1),
    }


def measurement_gap(
    data: pd.DataFrame, *, label: str, groups: str | Sequence[str], columns: Sequence[str]
) -> pd.DataFrame:
    """Return one row per column and group: how well this number alone ranks the label within the group.

    n                 rows of the group with a value
    auc, low, high    ROC AUC (0.5: says nothing) and its interval (DeLong); NaN where there is one class only
    verdict           of the column, in each of its rows: "differs by group" where two intervals do not touch, else
                      "could be chance"; or why a group could not be measured
    A number that ranks in one group and not in the other is measured differently, or means something else there.
    Raises MissingColumn, EmptyData, BadLabels, BadGroups, OneGroup, InvalidSetting for a column that holds no numbers.
    """
    import numpy as np
    import pandas as pd

    from mlops_helpers.monitoring.scores import measure

    names = names_of(columns, "columns")
    grouped = _grouped(data, groups, [label, *names])
    require_several(grouped)
    y, lines = zero_one(data[label], "the label"), []
    for name in names:
        if not pd.api.types.is_numeric_dtype(data[name]):
            raise InvalidSetting(f"{name!r} of type {data[name].dtype}", "a column of numbers", "Choose another.")
        values, found = data[name].to_numpy(dtype=float, na_value=np.nan), []
        for place in grouped.present:
            rows = (grouped.codes == place) & ~np.isnan(values)
            auc = measure(values[rows], y[rows])["roc_auc"]
            found.append((name, grouped.labels[place], int(rows.sum()), *auc))
        lines += _judged(found)
    return pd.DataFrame(lines, columns=["column", "group", "n", "auc", "low", "high", "verdict"])


def _judged(found: list[tuple]) -> list[tuple]:
    """Return one column's lines, with a verdict in each that was measured."""
    measured = [line for line in found if line[-1] == "measured"]
    apart = measured and max(line[4] for line in measured) > min(line[5] for line in measured)
    verdict = SUSPICIOUS if apart else CHANCE
    return [(*line[:-1], verdict if line[-1] == "measured" else line[-1]) for line in found]


def _grouped(
    data: pd.DataFrame, groups: str | Sequence[str], columns: Sequence[str], *, missing: str = REFUSE
) -> Groups:
    """Return the groups after a look at columns and rows."""
    by = names_of(groups, "groups")
    require_columns(data.columns, [*columns, *by])
    require_rows(data)
    return groups_of(data, by, missing=missing)
