"""Adverts in the phone company's app: shown, scored by nobody yet, clicked or not, and the click known days later.

Four weeks of reference, then eighteen days of production in which two things happen (`ad_answer_key.csv`), then one
day whose file was written by a new release of the app. What is random every day: which adverts were bought, and who
has time to look at them. A test may find that; it costs nobody anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 20261016
PER_DAY = 2500
REFERENCE_FROM, REFERENCE_DAYS = pd.Timestamp("2026-08-31", tz="UTC"), 28
PRODUCTION_DAYS = 18
REDESIGN = pd.Timestamp("2026-10-05", tz="UTC")  # the app's new start page: people spend less time on a page
FATIGUE = pd.Timestamp("2026-10-10", tz="UTC")  # people stop clicking what they have seen before
NEW_RELEASE = REFERENCE_FROM + pd.Timedelta(days=REFERENCE_DAYS + PRODUCTION_DAYS)
CATEGORIES = {"games": 0.30, "music": 0.25, "travel": 0.20, "phones": 0.15, "banking": 0.10}
APPEAL = {"games": 0.5, "music": 0.2, "travel": -0.3, "phones": 0.1, "banking": -0.6}
DEVICES = {"android": 0.614, "ios": 0.3635, "tablet": 0.0225}
LATEST_LABEL_DAYS = 4


def adverts() -> pd.DataFrame:
    """All impressions in order of time, with the truth: `clicked` and when it became known, `labelled_at`."""
    rng = np.random.default_rng(SEED)
    days = [REFERENCE_FROM + pd.Timedelta(days=day) for day in range(REFERENCE_DAYS + PRODUCTION_DAYS + 1)]
    shown = pd.concat([one_day(day, rng) for day in days], ignore_index=True)
    shown.insert(0, "impression", np.arange(1, len(shown) + 1))
    shown["clicked"] = (rng.random(len(shown)) < click_probability(shown)).astype("int8")
    late = rng.integers(20, 24 * LATEST_LABEL_DAYS - 20, len(shown))
    shown["labelled_at"] = shown["shown_at"].dt.floor("h") + pd.to_timedelta(late, "h")
    return shown


def one_day(day: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """The impressions of one day: what was bought that morning, who looked at it, when."""
    weekend = day.weekday() >= 5
    bought = rng.dirichlet(np.array(list(CATEGORIES.values())) * 150)
    evening = rng.random(PER_DAY) < (0.55 if weekend else 0.42)
    hours = np.where(evening, rng.normal(20, 1.6, PER_DAY), rng.normal(12, 3.2, PER_DAY))
    minutes = np.sort(np.clip(hours * 60, 0, 1439.9))
    frame = pd.DataFrame({"shown_at": (day + pd.to_timedelta(minutes, "min")).floor("s")})
    frame["hour"] = frame["shown_at"].dt.hour.astype("int8")
    frame["device"] = rng.choice(list(DEVICES), PER_DAY, p=list(DEVICES.values()))
    frame["category"] = rng.choice(list(CATEGORIES), PER_DAY, p=bought)
    frame["age"] = np.clip(rng.normal(39 if weekend else 42, 14, PER_DAY).round(), 16, 90).astype("int8")
    frame["times_seen"] = np.minimum(rng.poisson(2.6, PER_DAY), 9).astype("int8")
    seconds = rng.gamma(2.2, 14, PER_DAY) * (0.55 if day >= REDESIGN else 1)
    frame["seconds_on_page"] = seconds.round(1).astype("float32")
    left = rng.gamma(2.0, 3.1, PER_DAY)
    in_mb = (day >= NEW_RELEASE) & (frame["device"] == "tablet")
    frame["data_left_gb"] = np.where(in_mb, left * 1000, left).round(1).astype("float32")
    return frame


def click_probability(frame: pd.DataFrame) -> pd.Series:
    """The truth behind `clicked`: the advert, the age for it, the evening, and how often it was seen before."""
    tired = frame["shown_at"] >= FATIGUE
    seen = frame["times_seen"].astype(float)
    score = -3.4 + frame["category"].map(APPEAL) + 0.35 * frame["hour"].between(18, 22)
    score += np.where(frame["category"].isin(["games", "music"]), -0.035, 0.015) * (frame["age"] - 42)
    score += np.where(tired, 0.85 - 0.06 * seen, 0.40 * np.minimum(seen, 6))
    return 1 / (1 + np.exp(-score))


def ad_answer_key() -> pd.DataFrame:
    """What was done to the stream, and on which day."""
    rows = [
        (REDESIGN, "covariate change", "seconds_on_page", "a redesigned start page: 45 % less time on a page"),
        (FATIGUE, "concept change", "clicked", "a familiar advert used to be clicked more, now it is clicked less"),
        (NEW_RELEASE, "data pipeline broke", "data_left_gb", "tablets report megabytes instead of gigabytes"),
    ]
    key = pd.DataFrame(rows, columns=["day", "kind", "column", "what"])
    return key.assign(day=key["day"].dt.strftime("%Y-%m-%d"))


def ad_files() -> dict[str, pd.DataFrame]:
    """File name -> table. Labels are apart from impressions, as they are in life."""
    shown = adverts()
    impressions = shown.drop(columns=["clicked", "labelled_at"])
    production = REFERENCE_FROM + pd.Timedelta(days=REFERENCE_DAYS)
    before, last = shown["shown_at"] < production, shown["shown_at"] >= NEW_RELEASE
    return {
        "ads_reference.parquet": shown[before].drop(columns="labelled_at"),
        "ads_production.parquet": impressions[~before & ~last],
        "ads_next_day.parquet": impressions[last],
        "ads_labels.parquet": shown.loc[~before & ~last, ["impression", "clicked", "labelled_at"]],
        "ad_answer_key.csv": ad_answer_key(),
    }
