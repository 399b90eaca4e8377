"""Prices are dated, the receipt is a sum one can do by hand, and an unknown price is an error."""

import json
from datetime import date

import pytest
from google.cloud import bigquery, storage

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.errors import UnknownPrice
from mlops_helpers.cloud.prices import as_of, price
from mlops_helpers.cloud.receipt import Receipt, billed_as

TIB = 2**40


def test_a_receipt_is_a_sum_one_can_do_by_hand():
    usage = {"storage.objects.insert": 2000, "storage.objects.get": 5000, "storage.objects.delete": 9}
    receipt = Receipt.of(usage | {"bigquery.bytes_billed": 2 * TIB, "bigquery.jobs.insert": 3})
    assert receipt.total == pytest.approx(2 * 0.005 + 5 * 0.0004 + 2 * 6.25)
    assert receipt.table["quantity"].tolist() == [2 * TIB, 2000, 5000]


def test_the_same_call_costs_what_its_date_says():
    usage = {"bigquery.bytes_billed": TIB}
    assert Receipt.of(usage, date(2023, 7, 4)).total == 5.0
    assert Receipt.of(usage, date(2023, 7, 5)).total == 6.25


@pytest.mark.parametrize(("item", "day"), [("storage.tuning", date(2026, 1, 1)), ("storage.class_a", date(2000, 1, 1))])
def test_unknown_prices_are_errors(item, day):
    with pytest.raises(UnknownPrice, match=r"expected one of storage.class_a, storage.class_b"):
        price(item, day)


def test_the_same_prompt_costs_twice_as_much_in_the_new_year():
    usage = {"gemini.tokens.gemini-3.8-flash.input": 2_000_000, "gemini.tokens.gemini-3.8-flash.output": 1_000_000}
    assert Receipt.of(usage, date(2026, 12, 31)).total == pytest.approx(2 * 0.75 + 3.75)
    assert Receipt.of(usage, date(2027, 1, 1)).total == pytest.approx(2 * 1.50 + 7.50)


@pytest.mark.parametrize(
    ("operation", "item"),
    [
        ("storage.buckets.list", "storage.class_a"),
        ("storage.objects.rewrite", "storage.class_a"),
        ("storage.xml.put_part", "storage.class_a"),
        ("storage.xml.get", "storage.class_b"),
        ("storage.buckets.getIamPolicy", "storage.class_b"),
        ("storage.objects.delete", None),
        ("bigquery.tables.insert", None),
        ("offline.usage", None),
    ],
)
def test_operations_are_billed_by_class(operation, item):
    assert billed_as(operation) == item


def test_a_session_counts_what_the_real_clients_do():
    with connect("offline") as session:
        bucket = storage.Client().create_bucket("counted")
        bucket.blob("x").upload_from_string("x")
        bucket.blob("x").download_as_bytes()
        bigquery.Client().query_and_wait("CREATE SCHEMA d; CREATE TABLE d.t AS SELECT 1 AS x; SELECT x FROM d.t")
        lines = dict(zip(session.receipt().table["item"], session.receipt().table["quantity"], strict=True))
        assert lines["Cloud Storage, writes and listings"] == 2
        assert lines["Cloud Storage, reads"] == 1
        assert lines["BigQuery, bytes scanned on demand"] >= 10 * 2**20  # BigQuery bills 10 MiB a query at least
        assert str(session.receipt()).startswith("Paid offline: $0. On Google Cloud these calls list at $0.000")


def test_the_table_says_when_it_was_checked():
    assert as_of() >= date(2026, 11, 21)


def test_a_closed_session_adds_its_operations_to_the_file_that_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("MLOPS_OPERATIONS_FILE", str(tmp_path / "used.json"))
    for act in (lambda: storage.Client().create_bucket("used"), lambda: bigquery.Client().query("SELECT 1").result()):
        with connect("offline"):
            act()
    found = json.loads((tmp_path / "used.json").read_text())
    assert {name.partition(".")[0] for name in found} == {"bigquery", "storage"}
    assert (found, "bigquery.bytes_billed" in found) == (sorted(found), False)
