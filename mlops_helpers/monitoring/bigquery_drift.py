"""Drift between two BigQuery tables: SQL counts where the rows lie, and the counts are compared here.

    report = detect_drift("project.shop.january", "project.shop.july", client=bigquery.Client())

The report is the one of `mode="sketch"` on DataFrames. With the same edges all counts are the same; with edges of
their own, BigQuery's approximate quantiles here, KS stays within 0.001 of the exact one. What leaves the
warehouse are counts, quantiles and the names of levels. Costs two scans of the numeric columns (quantiles, then
counts), one more for the levels.

Columns of times, arrays and structures are "not compared". A column with more than 5,000 levels is compared by the
most frequent ones and one level for all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .bigquery_statements import LEVELS, NUMBERS, Column, counts_statement, facts_statement, levels_statement
from .categorical import OTHERS, LevelCounts, compare_levels
from .columns import CATEGORICAL, NUMERIC, TIME, absent_column, list_of_names
from .comparison import Comparison
from .errors import EmptyWindow, InvalidSetting, MismatchedColumns, MissingColumn
from .judgement import INFINITE, NOT_COMPARED
from .numeric import compare_numbers
from .sketch import Sketch
from .sketch_edges import quantile_edges

if TYPE_CHECKING:
    from google.cloud import bigquery

AT_ONCE = 32  # columns in a statement: their edges are some 3 MB, and a request may be 10
TIMES = ("TIMESTAMP", "DATE", "DATETIME", "TIME", "INTERVAL")


@dataclass(frozen=True)
class Table:
    """A BigQuery table, its columns by name, and the client to ask."""

    id: str
    columns: Mapping[str, Column]
    client: bigquery.Client

    def facts(self, columns: list[Column], *, quantiles: bool = False) -> dict[tuple[str, str] | str, object]:
        """Return "total" and each fact by (fact, column name). Raises EmptyWindow for a table without rows."""
        (row,) = self.client.query_and_wait(facts_statement(self.id, columns, quantiles=quantiles))
        found: dict = {"total": row["total"]}
        for key, value in row.items():
            fact, _, place = key.rpartition("_")
            if fact:
                found[fact, columns[int(place)].name] = value
        if not found["total"]:
            raise EmptyWindow(f"no rows in {self.id}", "rows to compare", "Widen the window.")
        return found

    def sketches(
        self, columns: list[Column], facts: Mapping[tuple[str, str] | str, object], edges: Mapping[str, np.ndarray]
    ) -> dict[str, Sketch]:
        """Return the sketch of each numeric column between the given edges."""
        counts = {column.name: np.zeros(len(edges[column.name]) + 1, np.int64) for column in columns}
        for start in range(0, len(columns), AT_ONCE):
            some = columns[start : start + AT_ONCE]
            for row in self._counted(some, edges):
                counts[some[row["place"]].name][row["bin"]] = row["n"]
        return {name: _sketch(name, found, facts, edges[name]) for name, found in counts.items()}

    def _counted(self, columns: list[Column], edges: Mapping[str, np.ndarray]) -> bigquery.table.RowIterator:
        from google.cloud import bigquery

        parameters = [
            bigquery.ArrayQueryParameter(f"edges_{place}", "FLOAT64", edges[column.name].tolist())
            for place, column in enumerate(columns)
        ]
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        return self.client.query_and_wait(counts_statement(self.id, columns), job_config=config)


def compare_tables(
    reference: object, production: object, *, columns: Sequence[str] | None = None, client: bigquery.Client | None
) -> list[Comparison]:
    """Return what can be measured about each column of two tables, without a verdict.

    Raises InvalidSetting without a client, for a DataFrame beside a table id, for a table that is not there or a name
    that cannot be quoted; MissingColumn, MismatchedColumns, EmptyWindow.
    """
    tables = _opened(reference, client), _opened(production, client)
    names = _shared(tables, columns)
    kinds = {name: _kind(name, tables) for name in names}
    found = _compared_numbers(tables, [name for name in names if kinds[name] == NUMERIC])
    found |= _compared_levels(tables, [name for name in names if kinds[name] == CATEGORICAL])
    for name in names:
        if name not in found:
            note = f"values of type {tables[0].columns[name].type} are neither quantity nor level; derive one from them"
            found[name] = Comparison(name, kinds[name], problem=NOT_COMPARED, note=note)
    extra = [] if columns is not None else [name for name in tables[1].columns if name not in tables[0].columns]
    absent = "only production has this column"
    return [found[name] for name in names] + [
        Comparison(name, "unknown", problem=NOT_COMPARED, note=absent) for name in extra
    ]


def drift_sql(table: str, *, columns: Sequence[str] | None = None, client: bigquery.Client) -> dict[str, str]:
    """Return the statements by which a table is compared with itself, to read them or to run them elsewhere."""
    opened = _opened(table, client)
    known = [opened.columns[name] for name in _shared((opened, opened), columns)]
    numbers, levels = ([column for column in known if column.type in kind] for kind in (NUMBERS, LEVELS))
    statements = {"facts": facts_statement(table, numbers + levels, quantiles=True)}
    if numbers:
        statements["counts"] = counts_statement(table, numbers)
    if levels:
        statements["levels"] = levels_statement((table, levels), (table, levels))
    return statements


def _opened(table: object, client: bigquery.Client | None) -> Table:
    """Ask BigQuery for the columns of a table."""
    from google.api_core.exceptions import NotFound

    from .bigquery_statements import table_name

    if not isinstance(table, str) or client is None:
        raise InvalidSetting(
            f"{'no client' if client is None else type(table).__name__} beside a BigQuery table",
            "two table ids and a client to ask",
            "Pass detect_drift('project.dataset.a', 'project.dataset.b', client=bigquery.Client()), or two DataFrames.",
        )
    table_name(table)
    try:
        schema = client.get_table(table).schema
    except NotFound as error:
        raise InvalidSetting(
            f"no table {table} in BigQuery", "a table that exists", "Check project and spelling."
        ) from error
    types = {field.name: "ARRAY" if field.mode == "REPEATED" else field.field_type for field in schema}
    return Table(table, {name: Column(name, type) for name, type in types.items()}, client)


def _shared(tables: tuple[Table, Table], columns: Sequence[str] | None) -> list[str]:
    """Return the names to compare. Raises MissingColumn for one that a table does not have, InvalidSetting."""
    names = list(tables[0].columns) if columns is None else list_of_names(columns, "columns")
    for table in tables:
        for name in names:
            if name not in table.columns:
                shared = [other for other in names if other in table.columns]
                raise absent_column(name, table.id, table.columns, shared if columns is None else None)
    if not names:
        raise MissingColumn("no columns", "at least one column to compare", "Name a column.")
    return names


def _kind(name: str, tables: tuple[Table, Table]) -> str:
    """Return the kind both columns are of. Raises MismatchedColumns."""
    types = [table.columns[name].type for table in tables]
    kinds = {type: kind for group, kind in ((NUMBERS, NUMERIC), (LEVELS, CATEGORICAL), (TIMES, TIME)) for type in group}
    found = [kinds.get(type, type.lower()) for type in types]
    if found[0] != found[1]:
        sides = f"{types[0]} in reference, {types[1]} in production"
        raise MismatchedColumns(
            f"column {name!r} {sides}", "the same kind of values in both windows", "Convert one of them at its source."
        )
    return found[0]


def _compared_numbers(tables: tuple[Table, Table], names: list[str]) -> dict[str, Comparison]:
    """Compare numeric columns: facts and edges first, then counts. Infinite values end a column's comparison."""
    if not names:
        return {}
    columns = [[table.columns[name] for name in names] for table in tables]
    facts = [table.facts(asked, quantiles=table is tables[0]) for table, asked in zip(tables, columns, strict=True)]
    found = {}
    for name in names:
        infinite = next((one["infinite", name] for one in facts if one["infinite", name]), 0)
        if infinite:
            note = f"{infinite:,} infinite values: Find the division by zero; treat them as missing."
            found[name] = Comparison(name, NUMERIC, problem=INFINITE, note=note)
    edges = {name: _edges(facts[0]["quantiles", name]) for name in names}
    sketches = [
        table.sketches([column for column in asked if column.name not in found], one, edges)
        for table, asked, one in zip(tables, columns, facts, strict=True)
    ]
    return found | {name: compare_numbers(name, sketches[0][name], sketches[1][name]) for name in sketches[0]}


def _edges(quantiles: Sequence[float] | None) -> np.ndarray:
    """Return the edges of a sketch for a column with these quantiles; none for a column without values."""
    return quantile_edges(np.asarray(quantiles, np.float64))[0] if quantiles else np.empty(0)


def _sketch(name: str, counts: np.ndarray, facts: Mapping, edges: np.ndarray) -> Sketch:
    """Put counts and facts of one column together."""
    known = facts["known", name]
    if not known:
        return Sketch(edges, counts, facts["total"])
    moments = (facts[fact, name] for fact in ("low", "high", "mean", "variance"))
    return Sketch(edges, counts, facts["total"] - known, *moments)


def _compared_levels(tables: tuple[Table, Table], names: list[str]) -> dict[str, Comparison]:
    """Compare categorical columns by the counts of their levels."""
    if not names:
        return {}
    columns = [[table.columns[name] for name in names] for table in tables]
    facts = [table.facts(asked) for table, asked in zip(tables, columns, strict=True)]
    counts: dict[str, list[dict]] = {name: [{}, {}] for name in names}
    sql = levels_statement((tables[0].id, columns[0]), (tables[1].id, columns[1]))
    for row in tables[0].client.query_and_wait(sql):
        name = names[row["place"]]
        for side, n in enumerate((row["n_reference"], row["n_production"])):
            if n:
                counts[name][side][row["level"]] = n
    found = {}
    for name, sides in counts.items():
        both = []
        for levels, one in zip(sides, facts, strict=True):
            rest = one["known", name] - sum(levels.values())
            both.append(LevelCounts({**levels, OTHERS: rest} if rest else levels, one["total"] - one["known", name]))
        found[name] = compare_levels(name, *both)
    return found
