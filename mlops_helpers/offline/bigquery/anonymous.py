"""Query results: BigQuery keeps each one in a table nobody named, for a day. Here it is an Arrow table in memory.

A result becomes a DuckDB table (which can move to disk) only when SQL reads it or when many results are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from .names import TableKey
from .types import Field, cast_list, quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow

MOST_RESULTS = 2_000
MOST_BYTES = 256 * 2**20  # of Arrow tables held in memory; the oldest become DuckDB tables
HIDDEN_DATASET = "_offline_results"


class Results:
    """The results of queries that named no destination, by the key of their anonymous table."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._arrow: OrderedDict[TableKey, pyarrow.Table] = OrderedDict()
        self._tables: dict[TableKey, str] = {}
        self._resources: OrderedDict[TableKey, dict] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: TableKey) -> bool:
        return key in self._resources

    def add(self, key: TableKey, rows: pyarrow.Table, fields: list[Field], *, at: str) -> None:
        """Keep a result; `at` is its creation time in milliseconds."""
        self._resources[key] = {
            "kind": "bigquery#table",
            "id": str(key),
            "tableReference": key.reference(),
            "type": "TABLE",
            "location": "US",
            "creationTime": at,
            "lastModifiedTime": at,
            "etag": key.table,
            "schema": {"fields": fields},
        }
        self._arrow[key] = rows
        self._bytes += rows.nbytes
        while self._bytes > MOST_BYTES:
            self._to_duckdb(next(iter(self._arrow)))
        while len(self._resources) > MOST_RESULTS:
            self.drop(next(iter(self._resources)))

    def resource(self, key: TableKey) -> dict:
        """The REST resource of an anonymous table."""
        return self._resources[key]

    def rows(self, key: TableKey) -> pyarrow.Table | None:
        """The result as Arrow, or None when it has moved to DuckDB: read `relation` then."""
        return self._arrow.get(key)

    def relation(self, key: TableKey) -> str:
        """The quoted name of a DuckDB table with this result."""
        return self._tables.get(key) or self._to_duckdb(key)

    def drop(self, key: TableKey) -> None:
        """Forget a result."""
        del self._resources[key]
        rows = self._arrow.pop(key, None)
        self._bytes -= 0 if rows is None else rows.nbytes
        if name := self._tables.pop(key, None):
            self._con.execute(f"DROP TABLE {name}")

    def _to_duckdb(self, key: TableKey) -> str:
        rows = self._arrow.pop(key)
        self._bytes -= rows.nbytes
        name = quoted(f"~{key.table}")
        self._con.register("~result", rows)
        columns = cast_list(self._resources[key]["schema"]["fields"])
        self._con.execute(f'CREATE TABLE {name} AS SELECT {columns} FROM "~result"')
        self._con.unregister("~result")
        self._tables[key] = name
        return name
