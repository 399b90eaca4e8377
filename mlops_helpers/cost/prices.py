"""What things cost: `price("compute.e2-standard-4", at=date(2026, 11, 1))`, from the course's dated table.

Items are named by family: `gemini.tokens.<model>.<input|cached_input|output>` (with `batch_` before the last word, and
`.over_200k` behind it where long prompts cost more), `compute.<machine>` and `accelerator.<name>` (`.spot` behind it),
`endpoint.<machine>`, `storage.<class>.gib_month`, `storage.<class>.retrieval`, `storage.class_a` and
`storage.<colder class>.class_a`, `bigquery.bytes_billed`, `bigquery.slot_hour.<edition>`, `egress.<where>`,
`disk.<kind>`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from .money import Money
from .price_table import Price, PriceTable, list_prices

if TYPE_CHECKING:
    import pandas as pd


def price(sku: str, *, at: date, region: str | None = None, table: PriceTable | None = None) -> Price:
    """The list price of an item on a day. `table` replaces the course's own.

    >>> price("gemini.tokens.gemini-3.8-flash.input", at=date(2027, 1, 1)).each
    Money('1.5', 'USD')

    Raises UnknownSku and PriceNotValid: an unknown price is an error, never zero.
    """
    return (table or list_prices()).find(sku, at=at, region=region)


def cost(sku: str, quantity: Decimal | int | str, *, at: date, region: str | None = None) -> Money:
    """What a quantity of an item lists at, exact: `cost("storage.nearline.retrieval", 100, at=today)` for 100 GiB.

    Quantities are counted in what the item's `unit` names, single tokens, bytes and operations where `per` is more
    than 1. Raises as `price` does, PriceError for a negative quantity, NotMoney for a float.
    """
    return price(sku, at=at, region=region).of(quantity)


def price_changes(sku: str, *, region: str | None = None, table: PriceTable | None = None) -> list[Price]:
    """All prices that an item had and will have, oldest first. Raises UnknownSku."""
    return (table or list_prices()).history(sku, region=region)


def price_frame(prefix: str = "", *, at: date, table: PriceTable | None = None) -> pd.DataFrame:
    """Every price that holds on a day, of items that begin with `prefix`.

    Columns: sku, label, region, each (Decimal), currency, unit, source.
    """
    import pandas as pd

    rows = [row for row in (table or list_prices()).rows(prefix) if row.holds(at)]
    cells = [(r.sku, r.label, r.region, r.each.amount, r.each.currency, r.unit, r.source) for r in rows]
    return pd.DataFrame(cells, columns=["sku", "label", "region", "each", "currency", "unit", "source"])
