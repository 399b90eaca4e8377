"""Where a job writes: a table (or one partition of it), with BigQuery's create and write dispositions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ApiError, invalid, unsupported
from .faults import writing
from .names import TableKey, missing_table
from .partitions import condition
from .resources import given
from .schemas import added_fields, check_change, relaxed_fields
from .types import Field, cast_list

if TYPE_CHECKING:
    import pyarrow

    from .catalog import Warehouse
    from .jobs import Job
    from .service import BigQuery

WRITES = ("WRITE_APPEND", "WRITE_EMPTY", "WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA")
CREATES = ("CREATE_IF_NEEDED", "CREATE_NEVER")
UPDATES = ("ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION")
LAYOUT = ("timePartitioning", "rangePartitioning", "clustering")


@dataclass
class Destination:
    """A table that a job writes to. `receive` puts the rows in, all or nothing."""

    warehouse: Warehouse
    key: TableKey
    partition: str = ""
    write: str = "WRITE_EMPTY"
    updates: tuple[str, ...] = ()
    resource: dict = field(default_factory=dict)  # layout and description of a table that has to be created

    @classmethod
    def of(cls, service: BigQuery, job: Job, config: dict, *, write: str = "WRITE_EMPTY") -> Destination:
        """The destination of a job's configuration; `write` is the default disposition of this kind of job.

        Raises ApiError 404 when the dataset (or, with CREATE_NEVER, the table) is missing, 400 for an unknown word.
        """
        named = TableKey.of(config.get("destinationTable") or {}, project=job.project)
        key, warehouse = named.plain(), service.warehouse
        warehouse.dataset(key.project, key.dataset)
        disposition = _word(config, "writeDisposition", WRITES, write)
        if _word(config, "createDisposition", CREATES, CREATES[0]) == "CREATE_NEVER" and not warehouse.has(key):
            raise missing_table(key)
        updates = tuple(config.get("schemaUpdateOptions") or ())
        partition = named.table.partition("$")[2]
        resource = {name: config[name] for name in LAYOUT if config.get(name)}
        resource.update(given(config.get("destinationTableProperties") or {}))
        found = cls(warehouse, key, partition, disposition, updates, resource)
        found._check()
        return found

    def _check(self) -> None:
        for update in self.updates:
            if update not in UPDATES:
                raise invalid(f"Invalid schemaUpdateOptions: found {update}, expected one of {', '.join(UPDATES)}")
        replaces = self.write == "WRITE_TRUNCATE" and self.partition
        if self.updates and self.write != "WRITE_APPEND" and not replaces:
            raise invalid(f"Schema update options need WRITE_APPEND (or one partition): found {self.write}")
        if self.exists and self.warehouse.table(self.key)["type"] != "TABLE":
            raise invalid(
                f"Cannot write to {self.key}: found a {self.warehouse.table(self.key)['type']}, expected a TABLE"
            )
        if self.partition and not self.exists:
            raise unsupported("Creating a table through a partition decorator")

    @property
    def exists(self) -> bool:
        """Whether the table is there already."""
        return self.warehouse.has(self.key)

    @property
    def present_fields(self) -> list[Field]:
        """The table's columns, none when it does not exist."""
        return self.warehouse.fields(self.key) if self.exists else []

    def receive_arrow(self, rows: pyarrow.Table, fields: list[Field]) -> int:
        """Write an Arrow table; returns the number of rows."""
        con = self.warehouse.con
        con.register("~incoming", rows)
        try:
            return self.receive(f'SELECT {cast_list(fields)} FROM "~incoming"', fields)
        finally:
            con.unregister("~incoming")

    def receive(self, select_sql: str, fields: list[Field], *, check_modes: bool = False) -> int:
        """Write the rows of a DuckDB SELECT whose columns are `fields`; returns their number.

        `check_modes`: the schema was stated, so a REQUIRED column may not silently become NULLABLE.
        Raises ApiError 409 (WRITE_EMPTY on rows) or 400 (columns or values that do not fit); then nothing is written.
        """
        with writing(self.key):
            if not self.exists:
                return self._create(select_sql, fields)
            if self.partition:
                return self._replace_partition(select_sql, fields)
            target = self._target_fields(fields, check_modes=check_modes)
            changed = None if target == self.present_fields else target
            return self.warehouse.write(self.key, select_sql, disposition=self.write, fields=changed)

    def _create(self, select_sql: str, fields: list[Field]) -> int:
        resource = {**self.resource, "schema": {"fields": fields}}
        self.warehouse.create_table(self.key, resource, select_sql=select_sql)
        return self.warehouse.rows(self.key)

    def _target_fields(self, fields: list[Field], *, check_modes: bool) -> list[Field]:
        present = self.present_fields
        if not present or (self.write == "WRITE_TRUNCATE" and not self.partition):
            return _keep_descriptions(present, fields)
        target = present
        if "ALLOW_FIELD_RELAXATION" in self.updates:
            target = relaxed_fields(target, fields)
        if "ALLOW_FIELD_ADDITION" in self.updates:
            target = [*target, *added_fields(present, fields)]
        self._check_incoming(target, fields, check_modes=check_modes)
        return target

    def _check_incoming(self, target: list[Field], fields: list[Field], *, check_modes: bool) -> None:
        by_name = {field["name"].lower(): field for field in target}
        for incoming in fields:
            there = by_name.get(incoming["name"].lower())
            if there is None:
                raise self._mismatch(f"Cannot add fields (field: {incoming['name']})", "ALLOW_FIELD_ADDITION")
            modes = (there["mode"], incoming["mode"])
            if check_modes and modes == ("REQUIRED", "NULLABLE"):
                what = f"Field {there['name']} has changed mode from REQUIRED to NULLABLE"
                raise self._mismatch(what, "ALLOW_FIELD_RELAXATION")
            mode = incoming["mode"] if check_modes or "REPEATED" in modes else there["mode"]
            check_change(self.key, [there], [{**incoming, "mode": mode}])

    def _mismatch(self, what: str, option: str) -> ApiError:
        remedy = f"Allow it with schemaUpdateOptions {option}."
        return invalid(f"Provided Schema does not match Table {self.key}. {what}. {remedy}")

    def _replace_partition(self, select_sql: str, fields: list[Field]) -> int:
        target = self._target_fields(fields, check_modes=False)
        inside = condition(self.warehouse.table(self.key), self.partition)
        if self.warehouse.relations.count(f"({select_sql}) WHERE ({inside}) IS NOT TRUE"):
            name = f"{self.key}${self.partition}"
            raise invalid(f"Some rows belong to different partitions rather than destination partition {name}")
        changed = None if target == self.present_fields else target
        how = "append" if self.write == "WRITE_APPEND" else "copy"
        with self.warehouse.changing(self.key, how=how, fields=changed) as relation:
            if how == "copy":
                self.warehouse.con.execute(f"DELETE FROM {relation} WHERE {inside}")
            return self.warehouse.relations.insert(relation, select_sql)


def _keep_descriptions(present: list[Field], fields: list[Field]) -> list[Field]:
    """The new columns; unchanged altogether when only descriptions and the like differ."""
    plain = [(field["name"], field["type"], field["mode"], field.get("fields")) for field in fields]
    before = [(field["name"], field["type"], field["mode"], field.get("fields")) for field in present]
    return present if plain == before else fields


def _word(config: dict, name: str, words: tuple[str, ...], default: str) -> str:
    word = config.get(name) or default
    if word not in words:
        raise invalid(f"Invalid value for {name}: found {word!r}, expected one of {', '.join(words)}", location=name)
    return word
