"""One suite over a DataFrame and over BigQuery gives one report; the statement is safe and says what it reads."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.governance import (
    EmptyData,
    Fresh,
    Informative,
    InRange,
    InSet,
    InvalidSetting,
    Matches,
    Missing,
    MissingColumn,
    MissingTable,
    NaiveTimestamp,
    NotNull,
    RowRule,
    Schema,
    Suite,
    TypeIs,
    Unique,
    UnsafeName,
    check_quality,
    number,
    text,
    to_bigquery_schema,
)
from mlops_helpers.governance.sql_statement import Tables, statement
from mlops_helpers.governance.sql_values import Source, quote, quote_table
from mlops_helpers.governance.verdicts import Context
from tests.governance.quality_samples import AS_OF, TYPES, customers, suite, trusted


def load(client, table, frame, types):
    """Load a DataFrame through the JSON interface, missing values as nulls."""
    from google.cloud import bigquery

    rows = json.loads(frame.to_json(orient="records", date_format="iso", date_unit="us", double_precision=15))
    for row in rows:
        row.update({name: value[:10] for name, value in row.items() if types[name] == "date" and value})
    config = bigquery.LoadJobConfig(
        schema=to_bigquery_schema(Schema.of_types(**types)), write_disposition="WRITE_TRUNCATE"
    )
    client.load_table_from_json(rows, table, job_config=config).result()
    return str(table)


def test_the_whole_suite_reports_the_same_from_bigquery(bigquery_client, dataset):
    table = load(bigquery_client, dataset.table("customers"), customers(), TYPES)
    billing = load(
        bigquery_client,
        dataset.table("billing"),
        trusted(),
        {"customer_id": "text", "monthly_charges": "number"},
    )
    local = check_quality(customers(), suite(), as_of=AS_OF, references={"billing": trusted()})
    remote = check_quality(table, suite(), as_of=AS_OF, references={"billing": billing}, client=bigquery_client)
    assert remote == local
    assert remote.to_dict() == local.to_dict()


MIXED = {"row": "integer", "amount": "number", "count": "integer", "word": "text", "flag": "boolean"}
MIXED_SUITE = Suite(
    "mixed",
    (
        NotNull("word"),
        NotNull("word", blank_is_missing=False, id="spaces are text"),
        NotNull("amount"),
        InRange("amount", -1, 1.5),
        InRange("word", maximum=2, id="numbers in text"),
        InSet("count", (0, 1, 2)),
        InSet("word", ("a", " ", "1")),
        Matches("word", "[a-z]|[0-9.]+"),
        TypeIs("word", "number"),
        TypeIs("word", "date", id="word is date"),
        TypeIs("amount", "integer"),
        TypeIs("flag", "boolean"),
        Unique("amount"),
        Unique(("count", "word")),
        Unique(id="rows"),
        Informative("word", min_levels=2, max_top_share=0.6),
        RowRule((number("amount") / number("count")) < number("word"), id="division"),
        RowRule(1 / number("count") < 2 - number("amount"), id="plain value first"),
        RowRule(~Missing(text("word")) | (number("flag") > 0), id="either"),
    ),
    key="row",
)


def mixed_rows():
    amounts = st.one_of(st.none(), st.sampled_from([-2.0, 0.0, 1.0, 1.25]), st.floats(-1e6, 1e6, width=32))
    words = st.one_of(
        st.none(), st.sampled_from(["", " ", "a", "b ", "1", " 2.5", "-.5", "1e1", "5.", "2026-02-30", "\t", "\n", "é"])
    )
    return st.lists(
        st.tuples(amounts, st.one_of(st.none(), st.integers(0, 3)), words, st.one_of(st.none(), st.booleans())),
        min_size=1,
        max_size=40,
    )


@settings(max_examples=15)
@given(rows=mixed_rows())
def test_any_small_table_reports_the_same_from_bigquery(session, rows):
    from google.cloud import bigquery

    client = bigquery.Client()
    client.create_dataset("any_small_table", exists_ok=True)
    numbered = [(number, *row) for number, row in enumerate(rows)]
    frame = pd.DataFrame(numbered, columns=list(MIXED)).astype(
        {"amount": "float64", "count": "Int64", "word": "str", "flag": "boolean"}
    )
    table = load(client, "any_small_table.mixed", frame, MIXED)
    assert check_quality(table, MIXED_SUITE, client=client).to_dict() == check_quality(frame, MIXED_SUITE).to_dict()


def test_not_a_number_is_no_value(bigquery_client, dataset):
    table = str(dataset.table("nan"))
    values = "SELECT 1 AS id, CAST('nan' AS FLOAT64) AS x UNION ALL SELECT 2, NULL UNION ALL SELECT 3, 5.0"
    bigquery_client.query_and_wait(f"CREATE TABLE `{table}` AS {values}")
    rules = Suite("nan", (NotNull("x"), InRange("x", 0, 1), Unique("x")), key="id")
    report = check_quality(table, rules, client=bigquery_client)
    assert report.failures("not_null(x)") == (1, 2)
    assert [(item.checked, item.failed) for item in report.findings] == [(3, 2), (1, 1), (1, 0)]


def test_lists_are_cut_in_the_warehouse(bigquery_client, dataset):
    frame = pd.DataFrame({"id": [4, 3, 2, 1], "x": [9, 9, 9, 0]})
    table = load(bigquery_client, dataset.table("cut"), frame, {"id": "integer", "x": "integer"})
    report = check_quality(table, Suite("cut", (InRange("x", 0, 1),), key="id", row_limit=2), client=bigquery_client)
    assert (report.finding("in_range(x)").failed, report.failures("in_range(x)")) == (3, (2, 3))


def test_a_missing_table_and_a_missing_column_are_named(bigquery_client, dataset):
    rules = Suite("s", (NotNull("x"),), key="id")
    with pytest.raises(MissingTable, match=r"no table .*\.absent in BigQuery"):
        check_quality(str(dataset.table("absent")), rules, client=bigquery_client)
    table = load(bigquery_client, dataset.table("present"), pd.DataFrame({"id": [1]}), {"id": "integer"})
    with pytest.raises(MissingColumn, match=r"no column 'x' in .*one of: id"):
        check_quality(table, rules, client=bigquery_client)


def test_an_empty_table_is_refused(bigquery_client, dataset):
    from google.cloud import bigquery

    table = bigquery_client.create_table(bigquery.Table(dataset.table("empty"), [bigquery.SchemaField("id", "INT64")]))
    with pytest.raises(EmptyData, match="no rows in"):
        check_quality(str(table.reference), Suite("s", (NotNull("id"),), key="id"), client=bigquery_client)


@pytest.mark.parametrize(
    ("rules", "client", "found"),
    [(Suite("s", (NotNull("x"),)), object(), "no key"), (Suite("s", (NotNull("x"),), key="x"), None, "no client")],
)
def test_a_table_needs_a_client_and_a_key(rules, client, found):
    with pytest.raises(InvalidSetting, match=found):
        check_quality("d.t", rules, client=client)


@pytest.mark.parametrize("name", ["a`b", "a\\", "a\nb", ""])
def test_column_names_cannot_end_their_quotation(name):
    with pytest.raises(UnsafeName):
        quote(name)


@pytest.mark.parametrize("table", ["t", "d.t; DROP TABLE x", "d.`t`", "p.d.t WHERE 1=1", "../d.t", "d.t\n"])
def test_table_ids_cannot_hold_sql(table):
    with pytest.raises(UnsafeName):
        quote_table(table)


def write(*expectations, types, as_of=None):
    rules = Suite("s", expectations, key="id")
    return statement(rules, Tables("p.d.t", Source("checked", {"id": "STRING", **types}), "id"), Context(as_of))


def test_values_travel_as_parameters():
    sql, parameters = write(InSet("x", ("'; DROP TABLE t; --",)), types={"x": "STRING"})
    assert "DROP" not in sql
    assert parameters.values == [("STRING", "'; DROP TABLE t; --")]


def test_parameters_have_the_types_bigquery_compares_with():
    _, parameters = write(Fresh("seen", 1), InRange("n", 1, 2), types={"seen": "TIMESTAMP", "n": "INT64"}, as_of=AS_OF)
    kinds = [parameter.type_ for parameter in parameters.for_query()]
    assert kinds == ["TIMESTAMP", "TIMESTAMP", "FLOAT64", "FLOAT64"]


def test_the_table_is_scanned_once_for_all_row_rules():
    sql, _ = write(NotNull("x"), InRange("x", 0), InRange("x", 1, id="again"), types={"x": "FLOAT64"})
    assert sql.count("`p.d.t`") == 1


@pytest.mark.parametrize("kind", ["DATETIME", "DATE"])
def test_times_without_a_zone_are_refused(kind):
    with pytest.raises(NaiveTimestamp, match=f"{kind} values"):
        write(Fresh("seen", 1), types={"seen": kind}, as_of=AS_OF)


def test_a_rule_that_reads_text_from_numbers_is_refused():
    with pytest.raises(InvalidSetting, match="holds INT64 values .* reads it as text"):
        write(Matches("n", "x"), types={"n": "INT64"})
