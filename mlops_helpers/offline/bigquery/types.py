"""BigQuery's column types and DuckDB's: one table in each direction, and how a value is written in a JSON row.

A field is a `TableFieldSchema` as the REST interface has it, always with the older type names (`INTEGER`, not
`INT64`) and always with a mode: `{"name": "age", "type": "INTEGER", "mode": "NULLABLE"}`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ..errors import invalid, unsupported

Field = dict[str, Any]

UNSUPPORTED_SETTINGS = {
    "collation": "Collation",
    "generatedColumn": "Generated columns",
    "dataPolicies": "Data policies (masking)",
    "foreignTypeDefinition": "Foreign types",
}
DUCK_TYPES = {
    "INTEGER": "BIGINT",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "STRING": "VARCHAR",
    "BYTES": "BLOB",
    "DATE": "DATE",
    "TIME": "TIME",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "NUMERIC": "DECIMAL(38,9)",
    "BIGNUMERIC": "DECIMAL(38,18)",
    "JSON": "JSON",
    "INTERVAL": "INTERVAL",
}
OLDER_NAMES = {
    **dict.fromkeys(("INT64", "INT", "SMALLINT", "BIGINT", "TINYINT", "BYTEINT"), "INTEGER"),
    "FLOAT64": "FLOAT",
    "BOOL": "BOOLEAN",
    "STRUCT": "RECORD",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}
UNSUPPORTED_TYPES = ("GEOGRAPHY", "RANGE", "FOREIGN")
SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
UNSIGNED = ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
FIELD_TYPES = {
    **dict.fromkeys((*SIGNED, *UNSIGNED), "INTEGER"),
    **dict.fromkeys(("DOUBLE", "FLOAT"), "FLOAT"),
    **dict.fromkeys(("VARCHAR", "UUID"), "STRING"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"), "DATETIME"),
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    **{name: name for name in ("BOOLEAN", "DATE", "TIME", "JSON", "INTERVAL")},
    "BLOB": "BYTES",
    "BIGNUM": "BIGNUMERIC",
    '"NULL"': "INTEGER",  # a bare NULL is an INT64 in BigQuery
    "NULL": "INTEGER",
}
MODES = ("NULLABLE", "REQUIRED", "REPEATED")
COLUMN_NAME = re.compile(r"[^\W\d][\w\-&%=+:'<>#|$ ]*", re.UNICODE)
LONGEST_COLUMN_NAME = 300
MOST_DIGITS, MOST_SCALE = 38, {"NUMERIC": 9, "BIGNUMERIC": 18}
MOST_COLUMNS = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quoted(*names: str) -> str:
    """Names as one quoted DuckDB identifier: `quoted("a", "b")` is `"a"."b"`."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: object) -> str:
    """A text as a SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def normal_fields(fields: Iterable[Field] | None) -> list[Field]:
    """Fields with the older type names and upper-case modes, nested ones too.

    Raises ApiError 400 for an unknown type or mode, a bad or repeated name, a RECORD without fields; 501 for a type
    that the offline BigQuery does not have.
    """
    normal = [_normal_field(field) for field in fields or ()]
    if len(normal) > MOST_COLUMNS:
        raise invalid(f"Too many columns: found {len(normal)}, expected at most {MOST_COLUMNS}: split the table")
    seen: set[str] = set()
    for field in normal:
        if field["name"].lower() in seen:
            raise invalid(f"Field {field['name']} already exists in schema: column names must differ, ignoring case")
        seen.add(field["name"].lower())
    return normal


def _normal_field(field: Field) -> Field:
    name, kind = str(field.get("name") or ""), str(field.get("type") or "").upper()
    _check_name(name)
    kind = OLDER_NAMES.get(kind, kind)
    mode = (field.get("mode") or "NULLABLE").upper()
    if kind in UNSUPPORTED_TYPES:
        raise unsupported(f"BigQuery column type {kind} (column {name})")
    if kind != "RECORD" and kind not in DUCK_TYPES:
        known = ", ".join([*DUCK_TYPES, "RECORD"])
        raise invalid(
            f"Invalid value for type: {field.get('type')} is not a valid value for field {name}. Use: {known}"
        )
    for setting, what in UNSUPPORTED_SETTINGS.items():
        if field.get(setting):
            raise unsupported(f"{what} (column {name})")
    if mode not in MODES:
        raise invalid(f"Invalid value for mode: {mode} is not a valid value for field {name}. Use: {', '.join(MODES)}")
    normal = {**{key: value for key, value in field.items() if value is not None}, "type": kind, "mode": mode}
    normal.pop("fields", None)
    _check_parameters(normal)
    if kind == "RECORD":
        normal["fields"] = normal_fields(field.get("fields"))
        if not normal["fields"]:
            raise invalid(f"Field {name} is type RECORD but has no schema: give it at least one field")
    return normal


def _check_parameters(field: Field) -> None:
    """NUMERIC(p, s) and STRING(n): p digits, s of them after the point; n characters."""
    length, precision, scale = (int(field.get(name) or 0) for name in ("maxLength", "precision", "scale"))
    if length < 0 or ("maxLength" in field and not length):
        raise invalid(f"Invalid maxLength of field {field['name']}: found {length}, expected a number from 1")
    most = MOST_SCALE.get(field["type"], 0)
    if (precision or scale) and not (0 <= scale <= most and scale <= precision <= MOST_DIGITS):
        found = f"found precision {precision} and scale {scale}"
        expected = f"expected scale 0 to {most}, precision from the scale to {MOST_DIGITS}"
        raise invalid(f"Invalid {field['type']} parameters of field {field['name']}: {found}, {expected}")


def _check_name(name: str) -> None:
    if not COLUMN_NAME.fullmatch(name) or len(name) > LONGEST_COLUMN_NAME:
        raise invalid(
            f"Invalid field name {name!r}. Fields must contain the allowed characters (letters, digits, underscores), "
            f"start with a letter or an underscore, and be at most {LONGEST_COLUMN_NAME} characters long."
        )


def duck_type(field: Field) -> str:
    """The DuckDB type of a column: `RECORD` becomes `STRUCT(...)`, mode REPEATED a list."""
    if field["type"] == "RECORD":
        inner = ", ".join(f"{quoted(child['name'])} {duck_type(child)}" for child in field["fields"])
        kind = f"STRUCT({inner})"
    elif field["type"] in ("NUMERIC", "BIGNUMERIC") and field.get("precision"):
        kind = f"DECIMAL({min(int(field['precision']), 38)},{int(field.get('scale') or 0)})"
    else:
        kind = DUCK_TYPES[field["type"]]
    return kind + "[]" if field["mode"] == "REPEATED" else kind


def field_of(name: str, kind: Any) -> Field:
    """The BigQuery field of a DuckDB column; `kind` is a `DuckDBPyType` (or the text of a plain type)."""
    category = getattr(kind, "id", "")
    if category in ("list", "array"):
        return {**field_of(name, kind.children[0][1]), "mode": "REPEATED"}
    if category == "struct":
        children = [field_of(child, inner) for child, inner in kind.children]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": children}
    text = str(kind).upper()
    if text.startswith("DECIMAL"):
        scale = int(text.rstrip(")").rpartition(",")[2])
        return {"name": name, "type": "NUMERIC" if scale <= 9 else "BIGNUMERIC", "mode": "NULLABLE"}
    return {"name": name, "type": FIELD_TYPES.get(text, "STRING"), "mode": "NULLABLE"}


def cell(value: Any, field: Field) -> Any:
    """One value as BigQuery's JSON rows write it: text, nested `{"f": [{"v": ...}]}`, or None."""
    if field["mode"] == "REPEATED":
        single = {**field, "mode": "NULLABLE"}
        return [{"v": cell(item, single)} for item in value or ()]
    if value is None:
        return None
    if field["type"] == "RECORD":
        return {"f": [{"v": cell(value[child["name"]], child)} for child in field["fields"]]}
    return _text(value, field["type"])


def _text(value: Any, kind: str) -> str:
    if kind == "TIMESTAMP":
        return str((value - EPOCH) // timedelta(microseconds=1))
    if kind == "BOOLEAN":
        return "true" if value else "false"
    if kind == "BYTES":
        return b64encode(value).decode()
    if kind == "FLOAT":
        return float_text(value)
    if kind == "INTERVAL":
        return interval_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    return value.isoformat() if isinstance(value, (date, time, datetime)) else str(value)


def float_text(value: float) -> str:
    """A FLOAT64 in JSON: the shortest text that reads back the same; `NaN`, `Infinity`, `-Infinity`."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(float(value))


def decimal_text(value: Decimal) -> str:
    """A NUMERIC in JSON: no exponent, no trailing zeros after the point."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval_text(value: Any) -> str:
    """An INTERVAL in BigQuery's form `Y-M D H:M:S[.F]`; takes Arrow's months, days, nanoseconds or a timedelta."""
    if isinstance(value, timedelta):
        months, days, micros = 0, value.days, value.seconds * 1_000_000 + value.microseconds
    else:
        months, days, micros = value[0], value[1], value[2] // 1000
    years, months_left = divmod(abs(months), 12)
    seconds, fraction = divmod(abs(micros), 1_000_000)
    clock = f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}" + (f".{fraction:06d}" if fraction else "")
    return f"{'-' * (months < 0)}{years}-{months_left} {days} {'-' * (micros < 0)}{clock}"


def cast_list(fields: Iterable[Field]) -> str:
    """A SELECT list that casts columns of these names to their DuckDB types."""
    return ", ".join(f"{quoted(field['name'])}::{duck_type(field)} AS {quoted(field['name'])}" for field in fields)


def column_sql_list(fields: Iterable[Field]) -> str:
    """The columns of a CREATE TABLE without constraints."""
    return ", ".join(f"{quoted(field['name'])} {duck_type(field)}" for field in fields)
