"""The warehouse: every dataset and table of the offline BigQuery, and the one DuckDB connection that holds their rows.

A table is two things under one `TableKey`: a REST resource in `tables` and a DuckDB relation. Both change together or
not at all, inside `changing`, which also remembers the state before (time travel, see `history`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from ..clock import millis
from ..errors import conflict, invalid
from .anonymous import Results
from .engine import open_engine
from .expiry import Expiry
from .history import History
from .names import (
    TableKey,
    check_dataset_id,
    check_table_id,
    missing_dataset,
    missing_table,
    relation_name,
    schema_name,
)
from .relations import Moved, Relations
from .resources import MOST_HOURS, VIEWS, check_layout, etag_of, new_dataset, new_table
from .types import Field

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .sql.engine import SqlEngine

How = Literal["copy", "append", "replace"]


class Warehouse:
    """Datasets and tables of all projects.

    `version` grows whenever a name may mean something else than before (created, dropped, replaced, new columns), so
    that translated SQL may be kept until then. It does not grow when rows are added or changed.
    """

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.con = open_engine(cloud.folder)
        self.datasets: dict[tuple[str, str], dict] = {}
        self.tables: dict[TableKey, dict] = {}
        self.relations = Relations(self.con)
        self.history = History()
        self.results = Results(self.con)
        self.expiry = Expiry(self)
        self.version = 0
        self.sql: SqlEngine | None = None  # made when the first query arrives
        self._sizes: dict[TableKey, dict[str, int]] = {}

    def now(self) -> datetime:
        """The offline cloud's time."""
        return self.cloud.clock.now()

    def close(self) -> None:
        """Release the database."""
        self.con.close()

    # --- datasets ------------------------------------------------------------------------------------------------

    def dataset(self, project: str, dataset: str) -> dict:
        """The REST resource of a dataset. Raises ApiError 404."""
        if (project, dataset) not in self.datasets:
            raise missing_dataset(project, dataset)
        return self.datasets[project, dataset]

    def add_dataset(self, project: str, resource: dict, *, exists_ok: bool = False) -> dict:
        """Create a dataset. Raises ApiError 409 if it exists (unless `exists_ok`), 400 for a bad name."""
        dataset = (resource.get("datasetReference") or {}).get("datasetId") or ""
        check_dataset_id(dataset)
        if (project, dataset) in self.datasets and exists_ok:
            return self.datasets[project, dataset]
        if (project, dataset) in self.datasets:
            raise conflict(f"Already Exists: Dataset {project}:{dataset}", reason="duplicate")
        meta = new_dataset(project, dataset, resource, self.cloud.clock.tick())
        self.con.execute(f"CREATE SCHEMA {schema_name(project, dataset)}")
        self.datasets[project, dataset] = meta
        self.version += 1
        return meta

    def drop_dataset(self, project: str, dataset: str, *, contents: bool) -> None:
        """Delete a dataset, its tables and their past. Raises ApiError 400 if it has tables and `contents` is false."""
        self.dataset(project, dataset)
        keys = [key for key in self.tables if key[:2] == (project, dataset)]
        if keys and not contents:
            message = f"Dataset {project}:{dataset} is still in use: it has {len(keys)} tables. Delete them first."
            raise invalid(message, reason="resourceInUse")
        self.con.execute(f"DROP SCHEMA {schema_name(project, dataset)} CASCADE")
        del self.datasets[project, dataset]
        for key in keys:
            del self.tables[key]
            self._sizes.pop(key, None)
        self.history.dropped(project, dataset)
        self.version += 1

    # --- tables --------------------------------------------------------------------------------------------------

    def table(self, key: TableKey) -> dict:
        """The REST resource of a table, view or query result. Raises ApiError 404."""
        self.expiry.sweep()
        if key in self.results:
            return self.results.resource(key)
        self.dataset(key.project, key.dataset)
        if key not in self.tables:
            raise missing_table(key)
        return self.tables[key]

    def has(self, key: TableKey) -> bool:
        """Whether there is such a table, view or query result."""
        self.expiry.sweep()
        return key in self.tables or key in self.results

    def relation(self, key: TableKey) -> str:
        """The quoted DuckDB name of a table that exists. Raises ApiError 404."""
        self.table(key)
        return self.results.relation(key) if key in self.results else relation_name(key)

    def fields(self, key: TableKey) -> list[Field]:
        """The columns of a table. Raises ApiError 404."""
        return self.table(key).get("schema", {}).get("fields", [])

    def is_view(self, key: TableKey) -> bool:
        """Whether this is a view, which has no rows of its own."""
        return self.table(key)["type"] in VIEWS

    def create_table(
        self, key: TableKey, resource: dict, *, select_sql: str | None = None, replace: bool = False
    ) -> dict:
        """Create a table or view; `select_sql` (DuckDB) fills it, by position when `resource` has a schema.

        Raises ApiError 404 without its dataset, 409 if it exists and `replace` is false, 400 for a bad name or layout.
        """
        home = self.dataset(key.project, key.dataset)
        check_table_id(key.table)
        if self.has(key) and not replace:
            raise conflict(f"Already Exists: Table {key}", reason="duplicate")
        moment = self.cloud.clock.tick()
        meta = new_table(key, resource, home, moment)
        with self.relations.transaction():
            created = self.relations.create(key, meta, select_sql, present=self.tables.get(key))
            check_layout(meta, created.fields)
        self._note_moved(key, moment, created.moved)
        meta["schema"] = {"fields": created.fields}
        self.tables[key] = meta
        self.history.born(key, moment)
        self._sizes.pop(key, None)
        self.version += 1
        return meta

    def drop_table(self, key: TableKey) -> None:
        """Delete a table or view; a table's last state stays readable for seven days. Raises ApiError 404."""
        self.table(key)
        if key in self.results:
            self.results.drop(key)
            return
        moment = self.cloud.clock.tick()
        moved = self.relations.set_aside(key, self.tables[key])
        self._note_moved(key, moment, moved)
        del self.tables[key]
        self._sizes.pop(key, None)
        self.version += 1

    def set_fields(self, key: TableKey, fields: list[Field]) -> None:
        """Tell the catalog which columns a table has after its DuckDB relation was altered inside `changing`."""
        if self.tables[key].get("schema") != {"fields": fields}:
            self.tables[key]["schema"] = {"fields": fields}
            self.version += 1

    # --- changes and time travel ---------------------------------------------------------------------------------

    @contextmanager
    def changing(self, key: TableKey, *, how: How = "copy", fields: list[Field] | None = None) -> Iterator[str]:
        """Change the rows of a table, all or nothing, and remember the state before. Yields the relation's name.

        `how` says what may happen inside: "append" only inserts rows (free), "replace" starts from an empty table
        (free), "copy" is anything else (one copy of the table). `fields` gives it new columns on the way; columns of
        the same name keep their values. An error inside rolls everything back.
        """
        meta = self._changeable(key)
        moment = self.cloud.clock.tick()
        renew = how != "append" or fields is not None or key in self.history.gaps
        rows = 0 if renew else self.rows(key)
        target = meta.get("schema", {}).get("fields", []) if fields is None else fields
        with self.relations.transaction():
            moved = self.relations.renew(key, meta, target, copy=how != "replace") if renew else None
            yield relation_name(key)
        if not renew:
            self.history.grew(key, moment, relation=relation_name(key), rows=rows)
        self._note_moved(key, moment, moved)
        self.history.mark(key, gaps=how == "copy")
        if fields is not None:
            self.set_fields(key, fields)
        self.touch(key, moment, new_etag=fields is not None)
        self._sizes.pop(key, None)

    def write(self, key: TableKey, select_sql: str, *, disposition: str, fields: list[Field] | None = None) -> int:
        """Put the rows of a DuckDB SELECT into a table that exists, matching columns by name, all or nothing.

        `fields` gives the table new columns. Returns the number of rows written. Raises ApiError 409 for WRITE_EMPTY
        on a table with rows.
        """
        if disposition == "WRITE_EMPTY" and self.rows(key):
            raise conflict(f"Already Exists: Table {key}", reason="duplicate")
        how: How = "replace" if disposition.startswith("WRITE_TRUNCATE") else "append"
        with self.changing(key, how=how, fields=fields) as relation:
            return self.relations.insert(relation, select_sql)

    def as_of(self, key: TableKey, moment: datetime) -> str:
        """What stands after FROM for the state at `moment`. Valid until the next change: do not keep it.

        Raises ApiError 400 for the future, before the table existed, or more than seven days ago; 404 if unknown.
        """
        self.expiry.sweep()
        if key not in self.tables and not self.history.knows(key):
            raise missing_table(key)
        hours = int(self.dataset(key.project, key.dataset).get("maxTimeTravelHours") or MOST_HOURS)
        window = timedelta(hours=hours)
        state = self.history.find(key, moment, now=self.now(), window=window, exists=key in self.tables)
        return relation_name(key) if state is None else state.query()

    def _changeable(self, key: TableKey) -> dict:
        meta = self.table(key)
        if meta["type"] != "TABLE" or key in self.results:
            raise invalid(f"Cannot modify {key}: found a {meta['type']}, expected a TABLE")
        return meta

    def _note_moved(self, key: TableKey, moment: datetime, moved: Moved | None) -> None:
        if moved:
            self.history.moved(key, moment, old=moved.old, new=moved.new)
        self.relations.drop(self.history.forgotten(key, moment, current=relation_name(key)))

    def touch(self, key: TableKey, moment: datetime, *, new_etag: bool = True) -> None:
        """Note that a table changed: its resource (which gives it a new etag) or only its rows."""
        meta = self.tables[key]
        meta["lastModifiedTime"] = millis(moment)
        if new_etag:
            meta["etag"] = etag_of(key, moment)

    # --- sizes ---------------------------------------------------------------------------------------------------

    def rows(self, key: TableKey) -> int:
        """The number of rows (0 for a view); counted once until the table changes."""
        if self.is_view(key) or not self.fields(key):
            return 0
        sizes = self._sizes.setdefault(key, {})
        if "" not in sizes:
            sizes[""] = self.relations.count(self.relation(key))
        return sizes[""]

    def size(self, key: TableKey, columns: set[str] | None = None, where: str = "") -> int:
        """Logical bytes of some columns (names in any case; default all), of the rows that a DuckDB condition keeps.

        Without `where` each column is weighed once until the table changes.
        """
        if self.is_view(key):
            return 0
        wanted = None if columns is None else {name.lower() for name in columns}
        fields = [field for field in self.fields(key) if wanted is None or field["name"].lower() in wanted]
        if where:
            return self.relations.weigh(self.relation(key), fields, where)
        sizes = self._sizes.setdefault(key, {})
        for field in fields:
            if field["name"] not in sizes:
                sizes[field["name"]] = self.relations.weigh(self.relation(key), [field])
        return sum(sizes[field["name"]] for field in fields)
