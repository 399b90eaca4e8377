"""The post-mortem that writes itself from the log: what happened, what it cost, what helped, what to change. No names.

    draft = write_post_mortem(incident.entries, times)                       what the log knows
    whole = write_post_mortem(incident.entries, times, Lessons(helped, conditions, actions))
    print(whole.to_markdown())

Timeline, impact and most of what helped or contributed follow from the entries. What only people know is added by
them, and read for words that look for somebody (`blameless`). Persons who signed appear as their roles.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlops_helpers.collaboration import log_entries as kinds
from mlops_helpers.collaboration.blameless import require_blameless
from mlops_helpers.collaboration.errors import InvalidSetting, NotClosed, UnknownRole
from mlops_helpers.collaboration.incident_state import IncidentState, state_of
from mlops_helpers.collaboration.incident_times import IncidentTimes, minutes_text
from mlops_helpers.collaboration.log_entries import Entry

if TYPE_CHECKING:
    import pandas as pd

# What a refusal kept from happening, or what it says about how we work.
KEPT_FROM: Mapping[str, str] = MappingProxyType(
    {
        "NotApproved": "a model that nobody had approved was not deployed",
        "SelfApproval": "a model was not approved by its author",
        "ForeignEvidence": "a decision did not rest on evidence of something else",
        "EvidenceMissing": "nothing was signed before there was evidence",
        "WrongEvidence": "nothing was signed against its evidence",
        "OutOfOrder": "no stage was left out",
        "SignOffMissing": "no step was taken without a sign-off",
    }
)
POINTS_AT: Mapping[str, str] = MappingProxyType(
    {
        "WrongRole": "it was not clear who had the last word: a sign-off came from another role",
        "NoDeputy": "there was nobody to escalate to",
        "TwoAccountables": "two roles had the last word on one activity",
        "TooEarly": "people wanted to go on and had to wait for a time box",
    }
)


@dataclass(frozen=True)
class Action:
    """One thing to change: what, the role that owns it, and until when. Raises `InvalidSetting`."""

    what: str
    owner: str
    due: dt.date

    def __post_init__(self) -> None:
        if not self.what.strip():
            raise InvalidSetting("an action that says nothing", "what will be changed", "Write it, or leave it out.")
        if not isinstance(self.due, dt.date):
            raise InvalidSetting(f"an action due {self.due!r}", "a datetime.date", "As in dt.date(2026, 11, 25).")


@dataclass(frozen=True)
class Lessons:
    """What only people know: what helped, which conditions contributed, what will be changed."""

    helped: Sequence[str] = ()
    conditions: Sequence[str] = ()
    actions: Sequence[Action] = ()


@dataclass(frozen=True)
class PostMortem:
    """The document. `timeline` holds (time, role, what), `actions` (what, owner's name, due)."""

    incident: str
    summary: str
    timeline: tuple[tuple[dt.datetime, str, str], ...]
    impact: tuple[str, ...]
    helped: tuple[str, ...]
    conditions: tuple[str, ...]
    actions: tuple[tuple[str, str, dt.date], ...]

    @property
    def table(self) -> pd.DataFrame:
        """The timeline: at, role, what."""
        import pandas as pd

        return pd.DataFrame(self.timeline, columns=["at", "role", "what"])

    def to_markdown(self) -> str:
        """The whole document as Markdown, one page or two."""
        parts = [f"# Post-mortem of {_plain(self.incident)}", _plain(self.summary), "## Timeline (UTC)"]
        rows = [f"| {at:%a %H:%M} | {_plain(role)} | {_plain(what)} |" for at, role, what in self.timeline]
        parts.append("\n".join(["| at | role | what |", "|---|---|---|", *rows]))
        for title, lines in (
            ("Impact", self.impact),
            ("What helped", self.helped),
            ("Contributing conditions", self.conditions),
            ("Actions", tuple(f"{what} ({owner}, until {due.isoformat()})" for what, owner, due in self.actions)),
        ):
            listed = [f"- {_plain(line)}" for line in lines] or ["- nothing was noted"]
            parts += [f"## {title}", "\n".join(listed)]
        return "\n\n".join(parts) + "\n"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.to_markdown(), quote=False)}</pre>"


def write_post_mortem(entries: Sequence[Entry], times: IncidentTimes, lessons: Lessons | None = None) -> PostMortem:
    """Return the post-mortem of a closed incident.

    Raises `NotClosed`, `BlamingText` for a text that names or blames a person, `UnknownRole` for an action that a role
    outside the matrix would own. All texts are checked before.
    """
    state, told = state_of(entries), lessons or Lessons()
    if not state.closed:
        raise NotClosed(f"{state}", "an incident that is closed", "Write it when it is over; until then, take notes.")
    names = people_of(entries, state)
    for text in (*told.helped, *told.conditions, *(action.what for action in told.actions)):
        require_blameless(text, names=names)
    actions = tuple(_action(action, state) for action in told.actions)
    return PostMortem(
        state.incident,
        f"{by_roles(_alert(entries), names)}. Closed by the step {state.last_step!r}.",
        tuple(_timeline(entries, state, names)),
        tuple(_impact(times)),
        (*told.helped, *_helped(entries, times)),
        (*told.conditions, *_conditions(entries, times)),
        actions,
    )


def people_of(entries: Iterable[Entry], state: IncidentState) -> dict[str, str]:
    """Return everybody whom the log names, with the name of the role they had."""
    roles = state.charter.raci.roles
    listed = {person: roles.get(role, role) for person, role in state.charter.people.items()}
    signed = {one.content["person"]: roles[one.content["role"]] for one in entries if one.kind == kinds.SIGNED}
    return {**listed, **signed}


def _timeline(
    entries: Iterable[Entry], state: IncidentState, names: Mapping[str, str]
) -> Iterator[tuple[dt.datetime, str, str]]:
    """What happened, without the signatures: the step that follows says it."""
    roles = state.charter.raci.roles
    for entry in entries:
        if entry.kind != kinds.SIGNED:
            role = roles.get(entry.content.get("role", ""), "")
            what = entry.content["message"]
            shown = f"refused – {what} ({entry.content['expected']} expected)" if entry.kind == kinds.REFUSED else what
            yield entry.time, role, by_roles(shown, names)


def _impact(times: IncidentTimes) -> Iterator[str]:
    until = f"{times.restored_at:%a %H:%M}" if times.restored_at else "the end, without being restored"
    yield f"the model was less reliable from {times.degraded_at:%a %H:%M} until {until}: {minutes_text(times.restore)}"
    yield f"{minutes_text(times.detect)} until the alert, {minutes_text(times.decide)} more until the decision"
    before = [moment for moment in times.complaints if times.restored_at is None or moment <= times.restored_at]
    word = "complaint" if len(times.complaints) == 1 else "complaints"
    yield f"{len(times.complaints)} {word}, {len(before)} of them before it was restored"


def _helped(entries: Iterable[Entry], times: IncidentTimes) -> Iterator[str]:
    if times.caught_first and times.complaints:
        ahead = (min(times.complaints) - times.alerted_at) / dt.timedelta(minutes=1)
        yield f"monitoring saw it {minutes_text(ahead)} before the first complaint"
    refused = _refused(entries)
    yield from (f"the protocol refused: {KEPT_FROM[error]}" for error in refused if error in KEPT_FROM)


def _conditions(entries: Iterable[Entry], times: IncidentTimes) -> Iterator[str]:
    for span in times.stages:
        if span.late:
            yield f"{span.stage} took {minutes_text(span.minutes)}, {minutes_text(span.allowed)} were planned"
    refused = _refused(entries)
    yield from (POINTS_AT[error] for error in refused if error in POINTS_AT)


def _refused(entries: Iterable[Entry]) -> list[str]:
    """The names of the refusals, each once, in order."""
    return list(dict.fromkeys(one.content["error"] for one in entries if one.kind == kinds.REFUSED))


def _action(action: Action, state: IncidentState) -> tuple[str, str, dt.date]:
    roles = state.charter.raci.roles
    if action.owner not in roles:
        found = f"an action of {action.owner!r}"
        raise UnknownRole(found, f"one of {', '.join(roles)}", "Let a role of the matrix own it.")
    return action.what, roles[action.owner], action.due


def _alert(entries: Iterable[Entry]) -> str:
    return next(one.content["message"] for one in entries if one.kind == kinds.OPENED).strip().rstrip(".")


def by_roles(text: str, names: Mapping[str, str]) -> str:
    """Return the text with each person's name replaced by their role's."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", names[name].lower(), text, flags=re.IGNORECASE)
    return text


def _plain(text: str) -> str:
    """Return a text that stays on its line, in its cell, and is no HTML."""
    return escape(" ".join(text.split()), quote=False).replace("|", "\\|")
