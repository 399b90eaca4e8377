"""CREATE TABLE ... CLONE / COPY and CREATE SNAPSHOT TABLE ... CLONE; statements that sqlglot leaves as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...clock import rfc3339
from ...errors import conflict
from ..names import TableKey, missing_table
from . import alter
from .dialect import dialect, parse, parse_expression
from .options import table_options
from .sources import key_of, path_of

if TYPE_CHECKING:
    from sqlglot import exp

    from .outcome import QueryOutcome
    from .scene import Scene

COPY = re.compile(
    r"(?P<replace>OR\s+REPLACE\s+)?(?P<snapshot>SNAPSHOT\s+)?TABLE\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?(?P<name>\S+)\s+"
    r"(?P<way>CLONE|COPY)\s+(?P<source>\S+?)(?:\s+FOR\s+SYSTEM_TIME\s+AS\s+OF\s+(?P<moment>.+?))?"
    r"(?:\s+OPTIONS\s*\((?P<options>.*)\))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)


KEPT_BY_COPIES = (
    "timePartitioning",
    "rangePartitioning",
    "clustering",
    "description",
    "labels",
    "requirePartitionFilter",
)


@dataclass
class Copy:
    """CREATE [SNAPSHOT] TABLE name CLONE | COPY source [FOR SYSTEM_TIME AS OF moment] [OPTIONS(...)]."""

    name: exp.Table
    source: exp.Table
    snapshot: bool
    replace: bool
    exists: bool
    moment: exp.Expression | None
    options: list[exp.Expression]


def reparsed(statement: exp.Expression) -> exp.Expression | Copy:
    """Statements of BigQuery's that sqlglot leaves as text (snapshots, several ALTERs in one) as trees."""
    from sqlglot import exp

    if not isinstance(statement, exp.Command):
        clone = statement.args.get("clone") if isinstance(statement, exp.Create) else None
        return _copy_of(statement, clone) if clone is not None else statement
    word, rest = str(statement.this).upper(), statement.expression
    text = (rest.name if isinstance(rest, exp.Expression) else str(rest or "")).strip()
    if word == "CREATE" and (found := COPY.fullmatch(text)):
        return _copy_from_text(found)
    if word == "DROP" and re.match(r"SNAPSHOT\s+TABLE\b", text, re.IGNORECASE):
        return parse("DROP " + re.sub(r"^\w+\s+", "", text))[0]
    if word == "ALTER":
        return alter.parsed(text)
    return statement


def _copy_of(statement: exp.Create, clone: exp.Expression) -> Copy:
    properties = statement.args.get("properties")
    options = list(properties.expressions) if properties else []
    return Copy(
        statement.this,
        clone.this,
        False,
        bool(statement.args.get("replace")),
        bool(statement.args.get("exists")),
        None,
        options,
    )


def _copy_from_text(found: re.Match) -> Copy:
    from sqlglot import exp

    options = found["options"]
    holder = parse(f"CREATE TABLE x (a INT64) OPTIONS({options})")[0] if options else None
    properties = holder.args["properties"].expressions if holder else []
    name, source = (exp.to_table(found[part], dialect=dialect()) for part in ("name", "source"))
    moment = parse_expression(found["moment"]) if found["moment"] else None
    flags = (bool(found["snapshot"]), bool(found["replace"]), bool(found["exists"]))
    return Copy(name, source, *flags, moment, list(properties))


def outcome(kind: str, scene: Scene, operation: str, key: TableKey | None = None, *, weight: int = 0) -> QueryOutcome:
    """What a DDL statement reports."""
    from .outcome import QueryOutcome

    ddl: dict = {"ddlOperationPerformed": operation}
    if key is not None:
        ddl["ddlTargetTable"] = key.reference()
    referenced = list(dict.fromkeys(scene.referenced))
    return QueryOutcome(kind, None, [], weight, None, {}, ddl, referenced)


def occupied(key: TableKey, scene: Scene, *, replace: bool, exists: bool) -> bool:
    """Whether there is such a table and the statement leaves it alone. Raises ApiError 409 or 404 (dataset)."""
    scene.warehouse.dataset(key.project, key.dataset)
    if not scene.warehouse.has(key) or replace:
        return False
    if exists:
        return True
    raise conflict(f"Already Exists: Table {key}", reason="duplicate")


def kept_layout(source: TableKey, scene: Scene) -> dict:
    """What a copy takes over from its source besides the rows: columns, partitions, clustering, labels."""
    meta = scene.warehouse.table(source)
    kept = {name: meta[name] for name in KEPT_BY_COPIES if name in meta}
    return {**kept, "schema": {"fields": scene.warehouse.fields(source)}}


def copy_table(statement: Copy, scene: Scene) -> QueryOutcome:
    """CREATE TABLE ... CLONE / COPY, CREATE SNAPSHOT TABLE ... CLONE."""
    kind = "CREATE_SNAPSHOT_TABLE" if statement.snapshot else "CREATE_TABLE"
    key, source = key_of(path_of(statement.name), scene), key_of(path_of(statement.source), scene)
    if occupied(key, scene, replace=statement.replace, exists=statement.exists):
        return outcome(kind, scene, "SKIP", key)
    scene.referenced.append(source)
    warehouse = scene.warehouse
    if not warehouse.has(source) and statement.moment is None:
        warehouse.dataset(source.project, source.dataset)
        raise missing_table(source)
    moment = scene.moment(statement.moment) if statement.moment is not None else warehouse.now()
    relation = warehouse.as_of(source, moment) if statement.moment is not None else warehouse.relation(source)
    resource = kept_layout(source, scene) if warehouse.has(source) else {}
    if statement.moment is not None:
        resource["schema"] = {"fields": scene.described(relation)}
    resource |= table_options(statement.options, scene)
    if statement.snapshot:
        base = {"baseTableReference": source.reference(), "snapshotTime": rfc3339(moment)}
        resource |= {"type": "SNAPSHOT", "snapshotDefinition": base}
    if not scene.context.dry_run:
        warehouse.create_table(key, resource, select_sql=f"SELECT * FROM {relation}", replace=statement.replace)
    return outcome(kind, scene, "CREATE", key)
