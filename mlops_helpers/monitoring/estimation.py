"""Performance before any label has arrived: estimated from the model's own, calibrated confidence.

    estimator = PerformanceEstimator.fit(reference, score="score", label="label", by="day")
    estimator.estimate(production, by="day", segments="device")

Confidence-based performance estimation (CBPE) is NannyML's published method; `expected` holds the arithmetic,
`calibration` makes the confidence honest.

**What it cannot see.** It assumes that a score means in production what it meant in the reference: P(label | score)
has not changed. It sees a change of the inputs (more hard cases, so less confidence), and it is blind to a concept
change: if the same customers behave differently, the estimate stays where it was while the model is wrong more often.
Only labels show that (`labels`, `performance`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

from mlops_helpers.monitoring.calibration import fit_isotonic, needs_calibration
from mlops_helpers.monitoring.errors import InvalidSetting, TooFewRows
from mlops_helpers.monitoring.expected import Expected, Spread, expect, spreads
from mlops_helpers.monitoring.ranking import Ranking, merge, rank
from mlops_helpers.monitoring.scores import (
    ENOUGH_OF_A_CLASS,
    METRICS,
    NORMAL_95,
    Measured,
    check_threshold,
    measure,
)
from mlops_helpers.monitoring.tables import (
    EVERYTHING,
    Part,
    all_missing,
    binary_labels,
    parts,
    probabilities,
    require_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

CALIBRATE = ("if needed", True, False)
DEVIATIONS = 3
CHUNKS = 10
COLUMNS = (
    "segment", "chunk", "metric", "n", "positives", "value", "low", "high",
    "sampling_error", "limit_low", "limit_high", "verdict",
)  # fmt: skip


class Limits(NamedTuple):
    """Where a metric lay in the reference: mean ± 3 standard deviations over its chunks, within 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True)
class Confidence:
    """What the reference (or one segment of it) teaches: probabilities, limits and sampling errors per metric."""

    probability: Callable[[np.ndarray], np.ndarray]
    limits: dict[str, Limits]
    spreads: dict[str, Spread]


@dataclass(frozen=True)
class Settings:
    """How the estimator was asked to work."""

    score: str
    label: str
    threshold: float
    by: str | int
    calibrate: str | bool


@dataclass(frozen=True)
class PerformanceEstimator:
    """An estimator fitted to a labelled reference; make one with `fit`."""

    settings: Settings
    confidence: Confidence
    reference: pd.DataFrame = field(repr=False)

    @classmethod
    def fit(
        cls,
        reference: pd.DataFrame,
        *,
        score: str,
        label: str,
        threshold: float = 0.5,
        by: str | int | None = None,
        calibrate: str | bool = "if needed",
    ) -> Self:
        """Learn from a reference: rows with the model's probability `score` and the true `label` (0 or 1).

        by          chunks whose realised performance sets the limits (see `tables.parts`); None cuts ten in the order
                    of the file. They should be as long as those of production: shorter chunks vary more.
        calibrate   "if needed" (see `calibration.needs_calibration`), True or False
        The reference must be rows the model was *not* trained on, or its confidence is that of a pupil who knew the
        questions. Rows without score or label are left out.

        Raises MissingColumn, EmptyWindow, BadValue (no probability, no label), InvalidSetting, and TooFewRows with
        fewer than 10 positives or 10 negatives, or without a single score or label.
        """
        if calibrate not in CALIBRATE:
            raise InvalidSetting(f"calibrate={calibrate!r}", f"one of {CALIBRATE}", "Use 'if needed'.")
        require_columns(reference, [score, label], where="the reference")
        by = -(-len(reference) // CHUNKS) if by is None else by
        settings = Settings(score, label, check_threshold(threshold), by, calibrate)
        kept = reference.copy(deep=False)  # copy-on-write: what the caller changes later does not reach it
        return cls(settings, _learn(kept, parts(kept, by, None), settings), kept)

    def estimate(
        self, production: pd.DataFrame, *, by: str | int | None = None, segments: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return one row per segment, chunk and metric, as `realised_performance` does, without needing a label.

        n, positives    rows with a score, and the number of positives expected among them
        value           the estimate; NaN where it is not defined
        low, high       value ± 1.96 sampling_error: what n rows leave open *if* the assumption above holds
        limit_low, limit_high   mean ± 3 standard deviations of the realised metric over the reference's chunks
        verdict         "within limits", "alarm: below limit", "alarm: above limit", or "insufficient data: …, needs …"
        A segment is calibrated and limited by its own rows in the reference: what is normal for one is not for others.
        One that the reference does not hold, or holds too few rows of, is "insufficient data".

        Raises MissingColumn, EmptyWindow, BadValue.
        """
        import pandas as pd

        require_columns(production, [self.settings.score], where="production")
        scores = probabilities(production, self.settings.score, where="production")
        wanted = parts(production, by, segments)
        learnt = self._by_segment({part.segment for part in wanted}, segments)
        lines = [line for part in wanted for line in self._lines(part, scores[part.rows], learnt[part.segment])]
        return pd.DataFrame(lines, columns=list(COLUMNS))

    def _by_segment(self, wanted: set[str], segments: str | Sequence[str] | None) -> dict[str, Confidence | TooFewRows]:
        """Return what the reference teaches about each segment of production, or why it teaches nothing."""
        learnt: dict[str, Confidence | TooFewRows] = {EVERYTHING: self.confidence}
        if wanted == set(learnt):
            return learnt
        chunks: dict[str, list[Part]] = {}
        for part in parts(self.reference, self.settings.by, segments):
            chunks.setdefault(part.segment, []).append(part)
        for segment in wanted - set(learnt):
            try:
                learnt[segment] = _learn(self.reference, chunks.get(segment, []), self.settings)
            except TooFewRows as error:
                learnt[segment] = error
        return learnt

    def _lines(self, part: Part, score: np.ndarray, learnt: Confidence | TooFewRows) -> list[tuple]:
        import numpy as np

        score, head = score[~np.isnan(score)], (part.segment, part.chunk)
        if isinstance(learnt, TooFewRows):
            verdict = f"insufficient data: {learnt.found}, needs {learnt.expected}"
            return [(*head, name, len(score), *[math.nan] * 7, verdict) for name in METRICS]
        found = expect(score, learnt.probability, self.settings.threshold)
        return [(*head, name, found.n, found.positives, *_judged(found, name, learnt)) for name in METRICS]


def _judged(found: Expected, metric: str, learnt: Confidence) -> tuple:
    """Return value, low, high, sampling error, both limits and the verdict of one metric."""
    value, limits, error = found.values[metric], learnt.limits[metric], learnt.spreads[metric].error(found.n)
    reach = NORMAL_95 * error
    interval = (max(0.0, value - reach), min(1.0, value + reach)) if reach == reach else (math.nan, math.nan)
    verdict = found.verdicts[metric]
    if verdict == "measured":
        verdict = _against(value, limits)
    return value, *interval, error, *limits, verdict


def _against(value: float, limits: Limits) -> str:
    if math.isnan(limits.low):
        return "insufficient data: the reference has fewer than 2 chunks with this metric, needs 2"
    return (
        "alarm: below limit" if value < limits.low else "alarm: above limit" if value > limits.high else "within limits"
    )


def _learn(reference: pd.DataFrame, chunks: list[Part], settings: Settings) -> Confidence:
    """Return calibration, limits and sampling errors of some chunks of the reference."""
    import numpy as np

    scores = probabilities(reference, settings.score, where="the reference")
    labels = binary_labels(reference, settings.label, where="the reference")
    known = ~(np.isnan(scores) | np.isnan(labels))
    asked = np.concatenate([part.rows for part in chunks]) if chunks else np.arange(0)
    rows = [part.rows for part in chunks] if known.all() else [part.rows[known[part.rows]] for part in chunks]
    score, label = _together(rows, scores, labels)
    _require_both(label, all_missing({"scores": scores[asked], "labels": labels[asked]}))
    realised, rankings = [], []
    for own in rows:
        mine = scores[own], labels[own]
        rankings.append(rank(*mine))
        realised.append(measure(*mine, threshold=settings.threshold, ranking=rankings[-1]))
    ranking = merge(rankings)
    return Confidence(
        probability=_probability(score, label, ranking, settings.calibrate),
        limits={metric: _limits(realised, metric) for metric in METRICS},
        spreads=spreads(score, label, settings.threshold, ranking),
    )


def _together(rows: list[np.ndarray], scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and labels of the rows of all chunks, in the order of the file."""
    import numpy as np

    if sum(len(own) for own in rows) == len(scores):
        return scores, labels
    used = np.zeros(len(scores), dtype=bool)
    for own in rows:
        used[own] = True
    return scores[used], labels[used]


def _require_both(label: np.ndarray, gone: str) -> None:
    """Refuse too few of a class; `gone` says which column is missing altogether, or is empty."""
    if gone:
        found, remedy = f"{gone} in the reference", "Find out where they were lost, or name the column that holds them."
        raise TooFewRows(found, f"at least {ENOUGH_OF_A_CLASS} positives and {ENOUGH_OF_A_CLASS} negatives", remedy)
    positives, negatives = int(label.sum()), int(len(label) - label.sum())
    if min(positives, negatives) < ENOUGH_OF_A_CLASS:
        found = f"{positives} positives and {negatives} negatives in the reference"
        raise TooFewRows(found, f"at least {ENOUGH_OF_A_CLASS} of each", "Widen the reference, or merge segments.")


def _probability(
    score: np.ndarray, label: np.ndarray, ranking: Ranking, calibrate: str | bool
) -> Callable[[np.ndarray], np.ndarray]:
    wanted = needs_calibration(score, label, ranking) if calibrate == "if needed" else calibrate
    return fit_isotonic(ranking) if wanted else _as_it_is


def _as_it_is(score: np.ndarray) -> np.ndarray:
    """Take the model at its word."""
    return score


def _limits(realised: list[dict[str, Measured]], metric: str) -> Limits:
    import numpy as np

    values = np.array([chunk[metric].value for chunk in realised])
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return Limits(math.nan, math.nan)
    middle, reach = values.mean(), DEVIATIONS * values.std()
    return Limits(float(max(0.0, middle - reach)), float(min(1.0, middle + reach)))
