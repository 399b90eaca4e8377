"""A churn model's autumn: new customers, four A/B tests, and what a challenger did while its traffic grew.

In June the company had customers of its shops, its telephone and its web pages. Since October an app sells to people
who look at the price, and they are soon as many. `leaving` is the truth behind `churned`: who uses the app minds the
price most; who calls support often has other reasons to leave, and is less likely to if the price is high.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.churn import customers

SEED = 20261129
SUMMER, SHOPS, APP = 3000, 1000, 3000
SUMMER_DAYS, AUTUMN_DAYS = ("2026-06-01", "2026-10-01"), ("2026-10-01", "2026-11-15")
OFTEN = 5  # calls in a quarter from which on somebody calls often
SPLIT = ("champion", "challenger")
# test -> seed, units a day in both arms, true shares of both arms, share of the challenger's units that get lost
TESTS = {
    "spring": (75, 580, (0.10, 0.10), 0.0),
    "autumn": (1, 580, (0.10, 0.122), 0.0),
    "letters": (26, 580, (0.10, 0.10), 0.0),
    "shops": (0, 580, (0.10, 0.14), 0.0),
    "tablets": (106, 580, (0.10, 0.12), 0.09),
}
DAYS = 14
SHARES = (5, 25)
REQUESTS = 4000  # in one stage, of both models together
SLOW = {5: 50.0, 25: 90.0}  # scale of the challenger's queue in milliseconds: at 25 % one machine is not enough


def shoppers(rng: np.random.Generator, rows: int, first: int) -> pd.DataFrame:
    """Customers as before; some of them call often."""
    frame = customers(rng, rows, first).drop(columns="churned")
    return _calling(frame, rng, 0.14)


def app_users(rng: np.random.Generator, rows: int, first: int) -> pd.DataFrame:
    """Customers of the app: new, most of them without a long contract, and they seldom call."""
    frame = customers(rng, rows, first).drop(columns="churned")
    frame["channel"] = "app"
    frame["tenure_months"] = 1 + rng.integers(0, 4, rows)
    frame["contract_type"] = rng.choice(["Month-to-month", "One year"], rows, p=[0.85, 0.15])
    frame["support_calls"] = rng.poisson(0.9, rows)
    return _calling(frame, rng, 0.03)


def _calling(frame: pd.DataFrame, rng: np.random.Generator, share: float) -> pd.DataFrame:
    often = rng.random(len(frame)) < share
    calls = np.where(often, rng.integers(OFTEN, 10, len(frame)), np.minimum(frame["support_calls"], OFTEN - 1))
    return frame.assign(support_calls=calls)


def leaving(frame: pd.DataFrame) -> pd.Series:
    """The probability behind `churned`."""
    often = frame["support_calls"] >= OFTEN
    price = np.select([often, frame["channel"] == "app"], [-0.05, 0.06], 0.01)
    score = -0.2 + frame["contract_type"].map({"Month-to-month": 0.7, "One year": -0.6, "Two year": -1.5})
    score += np.where(often, 0.2, 0.15 * (frame["support_calls"] - 1.5)) - 0.8 * np.log1p(frame["tenure_months"] / 12)
    return 1 / (1 + np.exp(-(score + price * (frame["monthly_charges"] - 51))))


def autumn(seed: int = SEED) -> pd.DataFrame:
    """All customers by the moment their row became known, with `calls`, the band that they call in."""
    rng = np.random.default_rng(seed)
    before = _known(shoppers(rng, SUMMER, 10_001), SUMMER_DAYS, rng)
    since = pd.concat([shoppers(rng, SHOPS, 20_001), app_users(rng, APP, 30_001)], ignore_index=True)
    frame = pd.concat([before, _known(since, AUTUMN_DAYS, rng)], ignore_index=True)
    bands = pd.cut(frame["support_calls"], [-1, 1, OFTEN - 1, 99], labels=["0 or 1", "2 to 4", "5 or more"])
    frame["calls"] = bands.astype(str)
    frame["churned"] = (rng.random(len(frame)) < leaving(frame)).astype(int)
    return frame


def _known(frame: pd.DataFrame, days: tuple[str, str], rng: np.random.Generator) -> pd.DataFrame:
    first, last = (pd.Timestamp(day, tz="UTC") for day in days)
    seconds = np.sort(rng.integers(0, int((last - first).total_seconds()), len(frame)))
    order = rng.permutation(len(frame))
    return frame.iloc[order].assign(recorded_at=first + pd.to_timedelta(seconds, unit="s"))


def ab_tests() -> pd.DataFrame:
    """Daily counts of A/B tests: customers who were called, and how many of them stayed with an offer."""
    lines = []
    for test, (seed, units, shares, lost) in TESTS.items():
        rng = np.random.default_rng(seed)
        for day in range(1, DAYS + 1):
            first = int(rng.binomial(units, 0.5))
            second = round((units - first) * (1 - lost))
            counts = zip(SPLIT, (first, second), shares, strict=True)
            lines += [(test, day, arm, count, int(rng.binomial(count, share))) for arm, count, share in counts]
    return pd.DataFrame(lines, columns=["test", "day", "arm", "units", "accepted"])


def requests(seed: int = SEED) -> pd.DataFrame:
    """Requests to champion and challenger at two stages: how long each took, whether it failed or was right."""
    rng = np.random.default_rng(seed)
    parts = []
    for share in SHARES:
        for arm, count in zip(SPLIT, (REQUESTS * (100 - share) // 100, REQUESTS * share // 100), strict=True):
            queue = SLOW[share] if arm == "challenger" else 35.0
            parts.append(_served(rng, share, arm, count, queue))
    return pd.concat(parts, ignore_index=True)


def _served(rng: np.random.Generator, share: int, arm: str, count: int, queue: float) -> pd.DataFrame:
    right = 0.72 if arm == "challenger" else 0.69
    columns = {
        "share": share,
        "arm": arm,
        "calls": rng.choice(["0 or 1", "2 to 4", "5 or more"], count, p=[0.6, 0.3, 0.1]),
        "latency_ms": (40 + rng.gamma(1.2, queue / 1.2, count)).round(1),
        "failed": rng.random(count) < 0.004,
        "correct": rng.random(count) < right,
    }
    return pd.DataFrame(columns)


def rollout_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    return {"churn_autumn.parquet": autumn(), "ab_tests.csv": ab_tests(), "rollout_requests.parquet": requests()}
