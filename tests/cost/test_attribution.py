"""A bill split by label: the same by pandas and by SQL, unlabelled first, credits counted, to the cent."""

import io
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from google.cloud import bigquery
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cost import BillingError, MixedCurrencies, Money, attribute, daily_costs, load_export
from mlops_helpers.cost.attribution_sql import split_statement

DATA = Path(__file__).resolve().parents[2] / "data"
micros = st.integers(min_value=-5_000_000, max_value=5_000_000)


@pytest.fixture(scope="module")
def export():
    return pd.read_parquet(DATA / "billing_export.parquet")


def loaded(frame, table):
    """A table of BigQuery with the rows of a frame, lists and structs as Google's export has them."""
    client, lists = bigquery.Client(), bigquery.ParquetOptions()
    lists.enable_list_inference = True
    client.create_dataset("billing", exists_ok=True)
    config = bigquery.LoadJobConfig(source_format="PARQUET", parquet_options=lists)
    client.load_table_from_file(io.BytesIO(frame.to_parquet()), f"billing.{table}", job_config=config).result()
    return f"{client.project}.billing.{table}"


@pytest.fixture(scope="module")
def table(session, export):
    return loaded(export, "export")


def line(cost, labels=(), credits=(), currency="USD"):
    pairs = [{"key": key, "value": value} for key, value in dict(labels).items()]
    taken = [{"name": "n", "type": "DISCOUNT", "amount": amount} for amount in credits]
    return {"cost": cost, "currency": currency, "labels": pairs, "credits": taken}


@pytest.mark.parametrize("by", ["team", "env", "service", "sku", "project", "resource", "label:app"])
def test_pandas_and_bigquery_agree_to_the_last_digit(export, table, by):
    ours, theirs = attribute(export, by), attribute(table, by, client=bigquery.Client())
    assert ours == theirs
    assert {share.label is None for share in ours.shares[1:]} <= {False}


def test_a_label_that_no_line_has_is_refused(export, table):
    for source in (export, table):
        with pytest.raises(BillingError, match="no label 'nothing' in any line"):
            attribute(source, "label:nothing", client=bigquery.Client())


def test_a_month_is_an_invoice(export, table):
    ours, theirs = (
        attribute(export, "team", month="202610"),
        attribute(table, "team", client=bigquery.Client(), month="202610"),
    )
    assert ours == theirs
    rows = export[export["usage_start_time"].dt.month == 10]
    assert ours.table["cost"].sum() == sum(Decimal(str(cost)) for cost in rows["cost"])


def test_the_bill_adds_up_to_the_cent_and_the_unlabelled_share_comes_first(export):
    found = attribute(export, "team")
    credits = sum(Decimal(str(credit["amount"])) for listed in export["credits"] for credit in listed)
    assert found.total.cents() == Money(sum(Decimal(str(cost)) for cost in export["cost"]) + credits).cents()
    assert found.table["team"].iloc[0] == "(unlabelled)"
    assert Decimal("0.17") < found.unlabelled < Decimal("0.20")
    assert found.table["share"].sum() == pytest.approx(1)
    assert daily_costs(export).sum() == found.total.amount


@given(
    st.lists(
        st.tuples(micros, st.sampled_from(["a", "b", "", None]), st.lists(micros, max_size=3)), min_size=1, max_size=30
    )
)
@settings(max_examples=50)
def test_whatever_the_lines_the_shares_are_the_bill(lines):
    """Oracle: whole millionths of a dollar."""
    frame = pd.DataFrame(
        [
            line(cost / 1e6, {} if team is None else {"team": team}, [c / 1e6 for c in credits])
            for cost, team, credits in lines
        ]
    )
    found = attribute(frame, "team")
    assert found.total.amount.scaleb(6) == sum(cost + sum(credits) for cost, _, credits in lines)
    owned = {share.label: share.net.scaleb(6) for share in found.shares}
    assert owned.get("a", 0) == sum(cost + sum(credits) for cost, team, credits in lines if team == "a")


def test_long_lists_of_labels_and_credits_are_read_to_their_end(session):
    many = {f"k{number}": "v" for number in range(9)} | {"team": "support"}
    frame = pd.DataFrame([line(1.5, many, [-0.1] * 5), line(2.0, {"team": ""}), line(0.25, {"app": "x"}, [-0.05])])
    ours, theirs = attribute(frame, "team"), attribute(loaded(frame, "long"), "team", client=bigquery.Client())
    assert ours == theirs
    assert [(share.label, share.net) for share in theirs.shares] == [(None, Decimal("2.2")), ("support", Decimal(1))]


def test_two_currencies_are_never_one_sum(session):
    frame = pd.DataFrame([line(1.0), line(1.0, {"team": "a"}, [-0.1], "EUR")])
    for export in (frame, loaded(frame, "mixed")):
        with pytest.raises(MixedCurrencies, match="EUR and USD"):
            attribute(export, "team", client=bigquery.Client())


@pytest.mark.parametrize("blank", [None, float("nan")])
def test_a_line_without_an_amount_is_not_taken_for_nothing(session, blank):
    frame = pd.DataFrame([line(1.0, {"team": "a"}, [-0.5]), line(blank)])
    for export in (frame, loaded(frame, f"blank{len(str(blank))}")):
        with pytest.raises(BillingError, match="a number in every line"):
            attribute(export, "team", client=bigquery.Client())


def test_what_is_no_export_is_refused(export):
    with pytest.raises(BillingError, match="without cost, labels"):
        attribute(export.drop(columns=["cost", "labels"]), "team")
    with pytest.raises(BillingError, match="without lines"):
        attribute(export, "team", month="199901")
    with pytest.raises(BillingError, match="Pass the client"):
        attribute("a.b.c", "team")


@pytest.mark.parametrize("table", ["export", "a.b`; DROP TABLE x", "", "a.b.c d"])
def test_a_table_is_named_by_its_id(table):
    with pytest.raises(BillingError, match=r"project\.dataset\.table"):
        split_statement(table, "team")


def test_a_day_without_lines_costs_nothing(export):
    some = export[export["usage_start_time"].dt.day.isin([1, 3])]
    found = daily_costs(some[some["usage_start_time"].dt.month == 8])
    assert list(found.index.day) == [1, 2, 3]
    assert found.iloc[1] == 0
    assert isinstance(found.iloc[0], Decimal)
    assert found.iloc[0] > 100


def test_an_export_is_loaded_in_partitions_of_a_day(session, export):
    client = bigquery.Client()
    client.create_dataset("billing", exists_ok=True)
    table = f"{client.project}.billing.by_day"
    for _ in range(2):  # a second load replaces the first
        assert load_export(export.tail(300), table, client=client) == 300
    assert client.get_table(table).time_partitioning.field == "usage_start_time"
    assert client.get_table(table).num_rows == 300
    assert attribute(table, "team", client=client) == attribute(export.tail(300), "team")
    with pytest.raises(BillingError, match="without usage_start_time"):
        load_export(export.drop(columns="usage_start_time"), table, client=client)


def test_net_amounts_by_name(export):
    found = attribute(export, "team")
    assert found.net.index[0] == "(unlabelled)"
    assert found.net.sum() == found.total.amount
