"""The churn model's review data and what production sent it: five things went wrong, `churn_answer_key.csv` has them.

What a customer does follows from `churn_probability` and nothing else. Into the review data came a column that is
written only after somebody has left, and labels of a survey firm that guessed; into the production data came the code
-999 of an old system for "not known".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

SEED = 20261019
REVIEWED, SERVED = 6000, 3000
SENTINEL = -999
CONTRACTS = {"Month-to-month": 0.55, "One year": 0.25, "Two year": 0.20}
REGIONS = {"north": 0.24, "coast": 0.26, "capital": 0.32, "south": 0.18}
CHANNELS = {"shop": 0.35, "web": 0.45, "phone": 0.20}
OLD_SYSTEM = "shop"  # where the till still runs the old system
GUESSED = "south"  # where a survey firm labelled
BILLED = 0.15  # the share of that region that billing labelled after all
FLIPPED = 0.35


def customers(rng: np.random.Generator, rows: int, first: int) -> pd.DataFrame:
    """Customers with what is known about them on the day of the prediction, and the truth, `churned`."""
    frame = pd.DataFrame({"customer_id": [f"K{number:06d}" for number in range(first, first + rows)]})
    frame["contract_type"] = rng.choice(list(CONTRACTS), rows, p=list(CONTRACTS.values()))
    frame["region"] = rng.choice(list(REGIONS), rows, p=list(REGIONS.values()))
    frame["channel"] = rng.choice(list(CHANNELS), rows, p=list(CHANNELS.values()))
    frame["age"] = np.clip(rng.normal(44, 15, rows).round(), 18, 92).astype(int)
    frame["tenure_months"] = np.minimum(rng.geometric(1 / 26, rows), 96)
    frame["monthly_charges"] = np.clip(rng.gamma(6, 6.5, rows) + 12, 15, 120).round(2)
    frame["support_calls"] = rng.poisson(1.6, rows)
    frame["data_gb"] = rng.gamma(2.2, 4, rows).round(1)
    frame["churned"] = (rng.random(rows) < churn_probability(frame)).astype(int)
    return frame


def churn_probability(frame: pd.DataFrame) -> pd.Series:
    """The truth behind `churned`: contract, loyalty, calls to support, price."""
    score = -1.1 + frame["contract_type"].map({"Month-to-month": 0.9, "One year": -0.8, "Two year": -1.9})
    score += 0.55 * (frame["support_calls"] - 1.6) - 1.5 * np.log1p(frame["tenure_months"] / 12)
    score += 0.02 * (frame["monthly_charges"] - 51) + 1.4
    return 1 / (1 + np.exp(-score))


def review(rng: np.random.Generator) -> tuple[pd.DataFrame, list[int]]:
    """The table the model was reviewed on, and the rows whose label was guessed wrong."""
    frame = customers(rng, REVIEWED, 1)
    # The retention team telephones people once they have given notice: a consequence of leaving, not a sign of it.
    called = rng.random(REVIEWED) < np.where(frame["churned"] == 1, 0.8, 0.04)
    frame.insert(9, "winback_calls", np.where(called, 1 + rng.poisson(0.6, REVIEWED), 0))
    asked = (frame["region"] == GUESSED) & (np.random.default_rng([SEED, 1]).random(REVIEWED) >= BILLED)
    wrong = asked & (rng.random(REVIEWED) < FLIPPED)
    frame["labelled_by"] = np.where(asked, "survey firm", "billing")
    frame.loc[wrong, "churned"] = 1 - frame.loc[wrong, "churned"]
    return frame, np.flatnonzero(wrong).tolist()


def production(rng: np.random.Generator) -> tuple[pd.DataFrame, list[int]]:
    """What the model was asked in its first month, with the truth that came later, and the rows with the code."""
    frame = customers(rng, SERVED, REVIEWED + 1)
    frame.insert(9, "winback_calls", 0)
    unknown = (frame["channel"] == OLD_SYSTEM) & (rng.random(SERVED) < 0.6)
    frame.loc[unknown, "tenure_months"] = SENTINEL
    return frame, np.flatnonzero(unknown).tolist()


def churn_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    rng = np.random.default_rng(SEED)
    reviewed, guessed = review(rng)
    served, unknown = production(rng)
    key = [("churn_review.csv", row, "label guessed wrong") for row in guessed]
    key += [("churn_production.csv", row, f"tenure_months is {SENTINEL}") for row in unknown]
    key += [("churn_review.csv", -1, "winback_calls is written after the customer has left")]
    answers = pd.DataFrame(key, columns=["file", "row", "what"])
    return {"churn_review.csv": reviewed, "churn_production.csv": served, "churn_answer_key.csv": answers}
