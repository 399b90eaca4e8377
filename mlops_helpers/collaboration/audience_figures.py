"""One picture for each audience, all from the same numbers: an `IncidentTimes`, and the metrics of the period.

    audience_figure("engineer", times)            where the time went: stage by stage, against its time box
    audience_figure("business owner", times)      how long customers lived with it, and what the waiting was
    audience_figure("support", times)             what to tell people: since when, until when, how many called

Black, white and hatching: readable in grey. Each has its text alternative in `audience_alt`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_helpers.collaboration.errors import InvalidSetting
from mlops_helpers.collaboration.incident_times import IncidentTimes, minutes_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOUR = timedelta(hours=1)


def audience_figure(audience: str, times: IncidentTimes) -> Figure:
    """Return the picture for "engineer", "business owner" or "support". Raises `InvalidSetting` for another one."""
    from matplotlib import pyplot

    draw = _drawn_for(audience)[0]
    figure, axes = pyplot.subplots(figsize=(7, 2.8), layout="constrained")
    draw(axes, times)
    return figure


def audience_alt(audience: str, times: IncidentTimes) -> str:
    """Return the same picture in words. Raises `InvalidSetting`."""
    return _drawn_for(audience)[1](times)


def _drawn_for(audience: str) -> tuple[Callable[[Axes, IncidentTimes], None], Callable[[IncidentTimes], str]]:
    if audience not in AUDIENCES:
        raise InvalidSetting(f"the audience {audience!r}", f"one of {', '.join(AUDIENCES)}", "Choose one of them.")
    return AUDIENCES[audience]


def _draw_engineer(axes: Axes, times: IncidentTimes) -> None:
    spans = [span for span in times.stages if span.minutes is not None]
    for place, span in enumerate(spans):
        hatch = "///" if span.late else ""
        axes.barh(place, span.minutes, color="0.8", edgecolor="black", hatch=hatch)
        axes.plot([span.allowed] * 2, (place - 0.4, place + 0.4), color="black", linewidth=2)
        end = max(span.minutes, span.allowed)  # beyond the time box, too: its line must not cross the text
        told = f"{minutes_text(span.minutes)} of {minutes_text(span.allowed)}"
        axes.annotate(told, (end, place), xytext=(4, -3), textcoords="offset points")
    axes.set_yticks(range(len(spans)), [span.stage + (" (escalated)" if span.escalated else "") for span in spans])
    axes.set(xscale="symlog", xlabel="minutes (black line: time box; hatched: over it)", title=times.incident)
    axes.margins(x=0.2)
    axes.invert_yaxis()


def _tell_engineer(times: IncidentTimes) -> str:
    spans = [
        f"{span.stage} {minutes_text(span.minutes)} of {minutes_text(span.allowed)}"
        for span in times.stages
        if span.minutes is not None
    ]
    late = [span.stage for span in times.stages if span.late]
    told = f"over its time box: {', '.join(late)}" if late else "none over its time box"
    return f"Bars of the minutes in each stage of {times.incident}: {'; '.join(spans) or 'none yet'}; {told}."


def _draw_business(axes: Axes, times: IncidentTimes) -> None:
    left = 0.0
    for (name, minutes), shade in zip(_parts(times).items(), ("0.95", "0.65", "0.35"), strict=True):
        axes.barh(0, minutes / 60, left=left, color=shade, edgecolor="black", label=f"{name}: {minutes_text(minutes)}")
        left += minutes / 60
    axes.set(yticks=[], ylim=(-0.9, 0.9), xlabel="hours since customers were less protected")
    axes.set_title(f"{times.incident}: restored after {minutes_text(times.restore)}")
    axes.legend(loc="upper center", ncols=3, frameon=False, fontsize=8)


def _tell_business(times: IncidentTimes) -> str:
    parts = ", ".join(f"{minutes_text(minutes)} {name}" for name, minutes in _parts(times).items())
    return f"One bar of three parts for {times.incident}: {parts}; restored after {minutes_text(times.restore)}."


def _parts(times: IncidentTimes) -> dict[str, float]:
    """The time to restore in three parts; a part that has not ended yet counts nothing."""
    decide, restore = times.decide or 0.0, times.restore
    rest = 0.0 if restore is None else restore - times.detect - decide
    return {"until noticed": times.detect, "until decided": decide, "until restored": rest}


def _draw_support(axes: Axes, times: IncidentTimes) -> None:
    end = times.restored_at or max((times.alerted_at, *times.complaints))
    axes.axvspan(0, (end - times.degraded_at) / HOUR, color="0.9", label="model less reliable")
    hours = _complaints_by_hour(times)
    axes.bar([hour + 0.5 for hour in hours], hours.values(), width=1, color="0.45", edgecolor="black")
    axes.axvline((times.alerted_at - times.degraded_at) / HOUR, color="black", linestyle="--", label="alert")
    start = f"{times.degraded_at:%A %H:%M}"
    axes.set(xlabel=f"hours since {start}", ylabel="complaints per hour", title=times.incident)
    axes.legend(frameon=False)


def _tell_support(times: IncidentTimes) -> str:
    until = f"until {times.restored_at:%A %H:%M}" if times.restored_at else "and it goes on"
    first = f"the first at {min(times.complaints):%A %H:%M}" if times.complaints else "none so far"
    return (
        f"Bars of complaints per hour during {times.incident}: less reliable since {times.degraded_at:%A %H:%M} "
        f"{until}, alert at {times.alerted_at:%H:%M}, {len(times.complaints)} complaints, {first}."
    )


def _complaints_by_hour(times: IncidentTimes) -> dict[int, int]:
    counts = Counter(int((moment - times.degraded_at) / HOUR) for moment in times.complaints)
    return dict(sorted(counts.items()))


AUDIENCES: Mapping[str, tuple] = MappingProxyType(
    {
        "engineer": (_draw_engineer, _tell_engineer),
        "business owner": (_draw_business, _tell_business),
        "support": (_draw_support, _tell_support),
    }
)
