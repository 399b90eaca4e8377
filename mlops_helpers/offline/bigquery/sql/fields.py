"""UPDATE t SET s.a = 1: one field of a STRUCT is set by putting the STRUCT together anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import unsupported
from ..types import Field
from .dialect import invalid_query

if TYPE_CHECKING:
    from sqlglot import exp

    from .targets import Target

Paths = dict[tuple[str, ...], "exp.Expression"]


def whole_columns(assignments: list[exp.Expression], target: Target, alias: str) -> list[exp.Expression]:
    """The assignments of an UPDATE, each to a whole column. Raises ApiError 400 for fields that are not there."""
    from sqlglot import exp

    nested: dict[str, Paths] = {}
    whole = []
    for assignment in assignments:
        path = _path(assignment.this, target, alias)
        if len(path) == 1:
            whole.append(exp.EQ(this=exp.column(path[0]), expression=assignment.expression))
        else:
            nested.setdefault(path[0].lower(), {})[tuple(name.lower() for name in path[1:])] = assignment.expression
    for name, values in nested.items():
        field = target.field(name)
        rebuilt = _rebuilt(field, exp.column(field["name"], table=alias), values)
        whole.append(exp.EQ(this=exp.column(field["name"]), expression=rebuilt))
    return whole


def _path(column: exp.Expression, target: Target, alias: str) -> list[str]:
    from sqlglot import exp

    parts = [part.name for part in (column.parts if isinstance(column, (exp.Column, exp.Dot)) else [column])]
    return parts[1:] if len(parts) > 1 and parts[0].lower() == alias.lower() else parts


def _rebuilt(field: Field, value: exp.Expression, values: Paths) -> exp.Expression:
    """`STRUCT(new AS a, s.b AS b)`."""
    from sqlglot import exp

    if field["type"] != "RECORD" or field["mode"] == "REPEATED":
        raise invalid_query(f"Cannot access a field of {field['name']}: it is a {field['mode']} {field['type']}")
    known = {child["name"].lower() for child in field["fields"]}
    for path in values:
        if path[0] not in known:
            raise invalid_query(f"Field name {path[0]} does not exist in STRUCT {field['name']}")
    parts = []
    for child in field["fields"]:
        name = child["name"].lower()
        inner = {path[1:]: new for path, new in values.items() if path[0] == name}
        old = exp.Dot(this=value.copy(), expression=exp.to_identifier(child["name"]))
        if () in inner and len(inner) > 1:
            raise unsupported(f"BigQuery SQL: UPDATE of a STRUCT and of its field in one statement ({child['name']})")
        new = inner.get((), old) if () in inner or not inner else _rebuilt(child, old, inner)
        parts.append(exp.alias_(new.copy(), child["name"], quoted=True))
    return exp.Anonymous(this="STRUCT", expressions=parts)
