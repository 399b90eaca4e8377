"""Small queries through Google's BigQuery client, whose cost is all in the round trips."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

QUERIES = 30


def cases(url: str) -> dict[str, Callable[[], object]]:
    """Return the cases against the server at `url`, or against `connect("offline")` if it is "connect".

    crucible knows no query parameters; so each statement holds a number of its own, which also keeps caches out of it.
    """
    client = _client(url)
    numbers = itertools.count()

    def many(ask: Callable[[str], Iterable]) -> None:
        for number in itertools.islice(numbers, QUERIES):
            rows = ask(f"SELECT 1 + {number} AS y, 'a' AS label")
            assert [tuple(row.values()) for row in rows] == [(number + 1, "a")]

    return {
        "result": lambda: many(lambda sql: client.query(sql).result()),
        "wait": lambda: many(lambda sql: client.query_and_wait(sql)),
    }


def _client(url: str):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    if url == "connect":
        from mlops_helpers.cloud import connect

        connect("offline")
        return bigquery.Client()
    return bigquery.Client(project="bench", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
