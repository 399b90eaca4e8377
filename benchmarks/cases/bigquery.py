"""Small queries through Google's BigQuery client, whose cost is all in the round trips."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable

QUERIES = 30


def cases(url: str) -> dict[str, Callable[[], object]]:
    """Return the cases against the server at `url`, or against `connect("offline")` if it is "connect".

    crucible knows no query parameters. So a "new" statement holds a number of its own, which no cache can know; "again"
    asks one and the same statement every time.
    """
    client = _client(url)
    numbers = itertools.count()
    ways = {"result": lambda sql: client.query(sql).result(), "wait": client.query_and_wait}

    def many(ask: Callable[[str], Iterable], numbers: Iterable[int]) -> None:
        for number in itertools.islice(numbers, QUERIES):
            rows = ask(f"SELECT 1 + {number} AS y, 'a' AS label")
            assert [tuple(row.values()) for row in rows] == [(number + 1, "a")]

    new = {f"{way}-new": functools.partial(many, ask, numbers) for way, ask in ways.items()}
    again = {f"{way}-again": functools.partial(many, ask, itertools.repeat(1)) for way, ask in ways.items()}
    return new | again


def _client(url: str):
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    if url == "connect":
        from mlops_helpers.cloud import connect

        connect("offline")
        return bigquery.Client()
    return bigquery.Client(project="bench", credentials=AnonymousCredentials(), client_options={"api_endpoint": url})
