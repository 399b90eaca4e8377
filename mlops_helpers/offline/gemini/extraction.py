"""Finding facts in a text: e-mail addresses, dates, amounts, names ... by patterns and cues, nothing learned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in MONTHS)
# Every pattern takes time in proportion to the text: lengths are bounded, and no two repetitions can share characters.
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
URL = re.compile(r"https?://[^\s)>\]\"']+")
PHONE = re.compile(r"\+?\(?\d[\d\s().-]{6,18}\d")
ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({MONTH}),? (\d{{4}})\b", re.IGNORECASE)
MONTH_FIRST = re.compile(rf"\b({MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "dollars": "USD",
    "euros": "EUR",
}
AMOUNT = re.compile(
    r"(?P<before>[$€£]|\b(?:USD|EUR|GBP)\b)\s?(?P<first>\d[\d,]*(?:\.\d+)?)"
    r"|(?P<second>\d[\d,]*(?:\.\d+)?)\s?(?P<after>[$€£]|\b(?:USD|EUR|GBP|dollars|euros)\b)",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d+)?(?![\w-]|\.\d)")
CODE = re.compile(r"#?\b(?=[A-Z0-9-]{0,40}\d)[A-Z0-9]{1,40}(?:-[A-Z0-9]{1,40}){0,8}\b")
CAPITALISED = r"[A-ZÀ-Þ][\w'’-]+(?: (?:(?:van|von|de|der|da|la) )?[A-ZÀ-Þ][\w'’-]+){0,5}"
NAME_CUES = (
    r"(?:[Mm]y name is|[Nn]ame:|[Ii] am|I'm|[Ss]igned,?|[Rr]egards,?|[Ss]incerely,?|[Cc]ustomer:?|[Dd]ear"
    r"|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|[Ff]rom:)"
)
NAME = re.compile(rf"{NAME_CUES}\s+({CAPITALISED})")
PLACE = re.compile(rf"\b(?:in|to|from|at|near|for|city:|City:)\s+({CAPITALISED})")
FULL_NAME = re.compile(r"\b([A-ZÀ-Þ][a-zà-ÿ'’]+ [A-ZÀ-Þ][a-zà-ÿ'’-]+)\b")
QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]|(?<!\w)'([^']+)'(?!\w)")


def emails(text: str) -> list[str]:
    """E-mail addresses."""
    return EMAIL.findall(text)


def urls(text: str) -> list[str]:
    """Web addresses."""
    return [found.rstrip(".,;") for found in URL.findall(text)]


def phones(text: str) -> list[str]:
    """Telephone numbers; dates do not count."""
    return [found for found in PHONE.findall(ISO_DATE.sub(" ", text)) if sum(c.isdigit() for c in found) >= 7]


def dates(text: str) -> list[str]:
    """Dates in ISO form, in the order of the text; impossible ones are left out.

    >>> dates("Ordered on 3 March 2026, arrived March 9, 2026")
    ['2026-03-03', '2026-03-09']
    """
    found = [(m.start(), m[1], m[2], m[3]) for m in ISO_DATE.finditer(text)]
    found += [(m.start(), m[3], str(month_number(m[2])), m[1]) for m in DAY_FIRST.finditer(text)]
    found += [(m.start(), m[3], str(month_number(m[1])), m[2]) for m in MONTH_FIRST.finditer(text)]
    return [day for _, *parts in sorted(found) if (day := iso_date(*parts))]


def iso_date(year: str, month: str, day: str) -> str | None:
    """A date in ISO form, or None if there is no such day."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def month_number(name: str) -> int:
    """1 for Jan, Jan. or January."""
    return [month[:3].lower() for month in MONTHS].index(name[:3].lower()) + 1


def amounts(text: str) -> list[tuple[float, str]]:
    """Amounts of money with their currency's code."""
    found = []
    for m in AMOUNT.finditer(text):
        mark = (m["before"] or m["after"]).lower()
        found.append((to_number(m["first"] or m["second"]), CURRENCIES.get(mark, mark.upper())))
    return found


def numbers(text: str) -> list[float]:
    """All numbers that stand alone."""
    return [to_number(found) for found in NUMBER.findall(text)]


def to_number(text: str) -> float:
    """A number with thousands commas."""
    return float(text.replace(",", "").rstrip("."))


def names(text: str) -> list[str]:
    """Names of people: after a cue such as "my name is" or "Dear", else two capitalised words in a row."""
    return NAME.findall(text) or FULL_NAME.findall(text)


def places(text: str) -> list[str]:
    """Capitalised words after in, to, from, at, near or for."""
    return PLACE.findall(text)


def codes(text: str) -> list[str]:
    """Order numbers and the like: capitals and digits in one piece."""
    return [found.lstrip("#") for found in CODE.findall(text) if len(found) > 2]


def after_cue(text: str, cue: str) -> str | None:
    """What follows a field's name in the text: `Invoice number: A-17`, up to the end of the line or clause."""
    spaced = r"[\s_-]+".join(map(re.escape, cue.split()))
    found = re.search(rf"\b{spaced}\b\s*(?::|=|is|was|#|of)\s*[\"“]?([^\n,;\"”]+)", text, re.IGNORECASE)
    return found[1].strip().rstrip(".") if found else None


def quoted(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [double or single for double, single in QUOTED.findall(text)]


KINDS: dict[str, Callable[[str], list]] = {
    "email": emails, "mail": emails, "url": urls, "website": urls, "link": urls, "phone": phones, "telephone": phones,
    "date": dates, "day": dates, "deadline": dates, "due": dates, "birthday": dates,
    "name": names, "person": names, "customer": names, "author": names, "sender": names, "people": names,
    "city": places, "place": places, "location": places, "country": places, "destination": places, "town": places,
    "order": codes, "number": codes, "code": codes, "id": codes, "reference": codes, "invoice": codes,
    "currency": lambda text: [currency for _, currency in amounts(text)],
}  # fmt: skip


def find(words: list[str], text: str) -> list:
    """Everything of the kind that a field's words name (its last telling word decides); `[]` for no known kind."""
    for word in reversed(words):
        kind = KINDS.get(word) or KINDS.get(word.rstrip("s"))
        if kind is not None:
            return kind(text)
    return []
