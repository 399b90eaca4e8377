"""Read a CSV file strictly: a damaged file is refused, with the line or the byte that is wrong, and nothing is loaded.

The usual readers are kind: they pad short lines, rename the second of two equal columns, and guess types, so that a
customer number loses its leading zeros. Here text stays text until a schema says otherwise, and a blank stays a blank.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import (
    DuplicateColumn,
    EmptyData,
    MissingColumn,
    MissingTable,
    RaggedRows,
    UnreadableValue,
    WrongEncoding,
)
from mlops_helpers.governance.schema import Schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SHOWN = 5  # damaged lines named in an error


def read_table(
    source: str | Path | bytes, *, schema: Schema | None = None, encoding: str = "utf-8", delimiter: str = ","
) -> pd.DataFrame:
    """Return a CSV file (its path, or its bytes as downloaded from a bucket) as a DataFrame with rows numbered from 0.

    Columns are text, except those to which `schema` gives another type; the schema's columns must all be there.
    An empty field is missing; a field of spaces is text.

    Raises MissingTable, EmptyData, WrongEncoding (with the byte), DuplicateColumn, MissingColumn, RaggedRows (with the
    lines, of which one with a quoted line break counts as one) or UnreadableValue (with the first row that does not
    fit its column's type).
    """
    name = "the bytes given" if isinstance(source, bytes) else str(source)
    content = _as_utf8(_bytes_of(source), name, encoding)
    header = _header(content, name, delimiter)
    if schema is not None:
        _require_columns(header, schema, name)
    table = _parse(content, header, name, delimiter)
    if not table.num_rows:
        raise EmptyData(f"a header but no rows in {name}")
    return _typed(table.to_pandas(), schema)


def _bytes_of(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return Path(source).read_bytes()
    except FileNotFoundError as error:
        raise MissingTable(f"no file {source}", "the path of a CSV file") from error


def _as_utf8(content: bytes, name: str, encoding: str) -> bytes:
    """Return the content as UTF-8 without a byte order mark, having decoded all of it."""
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongEncoding(
            f"byte 0x{content[error.start]:02x} at offset {error.start} (line {line}) of {name}", f"text in {encoding}"
        ) from error
    except LookupError as error:
        raise WrongEncoding(
            f"an encoding named {encoding!r}", "an encoding that Python knows, such as utf-8"
        ) from error
    return text.removeprefix("\ufeff").encode()


def _header(content: bytes, name: str, delimiter: str) -> list[str]:
    """Return the column names of the first line."""
    first = next(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter), [])
    if not first:
        raise EmptyData(f"nothing in the first line of {name}")
    twice = sorted({column for column in first if first.count(column) > 1})
    if twice:
        raise DuplicateColumn(f"{', '.join(map(repr, twice))} more than once in the header of {name}")
    return first


def _require_columns(header: list[str], schema: Schema, name: str) -> None:
    absent = [field.name for field in schema.fields if field.name not in header]
    if absent:
        raise MissingColumn(f"no column {', '.join(map(repr, absent))} in {name}", f"among: {', '.join(header)}")


def _parse(content: bytes, header: list[str], name: str, delimiter: str) -> pa.Table:
    """Return all fields as text. Raises RaggedRows with the first damaged lines and their lengths."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged = _empty_lines(content.rstrip(b"\r\n"), delimiter) if len(header) > 1 else []

    def keep_going(row: object) -> str:
        ragged.append(f"line {row.number} has {row.actual_columns}")
        return "skip"

    parse = arrow_csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep_going
    )
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    read = arrow_csv.ReadOptions(use_threads=False)  # line numbers are known only when lines are read in order
    lines = io.BytesIO(content.rstrip(b"\r\n") + b"\n")
    table = arrow_csv.read_csv(lines, read_options=read, parse_options=parse, convert_options=convert)
    if ragged:
        more = f" and {len(ragged) - SHOWN} more" if len(ragged) > SHOWN else ""
        found = f"lines of {name} with another number of fields: {', '.join(ragged[:SHOWN])}{more}"
        raise RaggedRows(found, f"{len(header)} fields in each line")
    return table


def _empty_lines(content: bytes, delimiter: str) -> list[str]:
    """Return the lines with nothing on them, which Arrow would take for rows of missing values."""
    if not re.search(rb"\n\r?\n", content):
        return []
    lines = csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter)
    return [f"line {number} has 0" for number, fields in enumerate(lines, start=1) if not fields]


def _typed(frame: pd.DataFrame, schema: Schema | None) -> pd.DataFrame:
    """Parse the columns to which the schema gives a type other than text."""
    types = {field.name: field.type for field in schema.fields if field.type != "text"} if schema else {}
    return frame.assign(**{name: _typed_column(frame[name], kind) for name, kind in types.items()})


def _typed_column(column: pd.Series, kind: str) -> pd.Series:
    from mlops_helpers.governance.values import parse_column

    parsed = parse_column(column, kind)
    lost = column[(column.notna() & parsed.isna()).to_numpy()]
    strange = lost[lost.str.strip() != ""]
    if len(strange):
        row, value = strange.index[0], strange.iloc[0]
        raise UnreadableValue(
            f"{value!r} in row {row} of column {column.name!r} ({len(strange)} such values)",
            f"text that spells a {kind}",
        )
    return parsed
