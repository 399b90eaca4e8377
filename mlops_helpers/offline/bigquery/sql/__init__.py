"""BigQuery SQL on DuckDB.

dialect, refusals          text -> statements; what is refused by name
parameters, routines,      what a statement refers to: values, SQL functions,
sources, scene             tables, views, INFORMATION_SCHEMA
scopes, resolve, kinds     names and types
checks                     what BigQuery refuses and DuckDB would let pass
rewrite, structure,        BigQuery's tree -> DuckDB's tree, one rule per node
functions, times,          and one per function (the allow-list)
aggregates
macros, macros.sql,        what DuckDB computes for a BigQuery function
formatting, timeformat,
values, fingerprint
scan                       bytes read
engine, queries, dml, ddl  running a statement
outcome                    what it was told, what it did
errors                     DuckDB's refusals in BigQuery's words
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outcome import QueryContext, QueryOutcome

if TYPE_CHECKING:
    from ..catalog import Warehouse

__all__ = ["QueryContext", "QueryOutcome", "run_script", "view_sql"]


def run_script(warehouse: Warehouse, sql: str, context: QueryContext) -> QueryOutcome:
    """Run the statements of a query text one after the other; the outcome is that of the last one.

    Raises ApiError: 400 `invalidQuery` for what BigQuery refuses, 404 for unknown tables, 501 for what only Google's
    BigQuery can do.
    """
    from .engine import engine_of

    return engine_of(warehouse).run(sql, context)


def view_sql(warehouse: Warehouse, sql: str, project: str) -> str:
    """The DuckDB SELECT of a view's query. Raises ApiError 400 unless it is one query without parameters."""
    from .engine import engine_of

    context = QueryContext(project=project, now=warehouse.now())
    return engine_of(warehouse).view_sql(sql, context)
