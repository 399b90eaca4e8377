"""Resources as Google sends them back: clients may send `10` or `"10"`, `True` or `"true"`; answers have one form."""

from __future__ import annotations

from typing import Any

from ..contract import contract


def canonical(type_name: str, resource: dict) -> dict:
    """A resource of this published type with int64 as text, booleans and numbers as such, and without nulls.

    Inside `labels` a null stays: it deletes a label.
    """
    fields = contract("bigquery")["types"][type_name]
    return {name: _value(fields.get(name, "any"), value) for name, value in resource.items() if value is not None}


def canonical_patch(type_name: str, resource: dict) -> dict:
    """The same for a patch, in which a null removes a field."""
    removed = {name: None for name, value in resource.items() if value is None}
    return {**canonical(type_name, resource), **removed}


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind.startswith("[]"):
        return [_value(kind[2:], item) for item in value]
    if kind.startswith("{}"):
        return {key: _value(kind[2:], item) for key, item in value.items()}
    if kind.startswith("@"):
        return canonical(kind[1:], value)
    return _plain(kind, value)


def _plain(kind: str, value: Any) -> Any:
    if kind == "int64":
        return str(value)
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if kind == "integer" and isinstance(value, str):
        return int(value)
    return value
