"""Runs scripts on one warehouse: splits them into statements, keeps translations, functions and variables."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING

from ...errors import unsupported
from ..engine import lock_engine
from . import ddl, dml, queries
from .copies import Copy, reparsed
from .dialect import duckdb_sql, invalid_query, parse
from .errors import bigquery_errors
from .macros import define_functions
from .parameters import number_parameters
from .routines import Routine
from .scene import Scene

if TYPE_CHECKING:
    from sqlglot import exp

    from ..catalog import Warehouse
    from .outcome import QueryContext, QueryOutcome

MOST_TRANSLATIONS = 512


class SqlEngine:
    """The SQL side of a warehouse. `routines` are the SQL functions that were created."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.routines: dict[tuple[str, ...], Routine] = {}
        self._translations: OrderedDict[tuple, queries.Prepared] = OrderedDict()
        define_functions(warehouse.con, warehouse.cloud)
        lock_engine(warehouse.con)

    def run(self, sql: str, context: QueryContext) -> QueryOutcome:
        """Run a script; see `run_script`."""
        name = self._name(sql, context)
        with bigquery_errors(sql):
            if name in self._translations:
                self._translations.move_to_end(name)
                return queries.run(self._translations[name], self.warehouse, context)
            text = number_parameters(sql) if "?" in sql and context.parameters else sql
            return self._run_statements(parse(text), context, name)

    def _name(self, sql: str, context: QueryContext) -> tuple:
        values = json.dumps(context.parameters, sort_keys=True) if context.parameters else ""
        return (sql, values, context.project, context.default_dataset, self.warehouse.version, len(self.routines))

    def _run_statements(self, statements: list[exp.Expression], context: QueryContext, name: tuple) -> QueryOutcome:
        from .outcome import QueryOutcome

        scene = Scene(self.warehouse, context, dict(self.routines))
        outcome = QueryOutcome("SCRIPT")
        total = 0
        try:
            for statement in statements:
                outcome = self._run_one(statement, scene.fresh(), name if len(statements) == 1 else None) or outcome
                total += outcome.bytes_processed
        finally:
            ddl.drop_temporary(scene)
        if len(statements) > 1:
            outcome.statement_type, outcome.bytes_processed = "SCRIPT", total
        return outcome

    def _run_one(self, statement: exp.Expression, scene: Scene, name: tuple | None) -> QueryOutcome | None:
        from sqlglot import exp

        statement = reparsed(statement)
        if isinstance(statement, exp.Query):
            return self._query(statement, scene, name)
        if isinstance(statement, (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)):
            return dml.run(statement, scene)
        if isinstance(statement, (exp.Create, exp.Drop, exp.Alter, Copy)):
            return ddl.run(statement, scene, self.routines)
        if isinstance(statement, (exp.Declare, exp.Set)):
            queries.set_variables(statement, scene)
            return None
        if isinstance(statement, (exp.Transaction, exp.Commit, exp.Rollback)):
            raise unsupported("BigQuery multi-statement transactions")
        word = (statement.name or statement.sql()).split()[0].upper()
        if word in ("BEGIN", "END", "ELSE", "ELSEIF", "EXCEPTION", "LOOP", "WHILE", "REPEAT", "CALL"):
            raise unsupported(f"BigQuery scripting: {word}")
        raise invalid_query(f'Syntax error: Unexpected keyword or identifier "{word}" at [1:1]')

    def _query(self, statement: exp.Expression, scene: Scene, name: tuple | None) -> QueryOutcome:
        prepared = queries.prepare(statement, scene)
        if name is not None and not scene.volatile and not scene.temporary:
            self._translations[name] = prepared
            if len(self._translations) > MOST_TRANSLATIONS:
                self._translations.popitem(last=False)
        return queries.run(prepared, self.warehouse, scene.context)

    def view_sql(self, sql: str, context: QueryContext) -> str:
        """The DuckDB SELECT of a view's query."""
        from sqlglot import exp

        statements = parse(sql)
        if len(statements) != 1 or not isinstance(statements[0], exp.Query):
            raise invalid_query("A view needs exactly one query statement")
        with bigquery_errors(sql):
            tree, _ = queries.translate(statements[0], Scene(self.warehouse, context, dict(self.routines)))
            return duckdb_sql(tree)


def engine_of(warehouse: Warehouse) -> SqlEngine:
    """The SQL engine of a warehouse, made when it is first needed."""
    if warehouse.sql is None:
        warehouse.sql = SqlEngine(warehouse)
    return warehouse.sql
