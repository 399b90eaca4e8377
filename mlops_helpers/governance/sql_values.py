"""The four readings of a column as BigQuery SQL: the twin of `values.py`, with the same grammar for text.

Each reading is an SQL expression that is NULL where the column has no value under it; NaN counts as no value.
Names go into SQL quoted, values only as query parameters.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import InvalidSetting, NaiveTimestamp, UnsafeName
from mlops_helpers.governance.values import BLANK, DATE, INSTANT, NUMBER

if TYPE_CHECKING:
    from google.cloud import bigquery

FAMILIES = {
    "INTEGER": "integer",
    "INT64": "integer",
    "FLOAT": "number",
    "FLOAT64": "number",
    "NUMERIC": "number",
    "BIGNUMERIC": "number",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "STRING": "text",
    "DATE": "date",
    "TIMESTAMP": "instant",
    "DATETIME": "naive",
}
TABLE_ID = re.compile(r"([A-Za-z0-9_:.-]+\.)?[A-Za-z0-9_]+\.[A-Za-z0-9_-]+")


def quote(name: str) -> str:
    """Return a column name in backticks. Raises UnsafeName for names that could end the quotation."""
    if not name or re.search(r"[`\\\x00-\x1f]", name):
        raise UnsafeName(f"column name {name!r}", "a name without backticks, backslashes and control characters")
    return f"`{name}`"


def quote_table(table: str) -> str:
    """Return `dataset.table` or `project.dataset.table` in backticks. Raises UnsafeName for anything else."""
    if not TABLE_ID.fullmatch(table):
        raise UnsafeName(f"table id {table!r}", "project.dataset.table, of letters, digits, '_' and '-'")
    return f"`{table}`"


def matches(text: str, grammar: str) -> str:
    """Return the condition that a whole text follows one of this package's own grammars."""
    return f"REGEXP_CONTAINS({text}, r'^(?:{grammar})$')"


def is_blank(text: str) -> str:
    """Return the condition that a text is nothing but spaces.

    All blanks sort before '!', so that the cheap comparison spares nearly every row the regular expression.
    """
    return f"({text} < '!' AND {matches(text, BLANK)})"


@dataclass
class Parameters:
    """The values of one statement, collected while it is written; `add` returns the placeholder for the SQL."""

    values: list[tuple[str, object]] = field(default_factory=list)

    def add(self, value: float | str | datetime.date) -> str:
        """Keep a value and return its placeholder, such as `@p0`."""
        self.values.append((_sql_type(value), float(value) if isinstance(value, int) else value))
        return f"@p{len(self.values) - 1}"

    def for_query(self) -> list[bigquery.ScalarQueryParameter]:
        """Return the values as BigQuery query parameters."""
        from google.cloud import bigquery

        return [bigquery.ScalarQueryParameter(f"p{i}", *typed) for i, typed in enumerate(self.values)]


@dataclass(frozen=True)
class Source:
    """A table within a statement: its alias and the BigQuery types of its columns."""

    alias: str
    types: Mapping[str, str]

    def raw(self, name: str) -> str:
        """Return the column as it is."""
        return f"{self.alias}.{quote(name)}"

    def family(self, name: str) -> str:
        """Return the family of a column, as `values.family_of` does for pandas."""
        return FAMILIES.get(self.types[name], self.types[name].lower())

    def plain(self, name: str) -> str:
        """Return the column with NaN turned into NULL."""
        raw = self.raw(name)
        return f"IF(IS_NAN({raw}), NULL, {raw})" if self.types[name] in ("FLOAT", "FLOAT64") else raw

    def missing(self, name: str, *, blank: bool) -> str:
        """Return the condition that a row has no value; `blank` says whether spaces alone are one."""
        missing = f"{self.plain(name)} IS NULL"
        if blank and self.family(name) == "text":
            return f"({missing} OR {is_blank(self.raw(name))})"
        return missing

    def read(self, name: str, reading: str) -> str:
        """Return the column as number (FLOAT64), text (STRING), date (DATE) or instant (TIMESTAMP)."""
        return {"number": self._number, "text": self._text, "date": self._date, "instant": self._instant}[reading](name)

    def _number(self, name: str) -> str:
        family, raw = self.family(name), self.raw(name)
        if family == "text":
            return f"IF({matches(raw, NUMBER)}, SAFE_CAST(TRIM({raw}) AS FLOAT64), NULL)"
        self._require(name, ("integer", "number", "boolean"), "number")
        if family == "boolean":
            return f"CAST(CAST({raw} AS INT64) AS FLOAT64)"
        return self.plain(name) if self.types[name] in ("FLOAT", "FLOAT64") else f"CAST({raw} AS FLOAT64)"

    def _text(self, name: str) -> str:
        self._require(name, ("text",), "text")
        return self.raw(name)

    def _date(self, name: str) -> str:
        family, raw = self.family(name), self.raw(name)
        if family == "text":
            return f"IF({matches(raw, DATE)}, SAFE_CAST({raw} AS DATE), NULL)"
        self._require(name, ("date", "naive", "instant"), "date")
        return raw if family == "date" else f"DATE({raw})"

    def _instant(self, name: str) -> str:
        family, raw = self.family(name), self.raw(name)
        if family in ("naive", "date"):
            raise NaiveTimestamp(f"column {name!r} of {self.types[name]} values, which carry no zone")
        if family == "text":
            return f"IF({matches(raw, INSTANT)}, SAFE_CAST({raw} AS TIMESTAMP), NULL)"
        self._require(name, ("instant",), "instant")
        return raw

    def _require(self, name: str, accepted: tuple[str, ...], reading: str) -> None:
        if self.family(name) not in accepted:
            raise InvalidSetting(
                f"column {name!r} holds {self.types[name]} values but a rule reads it as {reading}",
                f"a column of one of: {', '.join(accepted)}",
                "correct the rule, or convert the column in a cleaning step first",
            )


def _sql_type(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return "TIMESTAMP"
    if isinstance(value, datetime.date):
        return "DATE"
    return "STRING" if isinstance(value, str) else "FLOAT64"
