"""What the same calls would have cost on Google Cloud, at list price: the last line of every lesson."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .prices import Price, as_of, price

if TYPE_CHECKING:
    import pandas as pd

# Cloud Storage bills writes and listings as class A, reads as class B, deletions not at all.
FREE = {"delete", "stop", "cancel"}
CLASS_A = {"insert", "list", "patch", "update", "compose", "copy", "rewrite", "move", "restore", "setIamPolicy"}
OPERATIONS_FILE = "MLOPS_OPERATIONS_FILE"
AMOUNTS = ("bigquery.bytes_billed", "gemini.tokens.", "offline.")  # counted, but no operations of Google's


def keep_operations(usage: Mapping[str, int]) -> None:
    """Add the names of what was called to the file that the environment names, if it names one (JSON, sorted)."""
    if path := os.environ.get(OPERATIONS_FILE):
        file = Path(path)
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        fresh = {operation for operation, amount in usage.items() if amount and not operation.startswith(AMOUNTS)}
        file.write_text(json.dumps(sorted({*known, *fresh})), encoding="utf-8")


def billed_as(operation: str) -> str | None:
    """The price item of an operation, or None where Google bills nothing for the call itself.

    >>> billed_as("storage.objects.insert"), billed_as("storage.objects.get"), billed_as("bigquery.jobs.insert")
    ('storage.class_a', 'storage.class_b', None)
    """
    service, _, rest = operation.partition(".")
    verb = rest.rpartition(".")[2]
    if operation == "bigquery.bytes_billed" or operation.startswith("gemini.tokens."):
        return operation
    if service != "storage" or verb in FREE:
        return None
    is_xml_write = rest.startswith("xml.") and not verb.startswith("get")
    return "storage.class_a" if verb in CLASS_A or is_xml_write else "storage.class_b"


@dataclass(frozen=True)
class Line:
    """One line: how many, of what, and its list price in US dollars."""

    price: Price
    quantity: int

    @property
    def usd(self) -> float:
        """List price of this line, in US dollars."""
        return self.price.of(self.quantity)


@dataclass(frozen=True)
class Receipt:
    """What was called, priced at list price. Offline the true cost is zero."""

    lines: tuple[Line, ...]
    on: date

    @classmethod
    def of(cls, usage: Mapping[str, int], on: date | None = None) -> Receipt:
        """Price a count of operations (and bytes billed) as of a day."""
        day, totals = on or as_of(), {}
        for operation, amount in usage.items():
            if item := billed_as(operation):
                totals[item] = totals.get(item, 0) + amount
        return cls(tuple(Line(price(item, day), n) for item, n in sorted(totals.items()) if n), day)

    @property
    def total(self) -> float:
        """The sum in US dollars, before any free tier; storage for the minutes of a lesson is below a cent."""
        return sum(line.usd for line in self.lines)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: item, quantity, unit, usd."""
        import pandas as pd

        rows = [(n.price.label, n.quantity, f"{n.price.usd} per {n.price.unit}", n.usd) for n in self.lines]
        return pd.DataFrame(rows, columns=["item", "quantity", "list price, USD", "usd"])

    def __str__(self) -> str:
        return f"Paid offline: $0. On Google Cloud these calls list at ${self.total:.4f} (prices of {self.on})."
