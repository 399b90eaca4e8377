"""Arrow columns as the JSON rows of BigQuery's REST interface: `{"f": [{"v": "1"}, {"v": null}]}`.

Whole columns are turned into text at once; going cell by cell would take three times as long.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, Literal

from .types import Field, decimal_text, float_text, interval_text

if TYPE_CHECKING:
    import pyarrow

Timestamps = Literal["INT64", "FLOAT64", "ISO8601_STRING"]
MICROS = 1_000_000
NULL_CELL = '{"v":null}'
NEEDS_ESCAPES = ("STRING", "JSON")


def json_rows(rows: pyarrow.Table, fields: list[Field], *, timestamps: Timestamps = "INT64") -> list[dict]:
    """The rows of a table, columns in the order of `fields` (by position)."""
    columns = [column_cells(rows.column(i).combine_chunks(), field, timestamps) for i, field in enumerate(fields)]
    wrapped = [[{"v": value} for value in column] for column in columns]
    return [{"f": list(cells)} for cells in zip(*wrapped, strict=True)]


def json_text(rows: pyarrow.Table, fields: list[Field], *, timestamps: Timestamps = "INT64") -> str:
    """The same rows as JSON text, comma-separated, without building an object for each cell."""
    columns = [_texts(rows.column(i).combine_chunks(), field, timestamps) for i, field in enumerate(fields)]
    return ",".join(f'{{"f":[{",".join(cells)}]}}' for cells in zip(*columns, strict=True))


def _texts(column: pyarrow.Array, field: Field, timestamps: Timestamps) -> list[str]:
    cells = column_cells(column, field, timestamps)
    if field["mode"] == "REPEATED" or field["type"] == "RECORD":
        return [f'{{"v":{json.dumps(cell)}}}' for cell in cells]
    if field["type"] in NEEDS_ESCAPES:
        return [NULL_CELL if cell is None else f'{{"v":{encode_basestring_ascii(cell)}}}' for cell in cells]
    return [NULL_CELL if cell is None else f'{{"v":"{cell}"}}' for cell in cells]


def column_cells(column: pyarrow.Array, field: Field, timestamps: Timestamps) -> list[Any]:
    """One column as JSON values."""
    if field["mode"] == "REPEATED":
        return _lists(column, field, timestamps)
    if field["type"] == "RECORD":
        return _records(column, field, timestamps)
    if field["type"] == "TIMESTAMP":
        return _timestamps(column, timestamps)
    if field["type"] in ("INTEGER", "BOOLEAN", "DATE"):
        return column.cast("string").to_pylist()
    values = column.to_pylist()
    if field["type"] in ("STRING", "JSON"):
        return values if _is_text(column) else [None if value is None else str(value) for value in values]
    write = WRITERS[field["type"]]
    return [None if value is None else write(value) for value in values]


def _is_text(column: pyarrow.Array) -> bool:
    return str(column.type) in ("string", "large_string", "null")


def _numeric(value: Any) -> str:
    return decimal_text(value) if hasattr(value, "as_tuple") else str(value)


WRITERS = {
    "FLOAT": float_text,
    "NUMERIC": _numeric,
    "BIGNUMERIC": _numeric,
    "BYTES": lambda value: b64encode(value).decode(),
    "INTERVAL": interval_text,
    "TIME": lambda value: value.isoformat(),
    "DATETIME": datetime.isoformat,
}


def _timestamps(column: pyarrow.Array, form: Timestamps) -> list[str | None]:
    import pyarrow

    if pyarrow.types.is_null(column.type):
        return column.to_pylist()
    micros = column.cast(pyarrow.timestamp("us", tz="UTC")).cast("int64")
    if form == "INT64":
        return micros.cast("string").to_pylist()
    if form == "FLOAT64":
        return [None if value is None else repr(value / MICROS) for value in micros.to_pylist()]
    texts = micros.cast(pyarrow.timestamp("us")).cast("string").to_pylist()
    return [None if text is None else text.replace(" ", "T") + "Z" for text in texts]


def _lists(column: pyarrow.Array, field: Field, timestamps: Timestamps) -> list[list]:
    import pyarrow

    if pyarrow.types.is_null(column.type):
        return [[] for _ in range(len(column))]
    items = column_cells(column.flatten(), {**field, "mode": "NULLABLE"}, timestamps)
    lengths = column.value_lengths().to_pylist()
    cells, start = [], 0
    for length in lengths:
        end = start + (length or 0)
        cells.append([{"v": value} for value in items[start:end]])
        start = end
    return cells


def _records(column: pyarrow.Array, field: Field, timestamps: Timestamps) -> list[dict | None]:
    import pyarrow

    if pyarrow.types.is_null(column.type):
        return column.to_pylist()
    parts = [
        column_cells(part, child, timestamps) for part, child in zip(column.flatten(), field["fields"], strict=True)
    ]
    valid = column.is_valid().to_pylist()
    rows = zip(*parts, strict=True)
    return [{"f": [{"v": v} for v in row]} if there else None for there, row in zip(valid, rows, strict=True)]
