"""One share of a bill, and what a bill can be split by: shared by the split in pandas and the one in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

DIMENSIONS = {  # what is not a label -> column of the export, field in it
    "service": ("service", "description"),
    "sku": ("sku", "description"),
    "project": ("project", "id"),
    "resource": ("resource", "name"),
}


@dataclass(frozen=True)
class Share:
    """What one label value (None: no such label) cost before credits, its credits (negative), and its lines."""

    label: str | None
    cost: Decimal
    credits: Decimal
    lines: int

    @property
    def net(self) -> Decimal:
        """What is paid: cost and credits together."""
        return self.cost + self.credits
