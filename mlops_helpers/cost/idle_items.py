"""What the idle finder speaks of: one idle resource, and the time that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .money import Money


@dataclass(frozen=True)
class Idle:
    """One resource that seems idle. `name` is written as the ledger writes it: gs://, bq:// or vertex://.

    `made` is the time of its creation: whoever has the same name later is somebody else. `monthly` is what it lists at.
    """

    kind: str
    name: str
    why: str
    monthly: Money
    made: str


@dataclass(frozen=True)
class Window:
    """The time that was looked at: nothing younger than `since` is judged."""

    since: datetime
    now: datetime

    def holds(self, made: datetime | None) -> bool:
        """Whether something is old enough to be judged."""
        return made is not None and made <= self.since
