"""BigQuery functions that DuckDB can compute, written once as DuckDB macros; and the few that need Python.

The macros are in `macros.sql`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from decimal import ROUND_HALF_UP, Decimal, localcontext
from importlib import resources
from typing import TYPE_CHECKING

from .fingerprint import farm_fingerprint
from .formatting import format_text
from .timeformat import format_time, parse_time
from .values import json_text, parse_kind, plain_decimal, read, time_text

if TYPE_CHECKING:
    import duckdb

    from ...state import OfflineCloud


def define_functions(con: duckdb.DuckDBPyConnection, cloud: OfflineCloud) -> None:
    """Give a fresh DuckDB connection every function that translated BigQuery SQL calls."""
    text, number, whole = "VARCHAR", "VARCHAR", "BIGINT"
    define = con.create_function
    define("bq_raise", raise_error, [text], text)
    define("bq_text_of", time_or_number_text, [text, text], text)
    define("bq_farm_of", farm_fingerprint, ["BLOB"], whole)
    define("bq_sha512_of", sha512, ["BLOB"], "BLOB")
    define("bq_format_of", format_text, [text, "VARCHAR[]", "VARCHAR[]"], text, null_handling="special")
    define("bq_json_of", json_string, [text, text, "BOOLEAN"], text, null_handling="special")
    define("bq_normalize", normalize, [text, text, "BOOLEAN"], text)
    define("bq_instr_of", place_of, [text, text, whole, whole], whole)
    define("bq_json_keys_of", json_keys, [text, whole], "VARCHAR[]")
    define("bq_initcap", initcap, [text, text], text)
    define("bq_format_time", format_time, [text, "TIMESTAMP", text], text)
    define("bq_parse_time", parse_time, [text, text], "TIMESTAMP")
    define("bq_numeric_quotient", numeric_quotient, [number, number], number)
    define("bq_uuid", lambda: uuid_text(cloud), [], text, side_effects=True)
    for body in macro_bodies():
        con.execute(f"CREATE OR REPLACE MACRO {body}")


def macro_bodies() -> list[str]:
    """The macros of `macros.sql`, without comments."""
    text = (resources.files(__package__) / "macros.sql").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [body for body in "\n".join(lines).split(";\n") if body.strip()]


def raise_error(message: str) -> str:
    """Ends the query with this message."""
    raise ValueError(message)


def sha512(data: bytes) -> bytes:
    """SHA512(bytes)."""
    return hashlib.sha512(data).digest()


def time_or_number_text(text: str, kind: str) -> str:
    """CAST(x AS STRING) where DuckDB's text differs: FLOAT64 `1`, fractions of 3 or 6 digits."""
    if kind in ("DOUBLE", "FLOAT"):
        return text.removesuffix(".0")
    return plain_decimal(text) if kind.startswith("DECIMAL") else time_text(text, kind)


def json_string(text: str | None, kind: str, pretty: bool | None) -> str:
    """TO_JSON_STRING(x[, pretty]) of a value that DuckDB wrote as JSON."""
    return json_text(read(text), parse_kind(kind), indent=2 if pretty else None)


def normalize(text: str, form: str, casefold: bool) -> str:
    """NORMALIZE(text, form), and NORMALIZE_AND_CASEFOLD."""
    folded = unicodedata.normalize(form, text).casefold() if casefold else text
    return unicodedata.normalize(form, folded)


def initcap(text: str, delimiters: str) -> str:
    """INITCAP: the first letter of each word in upper case, the rest in lower case."""
    after = [True, *(letter in delimiters for letter in text)]
    return "".join(letter.upper() if start else letter.lower() for start, letter in zip(after, text, strict=False))


def place_of(value: str, part: str, start: int, occurrence: int) -> int:
    """INSTR(value, part, start, occurrence): counted from 1, 0 if there is none; a negative start looks backwards."""
    if start == 0 or occurrence < 1:
        raise ValueError(f"INSTR position and occurrence: found {start} and {occurrence}, expected no 0")
    places = [place for place in range(1, len(value) + 1) if value.startswith(part, place - 1)]
    if start < 0:
        places = [place for place in reversed(places) if place <= len(value) + start + 1]
    else:
        places = [place for place in places if place >= start]
    return places[occurrence - 1] if len(places) >= occurrence else 0


def json_keys(document: str, depth: int) -> list[str]:
    """JSON_KEYS(document, depth): the paths of all members, in alphabetical order."""

    def paths(value: object, before: str, left: int) -> list[str]:
        if not isinstance(value, dict) or not left:
            return []
        found = []
        for name, inner in value.items():
            path = before + (name if name.isidentifier() else json.dumps(name))
            found += [path, *paths(inner, path + ".", left - 1)]
        return found

    return sorted(paths(json.loads(document), "", depth))


def numeric_quotient(dividend: str, divisor: str) -> str:
    """NUMERIC / NUMERIC, exact to nine places, halves away from zero. Raises ValueError for a zero divisor."""
    if Decimal(divisor) == 0:
        raise ValueError(f"division by zero: {plain_decimal(dividend)} / {plain_decimal(divisor)}")
    with localcontext(prec=60):
        return str((Decimal(dividend) / Decimal(divisor)).quantize(Decimal("1e-9"), ROUND_HALF_UP))


def uuid_text(cloud: OfflineCloud) -> str:
    """GENERATE_UUID(): a version 4 UUID that follows from how many were made before."""
    digits = cloud.next_id("uuid") + cloud.next_id("uuid")
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
