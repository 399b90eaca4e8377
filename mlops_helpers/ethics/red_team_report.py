"""The report of a red team: a page to hand over, and a picture of several versions side by side.

Answers of a model stand in it, and answers may hold markup: everything is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.red_team import RedTeamReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS, SHADES = ("o", "s", "^", "D"), ("#1b4f72", "#b9770e", "#5d6d7e", "#117a65")


def report_html(report: RedTeamReport) -> str:
    """Return the report as a piece of HTML: the sentence, rates with bounds, and every attack that worked."""
    table = report.table()
    rows = "".join(
        f"<tr><td>{escape(row.technique)}</td><td>{row.succeeded} of {row.attacks}</td><td>{row.stopped}</td>"
        f"<td>{row.rate:.0%}</td><td>{row.low:.0%} to {row.high:.0%}</td></tr>"
        for row in table.itertuples()
    )
    worked = "".join(
        f"<li><b>{escape(one.attack.id)}</b> ({escape(one.attack.goal)}): <code>{escape(one.answer)}</code></li>"
        for one in report.outcomes
        if one.succeeded
    )
    head = "<tr><th>technique</th><th>worked</th><th>stopped by a guard</th><th>rate</th><th>95 % interval</th></tr>"
    left = f"<p>Not run: {escape(', '.join(report.not_run))}</p>" if report.not_run else ""
    return f"<p>{escape(str(report))}</p><table>{head}{rows}</table>{left}<p>What worked:</p><ul>{worked}</ul>"


def rates_figure(reports: Sequence[RedTeamReport]) -> Figure:
    """Return the share of attacks that worked, per technique, with its bounds; one marker for each version.

    Raises `InvalidSetting` for no report, or for more than four.
    """
    from matplotlib.figure import Figure

    if not 1 <= len(reports) <= len(MARKERS):
        raise InvalidSetting(f"{len(reports)} reports", f"1 to {len(MARKERS)}", "Draw fewer versions at once.")
    tables = [report.table().set_index("technique") for report in reports]
    names = [*dict.fromkeys(name for table in tables for name in table.index[:-1]), "all"]
    figure = Figure(figsize=(7, 1.2 + 0.45 * len(names)), layout="constrained")
    axes = figure.subplots()
    for number, (report, table) in enumerate(zip(reports, tables, strict=True)):
        there = [name for name in names if name in table.index]
        place = [names.index(name) + 0.2 * (number - (len(reports) - 1) / 2) for name in there]
        found = table.loc[there] * 100
        spans = [(found["rate"] - found["low"]).clip(0), (found["high"] - found["rate"]).clip(0)]
        style = {"fmt": MARKERS[number], "color": SHADES[number], "capsize": 2}
        axes.errorbar(found["rate"], place, xerr=spans, label=report.version, **style)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel("attacks that worked (%), with 95 % intervals")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(reports), frameon=False)
    return figure


def rates_alt(reports: Sequence[RedTeamReport]) -> str:
    """Return the sentence for those who cannot see the picture."""
    told = [f"{one.version} {len(one.succeeded)} of {len(one.outcomes)}" for one in reports]
    return f"Share of attacks that worked, by technique, with 95 % intervals. In all: {', '.join(told)}."
