"""Functions over thousands of numbers: RANGE_BUCKET, APPROX_QUANTILES and arrays as parameters, held to numpy."""

import numpy as np
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.offline.server import OfflineServer
from mlops_helpers.offline.state import OfflineCloud


@pytest.fixture(scope="module")
def client():
    with OfflineServer(OfflineCloud()).start() as server:
        yield bigquery.Client(
            "offline-project", credentials=AnonymousCredentials(), client_options={"api_endpoint": server.url}
        )


def answer(client, sql, **arrays):
    kinds = {float: "FLOAT64", int: "INT64"}
    parameters = [
        bigquery.ArrayQueryParameter(name, kinds[type(values[0])] if values else "FLOAT64", values)
        for name, values in arrays.items()
    ]
    config = bigquery.QueryJobConfig(query_parameters=parameters)
    return [row[0] for row in client.query_and_wait(sql, job_config=config)]


@settings(max_examples=25)
@given(st.lists(st.integers(-5, 40), max_size=40), st.lists(st.integers(-6, 41), min_size=1, max_size=10))
def test_range_bucket_counts_the_edges_not_above(client, edges, points):
    sql = "SELECT RANGE_BUCKET(x, @edges) FROM UNNEST(@points) AS x WITH OFFSET AS o ORDER BY o"
    found = answer(client, sql, edges=sorted(map(float, edges)), points=[float(point) for point in points])
    assert found == np.searchsorted(sorted(edges), points, side="right").tolist()


@pytest.mark.parametrize("size", [20, 21, 4_095, 4_096, 4_097])
def test_range_bucket_of_many_edges(client, size):
    edges = np.random.default_rng(size).normal(size=size).round(12)
    points = [*edges[:9].tolist(), -9.0, 9.0, 0.5]
    sql = "SELECT RANGE_BUCKET(x, @edges) FROM UNNEST(@points) AS x WITH OFFSET AS o ORDER BY o"
    found = answer(client, sql, edges=sorted(edges.tolist()), points=points)
    assert found == np.searchsorted(np.sort(edges), points, side="right").tolist()


def test_approx_quantiles_are_the_values_at_their_ranks(client):
    values = np.random.default_rng(0).normal(size=500)
    sql = "SELECT APPROX_QUANTILES(x, 64) FROM UNNEST(ARRAY_CONCAT(@values, [NULL])) AS x"
    expected = np.quantile(values, np.arange(65) / 64, method="inverted_cdf")
    assert answer(client, sql, values=values.tolist()) == [expected.tolist()]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT APPROX_QUANTILES(DISTINCT x, 2) FROM UNNEST([1, 1, 1, 2, 3]) AS x", [1, 2, 3]),
        ("SELECT APPROX_QUANTILES(x, 2) FROM UNNEST(['b', 'a', 'c']) AS x", ["a", "b", "c"]),
        ("SELECT APPROX_QUANTILES(x, 2) FROM UNNEST([CAST(NULL AS INT64)]) AS x", []),
    ],
)
def test_approx_quantiles_of_other_inputs(client, sql, expected):
    assert answer(client, sql) == [expected]


@pytest.mark.parametrize(
    "values", [[*range(-30, 30)], [k / 7 for k in range(60)], [1e-300, -1e300, 0.1] * 9, [2**53 + 1] * 30, [1.0, 2.0]]
)
def test_arrays_arrive_as_they_were_sent(client, values):
    assert answer(client, "SELECT x FROM UNNEST(@values) AS x WITH OFFSET AS o ORDER BY o", values=values) == values


def test_arrays_with_infinite_numbers_arrive_too(client):
    values = [float("inf"), 1.0] * 15
    assert answer(client, "SELECT x FROM UNNEST(@values) AS x WITH OFFSET AS o ORDER BY o", values=values) == values
