"""The bill doubled in October, by what the answer key says and not by the large model; the traffic fits the bill."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from data import billing
from data.assistant import COMMON
from mlops_helpers.cost import Money, attribute, daily_costs, price, total

DATA = Path(__file__).resolve().parents[2] / "data"
DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def export():
    return pd.read_parquet(DATA / "billing_export.parquet")


@pytest.fixture(scope="module")
def requests():
    return pd.read_parquet(DATA / "assistant_requests.parquet")


def in_month(export, by, month):
    found = attribute(export, by, month=month)
    return found.table.set_index(found.by)["net"]


def test_october_cost_twice_as_much_as_september(export):
    september, october = (attribute(export, "team", month=month).total for month in ("202609", "202610"))
    assert Decimal("1.9") < october / september < Decimal("2.1")


def test_the_large_model_is_not_the_culprit(export):
    growth = in_month(export, "resource", "202610") - in_month(export, "resource", "202609").reindex(
        in_month(export, "resource", "202610").index
    ).fillna(Decimal(0))
    assert growth.idxmax() == "gemini-3.8-flash"
    assert growth["gemini-4-argon"] < growth["gemini-3.8-flash"] / 20


def test_the_answer_key_explains_the_growth(export):
    """Without history and retries the assistant's October would have cost about what its September did."""
    key = pd.read_csv(DATA / "billing_answer_key.csv").set_index("culprit")["october_usd"]
    paid = {month: float(in_month(export, "label:app", month)["assistant"]) for month in ("202609", "202610")}
    history, retries = key["whole history in the prompt"], key["retries without waiting"]
    both = history + retries - history * (1 - 1.02 / billing.PAID_ATTEMPTS)  # what both cost together, counted once
    assert paid["202610"] - both == pytest.approx(paid["202609"] * 31 / 30, rel=0.03)
    assert float(in_month(export, "resource", "202610")["demo-spring"]) == pytest.approx(key.iloc[2], abs=0.01)


def test_a_fifth_is_unlabelled_and_that_is_the_demo_above_all(export):
    nobody = export[export["labels"].map(len) == 0]
    assert 0.17 < float(attribute(export, "team").unlabelled) < 0.20
    assert attribute(nobody, "resource").shares[0].label == "demo-spring"


def test_tokens_and_hours_are_priced_by_the_price_table(export):
    rows = export[[resource["name"] == "gemini-3.8-flash" for resource in export["resource"]]]
    kinds = {"Input": "input", "Output": "output"}
    for row in rows.iloc[[0, 1, -1]].itertuples():
        kind = next(kind for word, kind in kinds.items() if word in row.sku["description"])
        listed = price(f"gemini.tokens.gemini-3.8-flash.{kind}", at=DAY).of(int(row.usage["amount"]))
        assert row.cost == pytest.approx(float(listed.amount), abs=1e-5)
    for machine, usd in billing.NODE_HOURS.items():
        assert price(f"endpoint.{machine}", at=DAY).each == Money(str(usd))
    assert price("storage.standard.gib_month", at=DAY).each == Money(str(billing.STORED_GIB_MONTH))


def test_credits_are_discounts_and_belong_to_the_bill(export):
    amounts = [credit["amount"] for credits in export["credits"] for credit in credits]
    assert max(amounts) < 0
    assert daily_costs(export).sum() < total(Money(str(cost)) for cost in export["cost"]).amount


def test_the_day_of_requests_is_a_twentieth_of_the_day_on_the_bill(requests):
    paid = requests[requests["status"].isin([200, 499])]
    questions = requests["request_id"].nunique()
    assert len(paid) / questions == pytest.approx(billing.PAID_ATTEMPTS, rel=0.03)
    assert paid["history_tokens"].mean() == pytest.approx(billing.HISTORY_TOKENS, rel=0.03)
    assert paid["output_tokens"].mean() == pytest.approx(billing.ANSWER_TOKENS, rel=0.03)
    assert (requests.loc[~requests["status"].isin([200, 499]), "input_tokens"] == 0).all()


def test_a_third_of_the_questions_were_asked_before(requests):
    asked = requests.drop_duplicates("request_id")
    assert asked["question"].duplicated().mean() == pytest.approx(COMMON - 0.02, abs=0.02)
    assert (asked.loc[asked["question"].duplicated(), "history_tokens"] == 0).all()
    assert (requests.groupby("request_id")["attempt"].max() <= 6).all()


def test_objects_are_read_while_they_are_there():
    objects = pd.read_parquet(DATA / "storage_objects.parquet")
    assert all(
        min(ages) >= 0 and max(ages) < age
        for ages, age in zip(objects["read_ages"], objects["age_days"], strict=True)
        if len(ages)
    )
    assert objects["size_bytes"].sum() / 2**30 == pytest.approx(36_000, rel=0.1)  # what the bill stores in August
    assert len(pd.read_parquet(DATA / "endpoint_traffic.parquet")) == 86_400
