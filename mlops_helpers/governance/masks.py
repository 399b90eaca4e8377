"""Hide one value: mask it, redact it, or make it coarser. `masking` applies these to whole tables.

Masking keeps the shape of a value so that people can still recognise their own ("the card that ends in 1111");
redaction keeps nothing; generalisation keeps the part that an analysis needs (an age band instead of an age).
None of the three can be undone from the result alone.
"""

import datetime as dt
import math

from mlops_helpers.governance.errors import InvalidSetting

REDACTED = "[REDACTED]"
_DATES = (dt.date, dt.datetime)


def is_missing(value: object) -> bool:
    """Return whether a cell is empty: None, NaN, NaT or pandas.NA (the latter two are not equal to themselves)."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def mask(value: str | None, *, last: int = 4) -> str | None:
    """Replace letters and digits by `*`, keep separators, and show the last few characters.

    Never more than a third of the letters and digits stays readable, however large `last` is. An e-mail address
    keeps its first letter and its domain. A missing value stays missing.

    >>> mask("4111 1111 1111 1111"), mask("ana.ruiz@example.org"), mask("12")
    ('**** **** **** 1111', 'a**.****@example.org', '**')
    """
    if is_missing(value):
        return value
    local, at, domain = str(value).rpartition("@")
    if at and local:
        return local[0] + _stars(local[1:], show=0) + at + domain
    text = str(value)
    return _stars(text, show=min(last, sum(map(str.isalnum, text)) // 3))


def _stars(text: str, *, show: int) -> str:
    """Star out all but the last `show` letters and digits."""
    hidden = sum(map(str.isalnum, text)) - show
    characters = []
    for character in text:
        hide = character.isalnum() and hidden > 0
        characters.append("*" if hide else character)
        hidden -= character.isalnum()
    return "".join(characters)


def redact(value: object) -> object:
    """Return a fixed word for any value; a missing value stays missing, so that completeness can still be counted."""
    return value if is_missing(value) else REDACTED


def age_band(value: float | None, *, width: int = 10) -> str | None:
    """Return the band of `width` years that holds an age, such as "30-39".

    Raises `InvalidSetting` for a width below 1.
    """
    if width < 1:
        raise InvalidSetting(f"an age band of {width} years", "a width of at least 1", "choose for example width=10")
    if is_missing(value):
        return value
    lower = math.floor(value / width) * width
    return f"{lower}-{lower + width - 1}"


def to_month(value: str | dt.date | None) -> str | None:
    """Return the month of a date, "2026-03"; text must be ISO 8601."""
    return _date_part(value, length=len("2026-03"))


def to_year(value: str | dt.date | None) -> str | None:
    """Return the year of a date, "2026"; text must be ISO 8601."""
    return _date_part(value, length=len("2026"))


def _date_part(value: str | dt.date | None, *, length: int) -> str | None:
    """Return the first `length` characters of the ISO form of a date."""
    if is_missing(value):
        return value
    if isinstance(value, _DATES):
        return value.isoformat()[:length]
    try:
        return dt.datetime.fromisoformat(str(value)).isoformat()[:length]
    except ValueError as error:
        raise InvalidSetting(
            f"a cell that is no date ({mask(str(value))})",
            "dates in ISO 8601 form, such as 2026-03-01",
            "parse the column with pandas.to_datetime first, or redact it",
        ) from error
