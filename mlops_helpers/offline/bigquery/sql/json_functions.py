"""JSON functions: paths in DuckDB's spelling, text or JSON as the old and new functions return it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .build import cast, fn, listed, text
from .dialect import invalid_query
from .kinds import is_kind

if TYPE_CHECKING:
    from sqlglot import exp

    from .rewrite import Call


NUMBER_KINDS = ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE")
JSON_KINDS = {
    "INT64": (NUMBER_KINDS[:3], "an integer"),
    "FLOAT64": (NUMBER_KINDS, "a number"),
    "BOOL": (("BOOLEAN",), "a boolean"),
}


def json_path_call(call: Call) -> exp.Expression:
    """JSON_VALUE, JSON_QUERY and their kin, old names too."""
    value, *path = call.arguments
    target = {
        "JSON_VALUE": "bq_json_value",
        "JSON_EXTRACT_SCALAR": "bq_json_value",
        "JSON_QUERY": "bq_json_query",
        "JSON_EXTRACT": "bq_json_query",
        "JSON_VALUE_ARRAY": "bq_json_value_array",
        "JSON_EXTRACT_STRING_ARRAY": "bq_json_value_array",
        "JSON_QUERY_ARRAY": "bq_json_query_array",
        "JSON_EXTRACT_ARRAY": "bq_json_query_array",
    }[call.name]
    where = text(duck_path(path[0].name)) if path and path[0].is_string else path[0] if path else text("$")
    whole = fn(target, value, where)
    returns_text = target == "bq_json_query" and not is_kind(call.kinds[0], "JSON")
    return cast(whole, "VARCHAR") if returns_text else whole


def duck_path(path: str) -> str:
    """A JSONPath in DuckDB's spelling: `$['a b'].c[0]` is `$."a b".c[0]`. Raises ApiError 400 for any other."""
    path = re.sub(r"\[\s*(['\"])(.*?)\1\s*\]", lambda found: f'."{found[2]}"', path)
    if not re.fullmatch(r"\$(\.(\"[^\"]*\"|[\w\-]+)|\[\d+\])*", path):
        raise invalid_query(f"Invalid JSONPath {path!r}: expected $, then .name, ['name'] or [index]")
    return re.sub(r"\.([\w]*-[\w\-]*)", r'."\1"', path)


def json_build(call: Call) -> exp.Expression:
    """JSON_OBJECT('key', value, ...) and JSON_ARRAY(...)."""
    if call.name == "JSON_OBJECT" and len(call.arguments) % 2:
        raise invalid_query("JSON_OBJECT needs pairs: a key and a value each")
    return fn(call.name.lower(), *call.arguments)


def json_scalar(call: Call) -> exp.Expression:
    """INT64(json), FLOAT64(json), BOOL(json)."""
    kinds, word = JSON_KINDS[call.name]
    checked = fn("bq_json_as", call.arguments[0], listed([text(kind) for kind in kinds]), text(word))
    return fn("bq_" + call.name.lower(), checked)


def json_keys(call: Call) -> exp.Expression:
    """JSON_KEYS(json[, depth])."""
    return fn("bq_json_keys", *call.arguments)
