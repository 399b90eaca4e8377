"""The table of dated list prices, read strictly: every row is checked before any price is given out.

A row holds from its day `from` up to, not including, its day `to` (null: until further notice). For one item, region
and day there is one price or none; two are an error as soon as the table is read, not when somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

from .errors import BadPriceRow, OverlappingPrices, PriceError, PriceNotValid, UnknownSku
from .money import Money, decimal_of

FILES = ("prices.json", "prices_gemini.json", "prices_platform.json")  # in mlops_helpers.cloud
NEAREST = 3  # items that an error names
FIELDS = ("item", "label", "unit", "per", "usd", "region", "from", "to", "source")
HOME = "us-central1"  # the region meant where an item has several and none is asked for


@dataclass(frozen=True)
class Price:
    """What one item costs in one region between two days: `each` for every `per` of it (`unit` says that in words).

    `tiers` are pairs (above, Money): the price of each unit above that many in a month. `details` holds what else the
    table knows, for example `vcpus`, `memory_gib` and `accelerator` of a machine, `minimum_days` of a storage class.
    """

    sku: str
    label: str
    unit: str
    per: int
    each: Money
    region: str
    start: date
    end: date | None
    source: str
    tiers: tuple[tuple[Decimal, Money], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def of(self, quantity: Decimal | int | str) -> Money:
        """The list price of a quantity, exact; of a tiered price, of a whole month's. Raises NotMoney, PriceError."""
        amount = decimal_of(quantity, "a quantity")
        if amount < 0:
            raise PriceError(f"{quantity} {self.unit}", "no less than 0", "A credit is a line of its own.")
        if not self.tiers:
            return self.each * amount / self.per
        bounds = [*(above for above, _ in self.tiers[1:]), amount]
        parts = [
            money * max(min(amount, bound) - above, Decimal(0))
            for (above, money), bound in zip(self.tiers, bounds, strict=True)
        ]
        return sum(parts, start=self.each * 0) / self.per

    def holds(self, day: date) -> bool:
        """Whether this is the price on a day."""
        return self.start <= day and (self.end is None or day < self.end)


def read_row(row: Mapping[str, Any], currency: str = "USD") -> Price:
    """One row of a file as a Price. Raises BadPriceRow that names the item and what is wrong with it."""
    if missing := [name for name in FIELDS if name not in row]:
        raise _bad(row, f"without {', '.join(missing)}", f"the fields {', '.join(FIELDS)}")
    try:
        start = date.fromisoformat(row["from"])
        end = date.fromisoformat(row["to"]) if row["to"] is not None else None
    except (TypeError, ValueError):
        raise _bad(
            row, f"from {row['from']!r} to {row['to']!r}", "dates such as 2026-10-01, `to` null if open"
        ) from None
    if end is not None and end <= start:
        raise _bad(row, f"from {start} to {end}", "an end after the start")
    if not isinstance(row["per"], int) or row["per"] < 1:
        raise _bad(row, f"per {row['per']!r}", "a whole number from 1 on")
    each, tiers = Money(row["usd"], currency), _tiers(row, currency)
    if each.amount < 0 or any(money.amount < 0 for _, money in tiers):
        raise _bad(row, f"a price of {each.amount}", "no less than 0")
    details = {name: value for name, value in row.items() if name not in (*FIELDS, "tiers")}
    names = (row["item"], row["label"], row["unit"], row["per"])
    return Price(*names, each, row["region"], start, end, row["source"], tiers, details)


def _tiers(row: Mapping[str, Any], currency: str) -> tuple[tuple[Decimal, Money], ...]:
    tiers = tuple((Decimal(tier["above"]), Money(tier["usd"], currency)) for tier in row.get("tiers", ()))
    bounds = [above for above, _ in tiers]
    if bounds and (bounds[0] != 0 or bounds != sorted(set(bounds))):
        raise _bad(row, f"tiers above {', '.join(map(str, bounds))}", "tiers that begin at 0 and rise")
    return tiers


def _bad(row: Mapping[str, Any], found: str, expected: str) -> BadPriceRow:
    return BadPriceRow(f"a price of {row.get('item', 'an unnamed item')!r} {found}", expected, "Correct the row.")


class PriceTable:
    """Prices by item, region and day."""

    def __init__(self, prices: Iterable[Price]) -> None:
        """Raises OverlappingPrices if two rows hold for the same item, region and day."""
        self._rows: dict[str, dict[str, list[Price]]] = {}
        for row in prices:
            self._rows.setdefault(row.sku, {}).setdefault(row.region, []).append(row)
        for regions in self._rows.values():
            for rows in regions.values():
                rows.sort(key=lambda row: row.start)
                self._require_order(rows)

    @staticmethod
    def _require_order(rows: list[Price]) -> None:
        for first, second in pairwise(rows):
            if first.end is None or first.end > second.start:
                spans = " and ".join(f"{row.start} to {row.end or 'further notice'}" for row in (first, second))
                found = f"two prices of {first.sku!r} in {first.region}: {spans}"
                raise OverlappingPrices(found, "one for each day", "End the first row on the day the second begins.")

    @property
    def skus(self) -> list[str]:
        """Every item that has a price, sorted."""
        return sorted(self._rows)

    def rows(self, prefix: str = "") -> list[Price]:
        """All rows whose item begins like that, by item, region and day."""
        found = [
            row for sku in self.skus if sku.startswith(prefix) for rows in self._rows[sku].values() for row in rows
        ]
        return sorted(found, key=lambda row: (row.sku, row.region, row.start))

    def find(self, sku: str, *, at: date, region: str | None = None) -> Price:
        """The price of an item on a day.

        Without `region` it is the item's only one or, where there are several, us-central1. A `datetime` counts by its
        own calendar day. Raises UnknownSku for an item or region that the table lacks, PriceNotValid for a day on
        which the item had no price: nothing is ever free because it was forgotten.
        """
        rows, day = self._in_region(sku, region), day_of(at)
        for row in rows:
            if row.holds(day):
                return row
        spans = "; ".join(f"from {row.start} to {row.end or 'further notice'}" for row in rows)
        remedy = "Choose a day on which it holds, or add a dated row to the price tables."
        raise PriceNotValid(f"no price of {sku!r} on {day}", f"a day {spans}", remedy)

    def history(self, sku: str, *, region: str | None = None) -> list[Price]:
        """All prices of an item in one region, past and to come, oldest first. Raises UnknownSku."""
        return list(self._in_region(sku, region))

    def _in_region(self, sku: str, region: str | None) -> list[Price]:
        if sku not in self._rows:
            near = get_close_matches(sku, self.skus, n=NEAREST, cutoff=0)
            remedy = "`price_frame` lists all there are; a new one is a dated row of the price tables."
            raise UnknownSku(f"no price of {sku!r}", f"one such as {', '.join(near)}", remedy)
        regions = self._rows[sku]
        wanted = region or (next(iter(regions)) if len(regions) == 1 else HOME)
        if wanted not in regions:
            remedy = "Add a row for the region: prices differ, so none is borrowed from another."
            raise UnknownSku(f"no price of {sku!r} in {wanted!r}", f"one of {', '.join(sorted(regions))}", remedy)
        return regions[wanted]


def day_of(at: date) -> date:
    """The calendar day of a date or a datetime. Raises PriceError for anything else."""
    if isinstance(at, datetime):
        return at.date()
    if not isinstance(at, date):
        raise PriceError(f"a day {at!r}", "a datetime.date", "Write date.fromisoformat(...) around a text.")
    return at


@cache
def list_prices() -> PriceTable:
    """The course's table: the three files of `mlops_helpers.cloud`."""
    rows = []
    for name in FILES:
        text = (resources.files("mlops_helpers.cloud") / name).read_text(encoding="utf-8")
        table = json.loads(text, parse_float=Decimal)
        common = {"region": table.get("region")}
        rows += [read_row(common | row, table["currency"]) for row in table["prices"]]
    return PriceTable(rows)
