"""Dated list prices, from `prices.json` and `prices_gemini.json`. An unknown item or date is an error, never zero.

Prices of what no receipt counts (machines, nodes, stored bytes) stand in `prices_platform.json`: `mlops_helpers.cost`
reads all three, in Decimal and by region.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from .errors import UnknownPrice


@dataclass(frozen=True)
class Price:
    """What one item costs between two dates: `usd` for every `per` of it (`unit` says that in words)."""

    item: str
    label: str
    unit: str
    per: int
    usd: float
    source: str

    def of(self, quantity: int) -> float:
        """The list price of a quantity, in US dollars."""
        return quantity / self.per * self.usd


FILES = ("prices.json", "prices_gemini.json")


@cache
def _tables() -> list[dict]:
    return [json.loads((resources.files(__package__) / name).read_text()) for name in FILES]


@cache
def _rows() -> dict[str, list[dict]]:
    """Every dated row, by item."""
    found: dict[str, list[dict]] = {}
    for table in _tables():
        for row in table["prices"]:
            found.setdefault(row["item"], []).append(row)
    return found


def price(item: str, on: date) -> Price:
    """The price of an item on a day. Raises UnknownPrice if the table has none."""
    for row in _rows().get(item, ()):
        ended = row["to"] is not None and on >= date.fromisoformat(row["to"])
        if date.fromisoformat(row["from"]) <= on and not ended:
            return Price(*(row[name] for name in ("item", "label", "unit", "per", "usd", "source")))
    family = item.partition(".")[0]
    known = ", ".join(sorted(name for name in _rows() if name.startswith(family)) or sorted(_rows()))
    raise UnknownPrice(f"no price for {item!r} on {on}", f"one of {known}", "Add a dated row to the price tables.")


def as_of() -> date:
    """The day on which the price tables were last checked: the older of the two."""
    return min(date.fromisoformat(table["as_of"]) for table in _tables())
