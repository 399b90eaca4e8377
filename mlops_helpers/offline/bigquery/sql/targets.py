"""The table that DML changes, and which values may go into which column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import TableKey
from ..types import Field, field_of
from .catalog_rows import NEWER_NAMES
from .dialect import invalid_query
from .resolve import Resolver
from .sources import Source, key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from .outcome import QueryOutcome
    from .scene import Scene

COERCIONS = {
    "INTEGER": ("NUMERIC", "BIGNUMERIC", "FLOAT"),
    "NUMERIC": ("BIGNUMERIC", "FLOAT"),
    "BIGNUMERIC": ("FLOAT", "NUMERIC"),
    "FLOAT": (),
    "STRING": ("DATE", "DATETIME", "TIMESTAMP", "TIME", "JSON", "INTERVAL"),
    "TIMESTAMP": (),
    "DATE": ("DATETIME",),
}


STATISTICS = {"INSERT": "insertedRowCount", "UPDATE": "updatedRowCount", "DELETE": "deletedRowCount"}


class Target:
    """The table that a statement changes: in the catalog, or a temporary one."""

    def __init__(self, node: exp.Table, scene: Scene) -> None:
        from sqlglot import exp

        self.scene = scene
        parts = path_of(node)
        temporary = scene.temporary.get(parts[0].lower()) if len(parts) == 1 else None
        self.key: TableKey | None = None if temporary else key_of(parts, scene)
        if temporary:
            self.source = temporary
        else:
            meta = scene.warehouse.table(self.key)
            if meta["type"] != "TABLE":
                raise invalid_query(f"Cannot modify {self.key}: found a {meta['type']}, expected a TABLE", at=node)
            layout = meta.get("timePartitioning") or meta.get("rangePartitioning") or {}
            divided = {layout["field"].lower()} if layout.get("field") else set()
            fields = scene.warehouse.fields(self.key)
            self.source = Source(scene.warehouse.relation(self.key), fields, [self.key], partitioned_by=divided)
            scene.referenced.append(self.key)
            scene.note_full_name(node, self.key)
        node.meta["source"] = self.source
        if not node.args.get("alias"):
            node.set("alias", exp.TableAlias(this=exp.to_identifier(parts[-1], quoted=True)))

    @property
    def fields(self) -> list[Field]:
        """The columns."""
        return self.source.fields

    def field(self, name: str) -> Field:
        """A column by its name. Raises ApiError 400."""
        for field in self.fields:
            if field["name"].lower() == name.lower():
                return field
        raise invalid_query(f"Column {name} is not present in table {self.key or 'temporary'}")

    def change(self, sql: str, *, how: str) -> list[tuple]:
        """Run the statement, all or nothing, and return DuckDB's answer."""
        from ..faults import writing

        con = self.scene.warehouse.con
        if self.key is None:
            return con.execute(sql).fetchall()
        with writing(self.key), self.scene.warehouse.changing(self.key, how=how):
            return con.execute(sql).fetchall()


def changed(kind: str, weight: int, scene: Scene, counts: dict[str, int]) -> QueryOutcome:
    """What a DML statement reports: bytes, and rows by what happened to them."""
    from .outcome import QueryOutcome

    known = {STATISTICS[name]: count for name, count in counts.items()}
    affected = None if scene.context.dry_run else sum(counts.values())
    referenced = list(dict.fromkeys(scene.referenced))
    return QueryOutcome(kind, None, [], weight, affected, known, {}, referenced)


def check_types(sql: str, columns: list[Field], target: Target) -> None:
    """Refuse what BigQuery refuses and DuckDB would convert: a STRING into an INT64 column, a FLOAT64 into an INT64."""
    relation = target.scene.warehouse.con.sql(sql)
    if len(relation.columns) != len(columns):
        found, expected = len(relation.columns), len(columns)
        raise invalid_query(f"Inserted row has wrong column count; Has {found}, expected {expected}")
    for place, (kind, column) in enumerate(zip(relation.types, columns, strict=True), 1):
        found = field_of("", kind)
        if str(kind).strip('"') in ("NULL", "INTEGER") or column["mode"] == "REPEATED" or found["mode"] == "REPEATED":
            continue
        if found["type"] != column["type"] and column["type"] not in COERCIONS.get(found["type"], ()):
            kinds = [NEWER_NAMES.get(each["type"], each["type"]) for each in (found, column)]
            raise invalid_query(
                f"Query column {place} has type {kinds[0]} which cannot be inserted into column {column['name']}, "
                f"which has type {kinds[1]}"
            )


def check_assignment(field: Field, value: exp.Expression, resolver: Resolver) -> None:
    """Refuse `SET column = value` where the types do not fit. Raises ApiError 400."""
    found = resolver.of(value)
    if found is None or "REPEATED" in (found["mode"], field["mode"]) or type(value).__name__ in ("Null", "Literal"):
        wrong = value.is_string and field["type"] not in ("STRING", *COERCIONS["STRING"])
        wrong |= value.is_number and not value.is_int and field["type"] not in ("FLOAT", "NUMERIC", "BIGNUMERIC")
    else:
        wrong = found["type"] != field["type"] and field["type"] not in COERCIONS.get(found["type"], ())
    if wrong:
        kinds = [NEWER_NAMES.get(kind["type"], kind["type"]) for kind in (found or {"type": "STRING"}, field)]
        raise invalid_query(
            f"Value of type {kinds[0]} cannot be assigned to {field['name']}, which has type {kinds[1]}"
        )
