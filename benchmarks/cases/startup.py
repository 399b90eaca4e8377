"""What a lesson waits for before its first line of work."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def cases(*clients: str) -> dict[str, Callable[[], object]]:
    """Return the cases; the client libraries named are imported before anything is timed."""
    for client in clients:
        import_module(client)
    return {"import": lambda: import_module("mlops_helpers"), "ready": _ready}


def _ready() -> None:
    """From nothing to the first answer of both services."""
    from google.cloud import bigquery, storage

    from mlops_helpers.cloud import connect

    connect("offline")
    assert not list(storage.Client().list_buckets())
    assert not list(bigquery.Client().list_datasets())
