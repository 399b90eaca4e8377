"""Default values: what a row gets that does not mention a column (a null that is sent stays null)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .encoding import json_rows
from .types import Field

if TYPE_CHECKING:
    from .catalog import Warehouse

EXPRESSION = "defaultValueExpression"


def filled(warehouse: Warehouse, project: str, fields: list[Field], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the defaults of their missing members, each row with its own value."""
    members = [{name.lower() for name in row} for row in rows]
    complete = [dict(row) for row in rows]
    for field in fields:
        if field.get(EXPRESSION) and not all(field["name"].lower() in names for names in members):
            values = _evaluate(warehouse, project, field, len(rows))
            for row, names, value in zip(complete, members, values, strict=True):
                if field["name"].lower() not in names:
                    row[field["name"]] = value
    return complete


def _evaluate(warehouse: Warehouse, project: str, field: Field, count: int) -> list[Any]:
    from .sql import QueryContext, run_script

    sql = f"SELECT {field[EXPRESSION]} AS v FROM UNNEST(GENERATE_ARRAY(1, {count}))"
    outcome = run_script(warehouse, sql, QueryContext(project=project, now=warehouse.now()))
    cells = json_rows(outcome.rows, outcome.fields, timestamps="ISO8601_STRING")
    return [_plain(cell["f"][0]["v"]) for cell in cells]


def check_defaults(warehouse: Warehouse, project: str, fields: list[Field]) -> None:
    """Raises ApiError 400 for a default value that is no expression."""
    for field in fields:
        if field.get(EXPRESSION):
            _evaluate(warehouse, project, field, 1)


def _plain(value: Any) -> Any:
    return [item["v"] for item in value] if isinstance(value, list) else value


def refuse_missing(field: Field, source: str) -> None:
    """Files are loaded without defaults. Raises ApiError 501 for a column that has one and is missing in a file."""
    if field.get(EXPRESSION):
        raise unsupported(f"The default value of column {field['name']}, which {source} lacks, in a load job")
