"""FORMAT: BigQuery's printf.

`FORMAT("%5.2f", x)`. Flags `-`, `+`, space, `0`, `#` and `'` (thousands); width and precision, given or `*`;
conversions d i o x X f F e E g G s t T p P and `%%`. NULL for an argument makes the result NULL, except with %t and %T.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from .values import Kind, display, json_text, parse_kind, read, time_text

SPECIFIER = re.compile(
    r"%(?P<flags>[-+ #0']*)(?P<width>\*|\d*)(?:\.(?P<precision>\*|\d*))?(?P<conversion>[diouxXfFeEgGstTpP%])"
)
WHOLE = "diouxX"
FLOATING = "fFeEgG"
WHOLE_KINDS = ("BIGINT", "INTEGER", "HUGEINT", "UBIGINT", "SMALLINT", "TINYINT")


def format_text(pattern: str | None, values: list[str | None], kinds: list[str]) -> str | None:
    """The pattern with its values filled in; `values` are JSON texts and `kinds` their DuckDB types.

    Raises ValueError for a bad pattern, too few or too many arguments, or an argument of the wrong type.
    """
    if pattern is None:
        return None
    arguments = [(read(value), parse_kind(kind)) for value, kind in zip(values, kinds, strict=True)]
    pieces, position = [], 0
    while position < len(pattern):
        if pattern[position] != "%":
            pieces.append(pattern[position])
            position += 1
            continue
        found = SPECIFIER.match(pattern, position)
        if found is None:
            raise ValueError(f"Invalid format specifier in FORMAT pattern {pattern!r} at character {position + 1}")
        piece = _piece(found, arguments)
        if piece is None:
            return None
        pieces.append(piece)
        position = found.end()
    if arguments:
        raise ValueError(f"Too many arguments to FORMAT for pattern {pattern!r}")
    return "".join(pieces)


def _piece(found: re.Match, arguments: list[tuple[Any, Kind]]) -> str | None:
    conversion = found["conversion"]
    if conversion == "%":
        return "%"
    width, precision = (_size(found[name], arguments) for name in ("width", "precision"))
    value, kind = _next(arguments, found[0])
    if value is None and conversion not in "tT":
        return None
    flags = found["flags"]
    text = _converted(value, kind, conversion, flags, precision)
    if "-" in flags:
        return text.ljust(width or 0)
    if "0" in flags and conversion in WHOLE + FLOATING:
        sign = text[0] if text[:1] in ("-", "+", " ") else ""
        return sign + text[len(sign) :].rjust((width or 0) - len(sign), "0")
    return text.rjust(width or 0)


def _size(text: str | None, arguments: list[tuple[Any, Kind]]) -> int | None:
    if text == "*":
        return int(_next(arguments, "*")[0])
    return int(text) if text else None


def _next(arguments: list[tuple[Any, Kind]], wanted: str) -> tuple[Any, Kind]:
    if not arguments:
        raise ValueError(f"Too few arguments to FORMAT: nothing is left for {wanted}")
    return arguments.pop(0)


def _converted(value: Any, kind: Kind, conversion: str, flags: str, precision: int | None) -> str:
    if conversion in WHOLE:
        return _whole(value, kind, conversion, flags)
    if conversion in FLOATING:
        return _floating(value, kind, conversion, flags, precision)
    if conversion in "tT":
        text = display(value, kind, literal=conversion == "T")
    elif conversion in "pP":
        text = json_text(value, kind, indent=2 if conversion == "P" else None)
    else:
        if kind[0] not in ("VARCHAR", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
            raise ValueError(f"Invalid type for argument to FORMAT: %s expects STRING, found {kind[0]}; use %t")
        text = time_text(str(value), kind[0])
    return text if precision is None else text[:precision]


def _whole(value: Any, kind: Kind, conversion: str, flags: str) -> str:
    if kind[0] not in WHOLE_KINDS:
        raise ValueError(f"Invalid type for argument to FORMAT: %{conversion} expects INT64, found {kind[0]}; use %t")
    style = {"i": "d", "u": "d"}.get(conversion, conversion)
    plus = "+" if "+" in flags else " " if " " in flags else ""
    alternate = "#" if "#" in flags and style != "d" else ""
    grouping = "," if "'" in flags and style == "d" else ""
    return format(int(value), f"{plus}{alternate}{grouping}{style}")


def _floating(value: Any, kind: Kind, conversion: str, flags: str, precision: int | None) -> str:
    if kind[0] not in ("DOUBLE", "FLOAT", *WHOLE_KINDS) and not kind[0].startswith("DECIMAL"):
        raise ValueError(f"Invalid type for argument to FORMAT: %{conversion} expects FLOAT64, found {kind[0]}; use %t")
    number = Decimal(str(value)) if kind[0].startswith("DECIMAL") else float(value)
    plus = "+" if "+" in flags else " " if " " in flags else ""
    grouping = "," if "'" in flags else ""
    alternate = "#" if "#" in flags else ""
    return format(number, f"{plus}{alternate}{grouping}.{6 if precision is None else precision}{conversion}")
