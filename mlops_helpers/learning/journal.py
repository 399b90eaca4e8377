"""What the learner has tried, kept in one small file on their own machine.

The journal is a JSON-lines file to which one line is appended per event. Appending needs no lock, two notebooks open
at once lose nothing, and a line torn by a crash is skipped when reading. No times are kept; nothing leaves the machine.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

OUTCOMES = ("untouched", "not yet", "solved", "hint")


@dataclass(frozen=True)
class Event:
    """One thing that happened to one exercise; `outcome` is one of `OUTCOMES`."""

    exercise: str
    outcome: str


@dataclass(frozen=True)
class Journal:
    """The progress file `progress.jsonl` in the course's home folder."""

    home: Path

    @property
    def path(self) -> Path:
        """Where the events are written."""
        return self.home / "progress.jsonl"

    def append(self, event: Event) -> bool:
        """Add one event; false when the file cannot be written (a read-only home must not stop a lesson)."""
        line = json.dumps({"exercise": event.exercise, "outcome": event.outcome}) + "\n"
        if self._ends_torn():
            line = "\n" + line  # what a crash left must not swallow this event too
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError:
            return False
        return True

    def events(self) -> tuple[Event, ...]:
        """All readable events, oldest first; none when nothing was tried yet."""
        try:
            lines = self.path.read_bytes().splitlines()
        except OSError:
            return ()
        return tuple(event for event in map(_parse, lines) if event)

    def count(self, exercise: str, *outcomes: str) -> int:
        """How often one of these outcomes was noted for the exercise."""
        return sum(event.exercise == exercise and event.outcome in outcomes for event in self.events())

    def _ends_torn(self) -> bool:
        """Whether the last line lacks its end, as after a crash or a full disk."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return False
        return bool(content) and not content.endswith(b"\n")


def _parse(line: bytes) -> Event | None:
    """One line as an event, or None for a line that is torn, foreign or of a later version."""
    try:
        fields = json.loads(line)
        event = Event(fields["exercise"], fields["outcome"])
    except (ValueError, TypeError, KeyError):
        return None
    return event if isinstance(event.exercise, str) and event.outcome in OUTCOMES else None
