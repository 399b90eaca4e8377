"""What cannot work in a matrix of responsibilities, and why: one rule a function, read from top to bottom.

A conflict is not a matter of form. Each explains what will happen on the day when it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlops_helpers.collaboration import errors
from mlops_helpers.collaboration.errors import RaciError
from mlops_helpers.collaboration.protocol_steps import EVALUATION, RETRAINING, activity_of

Activities = Mapping[str, Mapping[str, str]]
MOST = 3  # activities that one role may have the last word on
TWO, NONE, ORPHAN = "two accountables", "no accountable", "orphan activity"
OVERLOADED, UNKNOWN, AMBIGUOUS = "overloaded", "unknown role", "contradiction"
AUTHOR = "author approves"


@dataclass(frozen=True)
class Conflict:
    """One thing that cannot work: its kind, the activity (empty: several), the roles, and what will happen."""

    kind: str
    activity: str
    roles: tuple[str, ...]
    explanation: str
    remedy: str

    def __str__(self) -> str:
        """Say it in one line."""
        where = f" in {self.activity!r}" if self.activity else ""
        return f"{self.kind}{where} ({', '.join(self.roles) or 'nobody'}): {self.explanation}"


def find_conflicts(roles: Mapping[str, str], activities: Activities, most: int = MOST) -> tuple[Conflict, ...]:
    """Return all conflicts: those of each activity in order, then those across activities."""
    found = [one for activity, cells in activities.items() for one in _in_activity(activity, cells, roles)]
    return (*found, *_own_approval(activities), *_overloaded(activities, most))


def raise_conflicts(conflicts: Sequence[Conflict]) -> None:
    """Raise the error of the first conflict, with all of them in its message; nothing for none."""
    if not conflicts:
        return
    kinds: dict[str, type[RaciError]] = {
        TWO: errors.TwoAccountables,
        NONE: errors.NoAccountable,
        ORPHAN: errors.OrphanActivity,
        OVERLOADED: errors.Overloaded,
        UNKNOWN: errors.UnknownRole,
        AMBIGUOUS: errors.BadRaci,
        AUTHOR: errors.AuthorApproves,
    }
    found = "; ".join(map(str, conflicts))
    expected = "one accountable, somebody who does the work, and known roles in each activity"
    raise kinds[conflicts[0].kind](found, expected, conflicts[0].remedy)


def _in_activity(activity: str, cells: Mapping[str, str], roles: Mapping[str, str]) -> Iterator[Conflict]:
    if strange := tuple(role for role in cells if role not in roles):
        told = "nobody knows who that is, so nobody is called"
        yield Conflict(UNKNOWN, activity, strange, told, "Correct the role, or define it.")
    yield from _last_word(activity, cells)
    if not _with("R", cells):
        told = "everybody is asked and nobody does it"
        yield Conflict(ORPHAN, activity, (), told, "Give somebody an R.")
    yield from _contradictions(activity, cells)


def _last_word(activity: str, cells: Mapping[str, str]) -> Iterator[Conflict]:
    accountable = _with("A", cells)
    if len(accountable) > 1:
        told = "each waits for the other: work goes on when both can be reached at once, and nobody answers for it"
        yield Conflict(TWO, activity, accountable, told, "Leave the A to one; the other becomes C, consulted.")
    if not accountable:
        told = "the work is done and nobody may say that it counts"
        yield Conflict(NONE, activity, (), told, "Give exactly one role the A.")


def _contradictions(activity: str, cells: Mapping[str, str]) -> Iterator[Conflict]:
    """A deputy stands in for somebody else; whoever does the work need not be told about it."""
    if len(deputies := _with("D", cells)) > 1:
        yield Conflict(AMBIGUOUS, activity, deputies, "two deputies are two accountables, later", "Leave one D.")
    for role, letters in cells.items():
        if {"A", "D"} <= set(letters):
            told = "who is away cannot stand in for oneself"
            yield Conflict(AMBIGUOUS, activity, (role,), told, "Give the D to somebody else.")
        if "I" in letters and set(letters) & {"R", "A", "C"}:
            told = "who takes part knows already what the informed are told"
            yield Conflict(AMBIGUOUS, activity, (role,), told, "Remove the I.")


def _own_approval(activities: Activities) -> Iterator[Conflict]:
    """Whoever trains the model (R) neither approves it (A) nor stands in for who does (D)."""
    trains, approves = (activity_of(stage) for stage in (RETRAINING, EVALUATION))
    authors, cells = _with("R", activities.get(trains, {})), activities.get(approves, {})
    for role in authors:
        if letters := [letter for letter in "AD" if letter in cells.get(role, "")]:
            told = f"does the work of {trains!r} and would sign its approval: the second pair of eyes is the first"
            yield Conflict(AUTHOR, approves, (role,), told, f"Give the {letters[0]} of {approves!r} to another role.")


def _overloaded(activities: Activities, most: int) -> Iterator[Conflict]:
    counts = Counter(role for cells in activities.values() for role in _with("A", cells))
    for role, count in counts.items():
        if count > most:
            told = f"has the last word on {count} of {len(activities)} activities, {most} are bearable: a queue of one"
            yield Conflict(OVERLOADED, "", (role,), told, "Give some of them away, or raise `most` knowingly.")


def _with(letter: str, cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(role for role, letters in cells.items() if letter in letters)


def conflict_table(conflicts: Iterable[Conflict]) -> list[dict[str, str]]:
    """Return conflicts as rows for a DataFrame: kind, activity, roles, what will happen, what to do."""
    return [
        {
            "conflict": one.kind,
            "activity": one.activity,
            "roles": ", ".join(one.roles),
            "what will happen": one.explanation,
            "what to do": one.remedy,
        }
        for one in conflicts
    ]
