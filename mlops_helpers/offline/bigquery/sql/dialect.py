"""BigQuery's grammar: sqlglot parses, but functions keep the names they were written with.

sqlglot's own BigQuery dialect turns `DATE_DIFF(...)` into a node of many dialects and writes that node the way DuckDB
comes nearest. Here every call stays a call by name, so that `functions.py` is one table that says for each BigQuery
function what DuckDB must compute, and whatever is not in the table is refused.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ...errors import ApiError
from .refusals import refuse_by_text

if TYPE_CHECKING:
    from sqlglot import exp

# Calls with a grammar of their own: `CAST(x AS t)`, `EXTRACT(part FROM x)`, `ARRAY(SELECT ...)`.
SPECIAL_CALLS = ("CAST", "SAFE_CAST", "EXTRACT", "ARRAY")
LONGEST_QUERY = 1_000_000  # characters; BigQuery's own limit is 1 MB of unresolved SQL


def invalid_query(message: str, *, at: exp.Expression | None = None) -> ApiError:
    """400 `invalidQuery`, with the place in the text (`at [line:column]`) where it is known."""
    place = position(at) if at is not None else ""
    return ApiError(400, "invalidQuery", message + place, location="query")


def position(node: exp.Expression) -> str:
    """Where a node stands in the text, as BigQuery writes it: ` at [1:8]`, or nothing."""
    for candidate in node.walk():
        line, column, start = (candidate.meta.get(name) for name in ("line", "col", "start"))
        end = candidate.meta.get("end")
        if line is not None and column is not None:
            width = (end - start) if start is not None and end is not None else 0
            return f" at [{line}:{max(column - width, 1)}]"
    return ""


@cache
def dialect() -> type:
    """The dialect class (made once, when the first query arrives: importing sqlglot takes a while)."""
    from sqlglot.dialects.bigquery import BigQuery

    parser = BigQuery.Parser
    special = {name: parse for name, parse in parser.FUNCTION_PARSERS.items() if name in SPECIAL_CALLS}
    plain = type(
        "NamedCallParser", (parser,), {"FUNCTIONS": {}, "FUNCTION_PARSERS": special, "_warn_unsupported": _no_warning}
    )
    return type("OfflineBigQuery", (BigQuery,), {"Parser": plain})


def _no_warning(parser: object) -> None:
    """What sqlglot leaves as text is parsed again or refused by us: nothing to warn about."""


def parse(sql: str) -> list[exp.Expression]:
    """The statements of a query text. Raises ApiError 400 in BigQuery's words for anything that is not its grammar."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    if len(sql) > LONGEST_QUERY:
        raise invalid_query(f"Query too large: found {len(sql)} characters, expected at most {LONGEST_QUERY}")
    refuse_by_text(sql)
    try:
        statements = [statement for statement in sqlglot.parse(sql, read=dialect()) if statement is not None]
    except SqlglotError as problem:
        raise invalid_query(_syntax_error(problem)) from None
    except RecursionError:
        raise invalid_query("Query is too deeply nested: simplify it") from None
    statements = [statement for statement in statements if type(statement).__name__ != "Semicolon"]
    if len(statements) == 1:
        statements[0].meta["text"] = sql
    if not statements:
        raise invalid_query("Syntax error: Unexpected end of statement at [1:1]")
    return statements


def _syntax_error(problem: Exception) -> str:
    details = (getattr(problem, "errors", None) or [{}])[0]
    found = details.get("highlight") or "end of script"
    what = f'"{found}"' if len(found) == 1 else found
    return f"Syntax error: Unexpected {what} at [{details.get('line', 1)}:{details.get('col', 1)}]"


def parse_expression(sql: str) -> exp.Expression:
    """One expression (a parameter's value, a UDF's body)."""
    import sqlglot

    return sqlglot.parse_one(sql, read=dialect())


def duckdb_sql(tree: exp.Expression) -> str:
    """The tree in DuckDB's words. Raises ApiError 501 when sqlglot would have to drop something to write it."""
    from sqlglot.errors import ErrorLevel, UnsupportedError

    from ...errors import unsupported

    try:
        return tree.sql("duckdb", identify=True, unsupported_level=ErrorLevel.RAISE, comments=False)
    except UnsupportedError as problem:
        raise unsupported(f"BigQuery SQL: {problem}") from None
