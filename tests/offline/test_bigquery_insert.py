"""Streaming inserts and reading rows back, for every type."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField as Field
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.bigquery.encoding import json_rows, json_text
from mlops_helpers.offline.bigquery.types import normal_fields
from mlops_helpers.offline.bigquery.values import RowReader

PROJECT = "offline-project"


@pytest.fixture
def people(bigquery_client):
    bigquery_client.create_dataset("shop")
    schema = [Field("id", "INT64", "REQUIRED"), Field("name", "STRING"), Field("tags", "STRING", "REPEATED")]
    return bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.people", schema))


def rows_of(client, table):
    return [tuple(row) for row in client.list_rows(table)]


def test_every_type_comes_back_as_it_went(bigquery_client):
    bigquery_client.create_dataset("shop")
    moment = dt.datetime(2026, 1, 5, 9, 30, 15, 123456, tzinfo=dt.UTC)
    row = {
        "i": 2**62,
        "f": 0.1,
        "b": True,
        "s": 'a "quoted" ü',
        "y": b"\x00\xff",
        "d": dt.date(2026, 1, 5),
        "t": dt.time(9, 30, 15),
        "dt": dt.datetime(2026, 1, 5, 9, 30),
        "ts": moment,
        "n": Decimal("12345678901234567890.123456789"),
        "r": {"x": 1, "many": [{"y": 1.5}, {"y": None}]},
        "a": [1, 2, 3],
    }
    kinds = ["INT64", "FLOAT64", "BOOL", "STRING", "BYTES", "DATE", "TIME", "DATETIME", "TIMESTAMP", "NUMERIC"]
    record = Field(
        "r", "RECORD", fields=[Field("x", "INT64"), Field("many", "RECORD", "REPEATED", fields=[Field("y", "FLOAT64")])]
    )
    schema = [Field(name, kind) for name, kind in zip(row, kinds, strict=False)] + [
        record,
        Field("a", "INT64", "REPEATED"),
    ]
    table = bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", schema))
    assert bigquery_client.insert_rows(table, [row]) == []
    assert [dict(found) for found in bigquery_client.list_rows(table)] == [row]


def test_nulls_and_missing_members_are_null_and_arrays_are_empty(bigquery_client, people):
    assert bigquery_client.insert_rows_json(people, [{"id": 1, "name": None}, {"id": "2"}]) == []
    assert rows_of(bigquery_client, people) == [(1, None, []), (2, None, [])]


@pytest.mark.parametrize(
    ("row", "location", "message"),
    [
        ({"id": 1, "city": "Bonn"}, "city", "no such field: city."),
        ({"id": "one"}, "id", "Cannot convert value to integer (bad value): one"),
        ({"id": 1.5}, "id", "Cannot convert value to integer (bad value): 1.5"),
        ({"id": True}, "id", "Cannot convert value to integer (bad value): True"),
        ({"id": 2**63}, "id", f"Cannot convert value to integer (bad value): {2**63}"),
        ({"name": "Ann"}, "id", "Missing required field: id."),
        (
            {"id": 1, "tags": "a"},
            "tags",
            "Array specified for non-repeated field: found 'a', expected a list for tags.",
        ),
        (
            {"id": 1, "tags": ["a", None]},
            "tags",
            "Only optional fields can be set to NULL. Field: tags; the list holds a null.",
        ),
    ],
)
def test_a_bad_row_is_named_and_stops_the_others(bigquery_client, people, row, location, message):
    errors = bigquery_client.insert_rows_json(people, [{"id": 7}, row])
    assert [error["errors"][0]["reason"] for error in errors] == ["stopped", "invalid"]
    assert errors[1]["errors"] == [{"reason": "invalid", "location": location, "debugInfo": "", "message": message}]
    assert rows_of(bigquery_client, people) == []


def test_invalid_rows_may_be_skipped_and_unknown_members_ignored(bigquery_client, people):
    rows = [{"id": 1, "city": "Bonn"}, {"id": "x"}, {"id": 3}]
    errors = bigquery_client.insert_rows_json(people, rows, skip_invalid_rows=True, ignore_unknown_values=True)
    assert [error["index"] for error in errors] == [1]
    assert [row[0] for row in rows_of(bigquery_client, people)] == [1, 3]


def test_the_same_insert_id_counts_once(bigquery_client, people):
    for _ in range(2):
        bigquery_client.insert_rows_json(people, [{"id": 1}, {"id": 2}], row_ids=["a", "b"])
    bigquery_client.insert_rows_json(people, [{"id": 2}], row_ids=[None])
    assert [row[0] for row in rows_of(bigquery_client, people)] == [1, 2, 2]


def test_what_cannot_be_inserted_into_is_refused(bigquery_client, people):
    with pytest.raises(exceptions.MethodNotImplemented, match="Template tables"):
        bigquery_client.insert_rows_json(people, [{"id": 1}], template_suffix="_x")
    with pytest.raises(exceptions.BadRequest, match="No rows present"):
        bigquery_client.insert_rows_json(people, [])
    with pytest.raises(exceptions.NotFound):
        bigquery_client.insert_rows_json("shop.gone", [{"id": 1}])


def test_rows_come_in_pages_from_any_start_with_chosen_columns(bigquery_client, people):
    bigquery_client.insert_rows_json(people, [{"id": n, "name": f"n{n}"} for n in range(7)])
    pages = bigquery_client.list_rows(people, page_size=3, start_index=1).pages
    assert [[row.id for row in page] for page in pages] == [[1, 2, 3], [4, 5, 6]]
    two = bigquery_client.list_rows(people, max_results=2, selected_fields=people.schema[1:2])
    assert [tuple(row) for row in two] == [("n0",), ("n1",)]


VALUES = {
    "INTEGER": st.integers(-(2**63), 2**63 - 1),
    "FLOAT": st.floats(allow_nan=False),
    "BOOLEAN": st.booleans(),
    "STRING": st.text(),
}


@given(
    st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), st.lists(st.none() | VALUES[kind])))
)
def test_any_values_survive_reading_and_writing(drawn):
    kind, values = drawn
    [field] = normal_fields([{"name": "v", "type": kind}])
    reader = RowReader([field])
    table = reader.arrow([reader.read({"v": value})[0] for value in values])
    cells = [row["f"][0]["v"] for row in json_rows(table, [field])]
    back = {"INTEGER": int, "FLOAT": float, "BOOLEAN": lambda text: text == "true", "STRING": str}[kind]
    assert [None if cell is None else back(cell) for cell in cells] == values
    assert json.loads(f"[{json_text(table, [field])}]") == json_rows(table, [field])


def test_large_pages_hold_the_same_rows_as_small_ones(bigquery_client, people, monkeypatch):
    bigquery_client.insert_rows_json(people, [{"id": n, "name": 'a "b"', "tags": ["x", "y"]} for n in range(10)])
    small = rows_of(bigquery_client, people)
    monkeypatch.setattr("mlops_helpers.offline.bigquery.tabledata.SMALL_PAGE", 3)
    assert rows_of(bigquery_client, people) == small


def test_missing_members_get_the_default_of_their_column(bigquery_client):
    bigquery_client.create_dataset("shop")
    schema = [
        Field("id", "INT64"),
        Field("level", "STRING", "REQUIRED", default_value_expression="'basic'"),
        Field("since", "TIMESTAMP", default_value_expression="CURRENT_TIMESTAMP()"),
    ]
    table = bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", schema))
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    rows = [{"id": 1}, {"id": 2, "level": "gold", "since": None}, {"id": 3, "since": moment.isoformat()}]
    assert bigquery_client.insert_rows_json(table, rows) == []
    found = rows_of(bigquery_client, table)
    assert [row[1] for row in found] == ["basic", "gold", "basic"]
    assert found[0][2].date() == dt.date(2026, 1, 5)
    assert [row[2] for row in found[1:]] == [None, moment]
    with pytest.raises(exceptions.MethodNotImplemented, match="The default value of column level"):
        bigquery_client.load_table_from_json([{"id": 4}], table).result()
