"""ALTER TABLE and ALTER SCHEMA: columns added, dropped, renamed, retyped; options; a new name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import conflict, unsupported
from ..names import TableKey
from ..types import Field, duck_type, normal_fields, quoted
from .dialect import dialect, invalid_query, parse
from .kinds import field_of_type
from .options import dataset_options, options_of, table_options
from .sources import key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from .outcome import QueryOutcome
    from .scene import Scene

ACTION = re.compile(
    r"\b(ADD\s+COLUMN|DROP\s+COLUMN|ALTER\s+COLUMN(?:\s+\S+\s+SET\s+OPTIONS)?|RENAME\s+COLUMN|RENAME\s+TO|SET\s+OPTIONS)\b",
    re.IGNORECASE,
)
COLUMN_OPTIONS = re.compile(r"ALTER\s+COLUMN\s+(?P<name>\S+)\s+(?P<options>SET\s+OPTIONS.*)", re.IGNORECASE | re.DOTALL)
# A column may become one of these without losing anything.
WIDENINGS = {"INTEGER": ("NUMERIC", "BIGNUMERIC", "FLOAT"), "NUMERIC": ("BIGNUMERIC", "FLOAT")}


def parsed(text: str) -> exp.Alter:
    """ALTER statements that sqlglot cannot read at once: several actions, IF NOT EXISTS, ALTER SCHEMA."""
    from sqlglot import exp

    starts = [found.start() for found in ACTION.finditer(text)]
    if not starts:
        raise unsupported(f"BigQuery SQL: ALTER {' '.join(text.split()[:2]).upper()}")
    head = re.sub(r"^(VIEW|SCHEMA)\b", "TABLE", text[: starts[0]], flags=re.IGNORECASE)
    actions, whole = [], None
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end].strip().rstrip(",;")
        optional = re.search(r"IF\s+(NOT\s+)?EXISTS", piece, re.IGNORECASE)
        piece = re.sub(r"IF\s+(NOT\s+)?EXISTS\s+", "", piece, flags=re.IGNORECASE)
        if described := COLUMN_OPTIONS.fullmatch(piece):
            whole = parse(f"ALTER {head} {described['options']}")[0]
            whole.args["actions"][0].meta["column"] = described["name"].strip("`")
            actions += whole.args["actions"]
            continue
        whole = parse(f"ALTER {head} {piece}")[0]
        if not isinstance(whole, exp.Alter):
            raise unsupported(f"BigQuery SQL: ALTER TABLE {' '.join(piece.split()[:2]).upper()}")
        for action in whole.args["actions"]:
            action.meta["optional"] = bool(optional)
        actions += whole.args["actions"]
    whole.set("actions", actions)
    whole.set("kind", text.split()[0].upper())
    return whole


def field_of_column(column: exp.ColumnDef) -> Field:
    """A column definition as a REST field: type, NOT NULL, DEFAULT, OPTIONS(description=...)."""
    from sqlglot import exp

    if column.args.get("kind") is None:
        raise invalid_query(f"Column {column.name} has no type")
    field = field_of_type(column.args["kind"], column.name)
    for constraint in column.args.get("constraints") or ():
        kind = constraint.kind if isinstance(constraint, exp.ColumnConstraint) else constraint
        if isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null"):
            field["mode"] = "REQUIRED" if field["mode"] != "REPEATED" else "REPEATED"
        elif isinstance(kind, exp.DefaultColumnConstraint):
            field["defaultValueExpression"] = kind.this.sql(dialect())
        elif isinstance(kind, exp.Properties):
            values = {part.name.lower(): part.args["value"].name for part in kind.expressions}
            field |= {name: value for name, value in values.items() if name == "description"}
    return normal_fields([field])[0]


def run(statement: exp.Alter, scene: Scene, outcome: Callable[..., QueryOutcome]) -> QueryOutcome:
    """Run an ALTER statement: all its actions, or none."""
    kind = str(statement.args.get("kind") or "TABLE").upper()
    if kind == "SCHEMA":
        return _alter_schema(statement, scene, outcome)
    key = key_of(path_of(statement.this), scene)
    if not scene.warehouse.has(key) and statement.args.get("exists"):
        return outcome(f"ALTER_{kind}", scene, "SKIP", key)
    scene.warehouse.table(key)
    steps = [_step(action, key, scene) for action in statement.args["actions"]]
    if not scene.context.dry_run:
        for step in steps:
            step()
    return outcome(f"ALTER_{kind}", scene, "ALTER", key)


def _alter_schema(statement: exp.Alter, scene: Scene, outcome: Callable[..., QueryOutcome]) -> QueryOutcome:
    parts = [part for part in path_of(statement.this) if part]
    project, name = (scene.context.project, parts[0]) if len(parts) == 1 else (".".join(parts[:-1]), parts[-1])
    meta = scene.warehouse.dataset(project, name)
    for action in statement.args["actions"]:
        found = dataset_options(action.expressions, scene)
        if not scene.context.dry_run:
            _update(meta, found)
    return outcome("ALTER_SCHEMA", scene, "ALTER")


def _update(meta: dict, found: dict) -> None:
    for name, value in found.items():
        if value is None:
            meta.pop(name, None)
        else:
            meta[name] = value


def _step(action: exp.Expression, key: TableKey, scene: Scene) -> Callable[[], None]:
    """One action as something to do later; refused now if it cannot work."""
    name = type(action).__name__
    if name not in STEPS:
        raise unsupported(f"BigQuery SQL: ALTER TABLE {action.sql('bigquery')}")
    return STEPS[name](action, key, scene)


def _find(key: TableKey, name: str, scene: Scene) -> Field | None:
    return next((field for field in scene.warehouse.fields(key) if field["name"].lower() == name.lower()), None)


def _existing(key: TableKey, name: str, scene: Scene) -> Field:
    field = _find(key, name, scene)
    if field is None:
        raise invalid_query(f"Column not found: {name} in table {key}")
    return field


def _with_fields(key: TableKey, scene: Scene, fields: list[Field]) -> None:
    with scene.warehouse.changing(key, fields=fields):
        return


def add_column(action: exp.ColumnDef, key: TableKey, scene: Scene) -> Callable[[], None]:
    """ADD COLUMN name type."""
    field = field_of_column(action)
    there = _find(key, field["name"], scene)
    if there and not (action.args.get("exists") or action.meta.get("optional")):
        raise invalid_query(f"Column already exists: {field['name']} in table {key}")
    if field["mode"] == "REQUIRED":
        raise invalid_query(f"Cannot add required column {field['name']} to an existing table: leave out NOT NULL")
    return (lambda: None) if there else lambda: _with_fields(key, scene, [*scene.warehouse.fields(key), field])


def drop_column(action: exp.Drop, key: TableKey, scene: Scene) -> Callable[[], None]:
    """DROP COLUMN name."""
    name = (action.args.get("tables") or [action.this])[0].name
    if _find(key, name, scene) is None and (action.args.get("exists") or action.meta.get("optional")):
        return lambda: None
    _existing(key, name, scene)
    meta = scene.warehouse.table(key)
    layout = meta.get("timePartitioning") or meta.get("rangePartitioning") or {}
    bound = [layout.get("field", ""), *(meta.get("clustering") or {}).get("fields", [])]
    if name.lower() in [column.lower() for column in bound]:
        raise invalid_query(f"Cannot drop column {name}: {key} is partitioned or clustered by it")

    def drop() -> None:
        kept = [field for field in scene.warehouse.fields(key) if field["name"].lower() != name.lower()]
        _with_fields(key, scene, kept)

    return drop


def rename_column(action: exp.Expression, key: TableKey, scene: Scene) -> Callable[[], None]:
    """RENAME COLUMN a TO b."""
    before, after = action.this.name, action.args["to"].name
    _existing(key, before, scene)
    if _find(key, after, scene):
        raise invalid_query(f"Column already exists: {after} in table {key}")

    def rename() -> None:
        fields = scene.warehouse.fields(key)
        renamed = [{**field, "name": after} if field["name"].lower() == before.lower() else field for field in fields]
        _rebuild(key, scene, renamed, [quoted(field["name"]) for field in fields])

    return rename


def alter_column(action: exp.AlterColumn, key: TableKey, scene: Scene) -> Callable[[], None]:
    """ALTER COLUMN name SET DATA TYPE type | DROP NOT NULL | SET DEFAULT value | DROP DEFAULT | SET OPTIONS."""
    field = _existing(key, action.this.name, scene)
    changed = dict(field)
    if action.args.get("dtype"):
        wanted = field_of_type(action.args["dtype"], field["name"])
        same = wanted["type"] == field["type"]
        if not same and wanted["type"] not in WIDENINGS.get(field["type"], ()):
            raise invalid_query(
                f"ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type ({field['type']}) "
                f"is assignable to the new type ({wanted['type']})"
            )
        sizes = {name: wanted[name] for name in ("maxLength", "precision", "scale") if name in wanted}
        if any(int(sizes[name]) < int(field.get(name, sizes[name])) for name in sizes):
            raise invalid_query(f"ALTER COLUMN SET DATA TYPE cannot make {field['name']} narrower: found {sizes}")
        kept = {name: value for name, value in field.items() if name not in ("maxLength", "precision", "scale")}
        changed = {**kept, "type": wanted["type"], **sizes}
    elif action.args.get("default"):
        changed["defaultValueExpression"] = action.args["default"].sql(dialect())
    elif action.args.get("allow_null") or (action.args.get("drop") and "NOT NULL" in action.sql().upper()):
        changed["mode"] = "NULLABLE"
    elif action.args.get("drop"):
        changed.pop("defaultValueExpression", None)
    else:
        raise unsupported(f"BigQuery SQL: {action.sql('bigquery')}")

    def change() -> None:
        fields = scene.warehouse.fields(key)
        _with_fields(key, scene, [changed if entry["name"] == field["name"] else entry for entry in fields])

    return change


def rename_table(action: exp.Expression, key: TableKey, scene: Scene) -> Callable[[], None]:
    """RENAME TO name: within the same dataset."""
    after = key._replace(table=action.this.name)
    if scene.warehouse.has(after):
        raise conflict(f"Already Exists: Table {after}", reason="duplicate")

    def rename() -> None:
        warehouse = scene.warehouse
        resource = {name: value for name, value in warehouse.table(key).items() if name in KEPT}
        warehouse.create_table(after, resource, select_sql=f"SELECT * FROM {warehouse.relation(key)}")
        warehouse.drop_table(key)

    return rename


KEPT = (
    "schema", "timePartitioning", "rangePartitioning", "clustering", "description", "friendlyName", "labels",
    "requirePartitionFilter", "expirationTime",
)  # fmt: skip


def _rebuild(key: TableKey, scene: Scene, fields: list[Field], values: list[str]) -> None:
    warehouse = scene.warehouse
    resource = {name: value for name, value in warehouse.table(key).items() if name in KEPT}
    resource["schema"] = {"fields": fields}
    casts = [f"CAST({value} AS {duck_type(field)})" for value, field in zip(values, fields, strict=True)]
    query = f"SELECT {', '.join(casts)} FROM {warehouse.relation(key)}"
    created = warehouse.table(key)["creationTime"]
    warehouse.con.execute(f'CREATE OR REPLACE TEMP TABLE "~altered" AS {query}')
    try:
        warehouse.create_table(key, resource, select_sql='SELECT * FROM temp."~altered"', replace=True)
    finally:
        warehouse.con.execute('DROP TABLE temp."~altered"')
    warehouse.table(key)["creationTime"] = created


def set_options(action: exp.Expression, key: TableKey, scene: Scene) -> Callable[[], None]:
    """SET OPTIONS(...): an option set to NULL is taken away."""
    if "column" in action.meta:
        return _describe_column(action, key, scene)
    removed = [name for name, value in options_of(action.expressions, scene).items() if value is None]
    found = table_options(action.expressions, scene) if not removed else {}
    if removed:
        names = {"expiration_timestamp": "expirationTime", "friendly_name": "friendlyName"}
        found = dict.fromkeys(names.get(name, name) for name in removed)

    def change() -> None:
        _update(scene.warehouse.table(key), found)
        scene.warehouse.touch(key, scene.warehouse.cloud.clock.tick())

    return change


def _describe_column(action: exp.Expression, key: TableKey, scene: Scene) -> Callable[[], None]:
    """ALTER COLUMN name SET OPTIONS(description='...')."""
    field = _existing(key, action.meta["column"], scene)
    found = options_of(action.expressions, scene)
    if set(found) - {"description"}:
        raise invalid_query(f"Unknown column option: {', '.join(sorted(set(found) - {'description'}))}")

    def change() -> None:
        fields = scene.warehouse.fields(key)
        scene.warehouse.set_fields(key, [{**each, **found} if each is field else each for each in fields])

    return change


STEPS = {
    "ColumnDef": add_column,
    "Drop": drop_column,
    "RenameColumn": rename_column,
    "AlterColumn": alter_column,
    "AlterRename": rename_table,
    "AlterSet": set_options,
}
