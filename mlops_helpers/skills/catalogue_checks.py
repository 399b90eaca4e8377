"""What a catalogue of skills must keep to before anybody plans with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .errors import BadCatalogue, CyclicPrerequisite, LevelOutOfRange, UnknownName

HIGHEST = 4
PARTS = ("scale", "skills", "roles", "services", "systems")
SKILL_FIELDS = {"name", "hours", "prerequisites", "shows", "evidence"}
EXERCISE = re.compile(r"[a-z]+\.([1-9][0-9]*|quiz)")


def check_level(level: Any, where: str) -> int:
    """Return a level from 0 to 4. Raises LevelOutOfRange for any other value, True and 2.0 included."""
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= HIGHEST:
        raise LevelOutOfRange(
            f"{where} on level {level!r}",
            f"a whole number from 0 to {HIGHEST}",
            "Choose by what the person is seen to do.",
        )
    return level


def check_catalogue(data: Any) -> None:
    """Look at every part. Raises BadCatalogue, UnknownName or LevelOutOfRange at the first thing that is wrong."""
    if not isinstance(data, Mapping) or set(data) != set(PARTS):
        found = ", ".join(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
        raise BadCatalogue(
            f"a catalogue made of {found}", f"the parts {', '.join(PARTS)}", "Copy catalogue.json's shape."
        )
    if len(data["scale"]) != HIGHEST + 1:
        raise BadCatalogue(
            f"a scale of {len(data['scale'])} lines", "one line for each level, 0 to 4", "Describe all five."
        )
    for name, fields in data["skills"].items():
        _check_skill(name, fields, data["skills"])
    for part in ("roles", "services", "systems"):
        for name, fields in data[part].items():
            _check_needs(f"{part}.{name}", fields.get("needs"), data["skills"])
    for name, fields in data["systems"].items():
        _check_known(f"systems.{name}", fields.get("services", ()), "service", data["services"])


def check_cycles(waits_for: Mapping[str, Mapping[str, int]]) -> None:
    """Raise CyclicPrerequisite, showing the circle, if skills wait for each other."""
    try:
        TopologicalSorter({name: list(before) for name, before in waits_for.items()}).prepare()
    except CycleError as problem:
        circle = " → ".join(problem.args[1])
        raise CyclicPrerequisite(
            f"the circle {circle}", "prerequisites that come to an end", "Take one of these prerequisites away."
        ) from None


def _check_skill(name: str, fields: Mapping[str, Any], skills: Mapping[str, Any]) -> None:
    where = f"skills.{name}"
    if set(fields) != SKILL_FIELDS:
        wanted = ", ".join(sorted(SKILL_FIELDS))
        raise BadCatalogue(f"{where} with {', '.join(sorted(fields))}", f"exactly {wanted}", "Add or remove fields.")
    hours, shows = fields["hours"], fields["shows"]
    if len(hours) != HIGHEST or not all(type(one) is int and one > 0 for one in hours):
        raise BadCatalogue(f"{where} with hours {hours}", "four whole numbers above 0", "Give the hours to each level.")
    if len(shows) != HIGHEST or len(set(shows)) != HIGHEST or not all(shows):
        raise BadCatalogue(
            f"{where} with {len(shows)} descriptions", "four different ones", "Say what each level shows."
        )
    _check_needs(where, fields["prerequisites"], skills, empty=True)
    for level, exercises in fields["evidence"].items():
        check_level(int(level) if str(level).isdigit() else level, f"evidence of {where}")
        wrong = [one for one in exercises if not EXERCISE.fullmatch(str(one))]
        if wrong or not exercises:
            raise BadCatalogue(f"{where} with the evidence {exercises}", "ids such as 'governance.1'", "Mend the ids.")


def _check_needs(where: str, needs: Any, skills: Mapping[str, Any], *, empty: bool = False) -> None:
    if not isinstance(needs, Mapping) or not (needs or empty):
        raise BadCatalogue(f"{where} without needs", "a level for at least one skill", "Say what it takes.")
    _check_known(where, needs, "skill", skills)
    for skill, level in needs.items():
        if check_level(level, f"{where}.{skill}") == 0:
            raise LevelOutOfRange(f"{where} needs {skill} on level 0", "1 to 4", "Leave out what is not needed.")


def _check_known(where: str, names: Any, kind: str, known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(
                f"{where}, which names the {kind} {name!r}", f"one of {', '.join(known)}", "Mend the name."
            )
