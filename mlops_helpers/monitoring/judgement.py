"""From comparisons to verdicts: chance is ruled out over all columns together, and size has to matter too.

A column drifted if its change is no accident (Benjamini–Hochberg adjusted p-value below alpha) *and* large enough to
care about (an effect size at its limit). With a million rows everything is significant; with a hundred, large
differences are chance; and of a hundred columns at alpha 0.05, five alarm on a quiet day unless p-values are adjusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from .comparison import Comparison
from .errors import InvalidSetting
from .proportions import share_change

if TYPE_CHECKING:
    import pandas as pd

DRIFTED, STABLE, CONSTANT, TOO_FEW = "drifted", "stable", "constant", "insufficient data"
INFINITE, NOT_COMPARED = "infinite values", "not compared"
UNDECIDED = (TOO_FEW, INFINITE, NOT_COMPARED)
EFFECTS = MappingProxyType(
    {"psi": "PSI", "jensen_shannon": "Jensen–Shannon", "wasserstein": "Wasserstein", "statistic": "statistic"}
)
LIMITS = MappingProxyType(
    {"psi": 0.1, "jensen_shannon": None, "wasserstein": None, "statistic": None, "missing": 0.05, "rows": 50}
)
COLUMNS = (
    *("column", "kind", "n_reference", "n_production", "missing_reference", "missing_production", "test", "statistic"),
    *("p_value", "p_adjusted", "psi", "jensen_shannon", "wasserstein", "p_missing", "new_levels", "vanished_levels"),
    *("verdict", "note"),
)


class Judgement(TypedDict, total=False):
    """Options of everything that judges drift.

    alpha     the share of false alarms among the columns called drifted (0.01)
    limits    effect sizes that matter; merged over {"psi": 0.1, "missing": 0.05, "rows": 50}. Keys: psi,
              jensen_shannon, wasserstein, statistic (any of them reached is enough), missing (change of the missing
              share) and rows (values needed in each window). None switches a limit off
    """

    alpha: float
    limits: Mapping[str, float | None] | None


def judge(
    comparisons: Sequence[Comparison], *, alpha: float = 0.01, limits: Mapping[str, float | None] | None = None
) -> pd.DataFrame:
    """Return one row per comparison with adjusted p-values, verdict and a sentence. See `Judgement` for the options.

    Distributions and missing shares are two families of tests, each adjusted over the columns that were tested.
    Raises InvalidSetting for an alpha outside (0, 1), an unknown limit or a negative one.
    """
    import pandas as pd

    bounds = checked_limits(alpha, limits)
    tested = [bool(c.p_value is not None and not c.constant and _enough(c, bounds)) for c in comparisons]
    values = adjusted([c.p_value if ok else None for c, ok in zip(comparisons, tested, strict=True)])
    missing = adjusted([_p_missing(c, bounds) for c in comparisons])
    lines = []
    for c, p_value, p_missing in zip(comparisons, values, missing, strict=True):
        verdict, note = _verdict(c, (p_value, p_missing), alpha, bounds)
        lines.append((*_line(c, p_value, p_missing), verdict, note))
    numbers = ("statistic", "p_value", "p_adjusted", "psi", "jensen_shannon", "wasserstein", "p_missing")
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(dict.fromkeys(numbers, "float64"))


def checked_limits(alpha: float, limits: Mapping[str, float | None] | None) -> dict[str, float | None]:
    """Return all limits, the given ones over the defaults. Raises InvalidSetting."""
    if not 0 < alpha < 1:
        raise InvalidSetting(f"alpha {alpha}", "a number between 0 and 1", "Try 0.01.")
    for name, value in (limits or {}).items():
        if name not in LIMITS or (value is not None and not value >= 0):
            expected = f"numbers of 0 or more (or None) for {', '.join(LIMITS)}"
            raise InvalidSetting(f"limit {name}={value!r}", expected, "Correct the name or the number.")
    return {**LIMITS, **(limits or {})}


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Benjamini–Hochberg adjusted p-values; None (not tested) stays None and does not count."""
    from scipy.stats import false_discovery_control

    known = [value for value in p_values if value is not None]
    found = iter(false_discovery_control(known).tolist() if known else [])
    return [None if value is None else next(found) for value in p_values]


def _enough(c: Comparison, bounds: Mapping[str, float | None]) -> bool:
    return min(c.n_reference, c.n_production) >= (bounds["rows"] or 1)


def _p_missing(c: Comparison, bounds: Mapping[str, float | None]) -> float | None:
    """Return the p-value of equal missing shares, None where none is missing or too few rows are there."""
    if min(c.rows) < (bounds["rows"] or 1) or not (c.missing_reference or c.missing_production):
        return None
    return share_change((c.missing_reference, c.rows[0]), (c.missing_production, c.rows[1]))


def _verdict(c: Comparison, p_values: tuple, alpha: float, bounds: Mapping) -> tuple[str, str]:
    """Return the verdict on one column and why, in one sentence."""
    p_value, p_missing = p_values
    if c.problem:
        return c.problem, c.note
    before, after = c.missing_shares
    gone = p_missing is not None and p_missing < alpha and bounds["missing"] is not None
    gone = gone and abs(after - before) >= bounds["missing"]
    reasons = [f"missing share {before:.1%} → {after:.1%}"] if gone else []
    if not _enough(c, bounds):
        needed = (
            f"needs {bounds['rows'] or 1:.0f} values in each window, found {c.n_reference:,} and {c.n_production:,}"
        )
        return (DRIFTED if gone else TOO_FEW), "; ".join([*reasons, needed])
    if c.constant:
        return (DRIFTED if gone else CONSTANT), "; ".join([*reasons, "one and the same value in both windows"])
    large = _large(c, bounds)
    if large and p_value is not None and p_value < alpha:
        return DRIFTED, "; ".join([*large, *_levels(c), *reasons])
    if gone:
        return DRIFTED, "; ".join(reasons)
    if large:
        return STABLE, f"{large[0]}, but chance could do that (adjusted p {p_value:.2g})"
    change = "no change that chance could not make" if p_value is None or p_value >= alpha else "too small to matter"
    return STABLE, "; ".join([f"{change} (PSI {c.psi:.3f})", *_levels(c)])


def _large(c: Comparison, bounds: Mapping) -> list[str]:
    """Return the effect sizes that reach their limit, written out."""
    sizes = [(text, getattr(c, name), bounds[name]) for name, text in EFFECTS.items()]
    return [
        f"{text} {value:.3g} ≥ {bound:g}"
        for text, value, bound in sizes
        if None not in (value, bound) and value >= bound
    ]


def _levels(c: Comparison) -> list[str]:
    sides = (("new", c.new_levels, c.unlisted[0]), ("vanished", c.vanished_levels, c.unlisted[1]))
    return [f"{len(names) + more} {what}: {named(names, more, 3)}" for what, names, more in sides if names]


def named(names: Sequence[str], unlisted: int = 0, most: int = 20) -> str:
    """Return names separated by commas, the ones beyond `most` and the unlisted ones as a number."""
    more = max(0, len(names) - most) + unlisted
    return ", ".join(names[:most]) + (f" and {more:,} more" if more else "")


def _line(c: Comparison, p_value: float | None, p_missing: float | None) -> tuple:
    levels = (named(c.new_levels, c.unlisted[0]), named(c.vanished_levels, c.unlisted[1]))
    sizes = c.statistic, c.p_value, p_value, c.psi, c.jensen_shannon, c.wasserstein, p_missing
    sizes = tuple(np.nan if value is None else value for value in sizes)
    return c.column, c.kind, c.n_reference, c.n_production, *c.missing_shares, c.test, *sizes, *levels
