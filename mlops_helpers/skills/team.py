"""A team: read from a table, its gaps, and how few absences leave nobody who can do what must be done.

    team = read_team(course_data("team_skills.csv"))
    team.bus_factors("system")                    the feature pipeline is one person's
    team.bus_factors("system", by="claimed")      … who nobody knows is alone
    team.coverage(operations)                     for each Google service in use: who can restore it

The *bus factor* is the smallest number of people whose absence leaves the work undone (the word is the developers';
Avelino et al., 2016, "A novel approach for estimating truck factors", measure it from commits; here it is measured from
levels). Two answers are given, since they are different questions. `alone`: how many people can do all of it alone,
which is what counts for one person on call at 3 a.m. `together`: how many must be absent before some skill is missing
altogether, which is what counts at ten in the morning with everybody in the room.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import Catalogue, Need, load_catalogue
from .errors import BadTeam, UnknownName
from .people import CLAIMED, SHOWN, Person, assess, with_evidence, with_levels
from .team_reading import COLUMNS, people_from, read_table

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("skill", "service", "system")
ALONE_AT = 3  # the level on which somebody works alone in production
BUS_COLUMNS = ("what", "name", "alone", "together", "can_be_absent", "held_by", "scarcest")


@dataclass(frozen=True)
class Team:
    """People and the catalogue their skills are named in. Raises BadTeam for two people under one label."""

    people: tuple[Person, ...]
    catalogue: Catalogue

    def __post_init__(self) -> None:
        labels = [person.label for person in self.people]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice or not labels:
            raise BadTeam(
                f"{', '.join(twice) or 'nobody'}", "each label once, and at least one", "Rename or add people."
            )
        for person in self.people:
            self.catalogue.role(person.role)
            for skill in {**person.claimed, **person.shown}:
                self.catalogue.skill(skill)

    def person(self, label: str) -> Person:
        """The person of that label. Raises UnknownName."""
        for person in self.people:
            if person.label == label:
                return person
        known = ", ".join(person.label for person in self.people)
        raise UnknownName(f"the person {label!r}", f"one of {known}", "Copy the label from the team's table.")

    def without(self, *labels: str) -> Team:
        """The team while some are absent. Raises UnknownName for somebody not in it, BadTeam if nobody is left."""
        away = {self.person(label).label for label in labels}
        left = tuple(person for person in self.people if person.label not in away)
        if not left:
            raise BadTeam(f"all {len(away)} away, so that nobody is left", "at least one person", "Send fewer away.")
        return Team(left, self.catalogue)

    def with_solved(self, solved: Mapping[str, Collection[str]]) -> Team:
        """The team with exercises counted as shown: ids of solved exercises by label. Raises UnknownName."""
        for label in solved:
            self.person(label)
        people = (with_evidence(person, solved.get(person.label, ()), self.catalogue) for person in self.people)
        return Team(tuple(people), self.catalogue)

    def with_shown(self, levels: Mapping[str, Mapping[str, int]], by: str) -> Team:
        """The team once people have shown levels (by label and skill), such as `Roadmap.levels_after` has them.

        `by` says what showed them: "drill of 25 January". Nothing that was shown before is lost. Raises UnknownName,
        LevelOutOfRange, and BadTeam for an empty `by`.
        """
        for label, shown in levels.items():
            self.person(label)
            for skill in shown:
                self.catalogue.skill(skill)
        people = (with_levels(person, levels.get(person.label, {}), by) for person in self.people)
        return Team(tuple(people), self.catalogue)

    def gaps(self) -> pd.DataFrame:
        """Columns: person, and those of `assess`; the largest gap first, then by person."""
        import pandas as pd

        tables = [assess(person, catalogue=self.catalogue).assign(person=person.label) for person in self.people]
        table = pd.concat(tables, ignore_index=True)
        table.insert(0, "person", table.pop("person"))
        return table.sort_values(["gap", "person", "skill"], ascending=[False, True, True], ignore_index=True)

    def levels(self, by: str = SHOWN) -> pd.DataFrame:
        """Levels (0 to 4) with one row per skill and one column per person, as `shown` or as `claimed`."""
        import pandas as pd

        need_kind(by, (SHOWN, CLAIMED))
        columns = {person.label: [person.level(skill, by) for skill in self.catalogue.skills] for person in self.people}
        return pd.DataFrame(columns, index=pd.Index(list(self.catalogue.skills), name="skill"))

    def bus_factors(self, kind: str = "skill", *, by: str = SHOWN) -> pd.DataFrame:
        """The bus factor of every skill (at level 3), service or system; the most endangered first.

        Columns: what, name, alone, together, can_be_absent (people who may be away while one is left who can do it
        alone), held_by (who can), scarcest (the skill with the fewest holders). Raises UnknownName for another `kind`.
        """
        import pandas as pd

        need_kind(kind, KINDS)
        need_kind(by, (SHOWN, CLAIMED))
        rows = [self._bus_row(need, by) for need in self._needs(kind)]
        table = pd.DataFrame(rows, columns=list(BUS_COLUMNS))
        return table.sort_values(["alone", "together", "what"], ignore_index=True)

    def coverage(self, operations: Iterable[str] = (), *, apis: Iterable[str] = ()) -> pd.DataFrame:
        """For each Google service in use, who can restore it: columns of `bus_factors` and `verdict`.

        `operations` are names as a session counts them ("bigquery.jobs.query"), `apis` the enabled ones of a project
        ("bigquery.googleapis.com"). A service that the catalogue does not have is a row of its own, with the verdict
        "not in the catalogue"; otherwise "nobody", "one person" or "covered".
        """
        import pandas as pd

        from .services import services_in_use

        known, unknown = services_in_use(operations, apis, self.catalogue)
        rows = [self._bus_row(need, SHOWN) for need in known]
        rows = [{**row, "verdict": ("nobody", "one person", "covered")[min(row["alone"], 2)]} for row in rows]
        blank = {"alone": 0, "together": 0, "can_be_absent": 0, "held_by": "", "scarcest": ""}
        rows += [{"what": name, "name": name, **blank, "verdict": "not in the catalogue"} for name in unknown]
        table = pd.DataFrame(rows, columns=[*BUS_COLUMNS, "verdict"])
        return table.sort_values(["alone", "together", "what"], ignore_index=True)

    def _needs(self, kind: str) -> list[Need]:
        if kind == "skill":
            return [Need("skill", one.id, one.name, {one.id: ALONE_AT}) for one in self.catalogue.skills.values()]
        return list((self.catalogue.services if kind == "service" else self.catalogue.systems).values())

    def _bus_row(self, need: Need, by: str) -> dict[str, object]:
        able = [person.label for person in self.people if person.holds(need.needs, by)]
        holders = {
            skill: sum(person.level(skill, by) >= level for person in self.people)
            for skill, level in need.needs.items()
        }
        scarcest = min(holders, key=holders.__getitem__)
        together, absent, held = holders[scarcest], max(len(able) - 1, 0), ", ".join(able)
        values = (need.id, need.name, len(able), together, absent, held, scarcest)
        return dict(zip(BUS_COLUMNS, values, strict=True))


def read_team(source: str | Path | pd.DataFrame, catalogue: Catalogue | None = None) -> Team:
    """Read a team from a CSV file or a DataFrame: the columns of `team_reading.COLUMNS`, a row per person and skill.

    Raises BadTeam for a file that is not there or no CSV, missing columns, a person with two roles, a skill twice for
    one person, or a level that was shown without saying by what; UnknownName for a role or skill; LevelOutOfRange.
    """
    import pandas as pd

    table = source if isinstance(source, pd.DataFrame) else read_table(source)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise BadTeam(f"no column {', '.join(missing)}", f"the columns {', '.join(COLUMNS)}", "Add them to the table.")
    return Team(people_from(table), catalogue or load_catalogue())


def need_kind(given: str, known: tuple[str, ...]) -> None:
    """Raise UnknownName unless `given` is one of the words that are known."""
    if given not in known:
        raise UnknownName(f"{given!r}", f"one of {', '.join(known)}", "Use one of these words.")
