"""What a team has to be able to do, as data: skills, roles, services of Google Cloud, systems.

    catalogue = load_catalogue()
    catalogue.skill("feature_store").shows[2]     what somebody on level 3 is seen to do
    catalogue.table                               one row per skill

The data are in `catalogue.json` beside this module; a company passes its own file. All of it is checked when it is read
(`catalogue_checks`), so nothing after that has to ask whether a name exists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .catalogue_checks import check_catalogue, check_cycles
from .errors import BadCatalogue, UnknownName

if TYPE_CHECKING:
    import pandas as pd

LEVELS = range(5)
COURSE_CATALOGUE = Path(__file__).with_name("catalogue.json")


@dataclass(frozen=True)
class Skill:
    """One skill. Levels run from 0 to 4, what each of them means is said by `Catalogue.scale`.

    `hours[n]` are the hours of learning from level n to n + 1; `shows[n]` says what somebody on level n + 1 is seen to
    do. `prerequisites` gives the level that each other skill must have before the first step is taken. `evidence` names
    the exercises of this course which, all solved, show a level.
    """

    id: str
    name: str
    hours: tuple[int, ...]
    prerequisites: Mapping[str, int]
    shows: tuple[str, ...]
    evidence: Mapping[int, tuple[str, ...]]

    def observable(self, level: int) -> str:
        """What somebody on this level is seen to do; empty at level 0."""
        return self.shows[level - 1] if level else ""


@dataclass(frozen=True)
class Need:
    """Something that needs people: a role, a service or a system, and the level it needs of each skill.

    `kind` is one of these three words. A service is recognised by its `operations` and `apis`; a system runs on its
    `services`.
    """

    kind: str
    id: str
    name: str
    needs: Mapping[str, int]
    operations: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """All skills, roles, services and systems, in the order of the file; each found by id.

    Roles, services and systems are found by their shown name, too.
    """

    scale: tuple[str, ...]
    skills: Mapping[str, Skill]
    roles: Mapping[str, Need]
    services: Mapping[str, Need]
    systems: Mapping[str, Need]

    def skill(self, name: str) -> Skill:
        """The skill of that id. Raises UnknownName."""
        return self._find("skill", name, self.skills)

    def role(self, name: str) -> Need:
        """The role of that id. Raises UnknownName."""
        return self._find("role", name, self.roles)

    def service(self, name: str) -> Need:
        """The service of that id. Raises UnknownName."""
        return self._find("service", name, self.services)

    def system(self, name: str) -> Need:
        """The system of that id. Raises UnknownName."""
        return self._find("system", name, self.systems)

    @property
    def table(self) -> pd.DataFrame:
        """Columns: skill, name, hours_to_1 … hours_to_4, prerequisites (text), services (text), exercises (text)."""
        import pandas as pd

        return pd.DataFrame([self._row(skill) for skill in self.skills.values()])

    def _row(self, skill: Skill) -> dict[str, Any]:
        hours = {f"hours_to_{level}": value for level, value in enumerate(skill.hours, start=1)}
        exercises = sorted({one for level in skill.evidence.values() for one in level})
        return {
            "skill": skill.id,
            "name": skill.name,
            **hours,
            "prerequisites": ", ".join(f"{name} {level}" for name, level in skill.prerequisites.items()),
            "services": ", ".join(one.name for one in self.services.values() if skill.id in one.needs),
            "exercises": ", ".join(exercises),
        }

    @staticmethod
    def _find(kind: str, name: str, known: Mapping[str, Any]) -> Any:
        found = known.get(name) or next((one for one in known.values() if kind != "skill" and one.name == name), None)
        if found is None:
            raise UnknownName(
                f"the {kind} {name!r}", f"one of {', '.join(known)}", "Use an id from the catalogue, or add it there."
            )
        return found


def load_catalogue(path: str | Path = COURSE_CATALOGUE) -> Catalogue:
    """Read a catalogue, by default the course's own.

    Raises BadCatalogue for a file that is no catalogue or misses a part, UnknownName for a skill or service that is
    mentioned and not defined, LevelOutOfRange for a level other than 0 to 4, CyclicPrerequisite for skills that wait
    for each other (the circle is shown).
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as problem:
        raise BadCatalogue(f"{Path(path).name}, which is no JSON ({problem})", "JSON", "Mend the line named.") from None
    return catalogue_from(data)


def catalogue_from(data: Mapping[str, Any]) -> Catalogue:
    """Make a catalogue of plain data, shaped like `catalogue.json`. Raises what `load_catalogue` raises."""
    check_catalogue(data)
    skills = {name: _skill(name, fields) for name, fields in data["skills"].items()}
    check_cycles({name: skill.prerequisites for name, skill in skills.items()})
    groups = {kind: _needs(kind, data[kind + "s"]) for kind in ("role", "service", "system")}
    return Catalogue(tuple(data["scale"]), MappingProxyType(skills), *groups.values())


def _skill(name: str, fields: Mapping[str, Any]) -> Skill:
    evidence = {int(level): tuple(exercises) for level, exercises in fields["evidence"].items()}
    return Skill(
        name,
        fields["name"],
        tuple(fields["hours"]),
        MappingProxyType(dict(fields["prerequisites"])),
        tuple(fields["shows"]),
        MappingProxyType(evidence),
    )


def _needs(kind: str, entries: Mapping[str, Any]) -> Mapping[str, Need]:
    made = {}
    for name, fields in entries.items():
        lists = {key: tuple(fields.get(key, ())) for key in ("operations", "apis", "services")}
        made[name] = Need(kind, name, fields["name"], MappingProxyType(dict(fields["needs"])), **lists)
    return MappingProxyType(made)
