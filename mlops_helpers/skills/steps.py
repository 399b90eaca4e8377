"""From where somebody stands to where they want to be: the steps between, prerequisites included."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .catalogue import Catalogue, Need, load_catalogue
from .catalogue_checks import check_level
from .errors import BadTeam, PlanError
from .people import Person
from .scheduling import Step


def full_goals(person: Person, goals: Mapping[str, int], catalogue: Catalogue) -> dict[str, int]:
    """The goals and all that they build on: the level to reach in each skill the person is not there yet.

    Raises UnknownName for a skill, LevelOutOfRange for a level that is not 0 to 4, BadTeam for a label instead of a
    person, PlanError for goals that are no levels by skill.
    """
    if not isinstance(person, Person):
        raise BadTeam(f"the {type(person).__name__} {person!r}", "a Person", "Give team.person(label).")
    if not isinstance(goals, Mapping):
        raise PlanError(f"goals {goals!r}", "levels by skill, such as {'sql': 3}", "Give the `needs` of a system.")
    wanted: dict[str, int] = {}
    waiting = [(catalogue.skill(name).id, check_level(level, f"the goal {name}")) for name, level in goals.items()]
    while waiting:
        name, level = waiting.pop()
        if level <= max(wanted.get(name, 0), person.level(name)):
            continue
        wanted[name] = level
        waiting.extend(catalogue.skill(name).prerequisites.items())
    return {name: wanted[name] for name in catalogue.skills if name in wanted}


def learning_steps(
    person: Person, goals: Mapping[str, int], catalogue: Catalogue, *, first: Collection[str] = ()
) -> tuple[Step, ...]:
    """One step for each level of each skill that is missing, owned by the person; ids are "label/skill/level".

    A level follows the one below it, the first step in a skill also follows its prerequisites. Skills in `first`, and
    all that they build on, are urgent. Raises PlanError for `first` as one text, and what `full_goals` raises.
    """
    if isinstance(first, str):
        raise PlanError(f"first={first!r}", "a list of skills", f"Put it in brackets: first=[{first!r}].")
    for name in first:
        catalogue.skill(name)
    wanted = full_goals(person, goals, catalogue)
    urgent = full_goals(person, {name: wanted[name] for name in first if name in wanted}, catalogue)
    return tuple(
        _step(person, name, level, catalogue=catalogue, urgent=level <= urgent.get(name, 0))
        for name, goal in wanted.items()
        for level in range(person.level(name) + 1, goal + 1)
    )


def hours_to(person: Person, goals: Mapping[str, int], catalogue: Catalogue | None = None) -> int:
    """Hours of learning from where the person stands to the goals, prerequisites included; 0 for who is there.

    Raises what `full_goals` raises.
    """
    return sum(step.hours for step in learning_steps(person, goals, catalogue or load_catalogue()))


def step_of(step: Step) -> tuple[str, int]:
    """Skill and level of a learning step."""
    _, skill, level = step.id.rsplit("/", 2)
    return skill, int(level)


def need_of(system: Need) -> Need:
    """The same system, service or role. Raises PlanError for anything that is none, such as its id."""
    if not isinstance(system, Need):
        raise PlanError(
            f"the {type(system).__name__} {system!r}", "a system, service or role", "Give team.catalogue.system(id)."
        )
    return system


def _step(person: Person, name: str, level: int, *, catalogue: Catalogue, urgent: bool) -> Step:
    skill = catalogue.skill(name)
    if level > person.level(name) + 1:
        after = [(name, level - 1)]
    else:
        after = [(other, needed) for other, needed in skill.prerequisites.items() if person.level(other) < needed]
    ids = tuple(f"{person.label}/{other}/{needed}" for other, needed in after)
    return Step(f"{person.label}/{name}/{level}", skill.hours[level - 1], ids, person.label, int(urgent))
