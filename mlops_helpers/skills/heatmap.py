"""A team at a glance: one square per person and skill, the level as a number and as a shade of grey.

A level that is claimed and not shown is hatched. The numbers carry the meaning, so nothing depends on colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .people import CLAIMED
from .team import ALONE_AT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .team import Team

DARK_FROM = 3  # on these squares the number is white


def team_figure(team: Team) -> Figure:
    """Return a heat map of the levels shown (0 to 4); rows are skills (ids), those with the fewest holders on top."""
    from matplotlib.figure import Figure

    shown = team.levels()
    order = (shown >= ALONE_AT).sum(axis=1).sort_values(kind="stable").index
    shown, claimed = shown.loc[order], team.levels(CLAIMED).loc[order]
    figure = Figure(figsize=(1.6 + 0.75 * shown.shape[1], 1.2 + 0.3 * shown.shape[0]), layout="constrained")
    panel = figure.subplots()
    panel.imshow(shown, cmap="Greys", vmin=0, vmax=5, aspect="auto")
    panel.set_xticks(range(shown.shape[1]), shown.columns, rotation=45, ha="right")
    panel.set_yticks(range(shown.shape[0]), list(order))
    _write_levels(panel, shown.to_numpy(), claimed.to_numpy())
    panel.set_title("levels shown, 0 new to 4 leads; hatched: more was claimed", loc="left", fontsize="medium")
    return figure


def team_alt(team: Team) -> str:
    """Return the picture in words: the scarcest skills, and how much is claimed and not shown."""
    table = team.bus_factors("skill")
    scarce = table[table["alone"] <= 1]
    listed = ", ".join(f"{name} ({count})" for name, count in zip(scarce["what"], scarce["alone"], strict=True))
    claims = int((team.levels(CLAIMED) > team.levels()).to_numpy().sum())
    people, skills = len(team.people), len(team.catalogue.skills)
    scarcity = f"Held alone by at most one person: {listed}." if listed else "Every skill has at least two holders."
    return f"Levels of {people} people in {skills} skills. {scarcity} In {claims} squares more is claimed than shown."


def _write_levels(panel: Axes, shown: object, claimed: object) -> None:
    from matplotlib.patches import Rectangle

    for row, levels in enumerate(shown):
        for column, level in enumerate(levels):
            colour = "white" if level >= DARK_FROM else "black"
            panel.text(column, row, str(level), ha="center", va="center", color=colour, fontsize="small")
            if claimed[row][column] > level:
                square = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch="////", linewidth=0, alpha=0.5)
                panel.add_patch(square)
