"""How many predictions each deployed model gave, by minute: Cloud Monitoring shows them as Vertex AI's own metric."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .service import Vertex

MINUTE = 60


class Minute(NamedTuple):
    """Where and when: an endpoint's full name, a deployed model's id, the start of a minute (seconds since 1970)."""

    endpoint: str
    deployed_model: str
    start: int


class PredictionCounts:
    """Counts since the service was opened, and when the last prediction of each minute was given."""

    def __init__(self, vertex: Vertex) -> None:
        self._clock = vertex.cloud.clock
        self._counts: Counter[Minute] = Counter()
        self._last: dict[Minute, datetime] = {}

    def add(self, endpoint: str, deployed_model: str, instances: int) -> None:
        """Count predictions at the clock's time."""
        now = self._clock.now()
        seconds = int(now.timestamp())
        minute = Minute(endpoint, deployed_model, seconds - seconds % MINUTE)
        self._counts[minute] += instances
        self._last[minute] = now

    def found(self) -> list[tuple[Minute, datetime, datetime, int]]:
        """Each minute with predictions, oldest first: which, its start, its last prediction, how many."""
        rows = sorted(self._counts.items(), key=lambda item: item[0].start)
        return [(minute, datetime.fromtimestamp(minute.start, UTC), self._last[minute], many) for minute, many in rows]
