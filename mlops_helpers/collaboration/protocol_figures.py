"""Two pictures: the protocol as a machine one can read, and where the time of a week went. Readable in grey.

protocol_figure()                   the seven stages from top to bottom, and the ways that leave them
protocol_figure(state.stage)        the same, with the stage where an incident is
rehearsal_figure(played)            hours of work and of waiting, activity by activity
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.collaboration.errors import InvalidSetting
from mlops_helpers.collaboration.protocol_steps import CLOSED, REJECTED, ROLLED_BACK, STAGES, STEPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mlops_helpers.collaboration.rehearsal import Rehearsal

ASIDE = (CLOSED, REJECTED, ROLLED_BACK)  # where the other ways lead


def protocol_figure(stage: str = "") -> Figure:
    """Return the stages as boxes, the way ahead as arrows, and beside each stage the steps that leave it elsewhere.

    Raises `InvalidSetting` for a stage that is none.
    """
    from matplotlib import pyplot

    if stage and stage not in (*STAGES, *ASIDE):
        raise InvalidSetting(f"the stage {stage!r}", f"one of {', '.join((*STAGES, *ASIDE))}", "Read it off a state.")
    figure, axes = pyplot.subplots(figsize=(7, 4.6), layout="constrained")
    for place, name in enumerate(STAGES):
        _box(axes, place, name, here=name == stage)
        _ways(axes, place, name)
    axes.set(xlim=(-0.1, 3.4), ylim=(len(STAGES) - 0.4, -0.6))
    axes.set_axis_off()
    return figure


def protocol_alt() -> str:
    """Return the same picture in words: stage by stage, which step leads on and which lead elsewhere."""
    told = []
    for name in STAGES:
        ways = [f"{step.name} (to {step.target})" for step in STEPS if step.source == name]
        told.append(f"{name}: {', '.join(ways)}")
    return f"Seven stages in a row, and the steps that leave each. {'; '.join(told)}."


def rehearsal_figure(played: Rehearsal) -> Figure:
    """Return one bar an activity, hours worked in front of hours waited, the first activity on top."""
    from matplotlib import pyplot

    table = played.table
    worked, waited = table["worked"] / 60, table["waited"] / 60
    figure, axes = pyplot.subplots(figsize=(7, 2.6), layout="constrained")
    axes.barh(table["activity"], worked, color="0.3", edgecolor="black", label="worked")
    axes.barh(table["activity"], waited, left=worked, color="0.85", edgecolor="black", label="waited")
    for place, hours in enumerate(worked + waited):
        axes.annotate(f"{hours:.1f}", (hours, place), xytext=(4, -3), textcoords="offset points", fontsize=8)
    axes.set_xlabel("hours")
    axes.margins(x=0.1)
    axes.invert_yaxis()
    axes.legend(loc="lower right")
    return figure


def rehearsal_alt(played: Rehearsal) -> str:
    """Return the same picture in words."""
    table = played.table
    slow = table.loc[table["waited"].idxmax()]
    told = f"Hours by activity: {table['worked'].sum() / 60:.1f} worked, {table['waited'].sum() / 60:.1f} waited"
    return f"{told}; the longest wait, {slow['waited'] / 60:.1f} hours, for {slow['activity']!r}."


def _box(axes: Axes, place: int, name: str, *, here: bool) -> None:
    style = {"boxstyle": "round", "facecolor": "0.75" if here else "white", "edgecolor": "black"}
    axes.text(0.6, place, name, ha="center", va="center", bbox=style, weight="bold" if here else "normal")


def _ways(axes: Axes, place: int, name: str) -> None:
    """The way ahead goes down; every other one is written beside the stage."""
    below = STAGES[place + 1] if place + 1 < len(STAGES) else CLOSED
    ahead = next(step for step in STEPS if step.source == name and step.target == below)
    if below != CLOSED:
        arrow = {"arrowstyle": "->", "shrinkA": 10, "shrinkB": 10}
        axes.annotate("", (0.6, place + 1), (0.6, place), arrowprops=arrow)
        axes.text(0.68, place + 0.5, ahead.name, va="center", fontsize=8, style="italic")
    others = [step for step in STEPS if step.source == name and (step is not ahead or below == CLOSED)]
    told = ", ".join(f"{step.name} → {step.target}" for step in others)
    axes.text(1.5, place, told, va="center", fontsize=8)
