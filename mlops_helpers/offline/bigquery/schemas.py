"""Schema changes that BigQuery allows: add a NULLABLE or REPEATED column, relax REQUIRED, widen a type, describe.

Removing, renaming or retyping a column is refused in Google's words.
"""

from __future__ import annotations

from ..errors import ApiError, invalid
from .names import TableKey
from .types import Field, normal_fields

WIDER = {"INTEGER": ("NUMERIC", "BIGNUMERIC", "FLOAT"), "NUMERIC": ("BIGNUMERIC", "FLOAT"), "BIGNUMERIC": ("FLOAT",)}


def changed_schema(key: TableKey, present: list[Field], wanted: list[Field] | None) -> list[Field] | None:
    """The new columns of a table, or None when nothing changes. Raises ApiError 400 when it is not allowed."""
    if wanted is None:
        return None
    fields = normal_fields(wanted)
    if fields == present:
        return None
    check_change(key, present, fields)
    return fields


def check_change(key: TableKey, present: list[Field], wanted: list[Field], *, at: str = "") -> None:
    """Raises ApiError 400 unless the table may go from `present` to `wanted` columns; `at` is the enclosing RECORD."""
    after = {field["name"].lower(): field for field in wanted}
    for field in present:
        where = f"{at}{field['name']}"
        if field["name"].lower() not in after:
            raise _refused(key, f"Field {where} is missing in new schema")
        _check_field(key, field, after[field["name"].lower()], where)
    before = {field["name"].lower() for field in present}
    for field in wanted:
        if field["name"].lower() not in before and field["mode"] == "REQUIRED" and present:
            raise _refused(key, f"Cannot add required fields to an existing schema. (field: {at}{field['name']})")


def _check_field(key: TableKey, before: Field, after: Field, where: str) -> None:
    if after["type"] != before["type"] and after["type"] not in WIDER.get(before["type"], ()):
        raise _refused(key, f"Field {where} has changed type from {before['type']} to {after['type']}")
    allowed = (before["mode"], "NULLABLE") if before["mode"] == "REQUIRED" else (before["mode"],)
    if after["mode"] not in allowed:
        raise _refused(key, f"Field {where} has changed mode from {before['mode']} to {after['mode']}")
    if before["type"] == "RECORD":
        check_change(key, before["fields"], after["fields"], at=f"{where}.")


def _refused(key: TableKey, what: str) -> ApiError:
    return invalid(f"Provided Schema does not match Table {key}. {what}")


def added_fields(present: list[Field], incoming: list[Field]) -> list[Field]:
    """The columns of `incoming` that a table does not have, as columns that may be added."""
    known = {field["name"].lower() for field in present}
    new = [field for field in incoming if field["name"].lower() not in known]
    return [{**field, "mode": "NULLABLE" if field["mode"] == "REQUIRED" else field["mode"]} for field in new]


def relaxed_fields(present: list[Field], incoming: list[Field]) -> list[Field]:
    """The table's columns, REQUIRED ones made NULLABLE where the incoming data says so or lacks them."""
    modes = {field["name"].lower(): field["mode"] for field in incoming}
    return [
        {**field, "mode": "NULLABLE"}
        if field["mode"] == "REQUIRED" and modes.get(field["name"].lower()) != "REQUIRED"
        else field
        for field in present
    ]
