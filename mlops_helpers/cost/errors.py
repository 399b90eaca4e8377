"""Everything that can go wrong with money, in one tree: read it to know which `except` to write.

    CostError
        MoneyError            an amount that is no amount
            NotMoney              a float, a text or a NaN where a Decimal is needed
            MixedCurrencies       euros and dollars in one sum
        PriceError            the price table has no single answer
            UnknownSku            no such item, or not in this region
            PriceNotValid         the item has a price, but not on this day: expired, or still in the future
            OverlappingPrices     two rows hold for the same item, region, tier and day
            BadPriceRow           a row of the table that cannot be read
        UsageError            tokens and calls
            BadUsage              a negative count, or parts greater than the whole
            ClockWentBack         a call that is older than the one before it
        BudgetError           budgets
            BadBudget             an amount or a threshold that makes no sense
            CyclicBudget          a team whose parent is, in the end, itself
            BudgetExceeded        a call that was not made, because it could cost more than is left
            UnknownReservation    money settled that was never set aside, or settled twice
        ForecastError         too few days, days twice, or gaps
        LabelError            labels
            BadLabelPolicy        a policy that contradicts itself, or that no resource could satisfy
            FixRefused            a fix that is no longer right, because the resource changed
        BillingError          an export that lacks columns, or whose amounts cannot be added
        InvalidSetting        an option outside the values it may take
        CacheError            the response cache
            BadTtl                a time to live of zero, below, or without end
            ValueTooLarge         an answer that is larger than the cache lets one be
            StoreGone             Redis or the file cannot answer; calls go on without it
            UnknownRequest        a request without a key: part of it is not data
        ComputeError          machines, traffic, objects
            BadSeries             a series that is empty, negative, has gaps or is no number
            NothingFits           no machine, rule or setting satisfies what is asked
        SavingError           savings that do not add up
        RemovalRefused        asked to delete what neither the ledger nor a list names

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class CostError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class MoneyError(CostError):
    """An amount that is no amount."""


class NotMoney(MoneyError):
    """A float, a text or a NaN where a Decimal is needed."""


class MixedCurrencies(MoneyError):
    """Amounts of two currencies in one sum."""


class PriceError(CostError):
    """The price table has no single answer."""


class UnknownSku(PriceError):
    """No such item in the table, or not in this region."""


class PriceNotValid(PriceError):
    """The item has a price, but not on this day: expired, or still in the future."""


class OverlappingPrices(PriceError):
    """Two rows hold for the same item, region, tier and day."""


class BadPriceRow(PriceError):
    """A row of the table that cannot be read."""


class UsageError(CostError):
    """Tokens and calls that cannot be booked."""


class BadUsage(UsageError):
    """A negative count, or parts greater than the whole."""


class ClockWentBack(UsageError):
    """A call that is older than the one before it."""


class BudgetError(CostError):
    """A budget, or what is asked of it."""


class BadBudget(BudgetError):
    """An amount or a threshold that makes no sense."""


class CyclicBudget(BudgetError):
    """A team whose parent is, in the end, itself."""


class BudgetExceeded(BudgetError):
    """A call that was not made, because it could cost more than is left."""


class UnknownReservation(BudgetError):
    """Money settled that was never set aside, or settled twice."""


class ForecastError(CostError):
    """Too few days, days twice, or gaps."""


class LabelError(CostError):
    """Labels of cloud resources."""


class BadLabelPolicy(LabelError):
    """A policy that contradicts itself, or that no resource could satisfy."""


class FixRefused(LabelError):
    """A fix that is no longer right, because the resource changed since the plan was made."""


class BillingError(CostError):
    """An export that lacks columns, or whose amounts cannot be added."""


class InvalidSetting(CostError):
    """An option outside the values it may take."""


class CacheError(CostError):
    """The response cache."""


class BadTtl(CacheError):
    """A time to live of zero, below, or without end."""


class ValueTooLarge(CacheError):
    """An answer that is larger than the cache lets one be."""


class StoreGone(CacheError):
    """Redis or the file cannot answer; calls go on without it."""


class UnknownRequest(CacheError):
    """A request without a key: part of it is not data."""


class ComputeError(CostError):
    """Machines, traffic, objects."""


class BadSeries(ComputeError):
    """A series that is empty, negative, has gaps or is no number."""


class NothingFits(ComputeError):
    """No machine, rule or setting satisfies what is asked."""


class SavingError(CostError):
    """Savings that do not add up."""


class RemovalRefused(CostError):
    """Asked to delete what neither the ledger nor a list names."""
