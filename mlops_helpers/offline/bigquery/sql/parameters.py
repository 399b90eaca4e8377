"""Query parameters: each becomes a literal of its declared type, NULL, ARRAY and STRUCT included.

The values are put into the tree, never into the text, so that a value cannot be read as SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import unsupported
from ..types import OLDER_NAMES
from .dialect import dialect, invalid_query

if TYPE_CHECKING:
    from sqlglot import exp

POSITION = "_positional_"
FEW_ITEMS = 20
PLAIN_NUMBERS = {
    "INTEGER": re.compile(r"-?[0-9]{1,18}"),
    "FLOAT": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"),
}
DATA_TYPES = {
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "STRING": "TEXT",
    "BYTES": "VARBINARY",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "DATETIME",
    "TIMESTAMP": "TIMESTAMPTZ",
    "NUMERIC": "DECIMAL",
    "BIGNUMERIC": "BIGDECIMAL",
    "JSON": "JSON",
    "INTERVAL": "INTERVAL",
}


def put_in_parameters(tree: exp.Expression, parameters: list[dict]) -> exp.Expression:
    """Replace `@name` and `?` by the values given. Raises ApiError 400 for a parameter that is missing."""
    from sqlglot import exp

    named = {given["name"].lower(): given for given in parameters if given.get("name")}
    unnamed = [given for given in parameters if not given.get("name")]
    named |= {f"{POSITION}{place}": given for place, given in enumerate(unnamed, 1)}
    for node in list(tree.find_all(exp.Parameter, exp.Placeholder)):
        if isinstance(node, exp.Parameter) and isinstance(node.this, exp.Parameter):
            raise unsupported(f"BigQuery SQL: system variable @@{node.this.name}")
        given = named.get(node.name.lower()) if isinstance(node, exp.Parameter) else None
        if given is None and (isinstance(node, exp.Placeholder) or node.name.startswith(POSITION)):
            raise invalid_query(f"Query has more ? parameters than the {len(unnamed)} values that were given")
        if given is None:
            raise invalid_query(f"Query parameter '{node.name}' not found", at=node)
        node.replace(value_of(given.get("parameterType") or {}, given.get("parameterValue") or {}))
    return tree


def number_parameters(sql: str) -> str:
    """The text with `@_positional_1`, ... for each `?`: a tree does not keep the order of the text."""
    from sqlglot.errors import TokenError
    from sqlglot.tokens import TokenType

    try:
        tokens = dialect()().tokenize(sql)
    except TokenError:
        return sql  # the parser says what is wrong
    places = [token.start for token in tokens if token.token_type == TokenType.PLACEHOLDER]
    for number, place in reversed(list(enumerate(places, 1))):
        sql = f"{sql[:place]}@{POSITION}{number}{sql[place + 1 :]}"
    return sql


def value_of(kind: dict, value: dict) -> exp.Expression:
    """A parameter as a typed literal."""
    from sqlglot import exp

    name = OLDER_NAMES.get(kind.get("type", "").upper(), kind.get("type", "").upper())
    data_type = type_of(kind)
    if name == "ARRAY":
        return exp.Cast(this=_items(kind["arrayType"], value.get("arrayValues") or ()), to=data_type)
    if name == "RECORD":
        return _struct(kind, value)
    raw = value.get("value")
    if raw is None:
        return exp.Cast(this=exp.Null(), to=data_type)
    if name == "BYTES":
        return exp.Anonymous(this="FROM_BASE64", expressions=[exp.Literal.string(raw)])
    if name == "STRING":
        return exp.Literal.string(str(raw))
    if name == "FLOAT" and str(raw).lower() in ("nan", "inf", "infinity", "-inf", "-infinity", "+inf"):
        return exp.Cast(this=exp.Literal.string(str(raw)), to=data_type)
    return exp.Paren(this=exp.Cast(this=exp.Literal.string(str(raw)), to=data_type))


def _items(kind: dict, values: Sequence[dict]) -> exp.Expression:
    """The items of an ARRAY. Many plain numbers are one text, which DuckDB reads: each node of a tree costs 5 ms."""
    from sqlglot import exp

    name = OLDER_NAMES.get(str(kind.get("type", "")).upper(), str(kind.get("type", "")).upper())
    if len(values) > FEW_ITEMS and name in PLAIN_NUMBERS:
        texts = [str(item.get("value")) for item in values]
        if all(map(PLAIN_NUMBERS[name].fullmatch, texts)):
            return exp.Literal.string(f"[{','.join(texts)}]")
    return exp.Array(expressions=[value_of(kind, item) for item in values])


def _struct(kind: dict, value: dict) -> exp.Expression:
    from sqlglot import exp

    values = value.get("structValues")
    if values is None:
        return exp.Cast(this=exp.Null(), to=type_of(kind))
    parts = [
        exp.alias_(value_of(field["type"], values.get(field["name"]) or {}), field["name"], quoted=True)
        for field in kind["structTypes"]
    ]
    return exp.Anonymous(this="STRUCT", expressions=parts)


def type_of(kind: dict) -> exp.DataType:
    """The type of a parameter. Raises ApiError 400 without one, 501 for a type that is not there."""
    from sqlglot import exp

    name = OLDER_NAMES.get(str(kind.get("type", "")).upper(), str(kind.get("type", "")).upper())
    if name == "ARRAY":
        return exp.DataType(this=exp.DataType.Type.ARRAY, expressions=[type_of(kind["arrayType"])], nested=True)
    if name == "RECORD":
        parts = [
            exp.ColumnDef(this=exp.to_identifier(field.get("name") or f"_field_{n}"), kind=type_of(field["type"]))
            for n, field in enumerate(kind.get("structTypes") or (), 1)
        ]
        return exp.DataType(this=exp.DataType.Type.STRUCT, expressions=parts, nested=True)
    if not name:
        raise invalid_query("A query parameter has no type: found parameterType {}, expected a type such as STRING")
    if name not in DATA_TYPES:
        raise unsupported(f"BigQuery query parameter of type {name}")
    return exp.DataType(this=exp.DataType.Type[DATA_TYPES[name]])
