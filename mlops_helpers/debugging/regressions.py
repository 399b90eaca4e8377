"""Find the run, or the commit, where a metric fell.

    find_fall(runs_table("churn"), "recall")          from runs that were logged, in their order
    bisect_fall(commits, score, tolerance=0.02)       by trying log₂(n) commits; `score(commit)` trains and measures

Both know that a metric trembles. The table version takes the split that explains the runs best (least squares, as in
change-point detection) and asks how often runs in random order would show as deep a fall (permutation test). Bisection
compares each commit with the middle between a good and a bad level, and says how far from it the scores lay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.errors import EmptyData, InvalidSetting
from mlops_helpers.debugging.experiments import metric_column
from mlops_helpers.debugging.tables import require_between

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SHUFFLES = 2_000
FEWEST = 6  # runs from which a permutation test can say anything
SURE = 2.0  # standard errors between a score and the middle


@dataclass(frozen=True)
class Fall:
    """The first run at which a metric fell.

    before, at    the last good run and the first bad one
    good, bad     the levels (mean of the runs) before and from there on
    p_value       share of random orders with as deep a fall; None where a threshold was given, or in a bisection
    table         the runs that were looked at: run, score, level (table version); see `bisect_fall`
    """

    metric: str
    before: Any
    at: Any
    good: float
    bad: float
    p_value: float | None
    table: pd.DataFrame

    def __str__(self) -> str:
        """Say where it fell, and how sure that is."""
        before = f"{self.good:.3g} on average up to {self.before}"
        text = f"{self.metric} fell at {self.at}: {before}, {self.bad:.3g} from there on"
        return text if self.p_value is None else f"{text}; p = {self.p_value:.2g}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.table.to_html(index=False, border=0)}"


def find_fall(
    runs: pd.DataFrame,
    metric: str,
    *,
    threshold: float | None = None,
    alpha: float = 0.05,
    larger_is_better: bool = True,
    seed: int = 0,
) -> Fall | None:
    """Return the first lasting fall of a metric over runs in their order, or None if there is none.

    `runs` has a column `run` and one for the metric (`runs_table` gives both); runs without it are left out. With
    `threshold` a fall counts if the level drops by more than that. Without, if random orders of the runs show as deep a
    fall with a share of at most `alpha`: that takes six runs or more, and a fall at the very last run is hard to tell
    from a tremble (repeat that run). If the metric fell several times, the first time is found.

    Raises UnknownMetric, EmptyData (fewer than two runs), InvalidSetting (too few runs without a threshold).
    """
    import numpy as np
    import pandas as pd

    scores = pd.to_numeric(runs[metric_column(runs, metric)], errors="coerce")
    known = scores.notna()
    values, names = scores[known].to_numpy(dtype=float), runs.loc[known, "run"].tolist()
    _require_enough(len(values), threshold)
    require_between(alpha, 0, 1, name="alpha")
    directed, generator = values if larger_is_better else -values, np.random.default_rng(seed)
    found, end = None, len(values)
    while end >= 2 and (split := _fall(directed[:end], threshold, alpha, generator)):
        found, end = split, split[0]  # an earlier fall may hide before this one
    if found is None:
        return None
    place, p_value = found
    return _told(metric, names, values, place, p_value)


def bisect_fall(
    revisions: Sequence[Any],
    score: Callable[[Any], float],
    *,
    tolerance: float,
    repeats: int = 1,
    larger_is_better: bool = True,
) -> Fall:
    """Return the first revision at which `score` fell, trying 2 + log₂(n) of the revisions, `repeats` times each.

    `revisions` are in their order, the first good, the last bad: they must differ by more than `tolerance`. A revision
    is bad if its mean score is nearer to the last one's than to the first one's. One lasting fall is assumed, as in
    `git bisect`. The table: revision, score (mean), spread (standard deviation, missing for one repeat), bad, sure
    (whether the mean lies two standard errors or more from the middle; None for one repeat).

    Raises InvalidSetting if the last is not worse than the first, for scores that are no numbers, and bad settings.
    """
    if len(revisions) < 2 or repeats < 1 or not tolerance >= 0:
        found = f"{len(revisions)} revisions, repeats={repeats}, tolerance={tolerance}"
        raise InvalidSetting(found, "two revisions, one repeat, a tolerance of 0, or more of each", "Correct the call.")
    sign = 1 if larger_is_better else -1
    tried: dict[int, list[float]] = {}
    first, last = (_tried(tried, place, revisions, score, repeats) for place in (0, len(revisions) - 1))
    if sign * (first - last) <= tolerance:
        found = f"{first:.4g} at {revisions[0]!r} and {last:.4g} at {revisions[-1]!r}"
        remedy = "Begin with an older revision, repeat more often, or lower the tolerance."
        raise InvalidSetting(found, f"a last score that is worse by more than {tolerance}", remedy)
    middle, good, bad = (first + last) / 2, 0, len(revisions) - 1
    while bad - good > 1:
        half = (good + bad) // 2
        if sign * _tried(tried, half, revisions, score, repeats) < sign * middle:
            bad = half
        else:
            good = half
    table = _evidence(tried, revisions, middle, sign)
    return Fall("score", revisions[good], revisions[bad], fmean(tried[good]), fmean(tried[bad]), None, table)


def _require_enough(count: int, threshold: float | None) -> None:
    if count < 2:
        raise EmptyData(f"{count} runs with this metric", "two or more", "Log more runs.")
    if threshold is None and count < FEWEST:
        remedy = "Give a threshold: the fall that matters to you."
        raise InvalidSetting(f"{count} runs without a threshold", f"{FEWEST} runs, to tell a fall from noise", remedy)
    if threshold is not None and not threshold >= 0:
        raise InvalidSetting(f"threshold={threshold}", "0 or more", "Give the fall in units of the metric.")


def _fall(
    values: np.ndarray, threshold: float | None, alpha: float, generator: np.random.Generator
) -> tuple[int, float | None] | None:
    """Return the deepest fall's place (the first bad run) and its p-value, None if it does not count."""
    import numpy as np

    place, depth = (int(number) if number == int(number) else float(number) for number in _deepest(values[None, :])[0])
    if depth <= 0:
        return None
    if threshold is not None:
        return (place, None) if values[:place].mean() - values[place:].mean() > threshold else None
    if len(values) < FEWEST:
        return None
    shuffled = generator.permuted(np.tile(values, (SHUFFLES, 1)), axis=1)
    deeper = int((_deepest(shuffled)[:, 1] >= depth * (1 - 1e-12)).sum())
    p_value = (deeper + 1) / (SHUFFLES + 1)  # the order that was seen is one of them
    return (place, p_value) if p_value <= alpha else None


def _deepest(rows: np.ndarray) -> np.ndarray:
    """Return for each row the place and depth of its deepest fall.

    Depth is the difference of the means before and after, times √(n₁n₂/n): what least squares maximises.
    """
    import numpy as np

    count = rows.shape[1]
    before = np.arange(1, count)
    sums = np.cumsum(rows, axis=1)
    means_before = sums[:, :-1] / before
    means_after = (sums[:, -1:] - sums[:, :-1]) / (count - before)
    depth = (means_before - means_after) * np.sqrt(before * (count - before) / count)
    place = depth.argmax(axis=1)
    return np.column_stack([place + 1, depth[np.arange(len(rows)), place]])


def _told(metric: str, names: list, values: np.ndarray, place: int, p_value: float | None) -> Fall:
    import numpy as np
    import pandas as pd

    good, bad = float(values[:place].mean()), float(values[place:].mean())
    level = np.where(np.arange(len(values)) < place, good, bad)
    table = pd.DataFrame({"run": names, "score": values, "level": level})
    return Fall(metric, names[place - 1], names[place], good, bad, p_value, table)


def _tried(
    tried: dict[int, list[float]], place: int, revisions: Sequence[Any], score: Callable[[Any], float], repeats: int
) -> float:
    """Score a revision, once for each repeat, and return the mean."""
    if place not in tried:
        scores = [float(score(revisions[place])) for _ in range(repeats)]
        if not all(map(math.isfinite, scores)):
            remedy = "Leave out revisions that cannot be measured (git bisect calls it skip)."
            raise InvalidSetting(f"the score {scores} at {revisions[place]!r}", "a finite number", remedy)
        tried[place] = scores
    return fmean(tried[place])


def _evidence(tried: dict[int, list[float]], revisions: Sequence[Any], middle: float, sign: int) -> pd.DataFrame:
    """Return the revisions that were tried, in their order."""
    import pandas as pd

    rows = []
    for place, scores in sorted(tried.items()):
        mean, many = fmean(scores), len(scores) > 1
        spread = stdev(scores) if many else None
        sure = abs(mean - middle) >= SURE * spread / math.sqrt(len(scores)) if many else None
        rows.append((revisions[place], mean, spread, sign * mean < sign * middle, sure))
    return pd.DataFrame(rows, columns=["revision", "score", "spread", "bad", "sure"])
