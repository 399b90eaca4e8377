"""A time series: what makes it this one, and its points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Key(NamedTuple):
    """What makes a series: the same metric with other labels is another series."""

    project: str
    metric: str
    metric_labels: tuple[tuple[str, str], ...]
    resource: str
    resource_labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Point:
    """A value with the time it stands for, in nanoseconds since 1970; a gauge starts when it ends."""

    start: int
    end: int
    value: Any


@dataclass
class Series:
    """All points of one series, oldest first. `head` is the message without points."""

    head: Any
    points: list[Point] = field(default_factory=list)

    def fields(self) -> dict[str, str]:
        """What filters and groupings ask for."""
        found = {"metric.type": self.head.metric.type, "resource.type": self.head.resource.type}
        for part in ("metric", "resource"):
            labels = getattr(self.head, part).labels
            found |= {f"{part}.labels.{key}": value for key, value in labels.items()}
        return found
