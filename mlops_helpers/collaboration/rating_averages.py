"""What ratings say on average, and how sure that is: by model and prompt version, over time, the worst first.

    average_ratings(feedback.table())                               one row per model and prompt version
    ratings_by_window(feedback.table(), days=7)                     the same, week by week
    worst_prompts(feedback.table())                                 what to look at first

**The interval.** From 50 ratings on, with at least ten of them away from the most frequent one: Student's t. Else
Wilson's score interval, carried over to five steps: (rating - 1) / 4 lies in [0, 1], and no variable there varies more
than a coin with the same mean p, whose variance is p (1 - p). Solving |mean - p| <= z sqrt(p (1 - p) / n) for p gives
Wilson's bounds; for ratings they are too wide rather than too narrow, and ten times five stars still leave a doubt.
Both take ratings for independent, which those of one user are not: look at `users`. Whoever rates is not whoever
asked: an average compares versions with one another, it is no census.

Sources: E. B. Wilson (1927), JASA 22, 209-212; Student (1908), Biometrika 6, 1-25.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.collaboration.errors import BadRating, InvalidSetting, MissingColumns
from mlops_helpers.collaboration.feedback_checks import HIGHEST, LOWEST

if TYPE_CHECKING:
    import pandas as pd

BY = ("model_id", "prompt_version")
ENOUGH_FOR_T, ENOUGH_OTHERS = 50, 10
SUPPORT = 10  # even ten ratings can leave an interval of two stars; fewer say next to nothing
SATISFIED = 4
SCALE = HIGHEST - LOWEST
FIGURES = ("n", "users", "mean", "low", "high", "satisfied", "method", "enough")


@dataclass(frozen=True)
class MeanRating:
    """A mean of n ratings and the interval around it, in stars. `method` is "t" or "Wilson, carried over"."""

    n: int
    mean: float
    low: float
    high: float
    method: str


def mean_rating(ratings: Iterable[int], *, confidence: float = 0.95) -> MeanRating:
    """Return the mean of ratings from 1 to 5 with its interval; see the module for the method.

    Raises `BadRating` for no ratings at all (their mean is not 0, there is none) or one off the scale.
    """
    import numpy as np

    given = np.asarray(list(ratings), dtype=float)
    if not given.size or not np.isin(given, range(LOWEST, HIGHEST + 1)).all():
        found = "a rating off the scale" if given.size else "no ratings"
        raise BadRating(found, f"at least one, from {LOWEST} to {HIGHEST}", "Ask a wider window, or wait.")
    if not 0 < confidence < 1:
        raise InvalidSetting(f"confidence={confidence}", "a number between 0 and 1", "Use 0.95.")
    others = given.size - np.unique(given, return_counts=True)[1].max()
    by_t = given.size >= ENOUGH_FOR_T and others >= ENOUGH_OTHERS
    low, high = _student(given, confidence) if by_t else _wilson(given, confidence)
    return MeanRating(given.size, float(given.mean()), low, high, "t" if by_t else "Wilson, carried over")


def average_ratings(
    ratings: pd.DataFrame, by: Sequence[str] = BY, *, support: int = SUPPORT, confidence: float = 0.95
) -> pd.DataFrame:
    """Return one row per group, in the order of the groups' names.

    Columns: those of `by`, n, users (different ones that are known), mean, low, high (stars), satisfied (share of
    ratings of 4 and 5), method, enough (n >= support: below it, do not conclude). Raises `MissingColumns`,
    `InvalidSetting`. A table without ratings gives one without rows.
    """
    import pandas as pd

    by = list(by)
    _check(ratings, by, support)
    rows = [_row(group, key, support, confidence) for key, group in ratings.groupby(by, sort=True)]
    return pd.DataFrame(rows, columns=[*by, *FIGURES])


def ratings_by_window(
    ratings: pd.DataFrame, *, days: int = 7, by: Sequence[str] = BY, support: int = SUPPORT
) -> pd.DataFrame:
    """Return `average_ratings` for windows of so many days, with the column `window` (its first moment, UTC) in front.

    A window begins at midnight and ends before the next begins; the first is that of the oldest rating. Windows without
    ratings are not there: no rating is not a bad one. Raises `MissingColumns`, `InvalidSetting`.
    """
    import pandas as pd

    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise InvalidSetting(f"days={days!r}", "a whole number of days from 1 on", "Use 1 or 7.")
    _check(ratings, [*by, "rated_at"], support)
    moments = ratings["rated_at"].dt.tz_convert("UTC")
    first, length = moments.min().floor("D"), pd.Timedelta(days=days)
    windows = first + (moments - first) // length * length
    return average_ratings(ratings.assign(window=windows), ["window", *by], support=support)


def worst_prompts(ratings: pd.DataFrame, by: Sequence[str] = BY, *, support: int = SUPPORT) -> pd.DataFrame:
    """Return `average_ratings`, the worst first: those with enough ratings by the *upper* end of the interval.

    So a version is first because it is surely bad, not because two people were cross. Versions with too few ratings
    follow, in the same order.
    """
    table = average_ratings(ratings, by, support=support)
    order = ["enough", "high", "mean", *by]
    return table.sort_values(order, ascending=[False, *[True] * (len(order) - 1)], kind="stable", ignore_index=True)


def _row(group: pd.DataFrame, key: object, support: int, confidence: float) -> tuple[object, ...]:
    found = mean_rating(group["rating"], confidence=confidence)
    users = group.loc[group["user"] != "", "user"].nunique() if "user" in group else 0
    satisfied = float((group["rating"] >= SATISFIED).mean())
    names = key if isinstance(key, tuple) else (key,)
    return (*names, found.n, users, found.mean, found.low, found.high, satisfied, found.method, found.n >= support)


def _check(ratings: pd.DataFrame, needed: Sequence[str], support: int) -> None:
    if missing := [name for name in ("rating", *needed) if name not in ratings.columns]:
        found = f"a table without {', '.join(missing)}"
        raise MissingColumns(found, "ratings as FeedbackStore.table() gives them", "Name columns that it has.")
    if isinstance(support, bool) or not isinstance(support, int) or support < 1:
        raise InvalidSetting(f"support={support!r}", "a whole number from 1 on", f"Use {SUPPORT}.")


def _student(given: object, confidence: float) -> tuple[float, float]:
    import numpy as np
    from scipy.special import stdtrit

    values = np.asarray(given)
    half = stdtrit(values.size - 1, 0.5 + confidence / 2) * values.std(ddof=1) / np.sqrt(values.size)
    return float(max(values.mean() - half, LOWEST)), float(min(values.mean() + half, HIGHEST))


def _wilson(given: object, confidence: float) -> tuple[float, float]:
    import numpy as np

    from mlops_helpers.debugging.significance import wilson

    values = np.asarray(given)
    low, high = wilson(((values - LOWEST) / SCALE).sum(), values.size, confidence=confidence)
    return float(LOWEST + SCALE * low), float(LOWEST + SCALE * high)
