"""Fairness over time: a model that was fair when it shipped meets other people later.

    table = fairness_over_windows(decisions, time="decided_at", outcome=("repaid", "granted"), groups="sex", every="7D")
    fairness_alarms(table, AlertPolicy(0.1, needed=2, of=3))

The alarms are those of lesson 2: breaches of a limit that persist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlops_helpers.ethics.checks import names_of, require_columns, require_rows, zero_one
from mlops_helpers.ethics.criteria import CRITERIA, difference, require_criterion
from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.groups import groups_of
from mlops_helpers.ethics.outcomes import hits_among

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mlops_helpers.monitoring.alerts import AlertPolicy

FEW = 30
MEASURED = "measured"


def fairness_over_windows(
    data: pd.DataFrame,
    *,
    time: str,
    outcome: tuple[str, str],
    groups: str | Sequence[str],
    every: str = "1D",
    few: int = FEW,
) -> pd.DataFrame:
    """Return one row per window and criterion: window (its start), criterion, difference, n, verdict.

    outcome      names of the columns with the label and the prediction, 0 and 1
    every        length of a window: any pandas frequency, such as "1D", "7D", "MS"
    difference   as in `criteria.gaps`; NaN, with the verdict "insufficient data: …", where a group's rate stands on
                 fewer than `few` rows: alert policies skip it, so noise wakes nobody and silence calms nobody

    Labels come late: join them first (`monitoring.join_labels`), and only look at windows whose labels are there.
    Raises MissingColumn, EmptyData, BadLabels, BadGroups, and InvalidSetting for a time that is missing or none, or an
    unknown frequency.
    """
    import numpy as np
    import pandas as pd

    names = names_of(groups, "groups")
    require_columns(data.columns, [time, *outcome, *names])
    require_rows(data)
    grouped = groups_of(data, names)
    y, p = zero_one(data[outcome[0]], "the label"), zero_one(data[outcome[1]], "the prediction")
    starts, window = _windows(data[time], every)
    cells = 4 * len(grouped.names)
    keys = window * cells + grouped.codes.astype(np.int64) * 4 + y * 2 + p
    counts = np.bincount(keys, minlength=len(starts) * cells).reshape(len(starts), -1, 2, 2)
    present, labels = grouped.present, np.array(grouped.labels)
    lines = [
        {"window": start, **line}
        for start, found in zip(starts, counts[:, present], strict=True)
        for line in _lines(found, labels[present], few)
    ]
    return pd.DataFrame(lines)


def fairness_alarms(
    table: pd.DataFrame, policy: AlertPolicy | Mapping[str, AlertPolicy], *, criterion: str = "equalized odds"
) -> pd.DataFrame:
    """Judge the differences of one criterion with an alert policy of lesson 2; the columns are those of its `alarms`.

    policy   one, or one for each criterion. Raises InvalidSetting for an unknown criterion, or one without a policy;
             EmptyWindow of monitoring where no window had enough rows.
    """
    require_criterion(criterion)
    if isinstance(policy, Mapping):
        if criterion not in policy:
            found = f"no policy for {criterion!r}"
            raise InvalidSetting(found, f"one of {sorted(policy)}", "Add a policy, or choose another criterion.")
        policy = policy[criterion]
    chosen = table[table["criterion"] == criterion].set_index("window")["difference"]
    return policy.alarms(chosen)


def _windows(times: pd.Series, every: str) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Return the start of each window, without gaps, and for each row the number of its window."""
    import pandas as pd

    if not pd.api.types.is_datetime64_any_dtype(times.dtype) or times.isna().any():
        found = f"{times.name!r} of type {times.dtype} with {int(times.isna().sum()):,} missing"
        raise InvalidSetting(found, "a time in every row", "Convert it with pandas.to_datetime; drop rows without.")
    index = pd.DatetimeIndex(times)
    try:
        starts = pd.Series(1, index=index).resample(every).size().index
    except (ValueError, TypeError) as error:
        expected = 'a frequency of pandas such as "1D", "7D" or "MS"'
        raise InvalidSetting(f"every={every!r} ({error})", expected, "Correct the frequency.") from error
    return starts, starts.searchsorted(index, side="right") - 1


def _lines(counts: np.ndarray, labels: np.ndarray, few: int) -> list[dict[str, object]]:
    """Return the criteria of one window; counts of shape (groups, 2, 2)."""
    import numpy as np

    lines = []
    for criterion, rates in CRITERIA.items():
        support = np.min([hits_among(counts, rate)[1] for rate in rates], axis=0)
        smallest = int(support.argmin())
        enough = support[smallest] >= few and len(support) > 1
        why = f"insufficient data: {support[smallest]} rows of {labels[smallest]}, needs {few}"
        lines.append(
            {
                "criterion": criterion,
                "difference": float(difference(counts, criterion)) if enough else np.nan,
                "n": int(counts.sum()),
                "verdict": MEASURED if enough else why,
            }
        )
    return lines
