"""DuckDB's refusals of data, in BigQuery's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import ApiError, invalid
from .names import TableKey

NOT_NULL = re.compile(r'NOT NULL constraint failed: .*?"?([^".]+)"?$', re.MULTILINE)


@contextmanager
def writing(key: TableKey) -> Iterator[None]:
    """Turn DuckDB's errors while rows are written to a table into ApiError 400."""
    import duckdb

    try:
        yield
    except duckdb.ConstraintException as problem:
        raise _constraint(key, str(problem)) from None
    except duckdb.ConversionException as problem:
        raise invalid(f"Rows do not fit {key}: {first_line(problem)}") from None
    except duckdb.OutOfRangeException as problem:
        raise invalid(f"A value is out of range for {key}: {first_line(problem)}") from None


@contextmanager
def querying() -> Iterator[None]:
    """Turn DuckDB's refusal of a view's query into ApiError 400."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        raise invalid(first_line(problem), reason="invalidQuery", location="query") from None


def _constraint(key: TableKey, text: str) -> ApiError:
    if found := NOT_NULL.search(text):
        return invalid(f"Required field {found[1]} cannot be null: {key} has mode REQUIRED there", location=found[1])
    return invalid(f"A value is too long for its column in {key}: {text.splitlines()[0]}")


def first_line(problem: Exception) -> str:
    """The first line of a DuckDB message, without its kind."""
    return str(problem).splitlines()[0].partition(": ")[2] or str(problem)
