"""A phone company's bill, August to 20 November 2026, as Google's detailed billing export has it; October's doubled.

What each thing costs follows from how much of it was used and from the course's own price table; nothing is painted
on. Three things are wrong, `billing_answer_key.csv` has them:

- since 6 October the support assistant's prompt carries the whole conversation: 4,000 more tokens a question;
- since 1 October its client gives up after six seconds and asks again at once: 1.9 paid attempts a question;
- an endpoint with two accelerators was set up for a demo in spring. Nobody asks it anything, and it has no label.

The large model that came in the same weeks looks guilty and is not: few tokens, and a team that wanted them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from mlops_helpers.cloud.prices import price

SEED = 20261101
FIRST_DAY, LAST_DAY = "2026-08-01", "2026-11-20"
QUESTIONS = 30_000  # a day, to the support assistant
PROMPT_TOKENS, HISTORY_TOKENS, ANSWER_TOKENS = 1_200, 4_000, 220
PAID_ATTEMPTS = 1.9
RETRIES_FROM, HISTORY_FROM = pd.Timestamp("2026-10-01"), pd.Timestamp("2026-10-06")
NEW_MODEL, LARGE_MODEL = pd.Timestamp("2026-09-15"), pd.Timestamp("2026-10-14")
WEEKEND = 0.6  # of a working day's traffic
PROD, DEV = "phone-company-prod", "phone-company-dev"
# US dollars per unit, us-central1: test_data.py holds them to the price table.
NODE_HOURS = {"n1-standard-4": 0.219, "e2-standard-8": 0.3082256, "g2-standard-8": 0.9817}
STORED_GIB_MONTH, SCANNED_TIB, EGRESS_GIB = 0.020, 6.25, 0.12


@dataclass(frozen=True)
class Line:
    """One kind of usage: what the bill calls it, whose it is, and its cost on each day."""

    service: str
    sku: str
    unit: str
    resource: str
    amount: np.ndarray
    cost: np.ndarray
    labels: dict[str, str] = field(default_factory=dict)
    project: str = PROD
    credit: tuple[str, float] | None = None  # type, share of the cost


@cache
def days() -> pd.DatetimeIndex:
    """Every day of the bill."""
    return pd.date_range(FIRST_DAY, LAST_DAY, freq="D").as_unit("us")


def traffic(rng: np.random.Generator) -> np.ndarray:
    """How busy each day is: one on a working day, less at the weekend, three per cent of luck."""
    weekly = np.where(days().day_of_week >= 5, WEEKEND, 1.0)
    return weekly * rng.normal(1, 0.03, len(days()))


def labels(team: str, app: str, env: str = "prod") -> dict[str, str]:
    """The three labels that the company wants on everything."""
    return {"team": team, "app": app, "env": env}


def tokens(model: str, kind: str, amount: np.ndarray, owner: dict[str, str], *, project: str = PROD) -> Line:
    """Tokens of a model at the list price of August 2026 or of the model's first day; `kind` is input or output."""
    listed = price(f"gemini.tokens.{model}.{kind}", date(2026, 11, 1))
    names = {"input": "Text Input", "output": "Text Output"}
    sku = f"{model.replace('-', ' ').title()} {names[kind]} - Predictions"
    resource = f"//aiplatform.googleapis.com/projects/{project}/locations/global/publishers/google/models/{model}"
    amount = amount.round()
    return Line("Vertex AI", sku, "count", resource, amount, amount / listed.per * listed.usd, owner, project)


def asked(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Questions to the assistant on each day, attempts that were paid for, and tokens of one attempt."""
    questions = QUESTIONS * traffic(rng)
    attempts = np.where(days() >= RETRIES_FROM, PAID_ATTEMPTS, 1.02)
    history = np.where(days() >= HISTORY_FROM, HISTORY_TOKENS, 0)
    return {"questions": questions, "attempts": attempts, "history": history}


def assistant(rng: np.random.Generator) -> Iterator[Line]:
    """The support assistant: it moved to a newer model of the same price in September."""
    use, owner = asked(rng), labels("support", "assistant")
    calls = use["questions"] * use["attempts"]
    for model, there in (("gemini-3.6-flash", days() < NEW_MODEL), ("gemini-3.8-flash", days() >= NEW_MODEL)):
        yield tokens(model, "input", calls * (PROMPT_TOKENS + use["history"]) * there, owner)
        yield tokens(model, "output", calls * ANSWER_TOKENS * there, owner)


def other_models(rng: np.random.Generator) -> Iterator[Line]:
    """The copywriters' large model, since mid-October; embeddings of the help pages; somebody's experiments."""
    busy, owner = traffic(rng), labels("marketing", "copywriter")
    small, large = days() < LARGE_MODEL, days() >= LARGE_MODEL
    for model, there in (("gemini-3.6-flash", small), ("gemini-4-argon", large)):
        yield tokens(model, "input", 1.1e6 * busy * there, owner)
        yield tokens(model, "output", 0.9e6 * busy * there, owner)
    yield tokens("gemini-embedding-001", "input", 9e6 * busy, labels("data-platform", "help-search"))
    yield tokens("gemini-3.6-flash", "output", 0.4e6 * busy, {}, project=DEV)


def endpoints(rng: np.random.Generator) -> Iterator[Line]:
    """Nodes that answer online; the last of them were wanted for one afternoon in spring."""
    hours = np.full(len(days()), 24.0)
    owners = {
        "churn-scores": ("n1-standard-4", 2, labels("churn", "churn-scores")),
        "ad-ranking": ("e2-standard-8", 3, labels("ads", "ad-ranking")),
        "demo-spring": ("g2-standard-8", 2, {}),
    }
    for name, (machine, nodes, owner) in owners.items():
        sku = f"Online Prediction {machine} node hours in Americas"
        resource = f"//aiplatform.googleapis.com/projects/{PROD}/locations/us-central1/endpoints/{name}"
        amount = hours * nodes
        yield Line("Vertex AI", sku, "h", resource, amount, amount * NODE_HOURS[machine], owner)


def storage_and_queries(rng: np.random.Generator) -> Iterator[Line]:
    """Recordings that nobody listens to again, queries, and what leaves Google's network."""
    busy, number = traffic(rng), np.arange(len(days()))
    stored = (36_000 + 45 * number) / 30  # GiB months: a thirtieth of a month each day
    recordings, platform = labels("support", "recordings"), labels("data-platform", "warehouse")
    name = "//storage.googleapis.com/projects/_/buckets/phone-company-recordings"
    sku, service = "Standard Storage US Regional", "Cloud Storage"
    yield Line(service, sku, "gibibyte month", name, stored, stored * STORED_GIB_MONTH, recordings)
    sent = 26 * busy
    yield Line(service, "Download Worldwide Destinations", "gibibyte", name, sent, sent * EGRESS_GIB, recordings)
    discount = ("SPENDING_BASED_DISCOUNT", 0.05)
    for dataset, owner, scanned in (("warehouse", platform, 1.9), ("ads", labels("ads", "ad-ranking"), 1.1)):
        name = f"//bigquery.googleapis.com/projects/{PROD}/datasets/{dataset}"
        amount = scanned * busy
        cost = amount * SCANNED_TIB
        yield Line("BigQuery", "Analysis (us-central1)", "tebibyte", name, amount, cost, owner, credit=discount)
    name, amount = f"//bigquery.googleapis.com/projects/{DEV}/datasets/scratch", 0.35 * busy
    yield Line("BigQuery", "Analysis (us-central1)", "tebibyte", name, amount, amount * SCANNED_TIB, {}, DEV)


def training(rng: np.random.Generator) -> Iterator[Line]:
    """The advert model learns every Monday; a discount for sustained use comes as a credit."""
    mondays = days().day_of_week == 0
    amount = np.where(mondays, rng.normal(30, 1, len(days())), 0.0).round(2)
    owner = labels("ads", "ad-ranking", "train")
    resource = f"//compute.googleapis.com/projects/{PROD}/zones/us-central1-a/instances/ad-training"
    credit, sku = ("SUSTAINED_USAGE_DISCOUNT", 0.2), "N1 Predefined Instance running in Americas"
    yield Line("Compute Engine", sku, "h", resource, amount, amount * 0.759996, owner, credit=credit)


def _id(text: str) -> str:
    """Ids as Google writes them, made from the name: not Google's own."""
    digest = hashlib.sha256(text.encode()).hexdigest().upper()
    return "-".join((digest[:4], digest[4:8], digest[8:12]))


def _rows(line: Line) -> Iterator[dict]:
    for number in np.flatnonzero(line.amount > 0):
        start, cost = days()[number], round(float(line.cost[number]), 6)
        owner = [{"key": key, "value": value} for key, value in line.labels.items()]
        credit = [{"name": line.credit[0].replace("_", " ").capitalize(), "type": line.credit[0],
                   "amount": -round(cost * line.credit[1], 6)}] if line.credit else []  # fmt: skip
        yield {
            "service": {"id": _id(line.service), "description": line.service},
            "sku": {"id": _id(line.sku), "description": line.sku},
            "usage_start_time": start.tz_localize("UTC"),
            "usage_end_time": (start + pd.Timedelta(days=1)).tz_localize("UTC"),
            "project": {"id": line.project, "name": line.project},
            "labels": owner,
            "location": {"location": "us-central1" if "global" not in line.resource else "global"},
            "resource": {"name": line.resource.rpartition("/")[2], "global_name": line.resource},
            "cost": cost,
            "currency": "USD",
            "usage": {"amount": round(float(line.amount[number]), 6), "unit": line.unit},
            "credits": credit,
            "invoice": {"month": start.strftime("%Y%m")},
            "cost_type": "regular",
        }


def lines() -> list[Line]:
    """All kinds of usage, each from its own stream of luck."""
    sources = (assistant, other_models, endpoints, storage_and_queries, training)
    return [line for number, source in enumerate(sources) for line in source(np.random.default_rng([SEED, number]))]


def export() -> pd.DataFrame:
    """The bill, one row for each kind of usage and day, in the order of time; nested as BigQuery nests it."""
    table = pd.DataFrame(row for line in lines() for row in _rows(line))
    for column in ("usage_start_time", "usage_end_time"):
        table[column] = table[column].astype("datetime64[us, UTC]")
    return table.sort_values("usage_start_time", kind="stable", ignore_index=True)


def answer_key() -> pd.DataFrame:
    """What each fault added to October's bill, taken alone from the bill as it was; US dollars before credits."""
    use, october = asked(np.random.default_rng([SEED, 0])), days().month == 10
    rate = {kind: price(f"gemini.tokens.gemini-3.8-flash.{kind}", date(2026, 10, 1)).usd / 1e6 for kind in
            ("input", "output")}  # fmt: skip
    paid = use["questions"] * use["attempts"]
    one = (PROMPT_TOKENS + use["history"]) * rate["input"] + ANSWER_TOKENS * rate["output"]
    history = paid * use["history"] * rate["input"]
    again = use["questions"] * np.where(days() >= RETRIES_FROM, PAID_ATTEMPTS - 1.02, 0) * one
    demo = NODE_HOURS["g2-standard-8"] * 48 * np.ones(len(days()))
    rows = [
        ("whole history in the prompt", "gemini-3.8-flash", HISTORY_FROM.date(), history[october].sum()),
        ("retries without waiting", "gemini-3.8-flash", RETRIES_FROM.date(), again[october].sum()),
        ("endpoint of a demo in spring", "demo-spring", pd.Timestamp(FIRST_DAY).date(), demo[october].sum()),
    ]
    table = pd.DataFrame(rows, columns=["culprit", "resource", "first_day", "october_usd"])
    return table.assign(october_usd=table["october_usd"].round(2))


def billing_files() -> dict[str, pd.DataFrame]:
    """File name -> table."""
    return {"billing_export.parquet": export(), "billing_answer_key.csv": answer_key()}
