"""Why did it drift? One cause, the evidence for it, and what to do.

    diagnosis = diagnose(reference, production, features=FEATURES, score="score", label="clicked", time="shown_at")
    print(diagnosis)

Causes are tried in the order in which an engineer should rule them out; the first that is found names the diagnosis,
and the evidence holds all of them.

    data pipeline broke   no change of the world multiplies a column by 1000 (`faults`)        call the data team
    label shift           the classes were mixed anew, within each nothing changed (`shift`)   recalibrate
    concept change        the same inputs now mean something else                              retrain now
    covariate change      other inputs come                                 wait for labels, keep watching or retrain
    file order            the alarm is about a file, not about time (`file_order`)             order by time
    nothing found         and insufficient data                         carry on, or wait for labels or more rows

Without labels a change of concept cannot be seen by anybody, and the diagnosis says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.bins import bin_column
from mlops_helpers.monitoring.columns import list_of_names
from mlops_helpers.monitoring.contributions import feature_contributions, slice_contributions
from mlops_helpers.monitoring.errors import InvalidSetting
from mlops_helpers.monitoring.evidence import Evidence, evidence_table
from mlops_helpers.monitoring.faults import pipeline_faults
from mlops_helpers.monitoring.file_order import distributions, find_file_order
from mlops_helpers.monitoring.scorecard import encode
from mlops_helpers.monitoring.shift import ERROR, MEANING, Shift, explained_error, find_shift
from mlops_helpers.monitoring.tables import aware_times, binary_labels, probabilities, require_columns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PIPELINE, LABEL, CONCEPT, COVARIATE = "data pipeline broke", "label shift", "concept change", "covariate change"
FILE, NOTHING, INSUFFICIENT = "file order", "nothing found", "insufficient data"
FEWEST, MOST = 200, 10_000  # rows needed in each window, and rows looked at by the scorecards
OUTCOME = "squared error"


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong.

    kind            one of the causes above
    sentence        the evidence that decided, in words
    advice          what to do about it
    evidence        one row per check: check, column, found, value, limit, what; what was found first
    contributions   see `feature_contributions`: of the mean score (empty without a score)
    slices          see `slice_contributions`: of the mean squared error, or without labels of the mean score
    """

    kind: str
    sentence: str
    advice: str
    evidence: pd.DataFrame = field(repr=False)
    contributions: pd.DataFrame = field(repr=False)
    slices: pd.DataFrame = field(repr=False)

    def __str__(self) -> str:
        """Say it in two sentences."""
        return f"{self.kind}: {self.sentence}. Advice: {self.advice}."

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{self.evidence[self.evidence['found']].to_html(index=False)}"


def diagnose(
    reference: pd.DataFrame,
    production: pd.DataFrame,
    *,
    features: Sequence[str],
    score: str | None = None,
    label: str | None = None,
    time: str | None = None,
) -> Diagnosis:
    """Return why production differs from the reference.

    features   columns that the model sees; leave out row numbers and times, which always differ
    score      the model's probability; it helps to see a change of concept, and contributions are of its mean
    label      0, 1 or missing (not known yet)
    time       when a row happened, a number or a time with a zone: tells a change in time from the order of a file

    At most 10,000 rows of each window, drawn with a fixed seed, are shown to the scorecards; everything else counts
    all rows. Raises MissingColumn, EmptyWindow, MismatchedColumns, BadValue, NaiveTimestamp, InvalidSetting.
    """
    features = list_of_names(features, "features")
    names = [*features, *(name for name in (score, label) if name)]
    if not features:
        raise InvalidSetting("no features", "the columns that the model sees", "Name at least one.")
    require_columns(reference, names, where="the reference")
    require_columns(production, [*names, *([time] if time else [])], where="production")
    for frame, where in ((reference, "the reference"), (production, "production")):
        _check(frame, score, label, where)
    columns = (*features, *([score] if score else []))
    faults = pipeline_faults(reference, production, features=features)
    if min(len(reference), len(production)) < FEWEST:
        return _too_small(reference, production, faults)
    binned = [bin_column(reference, production, name) for name in features]
    order = find_file_order(binned, _times(production, time))
    shift = _shift(reference, production, columns, label)
    lines = [
        *faults,
        *shift.evidence,
        *_errors(reference, production, score, label, shift),
        *distributions(binned),
        order,
    ]
    found = _conclude(lines, shift, *_contributions(reference, production, features, score, label))
    awaited = label is not None and _blind(lines)
    return replace(found, advice="wait for labels") if awaited and found.kind == NOTHING else found


def _check(frame: pd.DataFrame, score: str | None, label: str | None, where: str) -> None:
    if score:
        probabilities(frame, score, where=where)
    if label:
        binary_labels(frame, label, where=where)


def _times(production: pd.DataFrame, time: str | None) -> np.ndarray | None:
    """Return times as numbers."""
    from pandas.api.types import is_numeric_dtype

    if time is None:
        return None
    if is_numeric_dtype(production[time]):
        return production[time].to_numpy(dtype="float64")
    return aware_times(production, time, where="production").astype("int64").to_numpy()


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(MOST, random_state=0) if len(frame) > MOST else frame


def _shift(reference: pd.DataFrame, production: pd.DataFrame, columns: Sequence[str], label: str | None) -> Shift:
    windows = _thinned(reference), _thinned(production)
    return find_shift(*encode(*windows, features=columns, label=label))


def _squared_error(frame: pd.DataFrame, score: str, label: str) -> pd.Series:
    return (frame[score].astype("float64") - frame[label].astype("float64")) ** 2


def _errors(
    reference: pd.DataFrame, production: pd.DataFrame, score: str | None, label: str | None, shift: Shift
) -> list[Evidence]:
    if not score or not label:
        return []
    before, after = (_squared_error(_thinned(frame), score, label).to_numpy() for frame in (reference, production))
    return explained_error(shift.weight, before, after)


def _contributions(
    reference: pd.DataFrame, production: pd.DataFrame, features: Sequence[str], score: str | None, label: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return contributions to the mean score, and slices of the mean error (or score)."""
    import pandas as pd

    if not score:
        return pd.DataFrame(), pd.DataFrame()
    found = feature_contributions(reference, production, features=features, outcome=score)
    if label and reference[label].notna().any() and production[label].notna().any():
        reference, production = (
            frame.assign(**{OUTCOME: _squared_error(frame, score, label)}) for frame in (reference, production)
        )
        return found, slice_contributions(reference, production, features=features, outcome=OUTCOME)
    return found, slice_contributions(reference, production, features=features, outcome=score)


def _too_small(reference: pd.DataFrame, production: pd.DataFrame, faults: list[Evidence]) -> Diagnosis:
    """Name a fault if one shows already; else say how many rows are missing."""
    import pandas as pd

    broken = [line for line in faults if line.found]
    kind, advice = (PIPELINE, "call the data team") if broken else (INSUFFICIENT, "wait for more rows")
    few = f"{len(reference):,} and {len(production):,} rows, needs {FEWEST} in each window"
    return Diagnosis(
        kind, _said(broken) if broken else few, advice, evidence_table(faults), pd.DataFrame(), pd.DataFrame()
    )


def _conclude(lines: list[Evidence], shift: Shift, contributions: pd.DataFrame, slices: pd.DataFrame) -> Diagnosis:
    found = [line for line in lines if line.found]
    checks = {line.check for line in found}
    worse = ERROR in checks
    blind = _blind(lines)
    if broken := [line for line in found if line in lines[: _count_faults(lines)]]:
        kind, advice, why = PIPELINE, "call the data team", broken
    elif shift.classes:
        kind, advice, why = LABEL, "recalibrate the scores", [line for line in found if line.check == "classes"]
    elif shift.meaning:
        kind, advice, why = CONCEPT, "retrain now", [line for line in found if line.check in (MEANING, ERROR)]
    elif shift.inputs or "distribution" in checks:
        advice = "wait for labels" if blind else "retrain now" if worse else "keep watching"
        kind, why = COVARIATE, [line for line in found if line.check in ("inputs", "distribution")]
    elif FILE in checks:
        kind, advice, why = FILE, "order the rows by time, then look again", [lines[-1]]
    else:
        kind, advice, why = NOTHING, "carry on", []
    sentence = _said(why) or "production looks like the reference"
    if blind and kind in (NOTHING, COVARIATE):
        sentence += "; without enough labels a change of concept cannot be seen"
    return Diagnosis(kind, sentence, advice, evidence_table(lines), contributions, slices)


def _blind(lines: list[Evidence]) -> bool:
    """Return whether labels are too few to see a change of concept."""
    return any(line.check == MEANING and line.what.startswith("insufficient") for line in lines)


def _count_faults(lines: list[Evidence]) -> int:
    """Return how many lines come from the pipeline's checks: all before the first about inputs."""
    return next(place for place, line in enumerate(lines) if line.check == "inputs")


def _said(lines: list[Evidence]) -> str:
    """Return the first three findings in words."""
    return "; ".join(f"{line.column}: {line.what}" if line.column else line.what for line in lines[:3])
