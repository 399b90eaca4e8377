"""When a cron expression next holds: five fields (minute, hour, day of month, month, day of week) and a time zone.

A field is `*` or a list of numbers, names (`JAN`, `MON`), ranges and steps: `0`, `1-5`, `*/15`, `MON,FRI`. If both days
are restricted, either of them is enough, as in every cron. `CRON_TZ=Europe/Berlin ` or `TZ=...` in front sets the zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import bad_field

ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+")
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
NAMES = {name: number for number, name in enumerate(MONTHS, start=1)} | {name: n for n, name in enumerate(DAYS)}
PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")
FURTHEST_DAYS = 366 * 8


@dataclass(frozen=True)
class Cron:
    """A parsed expression: the numbers that each field allows."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]
    week_days: frozenset[int]
    either_day: bool
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first time later than `moment` (aware), in UTC. Raises ApiError 400 if there is none for eight years."""
        start = (moment.astimezone(self.zone) + timedelta(minutes=1)).replace(second=0, microsecond=0)
        for offset in range(FURTHEST_DAYS):
            day = start.date() + timedelta(days=offset)
            if not self._holds_on(day.day, day.month, day.isoweekday() % 7):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).astimezone(UTC)
                    if found >= start:
                        return found
        raise bad_field("schedule.cron", self.text, "a time that comes")

    def _holds_on(self, day: int, month: int, week_day: int) -> bool:
        if month not in self.months:
            return False
        fits = day in self.month_days, week_day in self.week_days
        return any(fits) if self.either_day else all(fits)


def parse(text: str) -> Cron:
    """Read a cron expression. Raises ApiError 400 for another form.

    >>> parse("TZ=UTC 30 9 * * MON").after(datetime(2026, 1, 5, 10, tzinfo=UTC)).isoformat()
    '2026-01-12T09:30:00+00:00'
    """
    zone = ZONE.match(text)
    fields = text[zone.end() if zone else 0 :].split()
    if len(fields) != len(LIMITS):
        raise bad_field("schedule.cron", text, "five fields: minute, hour, day of month, month, day of week")
    numbers = [_numbers(text, field, *limits) for field, limits in zip(fields, LIMITS, strict=True)]
    numbers[4] = frozenset(number % 7 for number in numbers[4])
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    return Cron(text, *numbers, either, _zone(text, zone[1] if zone else "UTC"))


def _numbers(text: str, field: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in field.upper().split(","):
        match = PART.fullmatch(part)
        if match is None or match[4] == "0":
            raise bad_field("schedule.cron", text, f"a list of numbers, ranges and steps instead of {part!r}")
        first = low if match[1] else _number(text, match[2])
        last = _number(text, match[3]) if match[3] else high if match[1] or match[4] else first
        if not low <= first <= last <= high:
            raise bad_field("schedule.cron", text, f"numbers from {low} to {high} instead of {part!r}")
        found.update(range(first, last + 1, int(match[4] or 1)))
    return frozenset(found)


def _number(text: str, word: str) -> int:
    if word.isdigit():
        return int(word)
    if word not in NAMES:
        raise bad_field("schedule.cron", text, f"a number or a name such as MON instead of {word!r}")
    return NAMES[word]


def _zone(text: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise bad_field("schedule.cron", text, "a time zone of the IANA database") from None
