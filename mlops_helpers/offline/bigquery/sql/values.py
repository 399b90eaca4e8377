"""Values as text: TO_JSON_STRING, and FORMAT's `%t` and `%T`.

DuckDB hands a value over as JSON together with its type (`typeof`), so that one function serves every type, nested
ones too. Formats after BigQuery's documentation: "JSON encodings", "%t and %T behavior".
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

LARGEST_EXACT = 2**53  # INT64 beyond it is written as a string in JSON
Kind = tuple  # ("STRUCT", ((name, Kind), ...)) | ("LIST", Kind) | ("BIGINT",)


@lru_cache(maxsize=512)
def parse_kind(text: str) -> Kind:
    """A DuckDB type, e.g. `STRUCT(a BIGINT, b VARCHAR[])`, as nested tuples."""
    found, rest = _kind(text.strip())
    if rest.strip():
        raise ValueError(f"found {rest!r} after the type in {text!r}, expected nothing")
    return found


def _kind(text: str) -> tuple[Kind, str]:
    if text.startswith("STRUCT("):
        found, text = _struct(text[len("STRUCT(") :])
    else:
        name = re.match(r"[^,()\[\]]*(?:\(\d+,\d+\))?", text)[0]
        found, text = (name.strip(),), text[len(name) :]
    while brackets := re.match(r"\[\d*\]", text):
        found, text = ("LIST", found), text[brackets.end() :]
    return found, text


def _struct(text: str) -> tuple[Kind, str]:
    fields = []
    while True:
        name = re.match(r'\s*("(?:[^"]|"")*"|\w+)\s+', text)
        if name is None:  # an unnamed field
            label, rest = f"_field_{len(fields) + 1}", text
        else:
            label, rest = name[1].strip('"').replace('""', '"'), text[name.end() :]
        inner, text = _kind(rest)
        fields.append((label, inner))
        if not text.startswith(","):
            return ("STRUCT", tuple(fields)), text[1:]
        text = text[1:].lstrip()


def read(text: str | None) -> Any:
    """A value that DuckDB wrote as JSON; numbers with a point stay exact."""
    return None if text is None else json.loads(text, parse_float=Decimal, parse_constant=float)


def json_text(value: Any, kind: Kind, *, indent: int | None = None, level: int = 0) -> str:
    """A value as BigQuery's TO_JSON_STRING writes it; `indent` spaces per level when it is pretty-printed."""
    if value is None:
        return "null"
    if kind[0] == "STRUCT":
        parts = [
            f"{json.dumps(name, ensure_ascii=False)}:{' ' if indent else ''}"
            + json_text(value.get(name), inner, indent=indent, level=level + 1)
            for name, inner in kind[1]
        ]
        return _wrapped("{", parts, "}", indent, level)
    if kind[0] == "LIST":
        parts = [json_text(part, kind[1], indent=indent, level=level + 1) for part in value]
        return _wrapped("[", parts, "]", indent, level)
    if kind[0] == "JSON":
        return _free_json(value, indent, level)
    return _scalar_json(value, kind[0])


def _wrapped(start: str, parts: list[str], end: str, indent: int | None, level: int) -> str:
    if not indent or not parts:
        return start + ",".join(parts) + end
    inner, outer = " " * indent * (level + 1), " " * indent * level
    return f"{start}\n{inner}" + f",\n{inner}".join(parts) + f"\n{outer}{end}"


def _free_json(value: Any, indent: int | None, level: int) -> str:
    if isinstance(value, dict):
        return json_text(value, ("STRUCT", tuple((name, ("JSON",)) for name in value)), indent=indent, level=level)
    if isinstance(value, list):
        return json_text(value, ("LIST", ("JSON",)), indent=indent, level=level)
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _scalar_json(value: Any, kind: str) -> str:
    if kind in ("BIGINT", "INTEGER", "HUGEINT"):
        return f'"{value}"' if abs(int(value)) > LARGEST_EXACT else str(value)
    if kind in ("DOUBLE", "FLOAT"):
        return float_text(value) if _is_finite(value) else f'"{_odd_float(value)}"'
    if kind.startswith("DECIMAL"):
        return plain_decimal(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "BLOB":
        from base64 import b64encode

        value = b64encode(blob(value)).decode()
    return json.dumps(time_text(str(value), kind, separator="T"), ensure_ascii=False)


def time_text(text: str, kind: str, *, separator: str = " ") -> str:
    """DuckDB's text of a time in BigQuery's form: fraction of 3 or 6 digits; `Z` or `+00` for a TIMESTAMP."""
    if kind not in ("TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        return text
    zone = ""
    if kind == "TIMESTAMP WITH TIME ZONE":
        text, zone = text.removesuffix("+00"), "Z" if separator == "T" else "+00"
    head, point, fraction = text.partition(".")
    if point:
        fraction = "." + fraction.ljust(3 if len(fraction) <= 3 else 6, "0")
    return head.replace(" ", separator) + fraction + zone


def float_text(value: Any, *, point: bool = False) -> str:
    """A FLOAT64 as BigQuery prints it: `1` or, with `point`, `1.0`; `1e+20` when it is large."""
    number = float(value)
    if not _is_finite(number):
        return _odd_float(number).lower().replace("infinity", "inf")
    text = repr(number)
    return text if point else text.removesuffix(".0")


def plain_decimal(value: Any) -> str:
    """A NUMERIC without exponent and without zeros at the end."""
    text = format(Decimal(str(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_finite(value: Any) -> bool:
    return float("-inf") < float(value) < float("inf")


def _odd_float(value: Any) -> str:
    number = float(value)
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def blob(text: str) -> bytes:
    r"""Bytes from DuckDB's text of a BLOB, where `\xAA` is one byte."""
    pieces = re.split(r"\\x([0-9A-Fa-f]{2})", text)
    return b"".join(bytes.fromhex(piece) if odd % 2 else piece.encode() for odd, piece in enumerate(pieces))


def display(value: Any, kind: Kind, *, literal: bool) -> str:
    """A value for FORMAT: `%t` (as a person reads it) or, with `literal`, `%T` (as BigQuery SQL would spell it)."""
    if value is None:
        return "NULL"
    if kind[0] == "LIST":
        return "[" + ", ".join(display(part, kind[1], literal=literal) for part in value) + "]"
    if kind[0] == "STRUCT":
        parts = [display(value.get(name), inner, literal=literal) for name, inner in kind[1]]
        return ("STRUCT" if literal and len(parts) == 1 else "") + "(" + ", ".join(parts) + ")"
    return _scalar_display(value, kind[0], literal=literal)


def _scalar_display(value: Any, kind: str, *, literal: bool) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        text = float_text(value, point=True)
        return f'CAST("{text}" AS FLOAT64)' if literal and not _is_finite(value) else text
    if kind.startswith("DECIMAL"):
        return f'NUMERIC "{plain_decimal(value)}"' if literal else plain_decimal(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "JSON":
        text = _free_json(value, None, 0)
        return f"JSON {json.dumps(text)}" if literal else text
    if kind == "BLOB":
        return f"b{json.dumps(value)}" if literal else value
    text = time_text(str(value), kind)
    if not literal or kind in ("BIGINT", "INTEGER", "HUGEINT"):
        return text
    names = {"TIMESTAMP": "DATETIME ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP ", "DATE": "DATE ", "TIME": "TIME "}
    return names.get(kind, "") + json.dumps(text, ensure_ascii=False)
