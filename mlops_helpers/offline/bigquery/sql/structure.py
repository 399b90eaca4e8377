"""What is not a function: SELECT AS STRUCT, UNNEST, arrays and structs, casts, PIVOT, TABLESAMPLE, table names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...errors import unsupported
from .build import binary, cast, cast_to, fn, from_item, listed, number, text
from .dialect import duckdb_sql, invalid_query
from .functions import struct_of
from .kinds import field_of_type, is_kind, item
from .nodes import source_alias
from .sources import Source
from .timeformat import duck_format, duck_parse_format

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene

# BigQuery type -> the macro that converts as BigQuery does; the others are plain DuckDB casts.
CONVERSIONS = {
    "INTEGER": "bq_int64",
    "FLOAT": "bq_float64",
    "BOOLEAN": "bq_bool",
    "STRING": "bq_string",
    "BYTES": "bq_bytes",
    "NUMERIC": "bq_numeric",
}
TIMES = ("DATE", "DATETIME", "TIMESTAMP", "TIME")
# CAST(... FORMAT '...') elements, longest first
FORMAT_ELEMENTS = (
    ("YYYY", "%Y"), ("MONTH", "%B"), ("HH24", "%H"), ("HH12", "%I"), ("MON", "%b"), ("DAY", "%A"), ("YY", "%y"),
    ("MM", "%m"), ("DD", "%d"), ("HH", "%I"), ("MI", "%M"), ("SS", "%S"), ("AM", "%p"), ("PM", "%p"),
)  # fmt: skip


def is_position(node: exp.Literal) -> bool:
    """Whether a number is no value but a place or a size: LIMIT 10, ORDER BY 1, NUMERIC(10, 2)."""
    from sqlglot import exp

    parent = node.parent
    holders = (exp.Limit, exp.Offset, exp.Ordered, exp.Group, exp.DataTypeParam, exp.TableSample, exp.WindowSpec)
    return isinstance(parent, (*holders, exp.Rollup, exp.Cube, exp.GroupingSets, exp.DataType))


def select(node: exp.Select, scene: Scene) -> exp.Expression | None:
    """SELECT AS STRUCT and AS VALUE; `*` leaves pseudo-columns out."""
    from sqlglot import exp

    kind = (node.args.get("kind") or "").upper()
    node.set("kind", None)
    if kind == "STRUCT":
        if any(part.is_star for part in node.expressions):
            raise unsupported("BigQuery SQL: SELECT AS STRUCT *")
        parts = [
            (
                part.alias_or_name if isinstance(part, (exp.Alias, exp.Column, exp.Dot)) else f"_field_{place}",
                part.unalias(),
            )
            for place, part in enumerate(node.expressions, 1)
        ]
        node.set("expressions", [struct_of(parts)])
    if node.meta.get("hide_suffix"):
        for star in [part for part in node.expressions if isinstance(part, exp.Star)]:
            star.set("except_", [*(star.args.get("except_") or []), exp.column("_TABLE_SUFFIX")])
    return None


def table(node: exp.Table, scene: Scene) -> exp.Expression | None:
    """A table of the catalog becomes its DuckDB relation, under the name that the query knows it by."""
    from sqlglot import exp

    source = node.meta.get("source")
    if not isinstance(source, Source):
        return None
    new = from_item(source.relation)
    if not node.meta.get("target"):
        new.set("alias", exp.TableAlias(this=exp.to_identifier(source_alias(node), quoted=True)))
    for part in ("joins", "pivots", "sample", "laterals"):
        if node.args.get(part):
            new.set(part, node.args[part])
    return _with_pivot(new)


def _with_pivot(node: exp.Expression) -> exp.Expression:
    replaced = node.args.get("pivots") and node.args["pivots"][0].meta.get("instead")
    return replaced(node) if replaced else node


def column(node: exp.Column, scene: Scene) -> exp.Expression | None:
    """`dataset.table.column` is `table.column` to DuckDB, where the table has only its last name."""
    from sqlglot import exp

    path = scene.full_names.get(tuple(part.name for part in node.parts[:-1]))
    new = node if path is None else exp.column(node.parts[-1].name, table=path, quoted=True)
    if written := node.meta.get("written"):
        return exp.alias_(new.copy(), written, quoted=True)
    return new


def unnest(node: exp.Unnest, scene: Scene) -> exp.Expression | None:
    """UNNEST in FROM: the items as rows (fields of STRUCTs spread), WITH OFFSET numbered from 0."""
    from sqlglot import exp

    if not isinstance(node.parent, (exp.From, exp.Join)):
        return None
    if len(node.expressions) != 1:
        raise unsupported("BigQuery SQL: UNNEST of several arrays")
    array, alias = duckdb_sql(node.expressions[0]), source_alias(node)
    is_struct = is_kind(item((node.meta.get("kinds") or [None])[0]), "RECORD")
    name = exp.to_identifier(alias or "~item", quoted=True).sql("duckdb")
    columns = [f"unnest({array}, max_depth := 2)" if is_struct else f"unnest({array}) AS {name}"]
    offset = node.args.get("offset")
    if isinstance(offset, exp.Expression):
        label = exp.to_identifier(offset.name, quoted=True).sql("duckdb")
        columns.append(f"unnest(range(len({array}))) AS {label}")
    scene.unnested += 1
    outer = name if is_struct and alias else f'"~unnest{scene.unnested}"'
    new = from_item(f"(SELECT {', '.join(columns)}) AS {outer}")
    join = node.parent
    if isinstance(join, exp.Join) and join.side and not join.args.get("on") and not join.args.get("using"):
        join.set("on", exp.true())
    return new


def membership(node: exp.In, scene: Scene) -> exp.Expression | None:
    """`x IN UNNEST(array)`."""
    unnested = node.args.get("unnest")
    return fn("bq_in_array", node.this, unnested.expressions[0]) if unnested is not None else None


def bracket(node: exp.Bracket, scene: Scene) -> exp.Expression:
    """`array[OFFSET(0)]`, `array[SAFE_ORDINAL(1)]`, `array[0]`, `json['name']`, `json[0]`."""
    key = node.expressions[0]
    if is_kind((node.meta.get("kinds") or [None])[0], "JSON") or key.is_string:
        path = f'$."{key.name}"' if key.is_string else f"$[{duckdb_sql(key)}]"
        return fn("json_extract", node.this, text(path) if key.is_string else binary_path(key))
    place = key if node.args.get("offset") == 1 else binary("Add", key, number(1))
    return fn("bq_safe_at" if node.args.get("safe") else "bq_at", node.this, place)


def binary_path(key: exp.Expression) -> exp.Expression:
    """The JSONPath `$[n]` for a computed n."""
    return fn("concat", text("$["), key, text("]"))


def conversion(node: exp.Cast, scene: Scene) -> exp.Expression:
    """CAST and SAFE_CAST by BigQuery's rules."""
    from sqlglot import exp

    field = field_of_type(node.args["to"])
    if field["type"] == "BIGNUMERIC" and isinstance(node.this, exp.Literal) and re.search(r"\.\d{19}", node.this.name):
        raise unsupported("BIGNUMERIC with more than 18 decimal places")
    value, kind = node.this, (node.meta.get("kinds") or [None])[0]
    if node.args.get("format"):
        new = _formatted(value, field, kind, node.args["format"])
    elif field["mode"] == "REPEATED" or field["type"] == "RECORD":
        new = cast_to(_named(value, field), field)
    elif kind and kind["mode"] != "REPEATED" and kind["type"] == field["type"] and not field.get("precision"):
        new = cast_to(value, field)
    elif field["type"] in CONVERSIONS and not field.get("precision"):
        new = fn(CONVERSIONS[field["type"]], value)
    else:
        new = cast_to(value, field)
    return fn("TRY", new) if isinstance(node, exp.TryCast) else new


def _named(value: exp.Expression, field: dict) -> exp.Expression:
    """Struct literals with the field names that their type gives, by position (DuckDB matches fields by name)."""
    from sqlglot import exp

    if field["mode"] == "REPEATED" and isinstance(value, exp.Anonymous) and value.name == "list_value":
        return listed([_named(part, {**field, "mode": "NULLABLE"}) for part in value.expressions])
    if isinstance(value, exp.Struct) and field["type"] == "RECORD":
        parts = [part.unalias() for part in value.expressions]
    elif isinstance(value, exp.Anonymous) and value.name == "struct_pack" and field["type"] == "RECORD":
        parts = [pair.expression for pair in value.expressions]
    else:
        return value
    inner = field["fields"]
    if len(inner) != len(parts):
        raise invalid_query(f"STRUCT has {len(parts)} fields, expected {len(inner)}")
    return struct_of([(each["name"], _named(part, each)) for each, part in zip(inner, parts, strict=True)])


def equality(node: exp.Expression, scene: Scene) -> exp.Expression | None:
    """STRUCTs are compared by position (DuckDB goes by the names of their fields)."""
    from sqlglot import exp

    kinds = node.meta.get("kinds") or ()
    if isinstance(node.parent, exp.Update) or not any(is_kind(kind, "RECORD") for kind in kinds):
        return None
    sides = (node.this, node.expression)
    literal = [isinstance(side, exp.Anonymous) and side.name == "struct_pack" for side in sides]
    if all(literal):
        rows = [fn("row", *(pair.expression for pair in side.expressions)) for side in sides]
        return type(node)(this=rows[0], expression=rows[1])
    if literal[0] and is_kind(kinds[1], "RECORD"):
        node.set("this", _named(node.this, kinds[1]))
    elif literal[1] and is_kind(kinds[0], "RECORD"):
        node.set("expression", _named(node.expression, kinds[0]))
    return None


def _formatted(value: exp.Expression, field: dict, kind: dict | None, pattern: exp.Expression) -> exp.Expression:
    elements, rest = "", pattern.name
    while rest:
        found = next(((name, code) for name, code in FORMAT_ELEMENTS if rest.upper().startswith(name)), None)
        if found is None and rest[0].isalpha():
            raise unsupported(f"BigQuery CAST format {pattern.name!r} (element {rest!r})")
        elements += found[1] if found else rest[0]
        rest = rest[len(found[0]) if found else 1 :]
    if field["type"] in TIMES and duck_parse_format(elements):
        parsed = fn("strptime", value, text(elements))
        return fn("timezone", text("UTC"), parsed) if field["type"] == "TIMESTAMP" else cast_to(parsed, field)
    if field["type"] == "STRING" and is_kind(kind, "DATE", "DATETIME", "TIMESTAMP") and duck_format(elements):
        return fn("strftime", cast(value, "TIMESTAMP"), text(elements))
    raise unsupported(f"BigQuery CAST format {pattern.name!r} for this type")


def tuple_value(node: exp.Tuple, scene: Scene) -> exp.Expression | None:
    """`(a, b)` is a STRUCT, except in VALUES, in IN lists and in GROUP BY, where DuckDB reads it alike."""
    from sqlglot import exp

    if isinstance(
        node.parent, (exp.Values, exp.In, exp.Any, exp.All, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Group)
    ):
        return None
    if isinstance(node.parent, (exp.Pivot, exp.EQ, exp.Property, exp.Insert, exp.Schema)):
        return None
    parts = [(part.alias or f"_field_{place}", part.unalias()) for place, part in enumerate(node.expressions, 1)]
    return struct_of(parts)


def array(node: exp.Array, scene: Scene) -> exp.Expression | None:
    """`[a, b]`: STRUCTs after the first take its field names; `ARRAY(SELECT ...)` stays."""
    from sqlglot import exp

    parts = node.expressions
    if parts and isinstance(parts[0], exp.Query):
        return None
    if not parts:
        return cast(listed([]), "BIGINT[]")
    if isinstance(parts[0], exp.Anonymous) and parts[0].name == "struct_pack":
        names = [pair.this.name for pair in parts[0].expressions]
        unknown = {"type": "", "mode": "NULLABLE"}
        field = {"type": "RECORD", "mode": "NULLABLE", "fields": [{"name": name, **unknown} for name in names]}
        parts = [_named(part, field) for part in parts]
    return listed(parts)


def byte_string(node: exp.ByteString, scene: Scene) -> exp.Expression:
    r"""`b'\x00a'`."""
    value = node.this
    raw = value.encode("latin-1") if all(ord(letter) < 256 for letter in value) else value.encode()
    return fn("unhex", text(raw.hex()))


def raw_string(node: exp.RawString, scene: Scene) -> exp.Expression:
    r"""`r'\d'`: what stands there is meant."""
    return text(node.this)


def net_function(node: exp.Expression, scene: Scene) -> exp.Expression:
    """Refused: NET.HOST and its kin."""
    raise unsupported(f"BigQuery network functions: NET.{node.this.name.upper()}")
