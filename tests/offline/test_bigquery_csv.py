"""The CSV reader against Python's own: which records fit, and what they hold."""

import csv
import io
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.offline.bigquery import load_csv
from mlops_helpers.offline.bigquery.engine import open_engine, staging_folder
from mlops_helpers.offline.bigquery.load import Loading
from mlops_helpers.offline.bigquery.sources import Source
from mlops_helpers.offline.bigquery.types import column_sql_list, normal_fields

FIELDS = normal_fields([{"name": name, "type": "STRING"} for name in "abc"])
CELLS = st.text(st.sampled_from('x7 ,"ü'), max_size=4)
RECORDS = st.lists(st.lists(CELLS, min_size=1, max_size=5).filter(any), max_size=8)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("engine"))
    connection = open_engine(folder)
    yield connection, folder
    connection.close()


def load(engine, data, fields=FIELDS, **config):
    connection, folder = engine
    loading = Loading(connection, config, fields, known=True)
    path = os.path.join(staging_folder(folder), "file")
    with open(path, "wb") as file:
        file.write(data)
    connection.execute(f'CREATE OR REPLACE TEMP TABLE "~stage" ({column_sql_list(fields)})')
    load_csv.read(loading, Source("people.csv", path, len(data)))
    return connection.execute('SELECT * FROM "~stage"').fetchall(), loading


@settings(max_examples=150, deadline=None)
@given(RECORDS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
def test_records_of_the_right_length_are_read_and_the_others_reported(engine, records, newline, quoting):
    text = io.StringIO()
    csv.writer(text, lineterminator=newline, quoting=quoting).writerows(records)
    rows, loading = load(engine, text.getvalue().encode())
    empty = "" if quoting == csv.QUOTE_ALL else None  # "" is a text, nothing at all is NULL
    forgiving = quoting == csv.QUOTE_MINIMAL  # DuckDB overlooks commas too many at the end of a line
    fit = [rec[:3] for rec in records if len(rec) == 3 or (forgiving and len(rec) > 3 and not any(rec[3:]))]
    fitting = [tuple(cell or empty for cell in record) for record in fit]
    assert rows == fitting
    assert loading.rejected_count == len(records) - len(fitting)


@given(st.text(st.sampled_from("0123456789+-.eE x"), max_size=6))
def test_whole_numbers_are_those_bigquery_reads(engine, text):
    fields = normal_fields([{"name": "n", "type": "INTEGER"}, {"name": "s", "type": "STRING"}])
    rows, loading = load(engine, f"{text},s\n".encode(), fields)
    digits = text.strip(" ")
    is_whole = digits.removeprefix("+").removeprefix("-").isdigit() and not digits.startswith(("+-", "-+"))
    expected = int(digits) if is_whole else None
    assert rows == ([(expected, "s")] if is_whole or not text else [])
    assert loading.rejected_count == (0 if is_whole or not text else 1)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b'"', b'a,"b\nc', b"a,b,c,d,\n" * 3, b"\x00,\x00,\x00\n"])
def test_rubbish_is_reported_never_loaded(engine, data):
    rows, loading = load(engine, data)
    assert (rows == [], loading.rejected_count > 0) == (True, True)


def test_a_complaint_names_file_line_column_and_value(engine):
    fields = normal_fields([{"name": "id", "type": "INT64"}, {"name": "on", "type": "DATE"}])
    data = b"id,on\n1,2026-01-01\n2\n3,2026-13-01\n"
    _, loading = load(engine, data, fields, skipLeadingRows=1)
    messages = [problem.message for problem in loading.rejected]
    assert "too few columns" in messages[0]
    assert "Could not parse '2026-13-01' as DATE for field on (position 1), line 4" in messages[1]
    assert all(message.endswith("File: people.csv") for message in messages)
