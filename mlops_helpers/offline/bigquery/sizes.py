"""Logical bytes, by BigQuery's published rules: what a column weighs decides what a query is billed.

Source: "Data type sizes" in the BigQuery pricing documentation. NULL weighs nothing.
"""

from __future__ import annotations

from .types import Field, literal

FIXED_BYTES = {
    "INTEGER": 8,
    "FLOAT": 8,
    "BOOLEAN": 1,
    "DATE": 8,
    "TIME": 8,
    "DATETIME": 8,
    "TIMESTAMP": 8,
    "NUMERIC": 16,
    "BIGNUMERIC": 32,
    "INTERVAL": 16,
}
TEXT_OVERHEAD = 2  # STRING and BYTES: 2 bytes and the encoded length


def column_bytes(expression: str, field: Field) -> str:
    """A DuckDB aggregate: the logical bytes of one column over all rows (`expression` is the quoted column)."""
    fixed = FIXED_BYTES.get(field["type"])
    if fixed and field["mode"] != "REPEATED":
        return f"{fixed} * count({expression})"
    return f"coalesce(sum({value_bytes(expression, field)}), 0)::BIGINT"


def value_bytes(expression: str, field: Field, *, depth: int = 0) -> str:
    """A DuckDB expression: the logical bytes of one value."""
    if field["mode"] == "REPEATED":
        item = f"item{depth}"
        inside = value_bytes(item, {**field, "mode": "NULLABLE"}, depth=depth + 1)
        return f"coalesce(list_sum(list_transform({expression}, lambda {item}: {inside})), 0)"
    if field["type"] == "RECORD":
        parts = (f"struct_extract({expression}, {literal(child['name'])})" for child in field["fields"])
        sizes = (value_bytes(part, child, depth=depth) for part, child in zip(parts, field["fields"], strict=True))
        return "(" + " + ".join(sizes) + ")"
    if fixed := FIXED_BYTES.get(field["type"]):
        return f"CASE WHEN {expression} IS NULL THEN 0 ELSE {fixed} END"
    if field["type"] == "BYTES":
        return f"coalesce({TEXT_OVERHEAD} + octet_length({expression}), 0)"
    return f"coalesce({TEXT_OVERHEAD} + strlen({expression}::VARCHAR), 0)"
