"""What people do with BigQuery all day: funnels, sessions, slowly changing dimensions, JSON events, bad files."""

import datetime as dt
import gzip
import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField

UTC = dt.UTC
EVENTS = """
CREATE TABLE d.events (user STRING, ts TIMESTAMP, name STRING, props JSON, items ARRAY<STRUCT<sku STRING, qty INT64>>,
                       geo STRUCT<country STRING, city STRING>) PARTITION BY DATE(ts) CLUSTER BY user;
INSERT d.events VALUES
('u1', TIMESTAMP '2024-01-01 10:00:00', 'view', JSON '{"page": "/home", "tags": ["a", "b"]}', [], ('DE', 'Berlin')),
('u1', TIMESTAMP '2024-01-01 10:05:00', 'cart', JSON '{"page": "/cart"}', [STRUCT('A', 1)], ('DE', 'Berlin')),
('u1', TIMESTAMP '2024-01-01 11:00:00', 'buy', JSON '{"page": "/pay"}', [STRUCT('A', 1), ('B', 2)], ('DE', 'Berlin')),
('u2', TIMESTAMP '2024-01-01 23:30:00', 'view', JSON '{"page": "/home"}', [], ('US', NULL)),
('u2', TIMESTAMP '2024-01-02 00:10:00', 'cart', NULL, [STRUCT('B', 3)], NULL),
('u1', TIMESTAMP '2024-01-08 09:00:00', 'buy', NULL, [STRUCT('C', 1)], ('FR', 'Paris'))"""
SESSIONS = """
WITH gaps AS (SELECT *, TIMESTAMP_DIFF(ts, LAG(ts) OVER (PARTITION BY user ORDER BY ts), MINUTE) AS gap FROM d.events),
numbered AS (SELECT *, SUM(IF(gap IS NULL OR gap > 30, 1, 0)) OVER (PARTITION BY user ORDER BY ts) AS n FROM gaps)
SELECT user, n, COUNT(*) AS events FROM numbered GROUP BY user, n ORDER BY user, n"""
FUNNEL = """
WITH f AS (SELECT user, MIN(IF(name = 'view', ts, NULL)) AS v, MIN(IF(name = 'cart', ts, NULL)) AS c,
                  MIN(IF(name = 'buy', ts, NULL)) AS b FROM d.events GROUP BY user)
SELECT COUNT(v) AS views, COUNTIF(c > v) AS carts, COUNTIF(b > c) AS buys,
       ROUND(SAFE_DIVIDE(COUNTIF(b > c), COUNT(v)), 2) AS rate FROM f"""
RETENTION = """
WITH first AS (SELECT user, DATE_TRUNC(DATE(MIN(ts)), WEEK(MONDAY)) AS cohort FROM d.events GROUP BY user)
SELECT cohort, DATE_DIFF(DATE(e.ts), cohort, WEEK(MONDAY)) AS week, COUNT(DISTINCT e.user) AS users
FROM d.events AS e JOIN first USING (user) GROUP BY cohort, week ORDER BY cohort, week"""
SPINE = """
SELECT day, COUNT(e.user) AS n FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-01', '2024-01-03')) AS day
LEFT JOIN d.events AS e ON DATE(e.ts) = day GROUP BY day ORDER BY day"""
ANALYTICS = [
    (SESSIONS, [("u1", 1, 2), ("u1", 2, 1), ("u1", 3, 1), ("u2", 1, 1), ("u2", 2, 1)]),
    (FUNNEL, [(2, 2, 1, 0.5)]),
    (RETENTION, [(dt.date(2024, 1, 1), 0, 2), (dt.date(2024, 1, 1), 1, 1)]),
    (SPINE, [(dt.date(2024, 1, 1), 4), (dt.date(2024, 1, 2), 1), (dt.date(2024, 1, 3), 0)]),
    ("SELECT STRING_AGG(DISTINCT name, '>' ORDER BY name) FROM d.events", [("buy>cart>view",)]),
    ("SELECT JSON_VALUE(props.page) AS page FROM d.events WHERE JSON_VALUE(props, '$.page') = '/pay'", [("/pay",)]),
    ("SELECT tag FROM d.events, UNNEST(JSON_VALUE_ARRAY(props, '$.tags')) AS tag ORDER BY tag", [("a",), ("b",)]),
    ("SELECT user FROM d.events WHERE EXISTS (SELECT 1 FROM UNNEST(items) WHERE qty = 3)", [("u2",)]),
    ("SELECT i.sku, SUM(i.qty) FROM d.events, UNNEST(items) AS i WHERE name = 'buy' GROUP BY 1 ORDER BY 1",
     [("A", 1), ("B", 2), ("C", 1)]),
    ("SELECT user, ARRAY_AGG(STRUCT(name, ts) ORDER BY ts DESC LIMIT 1)[OFFSET(0)].name FROM d.events GROUP BY 1 "
     "ORDER BY 1", [("u1", "buy"), ("u2", "cart")]),
    ("SELECT user, LAST_VALUE(geo.city IGNORE NULLS) OVER (PARTITION BY user ORDER BY ts) FROM d.events "
     "WHERE user = 'u2' ORDER BY ts", [("u2", None), ("u2", None)]),
    ("SELECT DATE_TRUNC(ts, DAY) AS day, COUNT(*) AS n FROM d.events GROUP BY day ORDER BY day LIMIT 1",
     [(dt.datetime(2024, 1, 1, tzinfo=UTC), 4)]),
    ("SELECT * FROM (SELECT user, name FROM d.events) PIVOT(COUNT(*) FOR name IN ('view', 'buy')) ORDER BY user",
     [("u1", 1, 2), ("u2", 1, 0)]),
    ("SELECT DATE '2024-01-31' + x AS d FROM UNNEST([1]) AS x", [(dt.date(2024, 2, 1),)]),
    ("SELECT name FROM d.events WHERE STRUCT(user, name) = STRUCT('u2', 'view')", [("view",)]),
    ("SELECT name FROM d.events WHERE geo = STRUCT('FR', 'Paris')", [("buy",)]),
    ("SELECT AVG(x) FROM UNNEST([NUMERIC '0.1', NUMERIC '0.2']) AS x", [(Decimal("0.15"),)]),
    ("DECLARE a, b INT64 DEFAULT 1; SET (a, b) = (5, 6); SELECT a, b", [(5, 6)]),
]  # fmt: skip
VALUES = [
    ("GENERATE_DATE_ARRAY(DATE '2024-01-31', DATE '2024-04-30', INTERVAL 1 MONTH)",
     [dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(2024, 3, 31), dt.date(2024, 4, 30)]),
    ("GENERATE_DATE_ARRAY('2024-05-31', '2024-03-01', INTERVAL -1 QUARTER)", [dt.date(2024, 5, 31)]),
    ("STRING(TIMESTAMP '2024-01-01', 'Asia/Kolkata')", "2024-01-01 05:30:00+05:30"),
    ("FORMAT_TIMESTAMP('%Z', TIMESTAMP '2024-07-01', 'America/New_York')", "UTC-4"),
    ("EXTRACT(TIME FROM TIMESTAMP '2024-01-01 10:00:00')", dt.time(10)),
    ("TIME_TRUNC(TIME '10:59:30', HOUR)", dt.time(10)),
    ("JSON_KEYS(JSON '{\"a\": {\"b\": 1}, \"c\": 2}')", ["a", "a.b", "c"]),
    ("JSON_KEYS(JSON '{\"a\": {\"b\": 1}}', 1)", ["a"]),
    ("ARRAY_SLICE([1, 2, 3, 4], 1, -2)", [2, 3]),
    ("INSTR('banana', 'an', 1, 2)", 4),
    ("INSTR('banana', 'a', -1)", 6),
    ("(SELECT CORR(x, x) FROM UNNEST([1]) AS x)", None),
]  # fmt: skip
REFUSED = [
    ("SELECT 1 = '1'", "operator = for argument types: INT64, STRING"),
    ("SELECT user FROM d.events WHERE ts = DATE '2024-01-01'", "operator = for argument types: TIMESTAMP, DATE"),
    ("SELECT user FROM d.events WHERE props.page = '/home'", "operator = for argument types: JSON, STRING"),
    ("SELECT user FROM d.events WHERE user IN (1, 2)", "operator IN"),
    ("SELECT '5' + 1", r"operator \+ for argument types"),
    ("SELECT COALESCE(1, 'a')", "function COALESCE"),
    ("SELECT CASE WHEN TRUE THEN 1 ELSE 'a' END", "coercible to a common type but found: INT64, STRING"),
    ("SELECT LENGTH(123)", "function LENGTH for argument types: INT64"),
    ("SELECT 1 UNION ALL SELECT 'a'", "Column 1 in UNION ALL has incompatible types: INT64, STRING"),
    ("SELECT qty AS q FROM d.events, UNNEST(items) WHERE q = 1", r"Unrecognized name: q at \[1:"),
    ("SELECT 1 AS x, x + 1 AS y", "Unrecognized name: x"),
    ("SELECT a FROM (SELECT 1 AS a, 2 AS a)", "Column name a is ambiguous"),
    ("SELECT COUNT(*) FROM d.events GROUP BY props", "GROUP BY does not support expressions of type JSON"),
    ("SELECT INT64(JSON '\"5\"')", "not an integer"),
    ("SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x", "int64 overflow"),
    ("SELECT user FROM d.events WHERE COUNT(*) > 1", "not allowed in WHERE clause"),
]


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("d")
    return bigquery_client


def rows(client, sql, **options):
    return [row.values() for row in client.query_and_wait(sql, **options)]


def load(client, data, **options):
    config = bigquery.LoadJobConfig(source_format="CSV", **options)
    return client.load_table_from_file(io.BytesIO(data), "d.loaded", job_config=config).result()


def test_event_analytics(client):
    client.query_and_wait(EVENTS)

    for sql, expected in ANALYTICS:
        assert rows(client, sql) == expected, sql


def test_values(client):
    for expression, expected in VALUES:
        assert rows(client, f"SELECT {expression}") == [(expected,)], expression


def test_what_google_refuses_is_refused(client):
    client.query_and_wait(EVENTS)

    for sql, message in REFUSED:
        with pytest.raises(exceptions.BadRequest, match=message):
            client.query_and_wait(sql)


def test_slowly_changing_dimension(client):
    client.query_and_wait("""
        CREATE TABLE d.dim (id INT64, city STRING, until DATE); CREATE TABLE d.src (id INT64, city STRING);
        INSERT d.dim VALUES (1, 'Rome', NULL), (2, 'Oslo', NULL); INSERT d.src VALUES (1, 'Milan'), (2, 'Oslo')""")
    job = client.query("""
        MERGE d.dim AS t USING (
          SELECT id AS key, * FROM d.src
          UNION ALL SELECT NULL, s.* FROM d.src AS s JOIN d.dim AS o ON s.id = o.id WHERE s.city != o.city) AS s
        ON t.id = s.key
        WHEN MATCHED AND t.city != s.city THEN UPDATE SET until = DATE '2024-02-01'
        WHEN NOT MATCHED THEN INSERT (id, city) VALUES (s.id, s.city)""")
    job.result()

    assert (job.dml_stats.inserted_row_count, job.dml_stats.updated_row_count) == (1, 1)
    expected = [(1, "Milan", None), (1, "Rome", dt.date(2024, 2, 1)), (2, "Oslo", None)]
    assert rows(client, "SELECT * FROM d.dim ORDER BY id, city") == expected


def test_a_merge_that_matches_twice_changes_nothing(client):
    client.query_and_wait("CREATE TABLE d.m AS SELECT 1 AS id, 'a' AS v")
    twice = "(SELECT 1 AS id, 'x' AS v UNION ALL SELECT 1, 'y')"

    with pytest.raises(exceptions.BadRequest, match="at most one source row"):
        client.query_and_wait(f"MERGE d.m AS t USING {twice} AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v")
    assert rows(client, "SELECT * FROM d.m") == [(1, "a")]


def test_one_field_of_a_struct_is_updated(client):
    client.query_and_wait("CREATE TABLE d.t AS SELECT 1 AS id, STRUCT(1 AS a, STRUCT('p' AS c, 2 AS e) AS b) AS s")

    client.query_and_wait("UPDATE d.t SET s.b.c = CONCAT(s.b.c, 'q'), s.a = 7 WHERE id = 1")

    assert rows(client, "SELECT s FROM d.t") == [({"a": 7, "b": {"c": "pq", "e": 2}},)]
    with pytest.raises(exceptions.BadRequest, match="nope does not exist in STRUCT s"):
        client.query_and_wait("UPDATE d.t SET s.nope = 1 WHERE TRUE")


def test_unpivot_puts_values_before_names(client):
    result = client.query_and_wait("SELECT * FROM (SELECT 'x' AS k, 1 AS q1) UNPIVOT(v FOR q IN (q1 AS 'one'))")

    assert [field.name for field in result.schema] == ["k", "v", "q"]
    assert [row.values() for row in result] == [("x", 1, "one")]


def test_a_view_keeps_its_text(client):
    text = "SELECT 1 AS a,  -- one\n       a2*2 AS b\nFROM (SELECT 3 AS a2)"

    client.query_and_wait(f"CREATE VIEW d.v OPTIONS(description = 'as select') AS {text};")

    assert client.get_table("d.v").view_query == text
    assert rows(client, "SELECT * FROM d.v") == [(1, 6)]


def test_a_column_gets_a_wider_type(client):
    client.query_and_wait("CREATE TABLE d.n (v NUMERIC(10, 2))")

    client.query_and_wait("ALTER TABLE d.n ALTER COLUMN v SET DATA TYPE NUMERIC")

    assert client.get_table("d.n").schema[0].precision is None
    with pytest.raises(exceptions.BadRequest, match="narrower"):
        client.query_and_wait("CREATE TABLE d.s (v STRING(9)); ALTER TABLE d.s ALTER COLUMN v SET DATA TYPE STRING(2)")


def test_digits_that_would_be_lost_are_refused(client):
    with pytest.raises(exceptions.MethodNotImplemented, match="BIGNUMERIC with more than 18"):
        client.query_and_wait(f"SELECT BIGNUMERIC '1.{'1' * 30}'")


def test_parameters_are_not_taken_for_other_types(client):
    day = bigquery.ScalarQueryParameter("day", "STRING", "2024-01-01")
    config = bigquery.QueryJobConfig(query_parameters=[day])

    assert rows(client, "SELECT DATE '2024-01-01' = @day", job_config=config) == [(True,)]
    with pytest.raises(exceptions.BadRequest, match="No matching signature"):
        client.query_and_wait("SELECT 1 = @day", job_config=config)


BAD_FILES = {
    "ragged": (b"1,x\n2\n", {}, "too few columns.*Line 2"),
    "encoding": ("1,é\n".encode("latin-1"), {}, "not UTF-8.*Line 1"),
    "value": (b"1,x\nq,y\n", {}, "Could not parse 'q' as INT64 for field a .*line 2"),
    "cut off": (gzip.compress(b"1,x\n" * 1000, mtime=0)[:-20], {}, "cut off"),
    "twins": (
        b"a,A\n1,2\n",
        {"autodetect": True, "schema": None},
        "found a more than once, expected names that differ",
    ),
    "empty": (b"", {"autodetect": True, "schema": None}, "found an empty file, expected a header or rows"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_says_what_is_wrong_and_writes_nothing(client, name):
    data, options, message = BAD_FILES[name]
    schema = [SchemaField("a", "INT64"), SchemaField("b", "STRING")]

    with pytest.raises(exceptions.BadRequest, match=message):
        load(client, data, **{"schema": schema, **options})
    with pytest.raises(exceptions.NotFound):
        client.get_table("d.loaded")


@pytest.mark.parametrize("form", ["CSV", "NEWLINE_DELIMITED_JSON", "PARQUET"])
def test_a_table_survives_the_round_trip_through_storage(client, storage_client, form):
    storage_client.create_bucket("lake")
    client.query_and_wait(
        "CREATE TABLE d.out AS SELECT x AS id, CONCAT('n,\"', x) AS s, IF(x = 2, NULL, x / 4) AS f, DATE '2024-01-01' "
        "+ x AS day, TIMESTAMP_SECONDS(x) AS ts, NUMERIC '1.5' AS n, x = 1 AS b, b'\\x00a' AS y FROM UNNEST([1, 2]) x"
    )
    config = bigquery.ExtractJobConfig(destination_format=form, compression="GZIP")
    client.extract_table("d.out", "gs://lake/t-*", job_config=config).result()
    config = bigquery.LoadJobConfig(source_format=form, schema=client.get_table("d.out").schema)
    config.skip_leading_rows = 1 if form == "CSV" else 0
    client.load_table_from_uri("gs://lake/t-*", "d.back", job_config=config).result()

    query = "SELECT * FROM d.{} ORDER BY id"
    assert rows(client, query.format("back")) == rows(client, query.format("out"))


def test_threads_share_a_server_and_lose_nothing(client):
    client.query_and_wait("CREATE TABLE d.log (thread INT64, n INT64)")

    def work(thread):
        for n in range(12):
            client.query_and_wait(f"INSERT d.log VALUES ({thread}, {n})")
            assert rows(client, f"SELECT COUNT(*) FROM d.log WHERE thread = {thread}") == [(n + 1,)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert rows(client, "SELECT COUNT(*), COUNT(DISTINCT thread * 100 + n) FROM d.log") == [(48, 48)]
