"""CSV: read every column as text, then as its type, so that a wrong value can be named with its row and column."""

from __future__ import annotations

import codecs
import csv
import os
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import invalid
from .types import COLUMN_NAME, Field, field_of, literal, quoted

if TYPE_CHECKING:
    from .load import Loading
    from .sources import Source

RAW = '"~raw"'
ENCODINGS = {"UTF-8": "utf-8", "ISO-8859-1": "latin-1", "UTF-16BE": "utf-16-be", "UTF-16LE": "utf-16-le"}
ENCODINGS |= {"UTF-32BE": "utf-32-be", "UTF-32LE": "utf-32-le"}
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t"}
# DuckDB's casts are more lenient than BigQuery's: text must look like its type first.
SHAPES = {
    "INTEGER": r"\s*[+-]?\d+\s*",
    "DATE": r"\s*\d{1,4}[-/]\d{1,2}[-/]\d{1,2}\s*",
    "NUMERIC": r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*",
}
SHAPES["BIGNUMERIC"] = SHAPES["NUMERIC"]
TRUE_WORDS, FALSE_WORDS = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
STANDARD_NAMES = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
REJECTS = {
    "MISSING COLUMNS": "CSV table encountered too few columns: allow short rows with allowJaggedRows.",
    "TOO MANY COLUMNS": "Too many values in line.",
    "UNQUOTED VALUE": "Bad quoting: found a quote that is not closed, or text after it.",
    "INVALID ENCODING": "Found bytes that are not UTF-8: state the file's encoding.",
    "LINE SIZE OVER MAXIMUM": "The line is too long.",
}


def detect(loading: Loading, sources: list[Source]) -> list[Field]:
    """Columns from the first file: DuckDB finds header and types, names become BigQuery column names."""
    import duckdb

    _to_utf8(loading, sources[0])
    skip = loading.config.get("skipLeadingRows")
    settings = [literal(sources[0].path), *_dialect(loading.config), "sample_size=20480"]
    if skip is not None:
        settings += [f"header={'true' if int(skip) else 'false'}", f"skip={max(int(skip) - 1, 0)}"]
    try:
        relation = loading.con.sql(f"SELECT * FROM read_csv({', '.join(settings)})")
    except duckdb.Error as problem:
        text = str(problem).splitlines()[0]
        raise invalid(f"Error while reading data, error message: cannot detect columns: {text}") from None
    fields = [field_of(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]
    _refuse_twins(loading, sources[0])
    has_header = not all(re.fullmatch(r"column\d+", field["name"]) for field in fields)
    if skip is None and has_header:
        loading.config["skipLeadingRows"] = 1
    return [_detected(field, position, has_header) for position, field in enumerate(fields)]


def _refuse_twins(loading: Loading, source: Source) -> None:
    """Raises ApiError 400 when the first line names a column twice (DuckDB would rename the second)."""
    config = loading.config
    delimiter = NAMED_DELIMITERS.get(config.get("fieldDelimiter") or ",", config.get("fieldDelimiter") or ",")
    with open(source.path, encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = islice(file, max(int(config.get("skipLeadingRows") or 1) - 1, 0), None)
        names = [name.strip() for name in next(csv.reader(lines, delimiter=delimiter[:1]), [])]
    twins = {name for name, count in Counter(map(str.lower, names)).items() if count > 1}
    if twins and all(COLUMN_NAME.fullmatch(name) for name in names):
        raise invalid(
            f"Error while reading data, error message: duplicate column names in the header of {source.name}: found "
            f"{', '.join(sorted(twins))} more than once, expected names that differ (ignoring case). Rename one, or "
            f"state a schema and skipLeadingRows"
        )


def _detected(field: Field, position: int, has_header: bool) -> Field:
    kind = "TIMESTAMP" if field["type"] == "DATETIME" else field["type"]
    name = re.sub(r"\W", "_", field["name"].strip())
    if not has_header:
        name = f"{STANDARD_NAMES.get(kind, kind).lower()}_field_{position}"
    return {**field, "type": kind, "name": f"_{name}" if name[:1].isdigit() else name}


def read(loading: Loading, source: Source) -> None:
    """Append one file's rows to the stage."""
    for field in loading.fields:
        if field["mode"] == "REPEATED" or field["type"] == "RECORD":
            found = "REPEATED" if field["mode"] == "REPEATED" else "RECORD"
            raise invalid(
                f"CSV has no nested or repeated columns: field {field['name']} is {found}. Load JSON instead."
            )
    _to_utf8(loading, source)
    if not os.path.getsize(source.path):
        return
    _read_text(loading, source)
    rejects = _note_rejects(loading, source)
    good = _note_bad_values(loading, source, rejects)
    columns = ", ".join(f"{typed(field)} AS {quoted(field['name'])}" for field in loading.fields)
    loading.con.execute(f'INSERT INTO "~stage" SELECT {columns} FROM {RAW}{good}')
    loading.con.execute(f"DROP TABLE {RAW}")


def _to_utf8(loading: Loading, source: Source) -> None:
    name = (loading.config.get("encoding") or "UTF-8").upper()
    if name not in ENCODINGS:
        raise invalid(f"Invalid value for encoding: found {name!r}, expected one of {', '.join(ENCODINGS)}")
    if name == "UTF-8" or source.path.endswith(".utf8"):
        return
    copy = f"{source.path}.copy"
    try:
        with (
            open(source.path, encoding=ENCODINGS[name], newline="") as file,
            open(copy, "w", encoding="utf-8", newline="") as out,
        ):
            while piece := file.read(2**20):
                out.write(piece)
    except UnicodeError as problem:
        os.unlink(copy)
        raise invalid(f"Error while reading data, error message: {source.name} is not {name}: {problem}") from None
    os.replace(copy, source.path)


def _read_text(loading: Loading, source: Source) -> None:
    import duckdb

    config = loading.config
    columns = ", ".join(f"{literal(field['name'])}: 'VARCHAR'" for field in loading.fields)
    jagged = bool(config.get("allowJaggedRows"))
    settings = [
        literal(source.path),
        "auto_detect=false",
        "header=false",
        f"skip={int(config.get('skipLeadingRows') or 0)}",
        f"columns={{{columns}}}",
        "allow_quoted_nulls=false",
        "store_rejects=true",
        "strict_mode=true",
        f"nullstr={literal(config.get('nullMarker') or '')}",
        *_dialect(config),
        *(["null_padding=true", "parallel=false"] if jagged else []),
    ]
    loading.con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        loading.con.execute(f"CREATE OR REPLACE TEMP TABLE {RAW} AS FROM read_csv({', '.join(settings)})")
    except duckdb.Error as problem:
        text = str(problem).splitlines()[0]
        raise invalid(f"Error while reading data, error message: {text} File: {source.name}") from None


def _dialect(config: dict) -> list[str]:
    delimiter = config.get("fieldDelimiter") or ","
    quote = '"' if config.get("quote") is None else config["quote"]
    delimiter = NAMED_DELIMITERS.get(delimiter.lower(), delimiter)
    return [f"delim={literal(delimiter)}", f"quote={literal(quote)}", f"escape={literal(quote)}"]


def _note_rejects(loading: Loading, source: Source) -> list[int]:
    """Report the lines DuckDB could not split into columns; returns their numbers."""
    ignores_extra = bool(loading.config.get("ignoreUnknownValues"))
    sql = "SELECT line, any_value(error_type), any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
    lines = []
    for line, kind, text in loading.con.execute(sql).fetchall():
        if kind == "TOO MANY COLUMNS" and ignores_extra:
            raise invalid(f"ignoreUnknownValues with extra columns in line {line} of {source.name}: cut them off first")
        shown = codecs.decode(str(text).encode()[:80], "utf-8", "replace").strip()
        expected = f"expected {len(loading.fields)} columns"
        loading.reject(f"{REJECTS.get(kind, kind)} Line {line}: {shown!r}, {expected}.", source=source)
        lines.append(line)
    return lines


def _note_bad_values(loading: Loading, source: Source, rejects: list[int]) -> str:
    """Report the rows with a value that does not fit; returns a WHERE clause for the rows that do."""
    tests = [(field, _bad(field, loading.config)) for field in loading.fields]
    tests = [(field, test) for field, test in tests if test]
    if not tests:
        return ""
    any_bad = " OR ".join(f"({test})" for _, test in tests)
    count = loading.con.execute(f"SELECT count(*) FROM {RAW} WHERE {any_bad}").fetchall()[0][0]
    if not count:
        return ""
    names = ", ".join(quoted(field["name"]) for field in loading.fields)
    flags = ", ".join(f"({test}) IS TRUE" for _, test in tests)
    sql = f"SELECT rowid, [{flags}], [{names}] FROM {RAW} WHERE {any_bad} ORDER BY rowid LIMIT 20"
    for row, bad, values in loading.con.execute(sql).fetchall():
        field = tests[bad.index(True)][0]
        position = loading.fields.index(field)
        line = _line_of(row, loading, rejects)
        loading.reject(_complaint(field, position, values[position], line), source=source)
    loading.rejected_count += count - min(count, 20)
    return f" WHERE ({any_bad}) IS NOT TRUE"


def _line_of(row: int, loading: Loading, rejects: list[int]) -> int:
    line = row + 1 + int(loading.config.get("skipLeadingRows") or 0)
    for rejected in rejects:  # rejected lines are not in the table, so later rows stand lower
        line += rejected <= line
    return line


def _complaint(field: Field, position: int, value: str | None, line: int) -> str:
    where = f"field {field['name']} (position {position}), line {line}"
    if value is None:
        return f"Required column value is missing: {where} is empty."
    if "\0" in value:
        return f"Bad character (ASCII 0) encountered: {where}."
    if "\n" in value:
        return f'Missing close double quote (") character: {where} holds a line break. Set allowQuotedNewlines.'
    kind = STANDARD_NAMES.get(field["type"], field["type"])
    return f"Could not parse {value!r} as {kind} for {where}: Unable to parse."


def _bad(field: Field, config: dict) -> str:
    """A DuckDB condition: this column's text cannot be loaded."""
    name = quoted(field["name"])
    tests = []
    if field["mode"] == "REQUIRED":
        tests.append(f"{name} IS NULL")
    if field["type"] != "STRING":
        tests.append(f"({name} IS NOT NULL AND ({typed(field)}) IS NULL)")
    else:
        tests.append(f"contains({name}, chr(0))")
        if not config.get("allowQuotedNewlines"):
            tests.append(f"contains({name}, chr(10))")
    return " OR ".join(tests)


def typed(field: Field) -> str:
    """A DuckDB expression: the text of a column as its type, NULL when it cannot be read."""
    name, kind = quoted(field["name"]), field["type"]
    if kind == "STRING":
        return name
    if kind == "BOOLEAN":
        words = f"lower(trim({name}))"
        return f"CASE WHEN {words} IN {TRUE_WORDS} THEN true WHEN {words} IN {FALSE_WORDS} THEN false END"
    if kind == "BYTES":
        return f"TRY(from_base64({name}))"
    if kind == "JSON":
        return f"CASE WHEN json_valid({name}) THEN {name}::JSON END"
    return _checked_cast(field, name)


def _checked_cast(field: Field, name: str) -> str:
    from .types import duck_type

    text = f"replace({name}, '/', '-')" if field["type"] == "DATE" else name
    cast = f"TRY_CAST({text} AS {duck_type(field)})"
    shape = SHAPES.get(field["type"])
    return f"CASE WHEN regexp_full_match({name}, {literal(shape)}) THEN {cast} END" if shape else cast
