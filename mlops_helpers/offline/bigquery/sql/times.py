"""Dates and times: adding, differences, truncation, parts, formats.

The part (`DAY`, `WEEK(MONDAY)`, ...) is part of BigQuery's grammar, never a value, so everything is decided here and
DuckDB receives plain arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .build import binary, cast, fn, fragment, number, text
from .dialect import invalid_query
from .kinds import is_kind
from .timeformat import duck_format, duck_parse_format

if TYPE_CHECKING:
    from sqlglot import exp

    from .rewrite import Call

# How DuckDB makes an interval of n units, and the type of n.
UNITS = {
    "MICROSECOND": ("to_microseconds", "BIGINT"),
    "MILLISECOND": ("to_milliseconds", "DOUBLE"),
    "SECOND": ("to_seconds", "DOUBLE"),
    "MINUTE": ("to_minutes", "BIGINT"),
    "HOUR": ("to_hours", "BIGINT"),
    "DAY": ("to_days", "INTEGER"),
    "WEEK": ("to_weeks", "INTEGER"),
    "MONTH": ("to_months", "INTEGER"),
    "QUARTER": ("to_quarters", "INTEGER"),
    "YEAR": ("to_years", "INTEGER"),
}
MONTHS = {"to_months": 1, "to_quarters": 3, "to_years": 12}
CLOCK_PARTS = ("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR")
DAY_PARTS = ("DAY", "MONTH", "QUARTER", "YEAR")
WEEK_STARTS = {
    "WEEK": -1,
    "WEEK(SUNDAY)": -1,
    "ISOWEEK": 0,
    "WEEK(MONDAY)": 0,
    "WEEK(TUESDAY)": 1,
    "WEEK(WEDNESDAY)": 2,
    "WEEK(THURSDAY)": 3,
    "WEEK(FRIDAY)": 4,
    "WEEK(SATURDAY)": 5,
}  # days after Monday
TYPES = {"DATE": "DATE", "DATETIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMPTZ", "TIME": "TIME"}


def part_name(node: exp.Expression) -> str:
    """The date part a call names: `DAY`, `WEEK(MONDAY)`. Raises ApiError 400 when it is no date part."""
    name = node.name.upper()
    if node.expressions:
        name += f"({node.expressions[0].name.upper()})"
    if (
        name not in UNITS
        and name not in WEEK_STARTS
        and name not in ("ISOYEAR", "DAYOFWEEK", "DAYOFYEAR", "DATE", "TIME")
    ):
        raise invalid_query(f"A valid date part name is required but found {name or node.sql('bigquery')}", at=node)
    return name


def interval(value: exp.Expression, unit: str) -> exp.Expression:
    """`INTERVAL value unit`."""
    function, kind = UNITS[unit]
    return fn(function, cast(value, kind))


def zoned(value: exp.Expression, zone: exp.Expression | None) -> exp.Expression:
    """The local time (a DATETIME) of a TIMESTAMP in a zone, UTC if none is given."""
    return fn("timezone", zone or text("UTC"), cast(value, "TIMESTAMPTZ"))


def shifted(call: Call) -> exp.Expression:
    """DATE_ADD, TIMESTAMP_SUB, ...: the result has the type in the function's name (DATE_ADD keeps a DATETIME)."""
    family, direction = call.name.split("_")
    value, step = call.arguments
    kind = TYPES[family]
    if family == "DATE" and is_kind(call.kinds[0], "DATETIME", "TIMESTAMP"):
        kind = TYPES[call.kinds[0]["type"]]
    moved = binary("Add" if direction == "ADD" else "Sub", cast(value, kind), step)
    return cast(moved, kind) if kind != "TIME" else moved


def difference(call: Call) -> exp.Expression:
    """DATE_DIFF and DATETIME_DIFF count the boundaries crossed, TIMESTAMP_DIFF whole units."""
    later, earlier, unit = call.arguments
    family, part = call.name.split("_")[0], part_name(unit)
    kind = TYPES[family]
    if family == "DATE" and part in CLOCK_PARTS:
        raise invalid_query(f"DATE_DIFF does not support the {part} date part")
    later, earlier = cast(later, kind), cast(earlier, kind)
    if part in WEEK_STARTS:
        return fn("bq_week_diff", later, earlier, number(WEEK_STARTS[part]))
    if part == "ISOYEAR":
        return cast(binary("Sub", fn("isoyear", later), fn("isoyear", earlier)), "BIGINT")
    if family == "TIMESTAMP" and part in ("MONTH", "QUARTER", "YEAR"):
        raise invalid_query(f"TIMESTAMP_DIFF does not support the {part} date part")
    return fn("date_sub" if family == "TIMESTAMP" else "date_diff", text(part.lower()), earlier, later)


def truncated(call: Call) -> exp.Expression:
    """DATE_TRUNC and its kin; a TIMESTAMP is cut in the given time zone."""
    value, unit, *zone = call.arguments
    part = part_name(unit)
    family = call.name.split("_")[0]
    if family == "DATE" and is_kind(call.kinds[0], "DATETIME", "TIMESTAMP"):
        family = call.kinds[0]["type"]
    if family == "DATE" and part in CLOCK_PARTS:
        raise invalid_query(f"DATE_TRUNC does not support the {part} date part")
    if family == "TIME":
        whole = binary("Add", fragment("DATE '1970-01-01'"), cast(value, "TIME"))
        return cast(fn("date_trunc", text(part.lower()), whole), "TIME")
    zone_name = zone[0] if zone else text("UTC")
    local = zoned(value, zone_name) if family == "TIMESTAMP" else cast(value, TYPES[family])
    if part in WEEK_STARTS:
        cut = fn("bq_week", local, number(WEEK_STARTS[part]))
    elif part == "ISOYEAR":
        cut = fn("bq_iso_year", local)
    else:
        cut = fn("date_trunc", text(part.lower()), local)
    if family == "TIMESTAMP":
        return fn("timezone", zone_name.copy(), cast(cut, "TIMESTAMP"))
    return cast(cut, TYPES[family])


def last_day(call: Call) -> exp.Expression:
    """LAST_DAY(date[, part])."""
    value, *unit = call.arguments
    part = part_name(unit[0]) if unit else "MONTH"
    day = cast(value, "DATE")
    if part == "MONTH":
        return fn("last_day", day)
    if part == "QUARTER":
        return fn("bq_last_quarter_day", day)
    if part == "YEAR":
        return fn("make_date", fn("year", day), number(12), number(31))
    if part in WEEK_STARTS:
        return binary("Add", fn("bq_week", day, number(WEEK_STARTS[part])), number(6))
    raise invalid_query(f"LAST_DAY does not support the {part} date part")


def extracted(unit: exp.Expression, value: exp.Expression, zone: exp.Expression | None) -> exp.Expression:
    """EXTRACT(part FROM value [AT TIME ZONE zone])."""
    part = part_name(unit)
    if zone is not None:
        value = zoned(value, zone)
    if part in ("DATE", "TIME"):
        return cast(cast(value, "TIMESTAMP"), part)
    if part == "DAYOFWEEK":
        return cast(binary("Add", fn("dayofweek", value), number(1)), "BIGINT")
    if part == "ISOWEEK":
        return cast(fn("week", value), "BIGINT")
    if part in WEEK_STARTS:
        return fn("bq_week_number", value, number(WEEK_STARTS[part]))
    if part in ("MICROSECOND", "MILLISECOND"):
        scale = 1_000_000 if part == "MICROSECOND" else 1000
        return cast(binary("Mod", fn(part.lower(), value), number(scale)), "BIGINT")
    return cast(fn(part.lower(), value), "BIGINT")


def formatted(call: Call) -> exp.Expression:
    """FORMAT_DATE, FORMAT_DATETIME, FORMAT_TIME, FORMAT_TIMESTAMP (with its time zone)."""
    pattern, value, *zone = call.arguments
    family = call.name.split("_")[1]
    if family == "TIMESTAMP":
        local = zoned(value, zone[0].copy() if zone else None)
    elif family == "TIME":
        local = binary("Add", fragment("DATE '1970-01-01'"), cast(value, "TIME"))
    else:
        local = cast(cast(value, TYPES[family]), "TIMESTAMP")
    known = duck_format(pattern.name) if pattern.is_string else None
    if known is not None:
        return fn("strftime", local, text(known))
    return fn("bq_format_time", pattern, local, zone[0] if zone else text("UTC"))


def parsed(call: Call) -> exp.Expression:
    """PARSE_DATE, PARSE_DATETIME, PARSE_TIME, PARSE_TIMESTAMP (with its default time zone)."""
    pattern, value, *zone = call.arguments
    family = call.name.split("_")[1]
    known = duck_parse_format(pattern.name) if pattern.is_string else None
    moment = fn("strptime", value, text(known)) if known else fn("bq_parse_time", pattern, value)
    if family == "TIMESTAMP":
        return fn("timezone", zone[0] if zone else text("UTC"), moment)
    return cast(moment, TYPES[family])


def constructed(call: Call) -> exp.Expression:
    """DATE(...), DATETIME(...), TIME(...), TIMESTAMP(...) from parts, from another type, or in a time zone."""
    values, kind = call.arguments, TYPES[call.name]
    if call.name == "TIMESTAMP":
        return fn("timezone", values[1], cast(values[0], "TIMESTAMP")) if len(values) == 2 else cast(values[0], kind)
    if len(values) == 1:
        return cast(values[0], kind)
    if len(values) == 2 and call.name == "DATETIME" and is_kind(call.kinds[0], "DATE"):
        return binary("Add", cast(values[0], "DATE"), cast(values[1], "TIME"))
    if len(values) == 2:
        return cast(zoned(values[0], values[1]), kind)
    if call.name == "DATETIME" and len(values) == 6:
        return fn("make_timestamp", *values[:5], cast(values[5], "DOUBLE"))
    if call.name == "DATE":
        return fn("make_date", *values)
    if call.name == "TIME":
        return fn("make_time", *values[:2], cast(values[2], "DOUBLE"))
    raise call.wrong_count()


def as_string(call: Call) -> exp.Expression:
    """STRING(timestamp[, zone]), STRING(date), STRING(json)."""
    from sqlglot import exp

    value, *zone = call.arguments
    if zone:
        local = zoned(value, zone[0])
        offset = fn("bq_format_time", text("%Ez"), local.copy(), zone[0].copy())
        shown = fn("regexp_replace", offset, text(":00$"), text(""))  # `+00`, `+05:30`
        return exp.Paren(this=exp.DPipe(this=fn("bq_string", local), expression=shown))
    if is_kind(call.kinds[0], "JSON"):
        return fn("bq_json_scalar", value)
    return fn("bq_string", value)


def date_array(call: Call) -> exp.Expression:
    """GENERATE_DATE_ARRAY and GENERATE_TIMESTAMP_ARRAY."""
    start, end, *step = call.arguments
    if step and step[0].name in MONTHS and call.name == "GENERATE_DATE_ARRAY":
        months = binary("Mul", step[0].expressions[0].copy(), number(MONTHS[step[0].name]))
        return fn("bq_months", cast(start, "DATE"), cast(end, "DATE"), months)
    if call.name == "GENERATE_DATE_ARRAY":
        return fn("bq_days", start, end, step[0] if step else interval(number(1), "DAY"))
    return fn("generate_series", cast(start, "TIMESTAMPTZ"), cast(end, "TIMESTAMPTZ"), *step)


def now(call: Call) -> exp.Expression:
    """CURRENT_TIMESTAMP and its kin: the offline cloud's clock, in UTC or a given zone."""
    moment = cast(text(call.scene.context.now.strftime("%Y-%m-%d %H:%M:%S.%f+00")), "TIMESTAMPTZ")
    call.scene.volatile = True
    kind = TYPES[call.name.split("_")[1]]
    return moment if kind == "TIMESTAMPTZ" else cast(zoned(moment, (call.arguments or [None])[0]), kind)
