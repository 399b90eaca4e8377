"""Whole queries and what they return, or how they fail: joins, arrays, aggregates, windows, scripts."""

import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from mlops_helpers.offline.server import OfflineServer
from mlops_helpers.offline.state import OfflineCloud

ROWS = [
    ("SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x", [(None,), (1,), (2,)]),
    ("SELECT x FROM UNNEST([2, NULL, 1]) AS x ORDER BY x DESC", [(2,), (1,), (None,)]),
    ("SELECT x, o FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS o ORDER BY o", [("a", 0), ("b", 1)]),
    ("SELECT a, b FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, 'y')]) ORDER BY a", [(1, "x"), (2, "y")]),
    ("SELECT s.a FROM UNNEST([STRUCT(1 AS a), STRUCT(5)]) AS s ORDER BY 1", [(1,), (5,)]),
    ("SELECT COUNTIF(x > 1), COUNT(DISTINCT x), SUM(x), AVG(x) FROM UNNEST([1, 2, 2]) AS x", [(2, 2, 5, 5 / 3)]),
    ("SELECT STRING_AGG(x, '|' ORDER BY x DESC LIMIT 2) FROM UNNEST(['a', 'c', NULL, 'b']) AS x", [("c|b",)]),
    ("SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY x DESC LIMIT 2) FROM UNNEST([1, NULL, 3, 2]) AS x", [([3, 2],)]),
    ("SELECT ARRAY_AGG(DISTINCT x ORDER BY x) FROM UNNEST([2, 1, 2]) AS x", [([1, 2],)]),
    ("SELECT ANY_VALUE(x HAVING MAX y) FROM UNNEST([STRUCT('a' AS x, 1 AS y), ('b', 2)])", [("b",)]),
    ("SELECT LOGICAL_AND(x > 0), LOGICAL_OR(x > 1), BIT_OR(x) FROM UNNEST([1, 2]) AS x", [(True, True, 3)]),
    ("SELECT APPROX_QUANTILES(x, 4) FROM UNNEST(GENERATE_ARRAY(0, 100)) AS x", [([0, 25, 50, 75, 100],)]),
    ("SELECT APPROX_TOP_COUNT(x, 1) FROM UNNEST(['a', 'b', 'a']) AS x", [([{"value": "a", "count": 2}],)]),
    ("SELECT DISTINCT PERCENTILE_CONT(x, 0.5) OVER () FROM UNNEST([1, 2, 3, 4]) AS x", [(2.5,)]),
    ("SELECT x, LAG(x, 1, 0) OVER (ORDER BY x) FROM UNNEST([1, 2]) AS x ORDER BY x", [(1, 0), (2, 1)]),
    (
        "SELECT x, SUM(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) "
        "FROM UNNEST([1, 2, 3]) AS x ORDER BY x",
        [(1, 1), (2, 3), (3, 5)],
    ),
    ("SELECT LAST_VALUE(x IGNORE NULLS) OVER (ORDER BY o) FROM UNNEST([1, NULL]) AS x WITH OFFSET AS o", [(1,), (1,)]),
    (
        "SELECT LAG(x IGNORE NULLS) OVER (ORDER BY o) FROM UNNEST([1, NULL, 3]) AS x WITH OFFSET AS o ORDER BY o",
        [(None,), (1,), (1,)],
    ),
    ("SELECT x FROM UNNEST([1, 2, 3]) AS x WHERE TRUE QUALIFY ROW_NUMBER() OVER (ORDER BY x DESC) = 1", [(3,)]),
    ("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT SUM(n) FROM r", [(15,)]),
    ("SELECT 1 AS x UNION DISTINCT SELECT 1 UNION ALL SELECT 2 ORDER BY x", [(1,), (2,)]),
    ("(SELECT 1 AS x INTERSECT DISTINCT SELECT 1) EXCEPT DISTINCT SELECT 2", [(1,)]),
    (
        "SELECT k, SUM(v) FROM UNNEST([STRUCT('a' AS k, 1 AS v), ('b', 2)]) GROUP BY ROLLUP(k) ORDER BY k",
        [(None, 3), ("a", 1), ("b", 2)],
    ),
    (
        "SELECT * FROM (SELECT 'a' AS k, 'q1' AS q, 10 AS v UNION ALL SELECT 'a', 'q2', 20) "
        "PIVOT(SUM(v) FOR q IN ('q1', 'q2'))",
        [("a", 10, 20)],
    ),
    (
        "SELECT * FROM (SELECT 'a' AS k, 1 AS q1, 2 AS q2) UNPIVOT(v FOR q IN (q1, q2)) ORDER BY q",
        [("a", 1, "q1"), ("a", 2, "q2")],
    ),
    ("SELECT * EXCEPT (b) REPLACE (a + 1 AS a) FROM (SELECT 1 AS a, 2 AS b, 3 AS c)", [(2, 3)]),
    ("SELECT AS STRUCT 1 AS a, 2 AS b", [(1, 2)]),
    ("SELECT AS VALUE STRUCT(1 AS a, 2 AS b)", [(1, 2)]),
    ("SELECT * FROM (SELECT 1 AS a) FULL JOIN (SELECT 2 AS a) USING (a) ORDER BY a", [(1,), (2,)]),
    ("SELECT x FROM UNNEST([1, 2, 3]) AS x ORDER BY x LIMIT 1 OFFSET 1", [(2,)]),
    ("SELECT MAX(x) - MIN(x), ROUND(AVG(x), 1), FORMAT('%d', COUNT(*)) FROM UNNEST([1, 4]) AS x", [(3, 2.5, "2")]),
    ("DECLARE n INT64 DEFAULT 5; SET n = n + 1; SELECT n * 2", [(12,)]),
    ("CREATE TEMP FUNCTION plus(x INT64, y INT64) AS (x + y); SELECT plus(1, plus(2, 3))", [(6,)]),
    ("CREATE TEMP TABLE t AS SELECT 1 AS a; INSERT INTO t VALUES (2); SELECT SUM(a) FROM t", [(3,)]),
]

ERRORS = [
    ("SELECT 1 / 0", "division by zero"),
    ("SELECT MOD(1, 0)", "division by zero"),
    ("SELECT 9223372036854775807 + 1", "int64 overflow"),
    ("SELECT CAST('x' AS INT64)", "Bad int64 value: x"),
    ("SELECT CAST('1.5' AS INT64)", "Bad int64 value: 1.5"),
    ("SELECT CAST('yes' AS BOOL)", "Bad bool value: yes"),
    ("SELECT [1, 2][OFFSET(5)]", "Array index 5 is out of bounds"),
    ("SELECT DATE '2024-13-01'", "Invalid date: '2024-13-01'"),
    ("SELECT PARSE_DATE('%Y-%m-%d', 'x')", 'Failed to parse input string "x"'),
    ("SELECT REGEXP_CONTAINS('a', r'(')", "Cannot parse regular expression"),
    ("SELECT REGEXP_EXTRACT('a', r'(a)(b)')", "more than one capturing group"),
    ("SELECT (SELECT 1 UNION ALL SELECT 2)", "Scalar subquery produced more than one element"),
    ("SELECT EXP(1000)", "Floating point error in function: EXP"),
    ("SELECT ERROR('mine')", "mine"),
    ("SELECT 1 AS a, 2 AS A", r"Duplicate column names .* a|Duplicate column names .* A"),
    ("SELECT foo(1)", r"Function not found: foo at \[1:8\]"),
    ("SELECT agee FROM (SELECT 1 AS age)", r"Unrecognized name: agee; Did you mean age\? at \[1:8\]"),
    ("SELECT DATE_DIFF(DATE '2024-01-01', DATE '2024-01-01', HOUR)", "DATE_DIFF does not support the HOUR date part"),
    ("SELECT ABS(1, 2)", "No matching signature for function ABS"),
    ("SELECT ROW_NUMBER()", "cannot be called without an OVER clause"),
    ("SELEC 1", "Syntax error"),
    ("SELECT (1", "Syntax error"),
    ("-- nothing", "Syntax error: Unexpected end of statement"),
]


@pytest.fixture(scope="module")
def client():
    with OfflineServer(OfflineCloud()).start() as server:
        options = {"api_endpoint": server.url}
        yield bigquery.Client(project="offline-project", credentials=AnonymousCredentials(), client_options=options)


@pytest.mark.parametrize(("sql", "expected"), ROWS, ids=[text for text, _ in ROWS])
def test_rows(client, sql, expected):
    rows = client.query_and_wait(sql)

    assert [row.values() for row in rows] == expected


@pytest.mark.parametrize(("sql", "message"), ERRORS, ids=[text for text, _ in ERRORS])
def test_error(client, sql, message):
    with pytest.raises(GoogleAPICallError, match=message) as caught:
        client.query_and_wait(sql)

    assert caught.value.code == 400
