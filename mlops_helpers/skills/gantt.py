"""A roadmap as a picture: one bar per step over the weeks; the critical path is hatched. Readable in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .steps import step_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .roadmaps import Roadmap
    from .scheduling import Placed

BAR, EDGE = "#bdbdbd", "#000000"


def roadmap_figure(plan: Roadmap) -> Figure:
    """Return one row per step in order of time, named by skill and level; with several people, by person too."""
    from matplotlib.figure import Figure

    placed = plan.schedule.placed
    figure = Figure(figsize=(8, 1 + 0.3 * len(placed)), layout="constrained")
    panel = figure.subplots()
    for row, one in enumerate(placed):
        critical = one.step.id in plan.schedule.critical_path
        width = float(one.ends - one.begins)
        hatch = "///" if critical else None
        panel.barh(row, width, left=float(one.begins), color=BAR, edgecolor=EDGE, linewidth=0.5, hatch=hatch)
    panel.set_yticks(range(len(placed)), [_name(plan, one) for one in placed])
    panel.invert_yaxis()
    panel.set_xlabel("weeks since the start")
    panel.set_title("hatched: the critical path", loc="left", fontsize="medium")
    return figure


def roadmap_alt(plan: Roadmap) -> str:
    """Return the picture in words: how long, how many hours, and the critical path."""
    path = [one.step for one in plan.schedule.placed if one.step.id in plan.schedule.critical_path]
    chain = ", ".join(" ".join(map(str, step_of(step))) for step in path)
    steps = len(plan.schedule.placed)
    return f"{steps} steps of {plan.hours} hours in {plan.weeks} weeks. Critical path: {chain or 'none'}."


def _name(plan: Roadmap, one: Placed) -> str:
    skill, level = step_of(one.step)
    who = f"{one.owner}: " if len(plan.calendars) > 1 else ""
    return f"{who}{skill} {level}"
