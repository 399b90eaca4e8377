"""What a statement may refer to while it is translated: the warehouse, routines, temporary tables, the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..names import TableKey
from ..types import Field
from . import information_schema, routines
from .dialect import duckdb_sql, invalid_query
from .errors import bigquery_errors
from .sources import Source, key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from ..catalog import Warehouse
    from .outcome import QueryContext


@dataclass
class Scene:
    """The surroundings of one statement, and what its translation found out.

    `volatile`: the translation holds for this moment only (the time is in it). `uses_random`: RAND() is called.
    """

    warehouse: Warehouse
    context: QueryContext
    routines: dict[tuple[str, ...], routines.Routine] = field(default_factory=dict)
    temporary: dict[str, Source] = field(default_factory=dict)
    variables: dict[str, exp.Expression] = field(default_factory=dict)
    referenced: list[TableKey] = field(default_factory=list)
    full_names: dict[tuple[str, ...], str] = field(default_factory=dict)
    volatile: bool = False
    uses_random: bool = False
    unnested: int = 0

    def fresh(self) -> Scene:
        """The same surroundings for the next statement."""
        return Scene(self.warehouse, self.context, self.routines, self.temporary, self.variables)

    def note_full_name(self, node: exp.Table, key: TableKey) -> None:
        """Remember that columns may be written `dataset.table.column`."""
        if not node.args.get("alias"):
            for path in (key[1:], tuple(key), (f"{key.dataset}.{key.table}",), (".".join(key),)):
                self.full_names[tuple(path)] = key.table

    def date_parts(self, node: exp.Expression) -> tuple[str, ...]:
        """Names that look like calls but are date parts where they stand: `WEEK(MONDAY)`."""
        from sqlglot import exp

        return ("WEEK",) if isinstance(node.parent, (exp.Anonymous, exp.Extract)) else ()

    def described(self, relation: str) -> list[Field]:
        """The columns of a DuckDB relation."""
        return self.warehouse.relations.describe(f"SELECT * FROM {relation}")

    def moment(self, expression: exp.Expression) -> datetime:
        """The value of FOR SYSTEM_TIME AS OF: a TIMESTAMP that does not depend on any row."""
        from sqlglot import exp

        from .rewrite import annotate, rewrite

        if expression.find(exp.Query) is not None or (
            expression.find(exp.Column) is not None and not _only_parts(expression)
        ):
            raise invalid_query("FOR SYSTEM_TIME AS OF must be a constant TIMESTAMP expression")
        holder = exp.Select(expressions=[expression.copy()])
        annotate(holder)
        value = rewrite(holder, self).expressions[0]
        text = f"SELECT epoch_us(CAST({duckdb_sql(value)} AS TIMESTAMPTZ))"
        with bigquery_errors(""):
            micros = self.warehouse.con.execute(text).fetchall()[0][0]
        if micros is None:
            raise invalid_query("FOR SYSTEM_TIME AS OF must not be NULL")
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)

    def information_schema(self, parts: list[str]) -> Source:
        """The source of an INFORMATION_SCHEMA view or of `__TABLES__`."""
        self.volatile = True
        return information_schema.source(parts, self)

    def table_function(self, node: exp.Table) -> None:
        """A table function in FROM: a SQL routine, or refused (DuckDB's own are not BigQuery's)."""
        call = node.this
        name = ".".join([*(part.name for part in node.parts[:-1]), call.name])
        raise invalid_query(f"Table-valued function not found: {name}", at=call)

    def expand_routines(self, tree: exp.Expression) -> exp.Expression:
        """Put the bodies of SQL routines and the values of variables in their place."""
        return routines.expand(tree, self)

    def routine_key(self, node: exp.Table) -> tuple[str, ...]:
        """The key of a routine: its full name, or one part for a temporary one."""
        parts = path_of(node)
        return (parts[0].lower(),) if len(parts) == 1 and self.context.default_dataset is None else key_of(parts, self)


def _only_parts(expression: exp.Expression) -> bool:
    """Whether every column in the expression is a date part of a call (`TIMESTAMP_TRUNC(x, DAY)`)."""
    from sqlglot import exp

    return all(isinstance(column.parent, exp.Anonymous) for column in expression.find_all(exp.Column))
