"""Labels that arrive late: joined to their predictions as of a date, with nothing from the future.

A prediction is checked days after it was made. Whoever evaluates a model "today" must see what was known today: a
label that arrived tomorrow is invisible, however much of it the file already holds. Read `coverage` before trusting a
metric of the last days: what has arrived early may differ from what still waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, Unpack

from mlops_helpers.monitoring.errors import BadLabels, InvalidSetting, MismatchedColumns, NaiveTimestamp
from mlops_helpers.monitoring.tables import aware_times, require_columns

if TYPE_CHECKING:
    import pandas as pd

REPEATED = ("refuse", "first", "latest")


class LabelColumns(TypedDict, total=False):
    """Where things stand: the defaults are predicted_at, labelled_at and label.

    `repeated` says what to do with several visible labels for one prediction: "refuse" (default), or keep the "first"
    or the "latest" (corrections).
    """

    predicted_at: str
    labelled_at: str
    label: str
    repeated: str


DEFAULTS = LabelColumns(predicted_at="predicted_at", labelled_at="labelled_at", label="label", repeated="refuse")


@dataclass(frozen=True)
class JoinedLabels:
    """Predictions with the labels that were known at `as_of`.

    table       the predictions made until then, in their order, with label and labelled_at (missing while they wait)
    coverage    one row per day of prediction (UTC): day, predictions, labelled, waiting, coverage (0 to 1)
    waiting     predictions without a label
    unknown     labels for ids that are not among the predictions; they are left out
    """

    table: pd.DataFrame
    coverage: pd.DataFrame
    waiting: int
    unknown: int
    as_of: datetime

    def __str__(self) -> str:
        """Say it in one sentence."""
        total = len(self.table)
        stray = f" {self.unknown:,} labels belong to no prediction and were left out." if self.unknown else ""
        known = f"{total - self.waiting:,} of {total:,} predictions have their label"
        return f"As of {self.as_of:%Y-%m-%d %H:%M} {known}; {self.waiting:,} still wait.{stray}"

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{self.coverage.to_html(index=False)}"


def join_labels(
    predictions: pd.DataFrame, labels: pd.DataFrame, *, key: str, as_of: datetime, **columns: Unpack[LabelColumns]
) -> JoinedLabels:
    """Return what was known at `as_of`: predictions made until then, with the labels that had arrived by then.

    predictions   one row per prediction: `key`, predicted_at, anything else
    labels        `key`, labelled_at, label; a missing label is no label
    Other names for the columns: see `LabelColumns`. All times carry a zone. What lies after `as_of` has no influence
    on the result at all, errors included.

    Raises InvalidSetting (an `as_of` that is no datetime, an unknown option), NaiveTimestamp (a time without a zone),
    MissingColumn, EmptyWindow (no prediction until `as_of`),
    MismatchedColumns (keys of different kinds, predictions that hold a label already), and BadLabels for predictions
    with the same key or none, for a label older than its prediction (it cannot be the answer to it), and for several
    labels of one prediction unless `repeated` allows them.
    """
    names = _settings(columns)
    _require_zone(as_of)
    made = _made(predictions, key, names["predicted_at"], as_of)
    visible = _visible(labels, key, names, as_of)
    _require_comparable(made, visible, key, names)
    known = visible[visible[key].isin(made[key])]
    known = _one_each(known, key, names)
    table = made.merge(known[[key, names["label"], names["labelled_at"]]], on=key, how="left", validate="1:1")
    _refuse_early(table, key, names)
    waits = table[names["label"]].isna()
    coverage = _coverage(table[names["predicted_at"]], waits)
    unknown = len(visible) - int(visible[key].isin(made[key]).sum())
    return JoinedLabels(table, coverage, int(waits.sum()), unknown, as_of)


def _settings(columns: LabelColumns) -> LabelColumns:
    if set(columns) - set(DEFAULTS):
        raise InvalidSetting(f"options {sorted(set(columns) - set(DEFAULTS))}", f"some of {list(DEFAULTS)}", "Rename.")
    names = DEFAULTS | columns
    if names["repeated"] not in REPEATED:
        raise InvalidSetting(f"repeated={names['repeated']!r}", f"one of {REPEATED}", "Say which label counts.")
    return names


def _require_zone(as_of: datetime) -> None:
    if not isinstance(as_of, datetime):
        found = f"as_of={as_of!r}, {'text' if isinstance(as_of, str) else f'a {type(as_of).__name__}'}"
        remedy = "Pass datetime(2026, 10, 16, tzinfo=UTC), or pandas.Timestamp(text, tz='UTC')."
        raise InvalidSetting(found, "a datetime with a zone", remedy)
    if as_of.tzinfo is None or as_of.utcoffset() is None:
        raise NaiveTimestamp(f"as_of={as_of} without a zone", "a time with a zone", "Add tzinfo=datetime.UTC.")


def _made(predictions: pd.DataFrame, key: str, predicted_at: str, as_of: datetime) -> pd.DataFrame:
    """Return the predictions made until `as_of`, each with a key of its own."""
    require_columns(predictions, [key, predicted_at], where="predictions")
    made = predictions[aware_times(predictions, predicted_at, where="predictions") <= as_of]
    require_columns(made, [key], where=f"predictions until {as_of}")
    odd = made[key].duplicated() | made[key].isna()
    if odd.any():
        found = f"{int(odd.sum())} predictions with a missing or repeated {key!r}, such as {made.loc[odd, key].iloc[0]}"
        raise BadLabels(found, "one key per prediction", "A label could not tell which of them it belongs to.")
    return made


def _visible(labels: pd.DataFrame, key: str, names: LabelColumns, as_of: datetime) -> pd.DataFrame:
    """Return the labels that had arrived at `as_of`, oldest first."""
    columns = [key, names["label"], names["labelled_at"]]
    if labels.empty:
        require_columns(labels.reindex([0]), columns, where="labels")  # no label at all is a state, no error
        return labels[columns]
    require_columns(labels, columns, where="labels")
    arrived = aware_times(labels, names["labelled_at"], where="labels")
    seen = labels.loc[arrived <= as_of, columns].dropna(subset=names["label"])
    return seen.sort_values(names["labelled_at"], kind="stable")


def _require_comparable(made: pd.DataFrame, visible: pd.DataFrame, key: str, names: LabelColumns) -> None:
    """Refuse keys of different kinds, which would match nothing, and predictions that already hold a label."""
    from pandas.api.types import is_numeric_dtype

    kinds = [table[key].dtype for table in (made, visible)]
    if len(visible) and is_numeric_dtype(kinds[0]) != is_numeric_dtype(kinds[1]):
        found = f"{key!r} as {kinds[0]} in predictions and as {kinds[1]} in labels"
        raise MismatchedColumns(found, "the same kind of key", "Convert one of them, for instance with astype(str).")
    held = [name for name in (names["label"], names["labelled_at"]) if name in made.columns]
    if held:
        raise MismatchedColumns(f"{held} among the predictions", "predictions without labels", "Drop or rename them.")


def _one_each(known: pd.DataFrame, key: str, names: LabelColumns) -> pd.DataFrame:
    """Return one label per prediction, or refuse."""
    again = known[key].duplicated()
    if not again.any():
        return known
    if names["repeated"] == "refuse":
        found = f"{int(again.sum())} labels for predictions that had one, such as {known.loc[again, key].iloc[0]}"
        raise BadLabels(
            found, "one label per prediction", "Find out which counts, then pass repeated='first' or 'latest'."
        )
    return known.drop_duplicates(key, keep="first" if names["repeated"] == "first" else "last")


def _refuse_early(table: pd.DataFrame, key: str, names: LabelColumns) -> None:
    early = table[names["labelled_at"]] < table[names["predicted_at"]]
    if early.any():
        found = (
            f"{int(early.sum())} labels older than their prediction, such as that of {table.loc[early, key].iloc[0]}"
        )
        raise BadLabels(found, "labels that come later", "Check both clocks: such a model was told the answer.")


def _coverage(predicted_at: pd.Series, waits: pd.Series) -> pd.DataFrame:
    """Count by day of prediction."""
    import pandas as pd

    days = predicted_at.dt.tz_convert("UTC").dt.floor("D").rename("day")
    table = pd.DataFrame({"predictions": 1, "waiting": waits.astype("int64")}).groupby(days).sum().reset_index()
    table.insert(2, "labelled", table["predictions"] - table["waiting"])
    return table.assign(coverage=table["labelled"] / table["predictions"])
