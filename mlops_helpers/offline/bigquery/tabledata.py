"""Reading rows: `tabledata.list`, and the pages in which query results are sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import invalid
from ..wire import Request, Response
from .encoding import Timestamps, json_rows, json_text
from .names import TableKey
from .paging import whole_number
from .tables import table_key
from .types import Field, quoted

if TYPE_CHECKING:
    import pyarrow

    from .catalog import Warehouse
    from .service import BigQuery

SMALL_PAGE = 2_000  # rows; larger pages are written as text at once, which is several times faster
MOST_ROWS = 100_000  # in one answer; Google stops at 10 MB


@dataclass(frozen=True)
class Slice:
    """The part of the rows that a request asks for, and how it wants timestamps."""

    start: int
    size: int
    timestamps: Timestamps
    where: str = ""  # a DuckDB condition: one partition
    columns: str | None = None  # comma-separated names


def list_rows(service: BigQuery, request: Request) -> dict | Response:
    """A page of a table's rows, from `startIndex` or `pageToken`; `selectedFields` keeps some columns."""
    key, warehouse = table_key(request), service.warehouse
    if warehouse.is_view(key):
        raise invalid(f"Cannot list a table of type VIEW: {key}. Query it instead.")
    start = whole_number(request, "pageToken", whole_number(request, "startIndex", 0))
    size = min(whole_number(request, "maxResults", MOST_ROWS), MOST_ROWS)
    where = _decorated(warehouse, key, request.params["table"])
    part = Slice(start, size, timestamp_format(request), where, request.query("selectedFields"))
    answer = {"kind": "bigquery#tableDataList", "etag": warehouse.table(key)["etag"]}
    return send_rows(warehouse, key, answer, part)


def send_rows(warehouse: Warehouse, key: TableKey, answer: dict, part: Slice) -> dict | Response:
    """Add rows, `totalRows` and, unless these are the last, `pageToken` to an answer."""
    fields = selected(warehouse.fields(key), part.columns)
    rows = read_rows(warehouse, key, fields, part) if fields and part.size else None
    total = total_rows(warehouse, key)
    if part.where:
        total = warehouse.relations.count(f"{warehouse.relation(key)} WHERE {part.where}")
    end = part.start + (0 if rows is None else rows.num_rows)
    answer = {**answer, "totalRows": str(total), **({"pageToken": str(end)} if end < total else {})}
    if rows is None:
        return {**answer, "rows": []}
    if rows.num_rows <= SMALL_PAGE:
        return {**answer, "rows": json_rows(rows, fields, timestamps=part.timestamps)}
    text = json_text(rows, fields, timestamps=part.timestamps)
    return Response(f'{json.dumps(answer)[:-1]}, "rows": [{text}]}}'.encode())


def _decorated(warehouse: Warehouse, key: TableKey, name: str) -> str:
    if "$" not in name:
        return ""
    from .partitions import condition

    return condition(warehouse.table(key), name.partition("$")[2])


def timestamp_format(request: Request) -> Timestamps:
    """How the client wants TIMESTAMP values: microseconds, seconds as a float (the default), or ISO 8601."""
    named = request.query("formatOptions.timestampOutputFormat")
    if named in ("INT64", "FLOAT64", "ISO8601_STRING"):
        return named
    return "INT64" if request.flag("formatOptions.useInt64Timestamp") else "FLOAT64"


def selected(fields: list[Field], names: str | None) -> list[Field]:
    """The columns named in a comma-separated list (all without one). Raises ApiError 400 for an unknown name."""
    if not names:
        return fields
    wanted = [name.partition(".")[0].strip().lower() for name in names.split(",")]
    known = {field["name"].lower() for field in fields}
    if unknown := [name for name in wanted if name not in known]:
        raise invalid(
            f"Invalid field name {unknown[0]!r} in selectedFields: expected some of {', '.join(sorted(known))}"
        )
    return [field for field in fields if field["name"].lower() in wanted]


def total_rows(warehouse: Warehouse, key: TableKey) -> int:
    """The number of rows of a table or query result."""
    kept = warehouse.results.rows(key)
    return warehouse.rows(key) if kept is None else kept.num_rows


def read_rows(warehouse: Warehouse, key: TableKey, fields: list[Field], part: Slice) -> pyarrow.Table:
    """Some rows of a table or query result as Arrow, in the order in which they were stored."""
    kept = warehouse.results.rows(key)
    if kept is not None:
        names = [field["name"] for field in warehouse.fields(key)]
        return kept.slice(part.start, part.size).select([names.index(field["name"]) for field in fields])
    columns = ", ".join(quoted(field["name"]) for field in fields)
    condition = f" WHERE {part.where}" if part.where else ""
    sql = f"SELECT {columns} FROM {warehouse.relation(key)}{condition} LIMIT {part.size} OFFSET {part.start}"
    return warehouse.con.sql(sql).to_arrow_table()
