"""What a query reads and costs, its parameters, the catalog's own tables, and what must be refused."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, Forbidden, GoogleAPICallError, MethodNotImplemented, NotFound
from google.cloud import bigquery
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.offline.bigquery.sql.fingerprint import farm_fingerprint
from mlops_helpers.offline.bigquery.sql.formatting import format_text
from mlops_helpers.offline.bigquery.sql.timeformat import format_time, parse_time
from mlops_helpers.offline.bigquery.sql.values import json_text, parse_kind, read


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("d")
    bigquery_client.query_and_wait(
        "CREATE TABLE d.parts PARTITION BY day AS SELECT DATE '2024-01-01' AS day, 1 AS k, 'abc' AS name "
        "UNION ALL SELECT DATE '2024-01-02', 2, 'de' UNION ALL SELECT DATE '2024-01-02', 3, NULL"
    )
    return bigquery_client


def rows(client, sql, *parameters):
    config = bigquery.QueryJobConfig(query_parameters=list(parameters))
    return [row.values() for row in client.query_and_wait(sql, job_config=config)]


def dry_run(client, sql):
    return client.query(sql, job_config=bigquery.QueryJobConfig(dry_run=True))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", 0),
        ("SELECT COUNT(*) FROM d.parts", 0),
        ("SELECT k FROM d.parts", 24),
        ("SELECT name FROM d.parts", 5 + 4),
        ("SELECT * FROM d.parts", 24 + 24 + 9),
        ("SELECT * EXCEPT (name) FROM d.parts", 48),
        ("SELECT k FROM d.parts WHERE day = '2024-01-02'", 32),
        ("SELECT k FROM d.parts AS p WHERE p.day BETWEEN '2024-01-01' AND '2024-01-01' AND k > 0", 16),
        ("SELECT k FROM d.parts WHERE k = 1", 24),
        ("SELECT k FROM (SELECT * FROM d.parts)", 24),
        ("WITH p AS (SELECT * FROM d.parts) SELECT name FROM p", 9),
        ("SELECT a.k FROM d.parts AS a JOIN d.parts AS b USING (k)", 24),
    ],
)
def test_dry_run_weighs_columns_and_partitions(client, sql, expected):
    assert dry_run(client, sql).total_bytes_processed == expected


def test_dry_run_tells_the_schema_and_runs_nothing(client):
    job = dry_run(client, "SELECT k, name AS label FROM d.parts")
    dry_run(client, "CREATE TABLE d.never AS SELECT 1 AS a")

    assert [(field.name, field.field_type) for field in job.schema] == [("k", "INTEGER"), ("label", "STRING")]
    with pytest.raises(NotFound):
        client.get_table("d.never")


def test_names_keep_the_case_they_are_written_in(client):
    [row] = client.query_and_wait("SELECT NAME, p.K FROM d.parts AS p WHERE k = 1")

    assert dict(row) == {"NAME": "abc", "K": 1}


def test_too_expensive_a_query_is_refused(client):
    config = bigquery.QueryJobConfig(maximum_bytes_billed=1000)

    with pytest.raises(
        (BadRequest, Forbidden), match="Query exceeded limit for bytes billed: 1000. 10485760 or higher"
    ):
        client.query_and_wait("SELECT k FROM d.parts", job_config=config)


def test_a_partition_filter_can_be_required(client):
    client.query_and_wait("ALTER TABLE d.parts SET OPTIONS(require_partition_filter=TRUE)")

    with pytest.raises(BadRequest, match=r"without a filter over column\(s\) 'day'"):
        client.query_and_wait("SELECT k FROM d.parts WHERE k = 1")
    assert rows(client, "SELECT k FROM d.parts WHERE day = DATE '2024-01-01'") == [(1,)]


def test_wildcard_tables(client):
    for day in ("20240101", "20240102"):
        client.query_and_wait(f"CREATE TABLE d.events_{day} AS SELECT '{day}' AS n")

    assert rows(client, "SELECT * FROM `d.events_*` ORDER BY n") == [("20240101",), ("20240102",)]
    late = "SELECT n, _TABLE_SUFFIX FROM `d.events_*` WHERE _TABLE_SUFFIX > '20240101'"
    assert rows(client, late) == [("20240102", "20240102")]
    assert dry_run(client, late).total_bytes_processed == 10
    with pytest.raises(BadRequest, match="does not match any table"):
        client.query_and_wait("SELECT * FROM `d.nope_*`")


SCALARS = [
    ("INT64", 5), ("FLOAT64", 1.5), ("FLOAT64", 2.0), ("BOOL", True), ("STRING", "it's \\ \"x\""),
    ("BYTES", b"\x00\xff"),
    ("DATE", dt.date(2024, 1, 2)), ("TIME", dt.time(10, 11)), ("DATETIME", dt.datetime(2024, 1, 2, 3, 4, 5)),
    ("TIMESTAMP", dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)), ("NUMERIC", Decimal("1.25")),
    *((kind, None) for kind in ("INT64", "STRING", "DATE", "NUMERIC", "BOOL")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), SCALARS, ids=str)
def test_scalar_parameters(client, kind, value):
    assert rows(client, "SELECT @v", bigquery.ScalarQueryParameter("v", kind, value)) == [(value,)]
    assert rows(client, "SELECT ?", bigquery.ScalarQueryParameter(None, kind, value)) == [(value,)]


def test_array_and_struct_parameters(client):
    names = bigquery.ArrayQueryParameter("names", "STRING", ["abc", "x'y"])
    empty = bigquery.ArrayQueryParameter("none", "INT64", [])
    pair = bigquery.StructQueryParameter(
        "s", bigquery.ScalarQueryParameter("a", "INT64", 1), bigquery.ScalarQueryParameter("b", "STRING", None)
    )

    assert rows(client, "SELECT k FROM d.parts WHERE name IN UNNEST(@names)", names) == [(1,)]
    assert rows(client, "SELECT ARRAY_LENGTH(@none), @s.a, @s.b", empty, pair) == [(0, 1, None)]


def test_positional_parameters_follow_the_text(client):
    values = [bigquery.ScalarQueryParameter(None, "INT64", value) for value in (1, 2, 3)]

    assert rows(client, "SELECT ? AS a, x FROM (SELECT ? AS x) WHERE x < ? LIMIT 1", *values) == [(1, 2)]


def test_a_parameter_is_never_sql(client):
    value = "x' OR '1'='1"

    assert (
        rows(client, "SELECT k FROM d.parts WHERE name = @n", bigquery.ScalarQueryParameter("n", "STRING", value)) == []
    )
    with pytest.raises(BadRequest, match="Query parameter 'n' not found"):
        client.query_and_wait("SELECT @n")


def test_information_schema(client):
    columns = rows(
        client, "SELECT column_name, data_type, is_partitioning_column FROM d.INFORMATION_SCHEMA.COLUMNS ORDER BY 1"
    )
    partitions = rows(client, "SELECT partition_id, total_rows FROM d.INFORMATION_SCHEMA.PARTITIONS ORDER BY 1")
    storage = "SELECT total_rows, total_logical_bytes FROM `region-us`.INFORMATION_SCHEMA.TABLE_STORAGE"

    assert columns == [("day", "DATE", "YES"), ("k", "INT64", "NO"), ("name", "STRING", "NO")]
    assert partitions == [("20240101", 1), ("20240102", 2)]
    assert rows(client, storage) == [(3, 57)]
    assert rows(client, "SELECT table_id, row_count, size_bytes FROM d.__TABLES__") == [("parts", 3, 57)]
    assert rows(client, "SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA") == [("d",)]


def test_jobs_can_be_asked_for(client):
    client.query("SELECT k FROM d.parts", job_config=bigquery.QueryJobConfig(labels={"team": "ml"})).result()

    sql = (
        "SELECT statement_type, total_bytes_processed, (SELECT value FROM UNNEST(labels) WHERE key = 'team') "
        "FROM `region-us`.INFORMATION_SCHEMA.JOBS_BY_PROJECT WHERE ARRAY_LENGTH(labels) > 0"
    )
    assert rows(client, sql) == [("SELECT", 24, "ml")]


REFUSED = [
    "CREATE MODEL d.m OPTIONS(model_type='linear_reg') AS SELECT 1 AS x",
    "SELECT * FROM ML.PREDICT(MODEL d.m, TABLE d.parts)",
    "SELECT AI.GENERATE('x')",
    "CREATE FUNCTION d.f(x FLOAT64) RETURNS FLOAT64 LANGUAGE js AS 'return x'",
    "CREATE MATERIALIZED VIEW d.v AS SELECT 1 AS a",
    "EXPORT DATA OPTIONS(uri='gs://b/x') AS SELECT 1",
    "SELECT ST_GEOGPOINT(1, 2)",
    "SELECT NET.HOST('x')",
    "BEGIN TRANSACTION",
    "BEGIN SELECT 1; END",
    "IF TRUE THEN SELECT 1; END IF",
    "SELECT @@version",
]
HOSTILE = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('x')",
    "SELECT read_text('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.duckdb_tables",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT bq_raise('x')",
    "SELECT error_on('x')",
    "COPY (SELECT 1) TO '/tmp/x'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "PRAGMA version",
    "SET memory_limit = '1GB'",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "SELECT 1 FROM d.parts WHERE k IN (SELECT content FROM read_text('x'))",
    "CREATE TABLE d.t AS SELECT * FROM read_csv('x')",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_what_only_google_has_is_refused_by_name(client, sql):
    with pytest.raises(MethodNotImplemented, match=r"not available in the offline Google Cloud \(see COVERAGE.md\)"):
        client.query_and_wait(sql)


@pytest.mark.parametrize("sql", HOSTILE)
def test_sql_cannot_leave_bigquery(client, sql):
    with pytest.raises(GoogleAPICallError) as caught:
        client.query_and_wait(sql)

    assert caught.value.code in (400, 404, 501)


@given(st.binary(max_size=200))
def test_fingerprint_is_a_signed_64_bit_number(data):
    assert -(2**63) <= farm_fingerprint(data) < 2**63


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"1footrue", -1541654101129638711), (b"2applefalse", 2794438866806483259), (b"3true", -4880158226897771312)],
)
def test_fingerprint_of_the_documentation(data, expected):
    assert farm_fingerprint(data) == expected


@given(st.datetimes(min_value=dt.datetime(1900, 1, 1), max_value=dt.datetime(2100, 1, 1)))
def test_parsing_reverses_formatting(moment):
    text = format_time("%e %B %Y %H:%M:%E6S", moment, "UTC")

    assert parse_time("%e %B %Y %H:%M:%E*S", text) == moment


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 30))
def test_whole_numbers_are_formatted_as_in_c(number, width):
    assert format_text(f"%{width}d|%'d", [str(number)] * 2, ["BIGINT"] * 2) == f"{number:{width}d}|{number:,d}"


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_survives(value):
    import json

    assert json.loads(json_text(read(json.dumps(value)), parse_kind("JSON"))) == value


@settings(max_examples=25, deadline=None)
@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)), st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)))
def test_dates_agree_with_python(shared_client, a, b):
    [row] = shared_client.query_and_wait(
        f"SELECT DATE_DIFF(DATE '{a}', DATE '{b}', DAY), EXTRACT(ISOWEEK FROM DATE '{a}'), "
        f"EXTRACT(DAYOFWEEK FROM DATE '{a}'), EXTRACT(WEEK FROM DATE '{a}'), DATE_TRUNC(DATE '{a}', WEEK)"
    )

    sunday = a - dt.timedelta(days=a.isoweekday() % 7)
    week = int(a.strftime("%U"))
    assert row.values() == ((a - b).days, a.isocalendar().week, a.isoweekday() % 7 + 1, week, sunday)


@settings(max_examples=25, deadline=None)
@given(st.integers(-1000, 1000), st.integers(-5, 5), st.from_regex(r"[a-c]{0,6}", fullmatch=True))
def test_numbers_and_patterns_agree_with_python(shared_client, n, m, text):
    values = [bigquery.ScalarQueryParameter(None, "INT64", each) for each in (n, m, n)]
    values.append(bigquery.ScalarQueryParameter(None, "STRING", text))
    config = bigquery.QueryJobConfig(query_parameters=values)

    [row] = shared_client.query_and_wait(
        "SELECT SAFE_DIVIDE(?, ?), CAST(? / 2 AS INT64), REGEXP_EXTRACT_ALL(?, r'a(b*)')", job_config=config
    )

    half_away = (abs(n) + 1) // 2 * (1 if n >= 0 else -1)
    assert row.values() == (n / m if m else None, half_away, re.findall("a(b*)", text))


@pytest.fixture(scope="module")
def shared_client():
    from google.auth.credentials import AnonymousCredentials

    from mlops_helpers.offline.server import OfflineServer
    from mlops_helpers.offline.state import OfflineCloud

    with OfflineServer(OfflineCloud()).start() as server:
        options = {"api_endpoint": server.url}
        yield bigquery.Client(project="p", credentials=AnonymousCredentials(), client_options=options)
