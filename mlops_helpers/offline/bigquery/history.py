"""Time travel: the states a table had before each change, kept for seven days of the offline clock.

    append             costs nothing: the old state is the first n rows of the table that grew
    replace, truncate  costs nothing: the old table is renamed, a new one takes its place
    DML, new columns   costs one copy of the table (about 0.1 s for a million rows): the old table is renamed,
                       its copy is changed

An old table is never touched again, so that row numbers stay what they were. A table in which rows were deleted or
updated is copied once more before the next append, since its row numbers have gaps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..clock import millis
from ..errors import ApiError, invalid
from .names import TableKey

WINDOW = timedelta(days=7)
MOST_STATES = 50  # per table; older ones go first


@dataclass(frozen=True)
class State:
    """What a table held in [since, until): the whole of `relation`, or its first `rows` rows."""

    since: datetime
    until: datetime
    relation: str
    rows: int | None = None

    def query(self) -> str:
        """The state as something that can stand after FROM."""
        bound = "" if self.rows is None else f" WHERE rowid < {self.rows}"
        return f"(SELECT * FROM {self.relation}{bound})"


class History:
    """The past states of all tables."""

    def __init__(self) -> None:
        self._states: dict[TableKey, list[State]] = {}
        self._since: dict[TableKey, datetime] = {}
        self.gaps: set[TableKey] = set()  # tables whose row numbers have gaps

    def born(self, key: TableKey, moment: datetime) -> None:
        """A table exists from this moment on (its former states, if it had any, remain readable)."""
        self._since[key] = moment
        self.gaps.discard(key)

    def moved(self, key: TableKey, moment: datetime, *, old: str, new: str) -> None:
        """The table `old` was renamed to `new` and is the state up to `moment`."""
        states = [replace(state, relation=new) if state.relation == old else state for state in self._list(key)]
        self._states[key] = [*states, State(self._since[key], moment, new)]
        self._since[key] = moment

    def grew(self, key: TableKey, moment: datetime, *, relation: str, rows: int) -> None:
        """The table had `rows` rows up to `moment`, when more were appended."""
        self._list(key).append(State(self._since[key], moment, relation, rows))
        self._since[key] = moment

    def mark(self, key: TableKey, *, gaps: bool) -> None:
        """Note whether a table's row numbers may have gaps."""
        self.gaps.add(key) if gaps else self.gaps.discard(key)

    def knows(self, key: TableKey) -> bool:
        """Whether there is or was such a table."""
        return key in self._since

    def forgotten(self, key: TableKey, now: datetime, *, current: str) -> list[str]:
        """Let go of states that are too old or too many; returns the DuckDB tables that nothing needs any more."""
        states = self._list(key)
        kept = [state for state in states if state.until > now - WINDOW][-MOST_STATES:]
        self._states[key] = kept
        needed = {state.relation for state in kept} | {current}
        return sorted({state.relation for state in states} - needed)

    def find(self, key: TableKey, moment: datetime, *, now: datetime, window: timedelta, exists: bool) -> State | None:
        """The state at a moment; None when it is the present one.

        Raises ApiError 400 for a moment in the future, longer ago than the window, or before the table existed.
        """
        if moment > now:
            raise _wrong_time(key, moment, f"Cannot read after {millis(now)}: the timestamp is in the future.")
        if exists and moment >= self._since[key]:
            return None
        for state in self._list(key):
            if state.since <= moment < state.until and moment >= now - window:
                return state
        earliest = min([state.since for state in self._list(key)] + [self._since.get(key, now)])
        raise _wrong_time(key, moment, f"Cannot read before {millis(max(earliest, now - window))}.")

    def dropped(self, project: str, dataset: str) -> None:
        """A dataset and all its tables' past are gone."""
        for key in [key for key in self._since if key[:2] == (project, dataset)]:
            self._since.pop(key)
            self._states.pop(key, None)
            self.gaps.discard(key)

    def _list(self, key: TableKey) -> list[State]:
        return self._states.setdefault(key, [])


def _wrong_time(key: TableKey, moment: datetime, remedy: str) -> ApiError:
    at = millis(moment.astimezone(UTC))
    return invalid(f"Invalid snapshot time {at} for table {key}@{at}. {remedy}", reason="invalid")
