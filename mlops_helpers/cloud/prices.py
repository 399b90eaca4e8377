"""Dated list prices, read from one file: `prices.json`. An unknown item or date is an error, never zero."""

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


@cache
def _table() -> dict:
    return json.loads((resources.files(__package__) / "prices.json").read_text())


def price(item: str, on: date) -> Price:
    """The price of an item on a day. Raises UnknownPrice if the table has none."""
    for row in _table()["prices"]:
        ended = row["to"] is not None and on >= date.fromisoformat(row["to"])
        if row["item"] == item and date.fromisoformat(row["from"]) <= on and not ended:
            return Price(*(row[name] for name in ("item", "label", "unit", "per", "usd", "source")))
    known = ", ".join(sorted({row["item"] for row in _table()["prices"]}))
    raise UnknownPrice(f"no price for {item!r} on {on}", f"one of {known}", "Add a dated row to prices.json.")


def as_of() -> date:
    """The day on which the price table was last checked."""
    return date.fromisoformat(_table()["as_of"])
