"""A canary in pictures: the challenger's share over time, and each guardrail with the bound it was held to.

Readable in grey: what was seen is a line with dots, what was allowed a dashed line, a breach a large cross; a metric
that did not arrive is a question mark at the foot of its panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.tooling.guardrails import BREACH, MISSING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mlops_helpers.tooling.canary import Rollout

SEEN, ALLOWED, BROKEN = "#0072b2", "#000000", "#d55e00"  # Okabe and Ito: told apart by colour-blind people


def rollout_figure(rollout: Rollout) -> Figure:
    """Return one panel for the share of traffic, and one below it for each guardrail; minutes since the start."""
    from matplotlib.figure import Figure

    table = rollout.table
    minutes = (table["at"] - table["at"].min()).dt.total_seconds() / 60
    table = table.assign(minutes=minutes)
    rails = [rail.name for rail in rollout.plan.guardrails]
    figure = Figure(figsize=(8, 1.6 * (1 + len(rails))), layout="constrained")
    panels = figure.subplots(1 + len(rails), 1, sharex=True)
    _plot_share(panels[0], table.drop_duplicates("minutes"))
    for panel, name in zip(panels[1:], rails, strict=True):
        _plot_guardrail(panel, table[table["guardrail"] == name], name)
    panels[1].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")  # it holds for all
    panels[-1].set_xlabel("minutes since the start")
    return figure


def rollout_alt(rollout: Rollout) -> str:
    """Return the picture in words, for whoever does not see it."""
    shares = [f"{one.next_share} %" for one in rollout.decisions if one.share != one.next_share]
    last = rollout.decisions[-1]
    return f"The challenger's share of traffic: {', '.join(shares)}. In the end: {last.action}, because {last.why}."


def _plot_share(panel: Axes, looks: pd.DataFrame) -> None:
    panel.step(looks["minutes"], looks["next_share"], where="post", color=SEEN, marker="o")
    panel.set_ylim(-5, 105)
    panel.set_ylabel("share in %")
    panel.set_title("traffic of the challenger", loc="left", fontsize="medium")


def _plot_guardrail(panel: Axes, seen: pd.DataFrame, name: str) -> None:
    panel.plot(seen["minutes"], seen["challenger"], color=SEEN, marker="o", label="challenger")
    panel.plot(seen["minutes"], seen["bound"], color=ALLOWED, linestyle="--", label="bound")
    broken = seen[seen["verdict"] == BREACH]
    panel.plot(broken["minutes"], broken["challenger"], "X", color=BROKEN, markersize=12, label="breach")
    for minute in seen.loc[seen["verdict"] == MISSING, "minutes"]:
        panel.text(minute, 0.03, "?", transform=panel.get_xaxis_transform(), ha="center")
    panel.margins(y=0.3)
    panel.set_title(name, loc="left", fontsize="medium")
