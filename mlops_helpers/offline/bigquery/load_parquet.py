"""Parquet: columns are matched by name, and must have the type that the table's columns have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import invalid
from .defaults import refuse_missing
from .types import Field, duck_type, field_of, literal, quoted

if TYPE_CHECKING:
    from .load import Loading
    from .sources import Source

# What a column of the table may be filled from, besides its own type.
ALSO_FROM = {
    "TIMESTAMP": ("DATETIME",),
    "DATETIME": ("TIMESTAMP",),
    "NUMERIC": ("INTEGER", "BIGNUMERIC"),
    "BIGNUMERIC": ("INTEGER", "NUMERIC"),
    "JSON": ("STRING",),
    "BYTES": ("STRING",),
    "STRING": ("BYTES",),
}


def detect(loading: Loading, sources: list[Source]) -> list[Field]:
    """The columns of the first file."""
    return _file_fields(loading, sources[0])


def _file_fields(loading: Loading, source: Source) -> list[Field]:
    import duckdb

    try:
        relation = loading.con.sql(f"SELECT * FROM read_parquet({literal(source.path)})")
    except duckdb.Error as problem:
        text = str(problem).splitlines()[0]
        raise invalid(f"Error while reading data, error message: {text} File: {source.name}") from None
    return [field_of(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]


def read(loading: Loading, source: Source) -> None:
    """Append one file's rows to the stage."""
    there = {field["name"].lower(): field for field in _file_fields(loading, source)}
    wanted = {field["name"].lower() for field in loading.fields}
    extra = [field["name"] for name, field in there.items() if name not in wanted]
    if extra and not loading.config.get("ignoreUnknownValues"):
        raise invalid(
            f"Error while reading data, error message: Parquet column {extra[0]!r} is not in the schema: expected "
            f"{', '.join(field['name'] for field in loading.fields)}. File: {source.name}"
        )
    columns = [_column(loading, source, field, there.get(field["name"].lower())) for field in loading.fields]
    loading.con.execute(f'INSERT INTO "~stage" SELECT {", ".join(columns)} FROM read_parquet({literal(source.path)})')


def _column(loading: Loading, source: Source, field: Field, found: Field | None) -> str:
    target = quoted(field["name"])
    if found is None:
        refuse_missing(field, source.name)
        return f"NULL AS {target}"
    name = quoted(found["name"])
    if not _fits(field, found) and _has_values(loading, source, name):
        raise invalid(
            f"Error while reading data, error message: Parquet column {found['name']!r} has type {_words(found)} which "
            f"does not match the target type {_words(field)}. File: {source.name}"
        )
    if field["type"] == "STRING" and found["type"] == "BYTES":
        return f"decode({name}) AS {target}"
    return f"{name}::{duck_type(field)} AS {target}"


def _words(field: Field) -> str:
    return f"REPEATED {field['type']}" if field["mode"] == "REPEATED" else field["type"]


def _fits(field: Field, found: Field) -> bool:
    if (field["mode"] == "REPEATED") != (found["mode"] == "REPEATED"):
        return False
    return field["type"] == found["type"] or found["type"] in ALSO_FROM.get(field["type"], ())


def _has_values(loading: Loading, source: Source, name: str) -> bool:
    sql = f"SELECT count({name}) FROM read_parquet({literal(source.path)})"
    return loading.con.execute(sql).fetchall()[0][0] > 0
