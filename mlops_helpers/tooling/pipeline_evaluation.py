"""Is the challenger better, fair and fast enough? Against the champion, on customers that neither of them has seen.

One evaluation has a row for all customers and one for each segment; three rules read it. A challenger that is better
on average and worse for one group is not deployed. AUC is the chance that a customer who leaves is ranked above one
who stays (Hanley and McNeil 1982); the gap in true positive rates is what "equal opportunity" compares (Hardt, Price
and Srebro 2016).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.pipeline_champion import load_champion
from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings
from mlops_helpers.tooling.pipeline_training import digest_of, from_bytes, instances

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ALL = "(all)"
DEPLOY, KEEP = "deploy", "keep"
PROBES = 50  # single predictions that are timed
SLOWEST = 0.95


@dataclass(frozen=True)
class SegmentScore:
    """One segment: rows, AUC of both models (None: no champion, or one class only), the challenger's recall."""

    segment: str
    rows: int
    champion_auc: float | None
    challenger_auc: float | None
    true_positive_rate: float | None


@dataclass(frozen=True)
class Evaluation:
    """The scores, the slow end of the response time, the decision, and why not (empty when it is to deploy)."""

    scores: tuple[SegmentScore, ...]
    milliseconds: float
    decision: str
    reasons: tuple[str, ...]
    champion: str = ""

    @property
    def overall(self) -> SegmentScore:
        """The row of all customers."""
        return self.scores[0]

    def table(self) -> pd.DataFrame:
        """One row for all customers, then one a segment."""
        import pandas as pd

        return pd.DataFrame([asdict(score) for score in self.scores])

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Evaluation:
        """An evaluation as `to_dict` gave it."""
        scores = tuple(SegmentScore(**score) for score in given["scores"])
        return cls(**{**given, "scores": scores, "reasons": tuple(given["reasons"])})

    def __str__(self) -> str:
        """Say the decision and what it rests on."""
        told = f"AUC {self.overall.challenger_auc:.3f}" if self.overall.challenger_auc is not None else "no AUC"
        if self.overall.champion_auc is not None:
            told += f" against {self.overall.champion_auc:.3f} of the champion"
        return f"{self.decision}: {told}" + (f"; {'; '.join(self.reasons)}" if self.reasons else "")


def evaluate_beside_champion(challenger: bytes, rows: pd.DataFrame, run: PipelineRun) -> Evaluation:
    """Evaluate a model's file against the champion in the registry, which may be that very file.

    Then a run was started again after it had deployed: there is nobody to beat, and what is left to do gets done.
    """
    digest = digest_of(challenger)
    version, known, champion = load_champion(run)
    rival = None if known == digest else champion
    return replace(evaluate(from_bytes(challenger, digest), rival, rows, run.settings), champion=version)


def evaluate(
    challenger: Any,
    champion: Any | None,
    rows: pd.DataFrame,
    settings: PipelineSettings,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Score both models on held-out rows and decide. `champion` is None if there is none yet.

    `clock` gives seconds.
    """
    values, labels = instances(rows, settings), rows[settings.label].to_numpy(dtype=int)
    ours = challenger.predict_proba(values)[:, 1]
    theirs = None if champion is None else champion.predict_proba(values)[:, 1]
    masks = {ALL: labels == labels}
    groups = rows[settings.segment].astype(str).to_numpy()
    masks |= {name: groups == name for name in sorted(set(groups))}
    scores = tuple(_score(name, labels[mask], ours[mask], _part(theirs, mask)) for name, mask in masks.items())
    milliseconds = response_time(challenger, values, clock)
    reasons = tuple(objections(scores, milliseconds, settings))
    return Evaluation(scores, milliseconds, KEEP if reasons else DEPLOY, reasons)


def objections(scores: tuple[SegmentScore, ...], milliseconds: float, settings: PipelineSettings) -> list[str]:
    """Why not to deploy, each reason with its numbers; empty if nothing speaks against it."""
    overall, *segments = scores
    judged = [score for score in segments if score.rows >= settings.min_rows and score.challenger_auc is not None]
    found = [*_not_better(overall, settings), *(text for score in judged for text in _loses(score, settings))]
    rates = {score.segment: score.true_positive_rate for score in judged if score.true_positive_rate is not None}
    if len(rates) > 1 and (gap := max(rates.values()) - min(rates.values())) > settings.max_gap:
        worst, best = min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__)
        found.append(
            f"unfair: it finds {rates[best]:.0%} of those who leave in {best} and {rates[worst]:.0%} in {worst}"
        )
        found[-1] += f", a gap of {gap:.2f}, {settings.max_gap:g} is allowed"
    if milliseconds > settings.max_milliseconds:
        found.append(f"slow: {milliseconds:.1f} ms, {settings.max_milliseconds:g} are allowed")
    return found


def response_time(model: Any, values: np.ndarray, clock: Callable[[], float] = time.perf_counter) -> float:
    """Milliseconds within which 95 of 100 predictions of a single row are answered."""
    import numpy as np

    taken = []
    for row in range(min(PROBES, len(values))):
        started = clock()
        model.predict(values[row : row + 1])
        taken.append(clock() - started)
    return float(np.quantile(taken, SLOWEST)) * 1000


def _not_better(overall: SegmentScore, settings: PipelineSettings) -> list[str]:
    if overall.challenger_auc is None:
        return ["not judged: the held-out rows have one class only"]
    if overall.champion_auc is None:
        return []
    gain = overall.challenger_auc - overall.champion_auc
    return [] if gain > settings.min_gain else [f"not better: {gain:+.4f} AUC, more than {settings.min_gain:g} wanted"]


def _loses(score: SegmentScore, settings: PipelineSettings) -> list[str]:
    if score.champion_auc is None or score.challenger_auc is None:
        return []
    loss = score.champion_auc - score.challenger_auc
    if loss <= settings.max_segment_loss:
        return []
    return [f"unfair: {score.segment} loses {loss:.3f} AUC, {settings.max_segment_loss:g} is allowed"]


def _score(name: str, labels: np.ndarray, ours: np.ndarray, theirs: np.ndarray | None) -> SegmentScore:
    from sklearn.metrics import roc_auc_score

    positive = labels == 1
    both = bool(positive.any() and not positive.all())
    return SegmentScore(
        segment=name,
        rows=len(labels),
        champion_auc=float(roc_auc_score(labels, theirs)) if both and theirs is not None else None,
        challenger_auc=float(roc_auc_score(labels, ours)) if both else None,
        true_positive_rate=float((ours[positive] >= 0.5).mean()) if positive.any() else None,
    )


def _part(values: np.ndarray | None, mask: np.ndarray) -> np.ndarray | None:
    return None if values is None else values[mask]
