"""Make the course's synthetic data, the same every time: `python -m data.generate`.

customers.csv           what a phone company's data engineer delivers an hour before training, with defects
customers_audited.csv   300 customers, checked by telephone: the outside truth that accuracy needs
customers_next_day.csv  the next day's delivery, in which somebody renamed a column
customers_next_day_ok.csv  the same as it was agreed, blanks included
answer_key.csv          every planted defect, by row of customers.csv (0 is the first row below the header)
ads_*.parquet           what `adverts.py` says
churn_*.csv             what `churn.py` says
churn_autumn.parquet, ab_tests.csv, rollout_requests.parquet    what `rollout.py` says
team_skills.csv         what `team.py` says
audit_log.parquet       what `audit.py` says
billing_*               what `billing.py` says
assistant_requests.parquet  what `assistant.py` says
endpoint_traffic.parquet, storage_objects.parquet  what `traffic.py` says
fraud_*                 what `fraud.py` says
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.adverts import ad_files
from data.assistant import assistant_files
from data.audit import audit_files
from data.billing import billing_files
from data.churn import churn_files
from data.fraud import fraud_files
from data.friday import friday_files
from data.rollout import rollout_files
from data.team import team_files
from data.traffic import traffic_files

HERE = Path(__file__).resolve().parent
SEED = 20260105
CUSTOMERS = 6000
FIRST_DAY = pd.Timestamp("2025-12-06")
DAYS = 30
LOADED_TWICE = pd.Timestamp("2025-12-20")
CENTS_FROM = pd.Timestamp("2026-01-01")
CONTRACTS = {"Month-to-month": 0.55, "One year": 0.25, "Two year": 0.20}
PAYMENTS = {"Direct debit": 0.40, "Credit card": 0.25, "Transfer": 0.20, "Voucher": 0.15}
NOTES = ("", "", "", "asked about roaming", "wants a new SIM", "complained about coverage", "praised the app")
# Documented test numbers and fictitious telephone ranges only: nobody's data.
LEAKS = (
    "call back on +1 202 555 0143",
    "pays with 4111 1111 1111 1111",
    "refund to DE89 3704 0044 0532 0130 00",
    "new address: pat.example@example.org",
    "wrong card 5555 5555 5555 4444 on file",
)


def customers(rng: np.random.Generator) -> pd.DataFrame:
    """Clean customers, one row each, ordered by the day on which their record last changed."""
    n = CUSTOMERS
    numbers = rng.permutation(np.arange(100_000, 100_000 + n))
    frame = pd.DataFrame({"customer_id": [f"C{number:07d}" for number in numbers]})
    frame["contract_type"] = rng.choice(list(CONTRACTS), n, p=list(CONTRACTS.values()))
    frame["tenure_months"] = np.minimum(rng.geometric(1 / 28, n) - 1, 84)
    changed = changed_on(rng, n)
    frame["signup_date"] = (changed - pd.to_timedelta(frame["tenure_months"] * 30.44, "D")).dt.strftime("%Y-%m-%d")
    frame["record_date"] = (changed + pd.to_timedelta(rng.integers(6 * 3600, 20 * 3600, n), "s")).dt.strftime(
        "%Y-%m-%dT%H:%M:%S+00:00"
    )
    frame["age"] = np.clip(rng.normal(44, 15, n).round(), 18, 92).astype(int)
    frame["payment_method"] = rng.choice(list(PAYMENTS), n, p=list(PAYMENTS.values()))
    frame["monthly_charges"] = np.clip(rng.gamma(6, 6.5, n) + 12, 15, 120).round(2)
    noise = rng.uniform(0.97, 1.03, n)
    frame["total_charges"] = (frame["monthly_charges"] * frame["tenure_months"] * noise).round(2)
    frame["support_calls"] = rng.poisson(1.4, n)
    frame["data_source"] = rng.choice(["CRM", "Website"], n, p=[0.7, 0.3])
    frame["country"] = "PT"
    frame["email"] = frame["customer_id"].str.lower() + rng.choice(["@example.com", "@example.org", "@example.net"], n)
    numbers = zip(rng.integers(201, 990, n), rng.integers(100, 200, n), strict=True)
    frame["phone"] = [f"+1 {area} 555 {last:04d}" for area, last in numbers]
    frame["agent_note"] = rng.choice(NOTES, n)
    frame["churned"] = (rng.uniform(size=n) < churn_probability(frame)).astype(int)
    return frame.iloc[changed.argsort(kind="stable")].reset_index(drop=True)


def changed_on(rng: np.random.Generator, n: int) -> pd.Series:
    """The day on which each record last changed; one day saw a migration of 1,300 records."""
    weights = np.full(DAYS, 1.0)
    weights[(LOADED_TWICE - FIRST_DAY).days] = DAYS * 0.28
    return pd.Series(FIRST_DAY + pd.to_timedelta(rng.choice(DAYS, n, p=weights / weights.sum()), "D"))


def churn_probability(frame: pd.DataFrame) -> pd.Series:
    """The truth behind `churned`: contract, tenure, calls to support, price, payment."""
    score = -1.3 + frame["contract_type"].map({"Month-to-month": 0.9, "One year": -0.7, "Two year": -1.6})
    score += 0.35 * (frame["support_calls"] - 1.4) - 0.025 * (frame["tenure_months"] - 24)
    score += 0.02 * (frame["monthly_charges"] - 51) + 0.4 * (frame["payment_method"] == "Voucher")
    return 1 / (1 + np.exp(-score))


def with_defects(clean: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The delivered file and its answer key."""
    day = pd.to_datetime(clean["record_date"].str[:10])
    twice = clean[day == LOADED_TWICE]
    after = int(np.flatnonzero((day == LOADED_TWICE).to_numpy())[-1]) + 1
    dirty = pd.concat([clean.iloc[:after], twice, clean.iloc[after:]], ignore_index=True)
    key = {"loaded twice": list(range(after, after + len(twice)))}
    once = np.setdiff1d(np.arange(len(dirty)), np.arange(after - len(twice), after + len(twice)))
    spots = iter(np.split(rng.permutation(once), [45, 70, 105, 225, 345, 375]))
    dirty["age"] = dirty["age"].astype("Int64")
    dirty["total_charges"] = dirty["total_charges"].map("{:.2f}".format)
    key["age of 150"] = plant(dirty, next(spots), "age", 150)
    key["contract nobody sells"] = plant(dirty, next(spots), "contract_type", "Lifetime")
    key["stale record"] = plant(dirty, next(spots), "record_date", "2024-03-31T23:59:59+00:00")
    key["age missing"] = plant(dirty, next(spots), "age", pd.NA)
    key["e-mail missing"] = plant(dirty, next(spots), "email", pd.NA)
    leaky = next(spots)
    notes = [LEAKS[i % len(LEAKS)] for i in range(len(leaky))]
    key["personal data in a note"] = plant(dirty, leaky, "agent_note", notes)
    key["total blank"] = plant(dirty, np.flatnonzero(dirty["tenure_months"] == 0), "total_charges", " ")
    key["charge in cents"] = in_cents(dirty)
    return dirty, answer_key(dirty, key)


def plant(frame: pd.DataFrame, rows: np.ndarray, column: str, value: object) -> list[int]:
    """Overwrite some cells, and return the rows in order."""
    frame.loc[rows, column] = value
    return sorted(int(row) for row in rows)


def with_blanks(clean: pd.DataFrame) -> pd.DataFrame:
    """What the source system always leaves blank: the total in the first month, and an age now and then."""
    usual = clean.reset_index(drop=True).astype({"age": "Int64", "total_charges": "str"})
    plant(usual, np.flatnonzero((usual["tenure_months"] == 0).to_numpy()), "total_charges", " ")
    plant(usual, np.arange(0, len(usual), 50), "age", pd.NA)
    return usual


def in_cents(frame: pd.DataFrame) -> list[int]:
    """From the first of January the billing system reports charges in cents."""
    rows = np.flatnonzero((pd.to_datetime(frame["record_date"].str[:10]) >= CENTS_FROM).to_numpy())
    return plant(frame, rows, "monthly_charges", (frame.loc[rows, "monthly_charges"] * 100).round(0))


def answer_key(frame: pd.DataFrame, key: dict[str, list[int]]) -> pd.DataFrame:
    """One line for each planted defect: row, customer, defect."""
    lines = [(row, frame.loc[row, "customer_id"], defect) for defect, rows in key.items() for row in rows]
    return pd.DataFrame(lines, columns=["row", "customer_id", "defect"])


def customer_files() -> dict[str, pd.DataFrame]:
    """File name -> table, of the first lesson."""
    rng = np.random.default_rng(SEED)
    clean = customers(rng)
    dirty, key = with_defects(clean, rng)
    audited = clean.sample(300, random_state=SEED).sort_values("customer_id")
    next_day = clean.tail(400)
    return {
        "customers.csv": dirty,
        "customers_audited.csv": audited[["customer_id", "age", "contract_type", "monthly_charges"]],
        "customers_next_day.csv": next_day.rename(columns={"monthly_charges": "monthly_fee"}),
        "customers_next_day_ok.csv": with_blanks(next_day),
        "answer_key.csv": key,
    }


def main() -> None:
    """Write all files."""
    sources = (customer_files, ad_files, churn_files, team_files, billing_files, assistant_files)
    sources += (traffic_files, rollout_files, audit_files, friday_files, fraud_files)
    for name, frame in (pair for source in sources for pair in source().items()):
        if name.endswith(".csv"):
            frame.to_csv(HERE / name, index=False, lineterminator="\n")
        else:
            frame.to_parquet(HERE / name, index=False, compression="zstd")


if __name__ == "__main__":
    main()
