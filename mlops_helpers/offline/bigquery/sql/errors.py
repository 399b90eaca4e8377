"""DuckDB's refusals in BigQuery's words: `Unrecognized name: agee; Did you mean age? at [1:8]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import ApiError
from .refusals import QUOTED

# A pattern over DuckDB's message, and BigQuery's sentence. `{0}` is the first group.
WORDINGS = (
    (r'Referenced column "([^"]+)" (?:not found|was not found)', "Unrecognized name: {0}"),
    (r'Column "([^"]+)" referenced that exists in the SELECT clause', "Unrecognized name: {0}"),
    (r'Referenced table "([^"]+)" not found', "Unrecognized name: {0}"),
    (r"(?:Values list|Table) \"([^\"]+)\" does not have a column named \"([^\"]+)\"", "Name {1} not found inside {0}"),
    (r'column "([^"]+)" must appear in the GROUP BY clause',
     "SELECT list expression references column {0} which is neither grouped nor aggregated"),
    (r'Ambiguous reference to column name "([^"]+)"', "Column name {0} is ambiguous"),
    (r"Overflow in (\w+) of INT64 \((.*)\)", "int64 overflow: {1}"),
    (r"WHERE clause cannot contain aggregates", "Aggregate function not allowed in WHERE clause: use HAVING"),
    (r"Type INT128 with value (\S+) can't be cast", "int64 overflow: {0}"),
    (r"Overflow in (\w+) of (\w+)", "Numeric overflow in {0} of {1}"),
    (r"Division by zero in expression \((.*?)\)\. Use", "division by zero: {0}"),
    (r"ValueError: (.*)", "{0}"),
    (r"invalid date field format: \"([^\"]*)\"", "Invalid date: '{0}'"),
    (r"invalid timestamp field format: \"([^\"]*)\"", "Invalid timestamp: '{0}'"),
    (r"date field value out of range: \"([^\"]*)\"", "Invalid date: '{0}'"),
    (r"Could not parse string \"([^\"]*)\" according to format", 'Failed to parse input string "{0}"'),
    (r"Could not convert string '([^']*)' to (\w+)", "Could not cast literal \"{0}\" to type {1}"),
    (r"No function matches the given name and argument types '([^']*)'", "No matching signature for {0}"),
    (r"More than one row returned by a subquery", "Scalar subquery produced more than one element"),
    (r"^Invalid Input Error: ((?:missing|bad|invalid|no argument|unexpected|trailing) .*: .*)",
     "Cannot parse regular expression: {0}"),
    (r"(?:Cannot compare|Cannot mix) values of type (\S+) and (?:type )?(\S+)",
     "No matching signature for operator: {0} and {1}"),
    (r"NOT NULL constraint failed: .*?([^.\"]+)\"?$", "Required field {0} cannot be null"),
    (r"cannot take logarithm of (?:zero|a negative number)", "Floating point error in function: LN"),
    (r"cannot take square root of a negative number", "Floating point error in function: SQRT"),
)  # fmt: skip
KIND = re.compile(r"^[A-Z][\w ]*(?:Error|Exception): ")
SUGGESTION = re.compile(r'Candidate bindings: "([^"]+)"')


@contextmanager
def bigquery_errors(sql: str) -> Iterator[None]:
    """Turn what DuckDB refuses into ApiError 400 `invalidQuery`; `sql` is the user's text, to find places in."""
    import duckdb

    try:
        yield
    except duckdb.Error as problem:
        raise reworded(problem, sql) from None
    except RecursionError:
        raise ApiError(400, "invalidQuery", "Query is too deeply nested: simplify it", location="query") from None


def reworded(problem: Exception, sql: str) -> ApiError:
    """A DuckDB error as BigQuery would say it."""
    import duckdb

    text = str(problem)
    if isinstance(problem, duckdb.OutOfMemoryException):
        message = "Resources exceeded during query execution: the query could not be executed in the allotted memory."
        return ApiError(400, "resourcesExceeded", message, location="query")
    for pattern, sentence in WORDINGS:
        if found := re.search(pattern, text, re.MULTILINE):
            message = sentence.format(*found.groups())
            if sentence.startswith(("Unrecognized", "Name")):
                message += _suggestion(text) + place_of(found.groups()[-1], sql)
            return ApiError(400, "invalidQuery", message, location="query")
    return ApiError(400, "invalidQuery", KIND.sub("", text.split("\n")[0]), location="query")


def _suggestion(text: str) -> str:
    found = SUGGESTION.search(text)
    return f"; Did you mean {found[1].split('.')[-1]}?" if found and not found[1].startswith("~") else ""


def place_of(name: str, sql: str) -> str:
    """Where a name stands in the text: ` at [line:column]`, or nothing when it is not there."""
    bare = QUOTED.sub(lambda found: found[0] if found[0].startswith("`") else " " * len(found[0]), sql)
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", bare, re.IGNORECASE)
    if found is None:
        return ""
    before = bare[: found.start()]
    return f" at [{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}]"
