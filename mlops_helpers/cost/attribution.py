"""Who spent it: a billing export split by label, service, SKU, project or resource; what nobody owns comes first.

    attribute(frame, "team")                                     # a DataFrame of the export
    attribute("my-project.billing.export", "team", client=bigquery.Client())   # the same, where it lies

Both give the same table, to the last of nine decimals: costs are FLOAT64 in Google's export, and each is made a NUMERIC
before it is added. The shares add up to the whole bill.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from .attribution_sql import split_by_sql
from .errors import BillingError, MixedCurrencies
from .money import Money
from .shares import DIMENSIONS, Share

if TYPE_CHECKING:
    import pandas as pd

NANO = Decimal("0.000000001")
NEEDED = ("cost", "currency", "credits")
NOBODY = "(unlabelled)"
INVOICE_MONTH = re.compile(r"\d{4}(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Attribution:
    """A bill split by `by`: the unlabelled share first, then the dearest."""

    by: str
    currency: str
    shares: tuple[Share, ...]

    @property
    def total(self) -> Money:
        """The whole bill, after credits."""
        return Money(sum((share.net for share in self.shares), Decimal(0)), self.currency)

    @property
    def unlabelled(self) -> Decimal:
        """Share of the bill, from 0 to 1, that nobody owns; 0 for a bill of nothing."""
        nobody = sum((share.net for share in self.shares if share.label is None), Decimal(0))
        return nobody / self.total.amount if self.total else Decimal(0)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: the dimension's name, cost, credits, net (Decimal, nine decimals), share (of net), lines."""
        import pandas as pd

        whole = self.total.amount
        rows = [
            (n.label or NOBODY, n.cost, n.credits, n.net, float(n.net / whole if whole else 0), n.lines)
            for n in self.shares
        ]
        return pd.DataFrame(rows, columns=[self.by, "cost", "credits", "net", "share", "lines"])

    @property
    def net(self) -> pd.Series:
        """What is paid (Decimal) by name, in the order of the table; "(unlabelled)" for what has none."""
        return self.table.set_index(self.by)["net"]

    def __str__(self) -> str:
        return f"{self.total} by {self.by}; {self.unlabelled:.1%} of it is nobody's"

    def _repr_html_(self) -> str:
        from html import escape

        shown = dict.fromkeys(("cost", "credits", "net"), "{:,.2f}".format) | {"share": "{:.1%}".format}
        return f"<p>{escape(str(self))}</p>{self.table.to_html(index=False, formatters=shown)}"


def attribute(export: pd.DataFrame | str, by: str, *, client: Any = None, month: str | None = None) -> Attribution:
    """Split a billing export by a label (`team`) or by service, sku, project or resource.

    `export` is a DataFrame in the schema of Google's detailed export, or the id of a BigQuery table, which wants
    `client`. `label:service` means the label of that name. `month` ("202610") keeps one invoice. An empty label value
    counts as none.

    Raises BillingError for missing columns or amounts, an empty export, a missing client, a month that is none and
    a label that no line has though lines have others; MixedCurrencies where there is more than one.
    """
    if month is not None and not INVOICE_MONTH.fullmatch(month):
        raise BillingError(f"month={month!r}", "an invoice month as YYYYMM, such as '202610'", "Leave the hyphen out.")
    if isinstance(export, str):
        groups = split_by_sql(export, by, client=client, month=month)
    else:
        groups = _split(export, by, month)
    return arranged(by.removeprefix("label:"), groups)


def arranged(by: str, groups: Iterable[tuple[str, Share]]) -> Attribution:
    """An Attribution of pairs (currency, share). Raises MixedCurrencies, BillingError for none."""
    found = list(groups)
    currencies = sorted({currency for currency, _ in found})
    if len(currencies) > 1:
        remedy = "Filter to one currency, or convert first at the rates of `currency_conversion_rate`."
        raise MixedCurrencies(f"{' and '.join(currencies)} in one export", "one currency", remedy)
    if not found:
        raise BillingError("an export without lines", "at least one", "Check the table's id and the month.")
    shares = sorted((share for _, share in found), key=lambda share: (share.label is not None, -share.net, share.label))
    return Attribution(by, currencies[0], tuple(shares))


def _split(export: pd.DataFrame, by: str, month: str | None) -> list[tuple[str, Share]]:
    """Groups of a DataFrame, added up in Decimal."""
    column = DIMENSIONS.get(by, ("labels", ""))[0]
    wanted = {column, *NEEDED, *(["invoice"] if month else [])}
    if missing := sorted(wanted - set(export.columns)):
        remedy = "Export the detailed usage cost, or rename the columns as Google names them."
        raise BillingError(f"an export without {', '.join(missing)}", "the columns of Google's export", remedy)
    if month:
        export = export[[invoice["month"] == month for invoice in export["invoice"]]]
    if column == "labels":
        _need_label(export, by.removeprefix("label:"))
    sums: dict[tuple[str, str | None], list] = {}
    columns = (export[name] for name in ("currency", column, "cost", "credits"))
    for currency, owner, cost, credits in zip(*columns, strict=True):
        group = sums.setdefault((currency, _owner(owner, by)), [Decimal(0), Decimal(0), 0])
        group[0] += exact(cost)
        group[1] += sum((exact(credit["amount"]) for credit in _listed(credits)), Decimal(0))
        group[2] += 1
    return [(currency, Share(label, *parts)) for (currency, label), parts in sums.items()]


def _need_label(export: pd.DataFrame, key: str) -> None:
    """Raise BillingError for a name that no line has while there are others: a misspelt label is nobody's, too."""
    known = sorted({label["key"] for cell in export["labels"] for label in _listed(cell)})
    if known and key not in known:
        raise BillingError(f"no label {key!r} in any line", f"one of {', '.join(known)}", "Correct its name.")


def _listed(values: Any) -> list:
    """A nested list as pandas reads it: a list, an array, or None."""
    return [] if values is None else list(values)


def _owner(cell: Any, by: str) -> str | None:
    if by in DIMENSIONS:
        return (cell or {}).get(DIMENSIONS[by][1]) or None
    key = by.removeprefix("label:")
    return next((label["value"] for label in _listed(cell) if label["key"] == key), None) or None


def exact(amount: Any) -> Decimal:
    """An amount of the export as the NUMERIC that BigQuery makes of it. Raises BillingError for a blank or a NaN."""
    number = Decimal(str(amount)) if amount is not None else Decimal("NaN")
    if not number.is_finite():
        raise BillingError(f"an amount of {amount}", "a number in every line", "Find the line; do not take it for 0.")
    return number.quantize(NANO, rounding=ROUND_HALF_UP)


def daily_costs(export: pd.DataFrame) -> pd.Series:
    """Net cost (Decimal) of each day of an export in one currency, without gaps: what a forecast wants.

    Days without a line cost 0. Raises BillingError, MixedCurrencies.
    """
    import pandas as pd

    arranged("day", _split(export.assign(project=[{"id": "all"}] * len(export)), "project", None))
    sums: dict[pd.Timestamp, Decimal] = {}
    for start, cost, credits in zip(export["usage_start_time"], export["cost"], export["credits"], strict=True):
        day = pd.Timestamp(start).tz_localize(None).normalize()
        credit = sum((exact(item["amount"]) for item in _listed(credits)), Decimal(0))
        sums[day] = sums.get(day, Decimal(0)) + exact(cost) + credit
    days = pd.date_range(min(sums), max(sums))
    return pd.Series([sums.get(day, Decimal(0)) for day in days], index=days, name="net")
