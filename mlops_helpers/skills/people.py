"""Who can do what: what people say of themselves, and what was seen.

    person = Person("engineer A", "data_scientist", 6, claimed={"sql": 3}, shown={"sql": 1})
    assess(person, solved=progress().solved)      what is needed, claimed, shown, and the two gaps

A level is *shown* by exercises of this course that were solved (they reach level 2 at most: nobody is on call in a
lesson) or by work that somebody else saw: a drill, an incident, a reviewed change. What is only claimed stays a claim.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from .catalogue import Catalogue, load_catalogue
from .catalogue_checks import check_level
from .errors import BadTeam

if TYPE_CHECKING:
    import pandas as pd

SHOWN, CLAIMED = "shown", "claimed"


@dataclass(frozen=True)
class Person:
    """One person of a team: a label, not a name; a role; hours a week to learn in; and levels (0 to 4) by skill.

    A skill that is not listed is on level 0. `witnesses` says, by skill, what showed the level.
    """

    label: str
    role: str
    hours_per_week: int
    claimed: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)
    witnesses: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for word in (CLAIMED, SHOWN):
            for skill, level in getattr(self, word).items():
                check_level(level, f"{self.label}: {skill} {word}")
        if type(self.hours_per_week) is not int or not 0 <= self.hours_per_week <= 40:
            raise BadTeam(
                f"{self.label} with {self.hours_per_week!r} hours a week", "a whole number from 0 to 40", "Round it."
            )
        for word in (CLAIMED, SHOWN, "witnesses"):
            object.__setattr__(self, word, MappingProxyType(dict(getattr(self, word))))

    def level(self, skill: str, by: str = SHOWN) -> int:
        """The level of a skill, as `shown` or as `claimed`; 0 for one that is not listed."""
        return getattr(self, by).get(skill, 0)

    def holds(self, needs: Mapping[str, int], by: str = SHOWN) -> bool:
        """Whether this person alone has every level that is needed."""
        return all(self.level(skill, by) >= level for skill, level in needs.items())


def evidence_levels(solved: Collection[str], catalogue: Catalogue | None = None) -> dict[str, int]:
    """The level of each skill that solved exercises show, e.g. `progress().solved`; other skills are left out.

    A level is shown when all exercises named for it are solved; a higher level counts without the lower one. Raises
    BadTeam for a single text: ids are given as a tuple, list or set.
    """
    if isinstance(solved, str):
        raise BadTeam(f"the text {solved!r}", "a collection of exercise ids", "Pass `progress().solved`.")
    known, done = catalogue or load_catalogue(), set(solved)
    levels = {}
    for skill in known.skills.values():
        shown = [level for level, exercises in skill.evidence.items() if done.issuperset(exercises)]
        if shown:
            levels[skill.id] = max(shown)
    return levels


def with_evidence(person: Person, solved: Collection[str], catalogue: Catalogue | None = None) -> Person:
    """The same person, with the exercises they solved counted as shown. Nothing that was shown before is lost.

    Exercises that no skill names as evidence change nothing. Raises UnknownName for a skill of the person that the
    catalogue does not have.
    """
    known = catalogue or load_catalogue()
    for skill in {**person.claimed, **person.shown}:
        known.skill(skill)
    return with_levels(person, evidence_levels(solved, known), "exercises of this course")


def with_levels(person: Person, levels: Mapping[str, int], by: str) -> Person:
    """The same person with these levels shown by something; a level below what was shown before changes nothing.

    `by` is the witness: "drill of 25 January". Raises LevelOutOfRange, and BadTeam for a witness without words.
    """
    if not str(by).strip():
        raise BadTeam(
            f"levels of {person.label} shown by nothing", "what showed them", 'Write by="drill of 25 January".'
        )
    raised = {skill: level for skill, level in levels.items() if level > person.level(skill)}
    witnesses = dict(person.witnesses) | dict.fromkeys(raised, by)
    return replace(person, shown={**person.shown, **raised}, witnesses=witnesses)


def assess(person: Person, *, solved: Collection[str] = (), catalogue: Catalogue | None = None) -> pd.DataFrame:
    """What the person's role needs against what was claimed and shown; the largest gap first.

    Columns: skill, needed, claimed, shown, gap (levels that are needed and not shown), unproved (levels claimed beyond
    what was shown), next (what to be seen doing for the next level), reading ("there", "claimed, not shown" or
    "to learn").
    Skills that are claimed or shown beyond the role are listed with needed 0. Raises UnknownName for a role or skill
    that the catalogue does not have.
    """
    import pandas as pd

    known = catalogue or load_catalogue()
    seen, needs = with_evidence(person, solved, known), known.role(person.role).needs
    rows = [_row(seen, skill, needs.get(skill, 0), known) for skill in {**needs, **seen.claimed, **seen.shown}]
    table = pd.DataFrame(rows, columns=["skill", "needed", "claimed", "shown", "gap", "unproved", "next", "reading"])
    return table.sort_values(["gap", "unproved", "skill"], ascending=[False, False, True], ignore_index=True)


def _row(person: Person, skill: str, needed: int, catalogue: Catalogue) -> dict[str, object]:
    entry = catalogue.skill(skill)
    claimed, shown = person.level(skill, CLAIMED), person.level(skill)
    if shown >= needed:
        reading = "there" if claimed <= shown else "claimed, not shown"
    else:
        reading = "claimed, not shown" if claimed >= needed else "to learn"
    return {
        "skill": skill,
        "needed": needed,
        "claimed": claimed,
        "shown": shown,
        "gap": max(needed - shown, 0),
        "unproved": max(claimed - shown, 0),
        "next": entry.observable(min(shown + 1, len(entry.shows))) if shown < needed else "",
        "reading": reading,
    }
