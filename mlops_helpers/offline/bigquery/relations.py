"""What the warehouse does in DuckDB: create, replace, rename and weigh the relation behind a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from .names import TableKey, physical, relation_name, schema_name
from .resources import VIEWS
from .sizes import column_bytes
from .types import Field, duck_type, field_of, quoted

if TYPE_CHECKING:
    import duckdb

NEW_TABLE = '"~new"'  # no BigQuery name holds a tilde
NO_COLUMNS = '"~no columns~" BOOLEAN'  # DuckDB has no table without columns, BigQuery has


class Moved(NamedTuple):
    """A relation that was set aside: its name before and after."""

    old: str
    new: str


class Created(NamedTuple):
    """A relation that was created: its columns, and what it replaced."""

    fields: list[Field]
    moved: Moved | None


class Relations:
    """The DuckDB side of the catalog. Callers hold a transaction where several steps belong together."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self._set_aside = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.con.execute("BEGIN")
        try:
            yield
            self.con.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        import duckdb

        try:
            self.con.execute("ROLLBACK")
        except duckdb.TransactionException:  # a failed COMMIT has rolled back already
            return

    def create(self, key: TableKey, meta: dict, select_sql: str | None, *, present: dict | None) -> Created:
        """Create the relation of a new table or view, in the place of the present one if there is one.

        A table is filled before the present one is renamed, so that its SELECT may read the table it replaces.
        """
        if meta["type"] in VIEWS:
            moved = self.set_aside(key, present) if present else None
            self.con.execute(f"CREATE VIEW {relation_name(key)} AS {select_sql}")
            return Created(self.describe(f"SELECT * FROM {relation_name(key)}"), moved)
        given = meta.get("schema", {}).get("fields") or []
        fields = given or (self.describe(select_sql) if select_sql else [])
        new = f"{schema_name(key.project, key.dataset)}.{NEW_TABLE}"
        self.con.execute(f"CREATE TABLE {new} ({column_list(fields)})")
        if select_sql:
            self.con.execute(f"INSERT INTO {new} {select_sql}")
        moved = self.set_aside(key, present) if present else None
        self.con.execute(f"ALTER TABLE {new} RENAME TO {quoted(physical(key.table))}")
        return Created(fields, moved)

    def describe(self, select_sql: str) -> list[Field]:
        """The BigQuery columns of a DuckDB SELECT, without running it."""
        relation = self.con.sql(select_sql)
        return [field_of(name, kind) for name, kind in zip(relation.columns, relation.types, strict=True)]

    def set_aside(self, key: TableKey, meta: dict) -> Moved | None:
        """Rename a table so that its name is free; a view is dropped (it has no past)."""
        name = relation_name(key)
        if meta["type"] in VIEWS:
            self.con.execute(f"DROP VIEW {name}")
            return None
        self._set_aside += 1
        aside = quoted(f"{key.table.lower()}@{self._set_aside}")
        self.con.execute(f"ALTER TABLE {name} RENAME TO {aside}")
        return Moved(name, f"{schema_name(key.project, key.dataset)}.{aside}")

    def renew(self, key: TableKey, meta: dict, fields: list[Field], *, copy: bool) -> Moved | None:
        """Put an empty table (or a copy of the rows, matched by column name) in the place of the present one."""
        moved = self.set_aside(key, meta)
        self.con.execute(f"CREATE TABLE {relation_name(key)} ({column_list(fields)})")
        before = {field["name"].lower() for field in meta.get("schema", {}).get("fields", [])}
        shared = [quoted(field["name"]) for field in fields if field["name"].lower() in before]
        if copy and shared and moved:
            columns = ", ".join(shared)
            self.con.execute(f"INSERT INTO {relation_name(key)} ({columns}) SELECT {columns} FROM {moved.new}")
        return moved

    def insert(self, relation: str, select_sql: str) -> int:
        """Append the rows of a SELECT, columns matched by name; returns their number."""
        return self._one(f"INSERT INTO {relation} BY NAME {select_sql}")

    def drop(self, names: list[str]) -> None:
        """Delete tables by their quoted names."""
        for name in names:
            self.con.execute(f"DROP TABLE {name}")

    def count(self, relation: str) -> int:
        """The number of rows."""
        return self._one(f"SELECT count(*) FROM {relation}")

    def weigh(self, relation: str, fields: list[Field], where: str = "") -> int:
        """The logical bytes of some columns, of the rows that a condition keeps."""
        if not fields:
            return 0
        total = " + ".join(column_bytes(quoted(field["name"]), field) for field in fields)
        condition = f" WHERE {where}" if where else ""
        return self._one(f"SELECT {total} FROM {relation}{condition}")

    def _one(self, sql: str) -> int:
        return int(self.con.execute(sql).fetchall()[0][0] or 0)


def column_list(fields: list[Field]) -> str:
    """The columns of CREATE TABLE, with NOT NULL for REQUIRED and a length check for STRING(n) and BYTES(n)."""
    return ", ".join(_column(field) for field in fields) or NO_COLUMNS


def _column(field: Field) -> str:
    name = quoted(field["name"])
    text = f"{name} {duck_type(field)}"
    if field["mode"] == "REQUIRED":
        text += " NOT NULL"
    if field.get("maxLength") and field["mode"] != "REPEATED":
        length = "octet_length" if field["type"] == "BYTES" else "length"
        text += f" CHECK ({length}({name}) <= {int(field['maxLength'])})"
    return text
