"""Savings that add up: each lever is measured on what the levers before it have left.

    receipt = Savings(before=Money("8410.22"))
    receipt.measure("answer repeated questions from the cache", costs_after_the_cache)     # 8410.22 -> 6120.10
    receipt.measure("shorter prompts", costs_after_both)
    receipt.table; receipt.after

A cache that saves 35 % and a batch discount that saves 50 % do not save 85 %: the cached calls cannot be discounted
again. So the order of the levers is part of the answer, and the sum of all rows is the difference between the first and
the last bill, to the cent: rows are rounded by differences of rounded bills, never one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from .errors import SavingError
from .money import Money

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Saving:
    """One lever: what was paid before it, and after. `saved` is negative for a lever that costs money."""

    lever: str
    before: Money
    after: Money

    @property
    def saved(self) -> Money:
        """The difference of both bills, each rounded to the cent."""
        return self.before.cents() - self.after.cents()


@dataclass
class Savings:
    """The bill at the beginning, and the levers in the order in which they were measured."""

    before: Money
    rows: list[Saving] = field(default_factory=list)

    @property
    def after(self) -> Money:
        """The bill after the last lever."""
        return self.rows[-1].after if self.rows else self.before

    @property
    def saved(self) -> Money:
        """What all levers saved together, to the cent."""
        return self.before.cents() - self.after.cents()

    @property
    def share(self) -> float:
        """The saved share of the first bill."""
        return float(self.saved / self.before.cents()) if self.before.cents().amount else 0.0

    @property
    def steps(self) -> list[tuple[str, Money]]:
        """Each lever with what it saved, to the cent, as `savings_figure` takes it."""
        return [(row.lever, row.saved) for row in self.rows]

    def measure(self, lever: str, after: Money) -> Saving:
        """Note the bill after one more lever, all levers before it in place. Raises SavingError, MixedCurrencies.

        Refused are a lever without a name or measured twice, and a bill below zero or that is no Money. A bill that
        grew is a row with a negative saving: a lever may cost money.
        """
        if not lever.strip() or lever in {row.lever for row in self.rows}:
            found = f"the lever {lever!r} a second time" if lever.strip() else "a lever without a name"
            raise SavingError(found, "each lever once, by name", "Measure it on what the others have left.")
        if not isinstance(after, Money):
            raise SavingError(f"a bill of {after!r} after {lever!r}", "an amount of money", 'Wrap it: Money("5.00").')
        if after < after * 0:
            raise SavingError(f"a bill of {after} after {lever!r}", "0 or more", "A saving cannot exceed the bill.")
        row = Saving(lever, self.after, after)
        row.saved.cents()  # both in one currency, or MixedCurrencies
        self.rows.append(row)
        return row

    def check(self, measured: Money) -> None:
        """Compare the last bill with one computed in another way. Raises SavingError unless equal to the cent."""
        if measured.cents() != self.after.cents():
            found = f"a bill of {measured.cents()} measured in another way"
            remedy = "A lever was measured on the wrong bill, or two levers count the same calls."
            raise SavingError(found, f"{self.after.cents()}, as the levers say", remedy)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: lever, before, saved, after (Decimal, to the cent), share (of the first bill)."""
        import pandas as pd

        first = self.before.cents().amount
        rows = [(row.lever, row.before.cents().amount, row.saved.amount, row.after.cents().amount) for row in self.rows]
        table = pd.DataFrame(rows, columns=["lever", "before", "saved", "after"])
        return table.assign(share=[float(saved / first) if first else 0.0 for saved in table["saved"]])

    def _repr_html_(self) -> str:
        total = f"{self.before.cents()} − {self.saved} = {self.after.cents()} ({self.share:.0%} saved)"
        return f"{self.table.to_html(index=False, border=0)}<p>{escape(total)}</p>"
