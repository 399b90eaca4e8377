"""Drift of embeddings: did the texts (or pictures) behind two sets of vectors change?

Two questions, and drift needs a yes to both:

1. Is there a difference at all?   MMD with a permutation p-value (`mmd`)        p_value < alpha
2. Is it large enough to matter?   a classifier that tells the windows apart (`domain_classifier`)    AUC >= auc_limit

With many rows the first alone would alarm for differences that nobody needs to act on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.domain_classifier import DomainAuc, domain_auc
from mlops_helpers.monitoring.errors import InvalidSetting
from mlops_helpers.monitoring.mmd import MAX_ROWS, MmdTest, mmd_of_points
from mlops_helpers.monitoring.points import Pooled, pool

if TYPE_CHECKING:
    from mlops_helpers.monitoring.points import Embeddings

NEEDED = 30  # rows in each window: five folds of six, and ranks that are close to normal
STABLE, DRIFTED, INSUFFICIENT, CONSTANT = "stable", "drifted", "insufficient data", "constant"


@dataclass(frozen=True)
class EmbeddingDrift:
    """What was found. `verdict` is "stable", "drifted", "insufficient data" or "constant", `note` says why.

    mmd         the unbiased estimate of MMD² (0 on average without drift, and then often just below)
    p_value     of `mmd`, by permutation; `permutations` of them
    auc         how well a classifier tells production from reference (0.5: not at all), in [auc_low, auc_high]
    rows        rows given, reference first; `compared` those looked at (fewer where a window was too large)
    zeros       vectors of nothing but zeros in each window: often texts that were not embedded
    bandwidth   of the kernel, in the unit of the embeddings

    Figures are NaN where there is too little data to compute them.
    """

    mmd: float
    p_value: float
    auc: float
    auc_low: float
    auc_high: float
    verdict: str
    note: str
    rows: tuple[int, int]
    compared: tuple[int, int]
    zeros: tuple[int, int]
    dimensions: int
    bandwidth: float
    permutations: int

    @property
    def drifted(self) -> bool:
        """Whether the verdict is drift."""
        return self.verdict == DRIFTED

    def __str__(self) -> str:
        return f"{self.verdict}: {self.note}"

    def _repr_html_(self) -> str:
        shown = (
            ("MMD²", f"{self.mmd:.3g}"),
            ("p-value", f"{self.p_value:.3g}"),
            ("AUC", f"{self.auc:.2f} [{self.auc_low:.2f}, {self.auc_high:.2f}]"),
            ("rows compared", f"{self.compared[0]:,} and {self.compared[1]:,}"),
        )
        cells = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in shown)
        return f"<p><strong>{escape(self.verdict)}</strong>: {escape(self.note)}</p><table>{cells}</table>"


@dataclass(frozen=True)
class Rule:
    """When embeddings count as drifted: a p-value below `alpha` and an AUC of `auc_limit` or more."""

    alpha: float
    auc_limit: float

    def require_sense(self, permutations: int) -> None:
        """Refuse limits outside their range, and permutations too few to fall below alpha. Raises InvalidSetting."""
        if not 0 < self.alpha < 1 or not 0.5 <= self.auc_limit < 1:
            raise InvalidSetting(
                f"alpha={self.alpha}, auc_limit={self.auc_limit}",
                "alpha between 0 and 1, auc_limit from 0.5 to below 1",
                "Leave them out for 0.01 and 0.6.",
            )
        needed = math.floor(1 / self.alpha)
        if permutations < needed:
            raise InvalidSetting(
                f"permutations={permutations}, whose smallest p-value is {1 / (1 + permutations):.3g}",
                f"{needed} or more, so that a p-value can fall below alpha={self.alpha}",
                f"Pass permutations={needed} or a larger alpha.",
            )

    def verdict(self, mmd: MmdTest, domain: DomainAuc) -> tuple[str, str]:
        """Return the verdict and one sentence."""
        told = f"a classifier tells production from reference with AUC {domain.auc:.2f}"
        evidence = f"{told} (from {domain.low:.2f} to {domain.high:.2f}), p = {mmd.p_value:.3g}"
        if mmd.p_value >= self.alpha:
            return STABLE, f"no difference that chance would not explain; {evidence}."
        if domain.auc < self.auc_limit:
            return STABLE, f"a difference, but too small to act on; {evidence}, limit {self.auc_limit:.2f}."
        return DRIFTED, f"the embeddings differ; {evidence}."


def embedding_drift(
    reference: Embeddings,
    production: Embeddings,
    *,
    permutations: int = 200,
    seed: int = 0,
    alpha: float = 0.01,
    **options: float,
) -> EmbeddingDrift:
    """Compare two sets of embeddings of shapes (n, d) and (m, d): matrices, DataFrames or lists of vectors.

    Options: `auc_limit` (0.6), the effect from which a difference matters; `bandwidth` of the kernel (by default the
    median heuristic); `max_rows` (5,000): of a larger window so many are drawn with the seed, and the note says so.
    Windows of fewer than 30 rows are "insufficient data"; embeddings that are all one and the same are "constant".

    Raises BadValue for NaN and infinite coordinates, MismatchedColumns for different dimensions, InvalidSetting for
    options outside their range or unknown, and for fewer permutations than alpha needs.
    """
    rule = Rule(alpha, options.pop("auc_limit", 0.6))
    rule.require_sense(permutations)
    pooled = pool(reference, production, max_rows=int(options.pop("max_rows", MAX_ROWS)), seed=seed)
    bandwidth = options.pop("bandwidth", None)
    if options:
        raise InvalidSetting(f"option {min(options)!r}", "auc_limit, bandwidth or max_rows", "Check the spelling.")
    if min(pooled.kept) < NEEDED:
        fewest = f"needs {NEEDED} rows in each window, found {pooled.kept[0]} and {pooled.kept[1]}."
        return _result(pooled, (INSUFFICIENT, fewest), permutations=permutations)
    if pooled.constant:
        same = "all embeddings of both windows are one and the same vector: look at the step that embeds."
        return _result(pooled, (CONSTANT, same), permutations=permutations)
    mmd = mmd_of_points(pooled, permutations=permutations, bandwidth=bandwidth, seed=seed)
    domain = domain_auc(pooled.points, pooled.kept[0], seed=seed)
    return _result(pooled, rule.verdict(mmd, domain), permutations=permutations, mmd=mmd, domain=domain)


def _result(
    pooled: Pooled,
    verdict: tuple[str, str],
    *,
    permutations: int,
    mmd: MmdTest | None = None,
    domain: DomainAuc | None = None,
) -> EmbeddingDrift:
    """Put the pieces together; what was not computed is NaN."""
    nan = math.nan
    return EmbeddingDrift(
        mmd=mmd.mmd2 if mmd else nan,
        p_value=mmd.p_value if mmd else nan,
        auc=domain.auc if domain else nan,
        auc_low=domain.low if domain else nan,
        auc_high=domain.high if domain else nan,
        verdict=verdict[0],
        note=" ".join([verdict[1], *_remarks(pooled)]),
        rows=pooled.rows,
        compared=pooled.kept,
        zeros=pooled.zeros,
        dimensions=pooled.dimensions,
        bandwidth=mmd.bandwidth if mmd else nan,
        permutations=permutations,
    )


def _remarks(pooled: Pooled) -> Iterator[str]:
    """Yield what a reader should know besides: rows left out, vectors of zeros."""
    if pooled.sampled:
        given, kept = (f"{first:,} and {second:,}" for first, second in (pooled.rows, pooled.kept))
        yield f"Of {given} rows, {kept} drawn at random were compared."
    if any(pooled.zeros):
        first, second = pooled.zeros
        yield f"Vectors of zeros: {first} in reference, {second} in production; were these texts empty?"
