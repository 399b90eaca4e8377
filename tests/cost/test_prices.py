"""List prices: dated, by region, in Decimal; what is unknown, expired or said twice is an error, never zero."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cloud import models, prices
from mlops_helpers.cost import (
    BadPriceRow,
    Money,
    NotMoney,
    OverlappingPrices,
    PriceError,
    PriceNotValid,
    PriceTable,
    UnknownSku,
    cost,
    list_prices,
    price,
    price_changes,
    price_frame,
    read_row,
)

TODAY, NEW_YEAR = date(2026, 11, 21), date(2027, 1, 1)
FLASH = "gemini.tokens.gemini-3.8-flash"
ROW = {
    "item": "x.y", "label": "X", "unit": "hour", "per": 1, "usd": Decimal("2"), "region": "here",
    "from": "2026-01-01", "to": None, "source": "a test",
}  # fmt: skip


def row(**changes):
    return ROW | {"from" if name == "start" else name: value for name, value in changes.items()}


@pytest.mark.parametrize("kind", ["input", "cached_input", "output", "batch_input", "batch_output"])
def test_the_same_call_costs_twice_as_much_in_the_new_year(kind):
    before, after = (cost(f"{FLASH}.{kind}", 123_456, at=day) for day in (date(2026, 12, 31), NEW_YEAR))
    assert after == before * 2
    assert before


def test_the_price_of_a_million_tokens_is_the_published_one():
    assert cost(f"{FLASH}.input", 1_000_000, at=TODAY) == Money("0.75")
    assert cost(f"{FLASH}.output", 1_000_000, at=TODAY) == Money("3.75")
    assert cost("gemini.tokens.gemini-4-argon.output", 1_000_000, at=date(2026, 12, 1)) == Money(20)


def test_the_receipt_reads_the_same_prices():
    for sku in (f"{FLASH}.input", "storage.class_a", "bigquery.bytes_billed"):
        assert float(price(sku, at=TODAY).each.amount) == prices.price(sku, TODAY).usd


@pytest.mark.parametrize("chosen", models.in_use(), ids=lambda chosen: chosen.id)
def test_every_model_in_use_can_be_priced(chosen):
    assert price(f"gemini.tokens.{chosen.id}.input", at=TODAY).each > Money(0)


@pytest.mark.parametrize("sku", ["gemini.tokens.gemini-9.input", "compute.m99", "storage", ""])
def test_an_unknown_item_is_an_error_that_names_the_known_ones(sku):
    with pytest.raises(UnknownSku, match="expected one such as"):
        price(sku, at=TODAY)


@pytest.mark.parametrize("day", [date(2026, 9, 1), date(1999, 1, 1)])
def test_a_price_of_the_future_is_no_price_today(day):
    with pytest.raises(PriceNotValid, match="from 2026-09-02 to 2027-01-01"):
        price(f"{FLASH}.input", at=day)


def test_an_expired_price_is_an_error():
    table = PriceTable([read_row(row(to="2026-02-01"))])
    assert price("x.y", at=date(2026, 1, 31), table=table).each == Money(2)
    with pytest.raises(PriceNotValid, match="2026-02-01"):
        price("x.y", at=date(2026, 2, 1), table=table)


def test_a_region_without_a_price_borrows_none():
    assert price("storage.standard.gib_month", at=TODAY, region="us").each == Money("0.026")
    with pytest.raises(UnknownSku, match="europe-west1, us, us-central1"):
        price("storage.standard.gib_month", at=TODAY, region="mars")


@pytest.mark.parametrize("second", [("2026-06-01", None), ("2025-06-01", "2026-01-02"), ("2026-01-01", None)])
def test_two_prices_for_one_day_are_refused_when_the_table_is_read(second):
    rows = [read_row(row()), read_row(row(start=second[0], to=second[1]))]
    with pytest.raises(OverlappingPrices, match="two prices of 'x.y' in here"):
        PriceTable(rows)


@pytest.mark.parametrize(
    "changes",
    [{"to": "2025-01-01"}, {"start": "soon"}, {"per": 0}, {"per": 1.5}, {"usd": Decimal(-1)}, {"start": None},
     {"tiers": [{"above": 5, "usd": "1"}]}, {"tiers": [{"above": 0, "usd": "1"}, {"above": 0, "usd": "2"}]}],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_refused(changes):
    with pytest.raises(BadPriceRow, match=r"a price of 'x\.y'"):
        read_row(row(**changes))


def test_a_row_lacks_a_field_or_carries_a_float():
    with pytest.raises(BadPriceRow, match="without source"):
        read_row({name: value for name, value in ROW.items() if name != "source"})
    with pytest.raises(NotMoney, match="float"):
        read_row(row(usd=0.1))


@pytest.mark.parametrize("quantity", [-1, "-0.5"])
def test_a_negative_quantity_is_refused(quantity):
    with pytest.raises(PriceError, match="no less than 0"):
        cost("compute.e2-standard-4", quantity, at=TODAY)


def test_a_day_is_a_date_and_a_moment_counts_by_its_day():
    assert price(f"{FLASH}.input", at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).each == Money("0.75")
    with pytest.raises(PriceError, match="a day '2026-12-31'"):
        price(f"{FLASH}.input", at="2026-12-31")


@given(st.integers(min_value=0, max_value=30_000))
@settings(max_examples=50)
def test_a_tiered_price_is_the_sum_of_its_units_one_by_one(gib):
    by_unit = min(gib, 1024) * 12 + max(min(gib, 10240) - 1024, 0) * 11 + max(gib - 10240, 0) * 8
    assert cost("egress.internet", gib, at=TODAY) == Money(by_unit) / 100


def test_spot_is_cheaper_and_a_node_dearer_than_the_machine():
    for machine in ("e2-standard-4", "n1-standard-4", "g2-standard-8"):
        spot, full, node = (price(f"{name}", at=TODAY).each for name in
                            (f"compute.{machine}.spot", f"compute.{machine}", f"endpoint.{machine}"))  # fmt: skip
        assert spot < full < node < full * Decimal("1.2")


def test_colder_classes_cost_less_to_keep_and_more_to_read():
    classes = ("standard", "nearline", "coldline", "archive")
    kept = [price(f"storage.{name}.gib_month", at=TODAY) for name in classes]
    read = [price(f"storage.{name}.retrieval", at=TODAY).each for name in classes]
    assert [row.each for row in kept] == sorted((row.each for row in kept), reverse=True)
    assert read == sorted(read)
    assert [row.details["minimum_days"] for row in kept] == [0, 30, 90, 365]


def test_the_table_tells_its_sources_and_its_changes():
    assert all(row.source and row.unit and row.region for row in list_prices().rows())
    assert [found.each.amount for found in price_changes(f"{FLASH}.output")] == [Decimal("3.75"), Decimal("7.5")]
    frame = price_frame("bigquery.", at=TODAY)
    assert set(frame["sku"]) > {"bigquery.bytes_billed", "bigquery.slot_hour.enterprise"}
    assert frame["each"].map(type).eq(Decimal).all()
