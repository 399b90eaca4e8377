"""A privacy budget: how much all answers together may tell, spent query by query, never exceeded.

    budget = PrivacyBudget(1.0)
    budget.spend(0.4, "customers above 60")
    budget.remaining                                      0.6

The epsilons of queries about the same people add up (sequential composition; Dwork et al., 2006), whatever the queries
were and whoever asked. When the budget is gone it stays gone: the answers cannot be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from mlops_helpers.ethics.errors import BudgetSpent, InvalidSetting
from mlops_helpers.ethics.private_noise import check_epsilon

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Spending:
    """What one query cost, and what was left of the budget afterwards."""

    query: str
    epsilon: Decimal
    remaining: Decimal


class PrivacyBudget:
    """A budget of `epsilon` for one set of people. Threads may share it. Raises `InvalidEpsilon`."""

    def __init__(self, epsilon: float | Decimal | str) -> None:
        self.epsilon = check_epsilon(epsilon)
        self._spent: list[Spending] = []
        self._lock = Lock()

    @property
    def spent(self) -> Decimal:
        """The sum of all epsilons so far."""
        with self._lock:
            return self.epsilon - self._left()

    @property
    def remaining(self) -> Decimal:
        """What further queries may cost."""
        with self._lock:
            return self._left()

    def spend(self, epsilon: float | Decimal | str, query: str) -> Spending:
        """Take a query's epsilon out of the budget, before it is answered, and note what it was for.

        All or nothing, under a lock: of two threads that want the last rest one gets it. Raises `BudgetSpent` and
        takes nothing if not enough is left, `InvalidEpsilon`, `InvalidSetting` for a query without a name.
        """
        wanted = check_epsilon(epsilon)
        if not str(query).strip():
            raise InvalidSetting("a query without a name", "what is asked", "The ledger has to say what was told.")
        with self._lock:
            left = self._left() - wanted
            if left < 0:
                found = f"a query of epsilon {wanted} ({query}) with {self._left()} of {self.epsilon} left"
                expected = "one that the rest of the budget covers"
                raise BudgetSpent(found, expected, "Use the answers you have; a new budget needs new people.")
            spending = Spending(str(query), wanted, left)
            self._spent.append(spending)
            return spending

    def table(self) -> pd.DataFrame:
        """Return one row per query, in order: query, epsilon, remaining."""
        import pandas as pd

        with self._lock:
            rows = [(one.query, float(one.epsilon), float(one.remaining)) for one in self._spent]
        return pd.DataFrame(rows, columns=["query", "epsilon", "remaining"])

    def _left(self) -> Decimal:
        return self._spent[-1].remaining if self._spent else self.epsilon

    def __repr__(self) -> str:
        return f"PrivacyBudget({self.epsilon}, remaining {self.remaining})"
