"""Small queries through Google's BigQuery client, whose cost is all in the round trips."""

from __future__ import annotations

from collections.abc import Callable

QUERIES = 30
SQL = "SELECT 1 + @x AS y, 'a' AS label"


def cases(url: str) -> dict[str, Callable[[], object]]:
    """Return the cases against the server at `url`, or against `connect("offline")` if it is "connect"."""
    client = _client(url)

    def many(ask: Callable[[int], list]) -> None:
        for number in range(QUERIES):
            assert [tuple(row.values()) for row in ask(number)] == [(number + 1, "a")]

    return {
        "result": lambda: many(lambda number: list(client.query(SQL, _with(number)).result())),
        "wait": lambda: many(lambda number: list(client.query_and_wait(SQL, job_config=_with(number)))),
    }


def _with(number: int):
    """Return the settings of a query with one parameter."""
    from google.cloud import bigquery

    return bigquery.QueryJobConfig(query_parameters=[bigquery.ScalarQueryParameter("x", "INT64", number)])


def _client(url: str):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    if url == "connect":
        from mlops_helpers.cloud import connect

        connect("offline")
        return bigquery.Client()
    return bigquery.Client(project="bench", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
