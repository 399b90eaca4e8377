"""Budgets that stop a call before it is made: reserve the most it can cost, make it, settle what it did cost.

    book = BudgetBook([Budget("company", Money(500)), Budget("support", Money(200), parent="company")])
    held = book.reserve("support", most, at=today)     # BudgetExceeded: nothing was called, nothing is owed
    ...the call...
    alerts = book.settle(held, actual)                  # what was set aside too much is free again

What is set aside counts as spent until it is settled, in the team's budget and in every one above it, in one step: a
hundred threads cannot spend the same dollar. Budgets are monthly and begin anew on the first day. A book belongs to one
process; several that share a budget need one of them to keep it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from .errors import BadBudget, BudgetExceeded, ClockWentBack, CyclicBudget, UnknownReservation
from .money import Money, decimal_of
from .price_table import day_of

if TYPE_CHECKING:
    import pandas as pd

THRESHOLDS = (Decimal("0.5"), Decimal("0.9"), Decimal(1))  # those of Google's budgets, unless told otherwise


@dataclass(frozen=True)
class Budget:
    """What a team may spend in a calendar month. `parent` names the budget that it is part of.

    Alerts come at each of `thresholds` (shares of the limit); `hard` stops calls at the limit, otherwise it only
    alerts. Raises BadBudget for a limit that is not above zero and thresholds that do not rise from above zero.
    """

    name: str
    limit: Money
    parent: str | None = None
    thresholds: tuple[Decimal, ...] = THRESHOLDS
    hard: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.limit, Money):
            raise BadBudget(
                f"a limit of {self.limit!r} for {self.name!r}", "an amount of money", "Wrap it: Money(...)."
            )
        if not self.name or self.limit.amount <= 0:
            raise BadBudget(f"budget {self.name!r} of {self.limit}", "a name and more than nothing", "Correct it.")
        shares = tuple(decimal_of(share, "a threshold") for share in self.thresholds)
        if any(share <= 0 for share in shares) or list(shares) != sorted(set(shares)):
            found = f"thresholds {', '.join(map(str, shares))} of {self.name!r}"
            raise BadBudget(found, "shares that rise from above 0, such as 0.5, 0.9, 1", "Put them in order.")
        object.__setattr__(self, "thresholds", shares)


@dataclass(frozen=True)
class Alert:
    """A budget crossed a threshold: `spent` is what was settled by then in this month."""

    budget: str
    threshold: Decimal
    spent: Money
    limit: Money

    def __str__(self) -> str:
        return f"{self.budget}: {self.spent.amount:f} of {self.limit} spent, over {self.threshold:.0%}"


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one call, out of `budget` and all above it, in the month of `month` (its first day)."""

    number: int
    budget: str
    amount: Money
    month: date


class BudgetBook:
    """All budgets, and what is spent and set aside in the current month. Safe to share between threads."""

    def __init__(self, budgets: Iterable[Budget]) -> None:
        """Raises BadBudget (twice the same name, an unknown parent), CyclicBudget."""
        found = list(budgets)
        self._budgets = {budget.name: budget for budget in found}
        if len(self._budgets) < len(found):
            names = sorted(budget.name for budget in found)
            raise BadBudget(f"budgets {', '.join(names)}", "each name once", "Rename one of them.")
        self._chains = {name: self._chain(name) for name in self._budgets}
        self._lock, self._numbers = threading.Lock(), count(1)
        self._month: date | None = None
        self._open: dict[int, Reservation] = {}
        self._spent: dict[str, Money] = {}
        self._held: dict[str, Money] = {}
        self._empty()

    def _chain(self, name: str) -> tuple[Budget, ...]:
        """A budget and all above it."""
        chain: list[Budget] = []
        wanted: str | None = name
        while wanted is not None:
            if wanted not in self._budgets:
                known = ", ".join(sorted(self._budgets)) or "none"
                raise BadBudget(f"budget {wanted!r}", f"one of {known}", "Add it, or correct the name.")
            if any(budget.name == wanted for budget in chain):
                path = " -> ".join([*(budget.name for budget in chain), wanted])
                raise CyclicBudget(f"budgets that contain each other: {path}", "a tree", "Cut one `parent`.")
            chain.append(self._budgets[wanted])
            wanted = self._budgets[wanted].parent
        return tuple(chain)

    def _empty(self) -> None:
        nothing = {name: budget.limit * 0 for name, budget in self._budgets.items()}
        self._spent, self._held = dict(nothing), dict(nothing)

    def _turn(self, at: date) -> date:
        """Begin a new month where one has begun."""
        month = day_of(at).replace(day=1)
        if self._month is not None and month < self._month:
            found = f"a call on {at} in a book that has reached {self._month:%B %Y}"
            raise ClockWentBack(found, "a day no earlier than that month", "Check the machine's clock.")
        if month != self._month:
            self._month = month
            self._empty()
        return month

    def reserve(self, budget: str, most: Money, *, at: date) -> Reservation:
        """Set aside the most that a call can cost, before it is made.

        Raises BudgetExceeded if this budget or a hard one above it has less left; then nothing is set aside. Raises
        BadBudget for an unknown budget or an amount below zero, MixedCurrencies, ClockWentBack.
        """
        if budget not in self._chains or most.amount < 0:
            known = ", ".join(sorted(self._budgets))
            raise BadBudget(f"{most} out of {budget!r}", f"no less than 0, out of one of {known}", "Correct the call.")
        with self._lock:
            month = self._turn(at)
            for owner in self._chains[budget]:
                left = self._left(owner)
                if most > left and owner.hard:
                    remedy = "Ask for less (a shorter prompt, fewer output tokens), or have the budget raised."
                    found = f"a call that may cost {most.amount} {most.currency}"
                    raise BudgetExceeded(found, f"no more than the {left.amount} left of {owner.name!r}", remedy)
            held = Reservation(next(self._numbers), budget, most, month)
            self._open[held.number] = held
            for owner in self._chains[budget]:
                self._held[owner.name] += most
        return held

    def settle(self, held: Reservation, actual: Money) -> list[Alert]:
        """Replace what was set aside by what the call did cost; nothing if it failed and was not billed.

        Returns the thresholds that this call crossed. What is settled after its month is over is booked nowhere: the
        month is closed. Raises UnknownReservation the second time, BadBudget for an amount below zero.
        """
        if actual.amount < 0:
            raise BadBudget(f"a cost of {actual}", "no less than 0", "A credit is not a call.")
        alerts: list[Alert] = []
        with self._lock:
            if self._open.get(held.number) != held:
                raise UnknownReservation(f"reservation {held.number}", "one that is open", "Settle each call once.")
            del self._open[held.number]
            if held.month == self._month:
                for owner in self._chains[held.budget]:
                    self._held[owner.name] -= held.amount
                    alerts += self._spend(owner, actual)
        return alerts

    def _spend(self, owner: Budget, actual: Money) -> list[Alert]:
        before = self._spent[owner.name]
        after = self._spent[owner.name] = before + actual
        crossed = [share for share in owner.thresholds if before < owner.limit * share <= after]
        return [Alert(owner.name, share, after, owner.limit) for share in crossed]

    def _left(self, owner: Budget) -> Money:
        return owner.limit - self._spent[owner.name] - self._held[owner.name]

    def left(self, budget: str) -> Money:
        """What can still be set aside this month, budgets above included. Raises KeyError for an unknown budget."""
        with self._lock:
            return min(self._left(owner) for owner in self._chains[budget])

    def table(self) -> pd.DataFrame:
        """Columns: budget, parent, limit, spent, held, left (Decimal), currency."""
        import pandas as pd

        with self._lock:
            rows = [
                (name, b.parent, b.limit.amount, self._spent[name].amount, self._held[name].amount,
                 self._left(b).amount, b.limit.currency)
                for name, b in self._budgets.items()
            ]  # fmt: skip
        return pd.DataFrame(rows, columns=["budget", "parent", "limit", "spent", "held", "left", "currency"])
