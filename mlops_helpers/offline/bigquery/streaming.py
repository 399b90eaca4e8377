"""Streaming inserts (`tabledata.insertAll`): rows as JSON, each judged on its own."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ..errors import invalid, unsupported
from ..wire import Request
from .defaults import filled
from .faults import writing
from .names import TableKey
from .tables import table_key
from .values import Problem, RowReader

if TYPE_CHECKING:
    from .service import BigQuery

MOST_ROWS = 50_000
MOST_SEEN = 20_000  # insertIds remembered per table


class SeenRows:
    """The insertIds that arrived lately, so that a request that is repeated does not insert its rows twice."""

    def __init__(self) -> None:
        self._seen: dict[tuple[TableKey, str], OrderedDict[str, None]] = {}

    def fresh(self, key: TableKey, created: str, names: list[str | None]) -> list[bool]:
        """For each row's insertId (or None) whether it is new, also within this request."""
        seen = set(self._seen.get((key, created), ()))
        answers = []
        for name in names:
            answers.append(name is None or name not in seen)
            seen.add(name or "")
        return answers

    def remember(self, key: TableKey, created: str, names: list[str | None]) -> None:
        """These rows were inserted."""
        seen = self._seen.setdefault((key, created), OrderedDict())
        seen.update((name, None) for name in names if name)
        while len(seen) > MOST_SEEN:
            seen.popitem(last=False)


def insert_all(service: BigQuery, request: Request) -> dict:
    """Insert rows. Errors are reported per row; without `skipInvalidRows` one bad row stops all the others."""
    key, body, warehouse = table_key(request), request.json(), service.warehouse
    meta = warehouse.table(key)
    rows = _rows(key, meta, body)
    reader = RowReader(warehouse.fields(key), ignore_unknown=flag(body, "ignoreUnknownValues"))
    sent = filled(warehouse, key.project, reader.fields, [row.get("json") or {} for row in rows])
    read = [reader.read(row) for row in sent]
    bad = {index: problems for index, (_, problems) in enumerate(read) if problems}
    names = [row.get("insertId") for row in rows]
    if not bad or flag(body, "skipInvalidRows"):
        fresh = service.seen_rows.fresh(key, meta["creationTime"], names)
        good = [index for index in range(len(rows)) if index not in bad and fresh[index]]
        _write(service, key, reader, [read[index][0] for index in good])
        service.seen_rows.remember(key, meta["creationTime"], [names[index] for index in good])
    return {"kind": "bigquery#tableDataInsertAllResponse", **_errors(bad, len(rows), body)}


def flag(body: dict, name: str) -> bool:
    """A boolean of the request; the clients also send it as text."""
    return str(body.get(name)).lower() == "true"


def _rows(key: TableKey, meta: dict, body: dict) -> list[dict]:
    if body.get("templateSuffix"):
        raise unsupported("Template tables (templateSuffix of tabledata.insertAll)")
    if meta["type"] != "TABLE":
        raise invalid(f"Cannot add rows to a table of type {meta['type']}: {key}")
    if not meta.get("schema", {}).get("fields"):
        raise invalid(f"The destination table {key} has no schema: give it columns first")
    rows = body.get("rows") or []
    if not rows:
        raise invalid("No rows present in the request.")
    if len(rows) > MOST_ROWS:
        raise invalid(
            f"Too many rows present in the request: found {len(rows)}, limit {MOST_ROWS}. Send smaller batches."
        )
    return rows


def _write(service: BigQuery, key: TableKey, reader: RowReader, values: list[list]) -> None:
    if not values:
        return
    warehouse = service.warehouse
    warehouse.con.register("~rows", reader.arrow(values))
    try:
        with writing(key):
            warehouse.write(key, reader.select("~rows"), disposition="WRITE_APPEND")
    finally:
        warehouse.con.unregister("~rows")


def _errors(bad: dict[int, list[Problem]], count: int, body: dict) -> dict:
    if not bad:
        return {}
    stops = not flag(body, "skipInvalidRows")
    entries = []
    for index in range(count):
        if index in bad:
            errors = [_error("invalid", problem.path, problem.message) for problem in bad[index]]
        elif stops:
            errors = [_error("stopped", "", "")]
        else:
            continue
        entries.append({"index": index, "errors": errors})
    return {"insertErrors": entries}


def _error(reason: str, location: str, message: str) -> dict:
    return {"reason": reason, "location": location, "debugInfo": "", "message": message}
