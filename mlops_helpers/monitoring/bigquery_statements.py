"""The SQL of drift: what is asked of a BigQuery table so that the report can be written without its rows.

    facts     rows, values, range, moments and 4,096 quantiles of each column      one scan, one row back
    counts    values between two edges each, with RANGE_BUCKET                     one scan, <= 4,500 rows a column
    levels    rows of each level, in both tables side by side                      one scan, <= 5,000 rows a column

Names stand in backticks, edges are query parameters. An exact KS would need every value in order: it is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlops_helpers.governance.errors import UnsafeName
from mlops_helpers.governance.sql_values import quote, quote_table

from .errors import InvalidSetting

QUANTILES = 4096
MOST_LEVELS = 5_000
NUMBERS = ("INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC")
LEVELS = ("STRING", "BOOLEAN", "BOOL")


@dataclass(frozen=True)
class Column:
    """A column of a table by its name and BigQuery type. Names and types were checked against the table's schema."""

    name: str
    type: str

    @property
    def quoted(self) -> str:
        """Return the name in backticks. Raises InvalidSetting for one that could end the quotation."""
        try:
            return quote(self.name)
        except UnsafeName as error:
            raise InvalidSetting(f"column name {self.name!r}", "a plain name", "Rename it in a view.") from error

    @property
    def is_infinite(self) -> str:
        """Return the condition that the value is infinite, which only FLOAT64 can be."""
        return f"IS_INF({self.quoted})" if self.type in ("FLOAT", "FLOAT64") else "FALSE"

    @property
    def number(self) -> str:
        """Return the value as FLOAT64; NULL where there is none, which NaN and infinite ones count as."""
        if self.type in ("FLOAT", "FLOAT64"):
            return f"IF(IS_NAN({self.quoted}) OR {self.is_infinite}, NULL, {self.quoted})"
        return f"CAST({self.quoted} AS FLOAT64)"

    @property
    def level(self) -> str:
        """Return the value as STRING; truth values are written as pandas writes them."""
        if self.type == "STRING":
            return self.quoted
        return f"CASE WHEN {self.quoted} THEN 'True' WHEN NOT {self.quoted} THEN 'False' END"


def table_name(table: str) -> str:
    """Return `project.dataset.table` in backticks. Raises InvalidSetting for anything else."""
    try:
        return quote_table(table)
    except UnsafeName as error:
        raise InvalidSetting(
            f"table id {table!r}", "project.dataset.table, of letters, digits, '_' and '-'", "Correct it."
        ) from error


def facts_statement(table: str, columns: list[Column], *, quantiles: bool) -> str:
    """Ask for total, and for each column by its place: known, infinite, low, high, mean, variance, quantiles."""
    asked = ["COUNT(*) AS total"]
    for place, column in enumerate(columns):
        if column.type in LEVELS:
            asked.append(f"COUNT({column.quoted}) AS known_{place}")
            continue
        wanted = {
            "known": f"COUNT({column.number})",
            "infinite": f"COUNTIF({column.is_infinite})",
            "low": f"MIN({column.number})",
            "high": f"MAX({column.number})",
            "mean": f"AVG({column.number})",
            "variance": f"VAR_POP({column.number})",
        }
        if quantiles:
            wanted["quantiles"] = f"APPROX_QUANTILES({column.number}, {QUANTILES})"
        asked += [f"{expression} AS {fact}_{place}" for fact, expression in wanted.items()]
    return "SELECT\n  " + ",\n  ".join(asked) + f"\nFROM {table_name(table)}"


def counts_statement(table: str, columns: list[Column]) -> str:
    """Ask how many values lie in each bin; the edges of the column at place 3 are the parameter @edges_3."""
    bins = (f"RANGE_BUCKET({column.number}, @edges_{place})" for place, column in enumerate(columns))
    return _grouped(table, bins, "bin", "COUNT(*) AS n")


def levels_statement(reference: tuple[str, list[Column]], production: tuple[str, list[Column]]) -> str:
    """Ask for the rows of each level in two tables with as many columns: the 5,000 most frequent of a column."""
    asked = ((reference, "COUNT(*) AS r, 0 AS p"), (production, "0 AS r, COUNT(*) AS p"))
    sides = [_grouped(table, (column.level for column in columns), "level", what) for (table, columns), what in asked]
    return f"""\
WITH counted AS (
{sides[0]}
UNION ALL
{sides[1]}
), levels AS (
SELECT place, level, SUM(r) AS n_reference, SUM(p) AS n_production FROM counted GROUP BY place, level
)
SELECT place, level, n_reference, n_production FROM levels WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY place ORDER BY n_reference + n_production DESC, level) <= {MOST_LEVELS}"""


def _grouped(table: str, values: Iterable[str], name: str, asked: str) -> str:
    """Turn the columns into rows (place, value) and count them: one scan for all columns."""
    cells = ",\n  ".join(f"STRUCT({place} AS place, {value} AS {name})" for place, value in enumerate(values))
    return (
        f"SELECT cell.place, cell.{name}, {asked}\n"
        f"FROM {table_name(table)} CROSS JOIN UNNEST([\n  {cells}\n]) AS cell\n"
        f"WHERE cell.{name} IS NOT NULL GROUP BY place, {name}"
    )
