"""The type of an expression, as far as the rewriting needs to know it.

DuckDB knows every type, but only after the query has been written for it; a few of BigQuery's rules must be known
before: NUMERIC divided by NUMERIC is NUMERIC, DATE plus a number is a DATE, an UNNESTed STRUCT spreads its fields.
A type is a BigQuery field without a name, `{"type": "INTEGER", "mode": "NULLABLE"}`; None means "not known", and the
rewriting then does what is right for the most common type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import OLDER_NAMES, Field

if TYPE_CHECKING:
    from sqlglot import exp

NUMBERS = ("INTEGER", "NUMERIC", "BIGNUMERIC", "FLOAT")  # each may become the next

# What functions return. "first" is the type of the first argument, "items" an array of it.
RETURNS = {
    "INTEGER": "COUNT COUNTIF APPROX_COUNT_DISTINCT LENGTH CHAR_LENGTH CHARACTER_LENGTH BYTE_LENGTH OCTET_LENGTH "
    "ARRAY_LENGTH STRPOS INSTR DATE_DIFF DATETIME_DIFF TIMESTAMP_DIFF TIME_DIFF UNIX_SECONDS UNIX_MILLIS UNIX_MICROS "
    "UNIX_DATE EXTRACT DIV SIGN_INT ROW_NUMBER RANK DENSE_RANK NTILE FARM_FINGERPRINT ASCII UNICODE BIT_COUNT "
    "BIT_AND BIT_OR BIT_XOR GROUPING EDIT_DISTANCE INT64 RANGE_BUCKET",
    "FLOAT": "SQRT EXP LN LOG LOG10 POW_FLOAT RAND IEEE_DIVIDE STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP VAR_POP "
    "CORR COVAR_POP COVAR_SAMP SIN COS TAN ASIN ACOS ATAN ATAN2 SINH COSH TANH ASINH ACOSH ATANH CBRT PERCENT_RANK "
    "CUME_DIST PERCENTILE_CONT FLOAT64",
    "STRING": "CONCAT UPPER LOWER SUBSTRING FORMAT FORMAT_DATE FORMAT_DATETIME FORMAT_TIMESTAMP FORMAT_TIME STRING "
    "TO_JSON_STRING JSON_VALUE JSON_EXTRACT_SCALAR STRING_AGG TO_HEX TO_BASE64 INITCAP NORMALIZE REGEXP_EXTRACT "
    "REGEXP_SUBSTR ARRAY_TO_STRING GENERATE_UUID SESSION_USER CHR TRANSLATE SAFE_CONVERT_BYTES_TO_STRING JSON_TYPE "
    "NORMALIZE_AND_CASEFOLD CODE_POINTS_TO_STRING",
    "BYTES": "SHA256 SHA512 SHA1 MD5 FROM_BASE64 FROM_HEX",
    "BOOLEAN": "REGEXP_CONTAINS STARTS_WITH ENDS_WITH CONTAINS_SUBSTR LOGICAL_AND LOGICAL_OR IS_NAN IS_INF BOOL",
    "DATE": "DATE CURRENT_DATE PARSE_DATE DATE_FROM_UNIX_DATE",
    "DATETIME": "DATETIME CURRENT_DATETIME PARSE_DATETIME DATETIME_TRUNC DATETIME_ADD DATETIME_SUB",
    "TIMESTAMP": "TIMESTAMP CURRENT_TIMESTAMP PARSE_TIMESTAMP TIMESTAMP_TRUNC TIMESTAMP_ADD TIMESTAMP_SUB "
    "TIMESTAMP_SECONDS TIMESTAMP_MILLIS TIMESTAMP_MICROS",
    "TIME": "TIME CURRENT_TIME PARSE_TIME TIME_TRUNC TIME_ADD TIME_SUB",
    "JSON": "PARSE_JSON TO_JSON JSON_OBJECT JSON_ARRAY",
    "INTERVAL": "MAKE_INTERVAL",
    "first": "MIN MAX ANY_VALUE MAX_BY MIN_BY ABS NULLIF LAG LEAD FIRST_VALUE LAST_VALUE NTH_VALUE PERCENTILE_DISC "
    "DATE_TRUNC DATE_ADD DATE_SUB LAST_DAY SUBSTR TRIM LTRIM RTRIM REPLACE REVERSE REPEAT LPAD RPAD LEFT RIGHT "
    "ARRAY_CONCAT ARRAY_REVERSE ARRAY_CONCAT_AGG JSON_QUERY JSON_EXTRACT REGEXP_REPLACE ARRAY_SLICE SUM MOD",
    "widest": "COALESCE IFNULL GREATEST LEAST SAFE_ADD SAFE_SUBTRACT SAFE_MULTIPLY SAFE_NEGATE",
    "quotient": "AVG SAFE_DIVIDE ROUND CEIL CEILING FLOOR TRUNC POW POWER",
    "items": "ARRAY_AGG APPROX_QUANTILES",
}
RETURN_OF = {name: kind for kind, names in RETURNS.items() for name in names.split()}
ARRAY_RETURNS = {
    "SPLIT": "STRING",
    "REGEXP_EXTRACT_ALL": "STRING",
    "JSON_VALUE_ARRAY": "STRING",
    "JSON_EXTRACT_STRING_ARRAY": "STRING",
    "JSON_QUERY_ARRAY": "JSON",
    "JSON_EXTRACT_ARRAY": "JSON",
    "GENERATE_DATE_ARRAY": "DATE",
    "GENERATE_TIMESTAMP_ARRAY": "TIMESTAMP",
    "JSON_KEYS": "STRING",
    "TO_CODE_POINTS": "INTEGER",
}


def kind(name: str, *, mode: str = "NULLABLE") -> Field:
    """A type by BigQuery's name of it, old or new."""
    return {"type": OLDER_NAMES.get(name, name), "mode": mode}


def is_kind(field: Field | None, *names: str) -> bool:
    """Whether the type is known, no array, and one of these."""
    return field is not None and field["mode"] != "REPEATED" and field["type"] in names


def item(field: Field | None) -> Field | None:
    """The type of an array's items."""
    return {**field, "mode": "NULLABLE"} if field and field["mode"] == "REPEATED" else None


def widest(fields: list[Field | None]) -> Field | None:
    """The type that values of several types become together: numbers widen, NULLs and unknowns give way."""
    known = [field for field in fields if field]
    numbers = [field for field in known if is_kind(field, *NUMBERS)]
    if numbers and len(numbers) == len(known):
        return max(numbers, key=lambda field: NUMBERS.index(field["type"]))
    return known[0] if known else None


def quotient(fields: list[Field | None]) -> Field | None:
    """The type of a division (and of AVG and ROUND): NUMERIC if a part is and none is FLOAT64, else FLOAT64."""
    found = widest([field for field in fields if field])
    return kind("FLOAT") if is_kind(found, "INTEGER") else found


# sqlglot's data types -> BigQuery's
DATA_TYPES = {
    **dict.fromkeys(("BIGINT", "INT", "SMALLINT", "TINYINT"), "INTEGER"),
    **dict.fromkeys(("DOUBLE", "FLOAT"), "FLOAT"),
    **dict.fromkeys(("TEXT", "VARCHAR"), "STRING"),
    **dict.fromkeys(("BINARY", "VARBINARY"), "BYTES"),
    **dict.fromkeys(("TIMESTAMP", "DATETIME"), "DATETIME"),
    "TIMESTAMPTZ": "TIMESTAMP",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
    **{name: name for name in ("BOOLEAN", "DATE", "TIME", "JSON", "INTERVAL")},
}


def field_of_type(to: exp.DataType, name: str = "") -> Field:
    """The BigQuery field of a type as sqlglot parsed it. Raises ApiError 400/501 for types that are not there."""
    from ...errors import unsupported
    from .dialect import invalid_query

    label = to.this.value if hasattr(to.this, "value") else str(to.this)
    if label == "ARRAY":
        if not to.expressions:
            raise invalid_query("ARRAY type needs an element type: write ARRAY<INT64>", at=to)
        return {**field_of_type(to.expressions[0], name), "mode": "REPEATED"}
    if label == "STRUCT":
        fields = [
            field_of_type(part.args["kind"], part.name) if part.args.get("kind") else field_of_type(part, f"_field_{n}")
            for n, part in enumerate(to.expressions, 1)
        ]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": fields}
    if label not in DATA_TYPES:
        raise unsupported(f"BigQuery column type {label}")
    field = {"name": name, "type": DATA_TYPES[label], "mode": "NULLABLE"}
    sizes = [size.name for size in to.expressions]
    if sizes and field["type"] in ("STRING", "BYTES"):
        field["maxLength"] = sizes[0]
    elif sizes and field["type"] in ("NUMERIC", "BIGNUMERIC"):
        field |= dict(zip(("precision", "scale"), sizes, strict=False))
    return field
