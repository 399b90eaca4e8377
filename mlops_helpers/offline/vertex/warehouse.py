"""The offline BigQuery, asked over its own REST interface without a socket: what a client could do, no more.

Used by everything in Vertex AI that reads or writes tables: batch prediction, feature store, exports.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from ..wire import Request
from .errors import bad_field

if TYPE_CHECKING:
    from ..state import OfflineCloud

TABLE = re.compile(r"(?:bq://)?([\w:.-]+?)\.(\w+)\.([\w$-]+)")
CHUNK_ROWS = 500
NUMBERS = {"INTEGER": int, "INT64": int, "FLOAT": float, "FLOAT64": float}


class Warehouse:
    """The offline BigQuery as seen by one project."""

    def __init__(self, cloud: OfflineCloud, project: str) -> None:
        self._cloud, self._root = cloud, f"/bigquery/v2/projects/{project}"
        self.project = project

    def query(self, sql: str) -> tuple[list[str], list[list[Any]]]:
        """Column names and rows of a GoogleSQL query. Raises ApiError with BigQuery's own words."""
        answer = self._post(f"{self._root}/queries", {"query": sql, "useLegacySql": False})
        fields, rows = answer["schema"]["fields"], list(answer.get("rows", []))
        job = answer["jobReference"]["jobId"]
        while token := answer.get("pageToken"):
            answer = self._ask("GET", f"{self._root}/queries/{job}?pageToken={token}")
            rows += answer.get("rows", [])
        return [field["name"] for field in fields], [_values(fields, row) for row in rows]

    def schema(self, table: str) -> list[dict[str, Any]]:
        """The columns of `project.dataset.table`, as BigQuery's JSON. Raises ApiError 404."""
        return self._ask("GET", self._table_path(table))["schema"]["fields"]

    def create_dataset(self, project: str, dataset: str, location: str) -> None:
        """Make a dataset; one that exists already is fine."""
        body = {"datasetReference": {"projectId": project, "datasetId": dataset}, "location": location}
        try:
            self._post(f"/bigquery/v2/projects/{project}/datasets", body)
        except ApiError as problem:
            if problem.code != 409:
                raise

    def create_table(self, table: str, fields: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> None:
        """Make a table and fill it. Raises ApiError 409 if there is one of this name."""
        project, dataset, name = split_table(table)
        reference = {"projectId": project, "datasetId": dataset, "tableId": name}
        path = f"/bigquery/v2/projects/{project}/datasets/{dataset}/tables"
        self._post(path, {"tableReference": reference, "schema": {"fields": list(fields)}})
        self.insert(table, rows)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a table. Raises ApiError 404 for a table that does not exist, 400 for rows that do not fit."""
        path = self._table_path(table)
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = [{"json": dict(row)} for row in rows[start : start + CHUNK_ROWS]]
            answer = self._post(f"{path}/insertAll", {"rows": chunk})
            if faults := answer.get("insertErrors"):
                raise bad_field("rows", faults[0]["errors"][0].get("message", ""), f"rows that fit the table {table}")

    def _table_path(self, table: str) -> str:
        project, dataset, name = split_table(table)
        return f"/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{name}"

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        response = self._cloud.answer(Request(method, path, headers, io.BytesIO(body)))
        found = json.loads(response.body)
        if response.status >= 400:
            error = found["error"]
            raise ApiError(response.status, error["errors"][0].get("reason", "invalid"), error["message"])
        return found


def split_table(table: str) -> tuple[str, str, str]:
    """Project, dataset and table of `bq://project.dataset.table`. Raises ApiError 400 for another form.

    >>> split_table("bq://my-project.sales.customers")
    ('my-project', 'sales', 'customers')
    """
    found = TABLE.fullmatch(table)
    if found is None:
        raise bad_field("table", table, "bq://project.dataset.table")
    return found[1], found[2], found[3]


def _values(fields: list[dict[str, Any]], row: dict[str, Any]) -> list[Any]:
    return [_value(field, cell["v"]) for field, cell in zip(fields, row["f"], strict=True)]


def _value(field: dict[str, Any], value: Any) -> Any:
    if value is None:
        return None
    if field.get("mode") == "REPEATED":
        plain = {**field, "mode": "NULLABLE"}
        return [_value(plain, item["v"]) for item in value]
    if field["type"] in ("RECORD", "STRUCT"):
        return dict(zip((part["name"] for part in field["fields"]), _values(field["fields"], value), strict=True))
    if field["type"] in ("BOOLEAN", "BOOL"):
        return value == "true" if isinstance(value, str) else value
    return NUMBERS.get(field["type"], str)(value)
