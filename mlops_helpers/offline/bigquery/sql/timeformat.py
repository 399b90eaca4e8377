"""FORMAT_DATE, PARSE_TIMESTAMP and their kin: BigQuery's format elements.

Most elements mean the same to DuckDB (`duck_format` says which), and then DuckDB does the work. The others (`%e`, `%Q`,
`%E3S`, ...) are done in Python by `format_time` and `parse_time`.
Source: "Format elements for date and time parts" in BigQuery's documentation.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

COMBINED = {
    "%F": "%Y-%m-%d",
    "%T": "%H:%M:%S",
    "%R": "%H:%M",
    "%D": "%m/%d/%y",
    "%x": "%m/%d/%y",
    "%X": "%H:%M:%S",
    "%c": "%a %b %e %H:%M:%S %Y",
    "%h": "%b",
    "%r": "%I:%M:%S %p",
    "%E4Y": "%Y",
}
ELEMENT = re.compile(r"%(E\*S|E\dS|E4Y|Ez|.)", re.DOTALL)
SAME_IN_DUCKDB = set("aAbBdHIjmMpSuUwWyYGVg%")
PARSED_BY_DUCKDB = set("aAbBdHIjmMpSyY%")
YEAR_ELEMENTS = ("%Y", "%y", "%s", "%G", "%C")


def expanded(pattern: str) -> str:
    """The pattern with combined elements (`%F`) written out."""
    return ELEMENT.sub(lambda found: COMBINED.get(found[0], found[0]), pattern)


def duck_format(pattern: str) -> str | None:
    """The pattern for DuckDB's strftime, or None when it holds an element that DuckDB understands differently."""
    pattern = expanded(pattern)
    return pattern if set(ELEMENT.findall(pattern)) <= SAME_IN_DUCKDB else None


def duck_parse_format(pattern: str) -> str | None:
    """The pattern for DuckDB's strptime, or None when Python must do it."""
    pattern = expanded(pattern)
    known = set(ELEMENT.findall(pattern)) <= PARSED_BY_DUCKDB
    return pattern if known and any(year in pattern for year in YEAR_ELEMENTS) else None


def format_time(pattern: str, moment: datetime, zone: str) -> str:
    """FORMAT_TIMESTAMP and its kin: a local time in BigQuery's elements. Raises ValueError for unknown ones."""
    return ELEMENT.sub(lambda found: _element(found[1], moment, zone), expanded(pattern))


def _element(name: str, moment: datetime, zone: str) -> str:
    if name in SAME_IN_DUCKDB:
        return moment.strftime("%" + name) if name != "Y" else str(moment.year)
    special = {
        "e": f"{moment.day:2d}",
        "k": f"{moment.hour:2d}",
        "l": f"{moment.hour % 12 or 12:2d}",
        "Q": str((moment.month + 2) // 3),
        "C": f"{moment.year // 100:02d}",
        "P": moment.strftime("%p").lower(),
        "n": "\n",
        "t": "\t",
        "s": str(int((moment - _offset(zone, moment) - datetime(1970, 1, 1)).total_seconds())),
        "z": _offset_text(_offset(zone, moment), ""),
        "Ez": _offset_text(_offset(zone, moment), ":"),
        "Z": "UTC" if zone == "UTC" else _zone_text(_offset(zone, moment)),
        "E*S": f"{moment.second:02d}" + f".{moment.microsecond:06d}".rstrip("0").rstrip("."),
    }
    if fraction := re.fullmatch(r"E(\d)S", name):
        digits = int(fraction[1])
        return f"{moment.second:02d}" + (f".{moment.microsecond:06d}".ljust(10, "0")[: digits + 1] if digits else "")
    if name not in special:
        raise ValueError(f"Invalid format element %{name} in a date or time format")
    return special[name]


def _offset(zone: str, moment: datetime) -> timedelta:
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone)).utcoffset() or timedelta()


def _offset_text(offset: timedelta, separator: str) -> str:
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{separator}{rest:02d}"


def _zone_text(offset: timedelta) -> str:
    """`UTC-5`, `UTC+5:30`: BigQuery's name of a zone."""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "")


MONTHS = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
WEEKDAYS = "(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
READERS = {
    **dict.fromkeys("mdeHkIlMyjC", r"\s?\d{1,3}"),
    "Y": r"[-+]?\d{1,5}",
    "S": r"\d{1,2}",
    **dict.fromkeys("bBh", MONTHS),
    **dict.fromkeys("aA", WEEKDAYS),
    **dict.fromkeys("pP", "(?i:am|pm)"),
    "s": r"-?\d+",
    **dict.fromkeys(("z", "Ez"), r"Z|[-+]\d{1,2}:?\d{0,2}"),
    "Z": r"[A-Za-z_/]+",
}
LIMITS = {"m": 12, "d": 31, "e": 31, "H": 23, "k": 23, "I": 12, "l": 12, "M": 59, "y": 99, "j": 366}
MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def parse_time(pattern: str, text: str) -> datetime:
    """PARSE_TIMESTAMP and its kin: a time in UTC; parts that the pattern does not name are those of 1970-01-01.

    Raises ValueError in BigQuery's words when the text does not fit.
    """
    pieces, names, position = [], [], 0
    wanted = expanded(pattern)
    for found in ELEMENT.finditer(wanted):
        pieces.append(_plain(wanted[position : found.start()]))
        position = found.end()
        reader = r"\d{1,2}(?:\.\d+)?" if re.fullmatch(r"E(\*|\d)S", found[1]) else READERS.get(found[1])
        if found[1] in "nt":
            pieces.append(r"\s+")
        elif found[1] == "%":
            pieces.append("%")
        elif reader is None:
            raise ValueError(f"Invalid format element %{found[1]} in a date or time format")
        else:
            pieces.append(f"({reader})")
            names.append("S" if found[1].startswith("E") and found[1].endswith("S") else found[1])
    match = re.fullmatch(r"\s*" + "".join(pieces) + _plain(wanted[position:]) + r"\s*", text)
    if match is None:
        raise ValueError(f'Failed to parse input string "{text}"')
    return _moment(dict(zip(names, match.groups(), strict=True)), text)


def _plain(text: str) -> str:
    return re.sub(r"(\\\s|\s)+", r"\\s*", re.escape(text))


def _moment(found: dict[str, str], text: str) -> datetime:
    if "s" in found:
        return datetime(1970, 1, 1) + timedelta(seconds=int(found["s"]))
    numbers = {name: int(value) for name, value in found.items() if name in LIMITS}
    if any(value > LIMITS[name] for name, value in numbers.items()):
        raise ValueError(f'Failed to parse input string "{text}"')
    year = int(found.get("Y", 1970))
    if "y" in numbers:
        year = numbers["y"] + (1900 if numbers["y"] >= 69 else 2000)
    month = numbers.get("m", 1)
    for name in ("b", "B", "h"):
        month = MONTH_NAMES.index(found[name][:3].lower()) + 1 if name in found else month
    hour = numbers.get("H", numbers.get("k", 0))
    if "I" in numbers or "l" in numbers:
        hour = numbers.get("I", numbers.get("l", 0)) % 12 + 12 * (found.get("p", found.get("P", "am")).lower() == "pm")
    try:
        day = datetime(year, month, numbers.get("d", numbers.get("e", 1)))
        if "j" in numbers:
            day = datetime(year, 1, 1) + timedelta(days=numbers["j"] - 1)
        seconds = timedelta(hours=hour, minutes=numbers.get("M", 0), microseconds=_micros(found.get("S", "0")))
        return day + seconds - _zone(found, day)
    except (ValueError, OverflowError):
        raise ValueError(f'Failed to parse input string "{text}"') from None


def _micros(seconds: str) -> int:
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0") or 0)


def _zone(found: dict[str, str], day: datetime) -> timedelta:
    text = found.get("z") or found.get("Ez") or "Z"
    if found.get("Z") and found["Z"] not in ("UTC", "GMT"):
        return _offset(found["Z"], day)
    if text == "Z":
        return timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:-2]), minutes=int(digits[-2:]))
    return -offset if text[0] == "-" else offset
