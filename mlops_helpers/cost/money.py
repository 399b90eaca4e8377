"""Amounts of money: a Decimal and a currency. A float is refused, for 0.1 + 0.2 is not 0.3 and a bill must add up.

Money("0.75") * 2 + Money("0.10")     # Money('1.60', 'USD')
total([Money("1"), Money("1", "EUR")])   # MixedCurrencies
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import total_ordering

from .errors import MixedCurrencies, NotMoney

CENT = Decimal("0.01")
LETTERS = 3  # of an ISO 4217 code


def decimal_of(value: Decimal | int | str, what: str = "an amount") -> Decimal:
    """Return a finite Decimal. Raises NotMoney for a float, a bool, a NaN, or a text that is no number."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        remedy = 'Write Decimal("0.10") or "0.10"; a figure of a file goes through `str` first.'
        raise NotMoney(f"{what} of {value!r} ({type(value).__name__})", "a Decimal, a whole number or a text", remedy)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise NotMoney(f"{what} of {value!r}", 'a number such as "0.75"', "Correct the text.") from None
    if not number.is_finite():
        raise NotMoney(f"{what} of {value!r}", "a finite number", "Find out where it came from.")
    return number


@total_ordering
@dataclass(frozen=True, init=False)
class Money:
    """An amount (Decimal, never rounded on the way) in one currency (ISO 4217 code).

    Sums and comparisons want the same currency and raise MixedCurrencies otherwise; factors are whole numbers or
    Decimals. `cents()` rounds, once, at the end.
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | int | str, currency: str = "USD") -> None:
        """Raises NotMoney for a float, a NaN, or a code that is not three capital letters."""
        if len(currency) != LETTERS or not (currency.isascii() and currency.isalpha() and currency.isupper()):
            raise NotMoney(f"a currency {currency!r}", 'an ISO 4217 code such as "USD"', "Correct the code.")
        object.__setattr__(self, "amount", decimal_of(amount))
        object.__setattr__(self, "currency", currency)

    def _other(self, other: object) -> Decimal:
        if not isinstance(other, Money):
            raise NotMoney(f"{self} and {other!r}", "two amounts of money", "Wrap the number: Money(...).")
        if other.currency != self.currency:
            remedy = "Convert one of them first, at a rate and a day that you can name."
            raise MixedCurrencies(f"{self.currency} and {other.currency} in one sum", "one currency", remedy)
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._other(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._other(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int | str) -> Money:
        return Money(self.amount * decimal_of(factor, "a factor"), self.currency)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Money | Decimal | int) -> Decimal | Money:
        """Money / money is a share (Decimal); money / number is money."""
        if isinstance(divisor, Money):
            return self.amount / self._other(divisor)
        return Money(self.amount / decimal_of(divisor, "a divisor"), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._other(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def cents(self) -> Money:
        """Round to the cent, halves to the even one (the way of banks: no drift in long sums)."""
        return Money(self.amount.quantize(CENT, rounding=ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        return f"{self.cents().amount:,} {self.currency}"

    def __repr__(self) -> str:
        return f"Money('{self.amount}', '{self.currency}')"


def total(amounts: Iterable[Money], currency: str = "USD") -> Money:
    """Return the sum; of nothing it is zero of `currency`. Raises MixedCurrencies, NotMoney."""
    found = list(amounts)
    start = Money(0, found[0].currency if found and isinstance(found[0], Money) else currency)
    return sum(found, start=start)
