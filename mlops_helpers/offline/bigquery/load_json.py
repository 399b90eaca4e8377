"""Newline-delimited JSON: one object per line, read in Python so that every problem has its line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import invalid
from .defaults import EXPRESSION, refuse_missing
from .types import Field
from .values import Problem, RowReader

if TYPE_CHECKING:
    from .load import Loading
    from .sources import Source

CHUNK = 50_000
SAMPLE = 500  # objects looked at to detect columns, as BigQuery does
LINES_SHOWN = 100


def detect(loading: Loading, sources: list[Source]) -> list[Field]:
    """Columns from the first objects of the first file, in order of appearance."""
    with open(sources[0].path, encoding="utf-8-sig") as file:
        rows = [json.loads(line) for line in islice(file, SAMPLE) if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("Error while reading data, error message: expected one JSON object per line")
    if not rows:
        raise invalid("Error while reading data, error message: cannot detect columns, the file is empty")
    return _fields(rows)


def _fields(rows: list[dict]) -> list[Field]:
    samples: dict[str, list[Any]] = {}
    for row in rows:
        for name, value in row.items():
            samples.setdefault(name, []).append(value)
    return [_field(re.sub(r"\W", "_", name), values) for name, values in samples.items()]


def _field(name: str, values: list[Any]) -> Field:
    there = [value for value in values if value is not None]
    if any(isinstance(value, list) for value in there):
        items = [item for value in there if isinstance(value, list) for item in value]
        return {**_field(name, items), "mode": "REPEATED"}
    if there and all(isinstance(value, dict) for value in there):
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": _fields(there)}
    kinds = {_kind(value) for value in there}
    return {"name": name, "type": _common(kinds), "mode": "NULLABLE"}


def _kind(value: Any) -> str:
    kinds = {bool: "BOOLEAN", int: "INTEGER", float: "FLOAT"}
    return kinds.get(type(value)) or _kind_of_text(str(value))


def _kind_of_text(text: str) -> str:
    for kind, read in (("DATE", date.fromisoformat), ("TIMESTAMP", datetime.fromisoformat)):
        try:
            read(text.removesuffix(" UTC"))
        except ValueError:
            continue
        return kind if "-" in text else "STRING"
    return "STRING"


def _common(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"INTEGER", "FLOAT"}:
        return "FLOAT"
    return "TIMESTAMP" if kinds == {"DATE", "TIMESTAMP"} else "STRING"


def read(loading: Loading, source: Source) -> None:
    """Append one file's rows to the stage."""
    reader = RowReader(loading.fields, ignore_unknown=bool(loading.config.get("ignoreUnknownValues")))
    rows = _good_rows(loading, source, reader)
    while chunk := list(islice(rows, CHUNK)):
        loading.con.register("~chunk", reader.arrow(chunk))
        loading.con.execute(f'INSERT INTO "~stage" {reader.select("~chunk")}')
        loading.con.unregister("~chunk")


def _good_rows(loading: Loading, source: Source, reader: RowReader) -> Iterator[list[Any]]:
    defaults = [field for field in reader.fields if EXPRESSION in field]
    with open(source.path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            values, problems = _read_line(reader, line, defaults, source.name)
            if problems:
                what = "; ".join(problem.message for problem in problems)
                shown = line[:LINES_SHOWN].decode("utf-8", "replace").strip()
                where = f"Line {number}, field {problems[0].path}" if problems[0].path else f"Line {number}"
                loading.reject(f"JSON parsing error: {what} {where}: {shown}", source=source)
            else:
                yield values


def _read_line(reader: RowReader, line: bytes, defaults: list[Field], source: str) -> tuple[list[Any], list[Problem]]:
    try:
        row = json.loads(line.decode())
    except (ValueError, UnicodeError) as problem:
        return [], [Problem("", f"Parser terminated before end of string ({problem}).")]
    if not isinstance(row, dict):
        return [], [Problem("", f"Found a JSON {type(row).__name__}, expected an object.")]
    for field in defaults:
        if field["name"] not in row:
            refuse_missing(field, source)
    return reader.read(row)
