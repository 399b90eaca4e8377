"""Pictures of money: who spent it, what it will be, what each lever saved. Readable in grey; amounts in words too."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from .attribution import NOBODY, Attribution
from .errors import BillingError
from .forecast import Forecast
from .money import Money, total

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

DARK, LIGHT, HATCH = "#1b4f72", "#d5d8dc", "///"
MOST_BARS = 12


def attribution_figure(found: Attribution) -> Figure:
    """Bars of the net cost of each share, the unlabelled one on top and hatched; at most twelve."""
    from matplotlib.figure import Figure

    table = found.table.head(MOST_BARS).iloc[::-1]
    figure = Figure(figsize=(7, 1 + 0.35 * len(table)), layout="constrained")
    axes = figure.subplots()
    amounts, names = table["net"].astype(float), table[found.by]
    bars = axes.barh(names, amounts, color=[LIGHT if name == NOBODY else DARK for name in names], edgecolor=DARK)
    for bar, name in zip(bars, names, strict=True):
        bar.set_hatch(HATCH if name == NOBODY else "")
    labels = [f"{amount:,.0f} ({share:.0%})" for amount, share in zip(amounts, table["share"], strict=True)]
    axes.bar_label(bars, labels, padding=3)
    axes.margins(x=0.18)
    axes.set(xlabel=f"{found.currency} after credits", title=f"Who spent it, by {found.by}")
    return figure


def attribution_alt(found: Attribution) -> str:
    """The sentence for those who cannot see the bars."""
    parts = (f"{share.label or NOBODY} {share.net:,.0f}" for share in found.shares[:MOST_BARS])
    return f"Bars of net cost in {found.currency} by {found.by}: {', '.join(parts)}."


def forecast_figure(daily: pd.Series, forecast: Forecast) -> Figure:
    """Daily costs so far, and the days to come with their interval."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(daily.index, daily.astype(float), color=DARK, label="billed")
    table = forecast.table
    low, high = (table[name].astype(float) for name in ("low", "high"))
    interval = f"{forecast.confidence:.0%} interval"
    axes.fill_between(table["day"], low, high, color=LIGHT, hatch=HATCH, edgecolor="white", label=interval)
    axes.plot(table["day"], table["expected"].astype(float), color=DARK, linestyle="--", label="expected")
    axes.set(ylabel="US dollars a day", title=f"Daily cost, carried on ({forecast.method.replace('_', ' ')})")
    axes.set_ylim(bottom=min(0.0, float(low.min()) if len(table) else 0.0))
    axes.tick_params(axis="x", rotation=30)
    axes.legend(loc="upper left")
    return figure


def forecast_alt(forecast: Forecast) -> str:
    """The sentence for those who cannot see the line."""
    return f"Line of daily costs, and a forecast of {len(forecast.table)} days: {forecast}."


def savings_figure(before: Money, savings: Sequence[tuple[str, Money]]) -> Figure:
    """A waterfall from the bill `before` through every lever (name, what it saved) to what is left.

    Each saving is measured on what the levers before it left, so the last bar is the new bill, to the cent. Raises
    BillingError if more is saved than was spent, MixedCurrencies.
    """
    from matplotlib.figure import Figure

    after = before - total((saved for _, saved in savings), before.currency)
    if after.amount < 0:
        remedy = "Measure each lever on what the ones before it left."
        raise BillingError(f"savings that leave {after}", f"no more than {before}", remedy)
    names = ["before", *(name for name, _ in savings), "after"]
    figure = Figure(figsize=(7, 1 + 0.4 * len(names)), layout="constrained")
    axes = figure.subplots()
    level = before.amount
    axes.barh("before", float(level), color=DARK)
    for name, saved in savings:
        left = level - max(saved.amount, Decimal(0))
        axes.barh(name, float(abs(saved.amount)), left=float(left), color=LIGHT, edgecolor=DARK, hatch=HATCH)
        axes.text(float(left), name, f"{-saved.amount:,.0f} ", ha="right", va="center")
        level -= saved.amount
    axes.barh("after", float(level), color=DARK)
    axes.invert_yaxis()
    axes.set(xlabel=before.currency, title=f"From {before} to {after}")
    return figure


def savings_alt(before: Money, savings: Sequence[tuple[str, Money]]) -> str:
    """The sentence for those who cannot see the waterfall."""
    after = before - total((saved for _, saved in savings), before.currency)
    steps = ", ".join(f"{name} saves {saved}" for name, saved in savings)
    return f"Waterfall from {before} to {after}: {steps}."
