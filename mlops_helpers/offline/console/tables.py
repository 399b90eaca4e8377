"""BigQuery: datasets, tables, their schema and their first rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..errors import not_found
from ..wire import Request
from .html import join, link, table, tag
from .pages import Page, size

if TYPE_CHECKING:
    from ..bigquery.catalog import Warehouse
    from .app import Console

PREVIEW_ROWS = 20
LONGEST_CELL = 200


def datasets(console: Console, request: Request) -> Page:
    """All datasets, and the tables in them."""
    if not console.cloud.is_open("bigquery"):
        return "BigQuery", table("Datasets", (), [])
    with console.cloud.lock("bigquery"):
        warehouse = console.cloud.service("bigquery").warehouse
        sets = [_dataset_row(warehouse, *name) for name in sorted(warehouse.datasets)]
        tables = [_table_row(warehouse, key) for key in sorted(warehouse.tables)]
    head = ("table", "dataset", "project", "type", "rows", "size")
    listed = table("Tables", head, tables, numbers=("rows", "size"))
    return "BigQuery", join(
        [table("Datasets", ("dataset", "project", "location", "tables"), sets, numbers=("tables",)), listed]
    )


def _dataset_row(warehouse: Warehouse, project: str, name: str) -> tuple:
    count = sum(key[:2] == (project, name) for key in warehouse.tables)
    return name, project, warehouse.datasets[project, name].get("location", ""), count


def _table_row(warehouse: Warehouse, key: Any) -> tuple:
    kind = warehouse.tables[key].get("type", "TABLE")
    amounts = ("", "") if warehouse.is_view(key) else (warehouse.rows(key), size(warehouse.size(key)))
    return link(key.table, "bigquery", *key), key.dataset, key.project, kind, *amounts


def table_page(console: Console, request: Request) -> Page:
    """One table: its schema, and its first rows. Raises ApiError 404."""
    from ..bigquery.names import TableKey

    key = TableKey(*(request.params[part] for part in ("project", "dataset", "table")))
    if not console.cloud.is_open("bigquery"):
        raise not_found(f"There is no table {key}.")
    with console.cloud.lock("bigquery"):
        warehouse = console.cloud.service("bigquery").warehouse
        warehouse.table(key)
        fields = warehouse.fields(key)
        rows = None if warehouse.is_view(key) else _preview(warehouse, key)
    schema = [(f["name"], f["type"], f.get("mode", "NULLABLE"), f.get("description", "")) for f in fields]
    shown = table("Schema", ("column", "type", "mode", "description"), schema)
    if rows is None:
        return f"View {key}", join([shown, tag("p", "A view has no rows of its own: query it.")])
    names = [field["name"] for field in fields]
    caption = f"The first {PREVIEW_ROWS} rows"
    return f"Table {key}", join([shown, table(caption, ("row", *names), [(n, *row) for n, row in enumerate(rows, 1)])])


def _preview(warehouse: Warehouse, key: Any) -> list[list[str]]:
    from ..bigquery.encoding import json_rows
    from ..bigquery.tabledata import Slice, read_rows

    fields = warehouse.fields(key)
    if not fields:
        return []
    found = read_rows(warehouse, key, fields, Slice(0, PREVIEW_ROWS, "ISO8601_STRING"))
    cells = json_rows(found, fields, timestamps="ISO8601_STRING")
    return [[_cell(cell["v"]) for cell in row["f"]] for row in cells]


def _cell(value: Any) -> str:
    text = "NULL" if value is None else value if isinstance(value, str) else json.dumps(_plain(value))
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def _plain(value: Any) -> Any:
    """A repeated or nested value without the wrapping that the REST API gives it."""
    if isinstance(value, list):
        return [_plain(each["v"]) for each in value]
    return [_plain(each["v"]) for each in value["f"]] if isinstance(value, dict) else value
