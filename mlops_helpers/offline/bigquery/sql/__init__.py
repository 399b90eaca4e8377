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
errors                     DuckDB's refusals in BigQuery's words
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..names import TableKey
from ..types import Field

if TYPE_CHECKING:
    import pyarrow

    from ..catalog import Warehouse

__all__ = ["QueryContext", "QueryOutcome", "run_script", "view_sql"]


@dataclass(frozen=True)
class QueryContext:
    """What the REST request says about a query besides its text. `parameters` are REST `QueryParameter`s."""

    project: str
    now: datetime
    default_dataset: tuple[str, str] | None = None
    parameters: list[dict] = field(default_factory=list)
    dry_run: bool = False
    maximum_bytes_billed: int | None = None


@dataclass
class QueryOutcome:
    """What a query did.

    `rows` is the result of a SELECT (None for anything else and for dry runs), `fields` its BigQuery schema;
    `affected_rows` and `dml` (the REST `dmlStats`) are those of DML, `ddl` what a DDL statement adds to the REST
    statistics.
    """

    statement_type: str
    rows: pyarrow.Table | None = None
    fields: list[Field] = field(default_factory=list)
    bytes_processed: int = 0
    affected_rows: int | None = None
    dml: dict[str, int] = field(default_factory=dict)
    ddl: dict = field(default_factory=dict)
    referenced_tables: list[TableKey] = field(default_factory=list)


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
