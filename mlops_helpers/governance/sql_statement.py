"""Write a suite of expectations as one BigQuery statement.

    WITH trusted_2 AS (…)                                    a trusted table's keys that occur once, for AgreesWith
       , judged    AS (SELECT key, one boolean per expectation FROM the table)          the scan
       , counts    AS (SELECT COUNTIF(…), … FROM judged)
       , repeated_3, levels_5 AS (… GROUP BY …)              for Unique and Informative
       , failing   AS (which expectation failed in which row)
    SELECT counts  UNION ALL  SELECT the failing rows, each expectation's first ones by key

The numbers in the names are places in the suite. Only names of failing rows leave the warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_helpers.governance.expectations import AgreesWith, ColumnsExactly, Expectation, Informative, RowCount, Unique
from mlops_helpers.governance.sql_rules import passes
from mlops_helpers.governance.sql_values import Parameters, Source, quote, quote_table
from mlops_helpers.governance.suites import Suite
from mlops_helpers.governance.verdicts import Context


@dataclass(frozen=True)
class Tables:
    """What the statement reads: the table, the column that names its rows, the trusted tables with their columns."""

    table: str
    source: Source
    key: str
    references: Mapping[str, Source] = field(default_factory=dict)

    @property
    def row_key(self) -> str:
        """Return the key column as SQL."""
        return self.source.raw(self.key)

    @property
    def origin(self) -> str:
        """Return the table with its alias, as it stands after FROM."""
        return f"{quote_table(self.table)} AS {self.source.alias}"


@dataclass
class Parts:
    """The pieces of the statement while it is written."""

    parameters: Parameters = field(default_factory=Parameters)
    before: list[str] = field(default_factory=list)  # named queries that `judged` joins
    joins: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)  # named queries beside `judged`
    facts: list[str] = field(default_factory=list)  # single values taken from those
    flags: list[int] = field(default_factory=list)  # expectations that are one boolean per row
    failing: list[str] = field(default_factory=list)

    def add_flag(self, number: int, condition: str) -> None:
        """Judge rows by a condition: NULL is not judged, FALSE failed."""
        self.judged.append(f"{condition} AS ok_{number}")
        self.counts.append(f"COUNT(ok_{number}) AS checked_{number}")
        self.counts.append(f"COUNTIF(ok_{number} IS FALSE) AS failed_{number}")
        self.flags.append(number)


def statement(suite: Suite, tables: Tables, context: Context) -> tuple[str, Parameters]:
    """Return the SQL of a suite and its parameters."""
    parts = Parts()
    for number, expectation in enumerate(suite.expectations):
        _write(number, expectation, parts, tables, context)
    return _assemble(parts, tables, suite.row_limit), parts.parameters


def _write(number: int, expectation: Expectation, parts: Parts, tables: Tables, context: Context) -> None:
    """Add what one expectation needs; row counts and column names need nothing beyond the total and the schema."""
    match expectation:
        case RowCount() | ColumnsExactly():
            return
        case Unique():
            _write_unique(number, expectation, parts, tables)
        case Informative():
            _write_levels(number, expectation, parts, tables)
        case AgreesWith():
            parts.add_flag(number, _agreement(number, expectation, parts, tables, context))
        case _:
            parts.add_flag(number, passes(expectation, tables.source, parts.parameters, context))


def _agreement(number: int, expectation: AgreesWith, parts: Parts, tables: Tables, context: Context) -> str:
    """Join the trusted table on the keys it holds once; rows without a partner compare with NULL."""
    trusted, name = tables.references[expectation.reference], f"trusted_{number}"
    key, column = trusted.raw(expectation.key), trusted.raw(expectation.column)
    origin = f"{quote_table(context.reference(expectation))} AS {trusted.alias}"
    once = f"WHERE {key} IS NOT NULL GROUP BY partner HAVING COUNT(*) = 1"
    columns = f"{key} AS partner, ANY_VALUE({column}) AS {quote(expectation.column)}"
    parts.before.append(f"{name} AS (SELECT {columns} FROM {origin} {once})")
    parts.joins.append(f"LEFT JOIN {name} ON {name}.partner = {tables.source.raw(expectation.key)}")
    ours = tables.source.read(expectation.column, expectation.reading)
    theirs = Source(name, trusted.types).read(expectation.column, expectation.reading)
    if expectation.reading == "number":
        return f"ABS({ours} - {theirs}) <= {parts.parameters.add(expectation.within)}"
    return f"{ours} = {theirs}"


def _write_unique(number: int, expectation: Unique, parts: Parts, tables: Tables) -> None:
    """Group by the columns: every row of a group of two or more fails. Rows with nothing in them are left out.

    Where the key is one of the columns, it names the group (as it is grouped by: ANY_VALUE would be carried along for
    every row, half as much work again); elsewhere each group keeps the keys of its rows.
    """
    names = expectation.columns or tuple(tables.source.types)
    values = [tables.source.plain(name) for name in names]
    known = f"NOT ({' AND '.join(f'{value} IS NULL' for value in values)})"
    parts.judged.append(f"{known} AS known_{number}")
    parts.counts.append(f"COUNTIF(known_{number}) AS checked_{number}")

    named = tables.key in names
    keys = (
        f"{tables.source.plain(tables.key)} AS row_key"
        if named
        else f"ARRAY_AGG({tables.row_key} IGNORE NULLS) AS row_keys"
    )
    grouped = f"WHERE {known} GROUP BY {', '.join(values)} HAVING COUNT(*) > 1"
    parts.after.append(f"repeated_{number} AS (SELECT COUNT(*) AS copies, {keys} FROM {tables.origin} {grouped})")
    parts.facts.append(f"(SELECT IFNULL(SUM(copies), 0) FROM repeated_{number}) AS failed_{number}")
    each = "" if named else " CROSS JOIN UNNEST(row_keys) AS row_key"
    parts.failing.append(f"SELECT {number} AS number, row_key FROM repeated_{number}{each}")


def _write_levels(number: int, expectation: Informative, parts: Parts, tables: Tables) -> None:
    """Count the rows of each level; the decision is taken from three numbers about these counts."""
    value = tables.source.plain(expectation.column)
    grouped = f"WHERE {value} IS NOT NULL GROUP BY {value}"
    parts.after.append(f"levels_{number} AS (SELECT COUNT(*) AS size FROM {tables.origin} {grouped})")
    for name, aggregate in (("levels", "COUNT(*)"), ("top", "MAX(size)"), ("known", "SUM(size)")):
        parts.facts.append(f"(SELECT IFNULL({aggregate}, 0) FROM levels_{number}) AS {name}_{number}")


def _assemble(parts: Parts, tables: Tables, row_limit: int) -> str:
    """Put the pieces in order."""
    scanned = " ".join([f"FROM {tables.origin}", *parts.joins])
    named = [
        *parts.before,
        f"judged AS (SELECT {', '.join([f'{tables.row_key} AS row_key', *parts.judged])} {scanned})",
        f"counts AS (SELECT {', '.join(['COUNT(*) AS total', *parts.counts])} FROM judged)",
        *parts.after,
    ]
    facts = ", ".join(["counts.*", *parts.facts])
    failing = _failing(parts)
    if not failing:
        return f"WITH {_listed(named)}\nSELECT {facts} FROM counts"
    named += [
        f"failing AS ({' UNION ALL '.join(failing)})",
        "distinct_rows AS (SELECT DISTINCT number, row_key FROM failing WHERE row_key IS NOT NULL)",
        "listed AS (SELECT number, row_key FROM distinct_rows WHERE TRUE "
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY number ORDER BY row_key) <= {int(row_limit)})",
    ]
    key_type = {"INTEGER": "INT64", "FLOAT": "FLOAT64"}.get(
        tables.source.types[tables.key], tables.source.types[tables.key]
    )
    nothing = ", ".join(["NULL"] * (1 + len(parts.counts) + len(parts.facts)))
    return (
        f"WITH {_listed(named)}\n"
        f"SELECT CAST(NULL AS INT64) AS number, CAST(NULL AS {key_type}) AS row_key, {facts} FROM counts\n"
        f"UNION ALL SELECT number, row_key, {nothing} FROM listed\n"
        "ORDER BY number, row_key"
    )


def _failing(parts: Parts) -> list[str]:
    """Return the queries that name (expectation, row) pairs; rows that pass everything are dropped first."""
    if not parts.flags:
        return parts.failing
    some = " OR ".join(f"NOT ok_{number}" for number in parts.flags)
    numbers = ", ".join(f"IF(NOT ok_{number}, {number}, NULL)" for number in parts.flags)
    bad = f"(SELECT * FROM judged WHERE {some}) AS bad"
    flagged = f"SELECT number, row_key FROM {bad} CROSS JOIN UNNEST([{numbers}]) AS number WHERE number IS NOT NULL"
    return [flagged, *parts.failing]


def _listed(named: list[str]) -> str:
    return ",\n  ".join(named)
