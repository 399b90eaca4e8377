"""Who does what: a matrix of responsibilities as data that can be checked, changed and shown.

    raci = read_raci("fraud_raci.json")        or retraining_raci(), the one that comes with the course
    raci.problems()                            everything that cannot work, each with its reason
    raci.check()                               the same as an error
    raci.changed("approve the model", business_owner="A", data_scientist="C")

A row is an activity, a column a role, a cell holds letters:

    R  responsible: does the work; at least one          A  accountable: has the last word; exactly one
    C  consulted: is asked before                        I  informed: is told after
    D  deputy: has the last word once the time is over   (at most one; the protocol's addition to the usual four)

The letters and their meaning: Project Management Institute, "PMBOK Guide", responsibility assignment matrix.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration.errors import BadRaci, UnknownRole
from mlops_helpers.collaboration.raci_conflicts import MOST, Conflict, find_conflicts, raise_conflicts

if TYPE_CHECKING:
    import pandas as pd

LETTERS: Mapping[str, str] = MappingProxyType(
    {"R": "responsible", "A": "accountable", "C": "consulted", "I": "informed", "D": "deputy"}
)
STANDARD = Path(__file__).with_name("retraining_raci.json")


@dataclass(frozen=True)
class Raci:
    """A matrix. `roles` maps each role's key to its name, `activities` each activity to `{role: letters}`.

    It may be wrong: `problems` says where, `check` refuses it. Only what cannot be read is refused here: `BadRaci`.
    """

    title: str
    roles: Mapping[str, str]
    activities: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        if not self.roles or not self.activities:
            raise BadRaci(f"{len(self.roles)} roles, {len(self.activities)} activities", "at least one", "Add them.")
        for activity, cells in self.activities.items():
            for role, letters in cells.items():
                _check_cell(activity, role, letters)

    def who(self, activity: str, letter: str) -> tuple[str, ...]:
        """Return the roles with this letter for an activity, in the matrix's order. Raises `BadRaci`."""
        if activity not in self.activities:
            known = ", ".join(self.activities)
            raise BadRaci(f"no activity {activity!r}", f"one of {known}", "Correct the name, or add a row.")
        cells = self.activities[activity]
        order = [*self.roles, *(role for role in cells if role not in self.roles)]
        return tuple(role for role in order if letter in cells.get(role, ""))

    def accountable(self, activity: str) -> str:
        """Return the one role with the last word. Raises `TwoAccountables`, `NoAccountable`, `BadRaci`."""
        found = self.who(activity, "A")
        if len(found) != 1:
            raise_conflicts([one for one in self.problems() if one.activity == activity and "account" in one.kind])
        return found[0]

    def deputy(self, activity: str) -> str | None:
        """Return who has the last word once the time is over, None if nobody has."""
        return next(iter(self.who(activity, "D")), None)

    def problems(self, *, most: int = MOST) -> tuple[Conflict, ...]:
        """Return all conflicts; `most` is how many activities one role may be accountable for."""
        return find_conflicts(self.roles, self.activities, most)

    def check(self, *, most: int = MOST) -> Raci:
        """Return self. Raises the first conflict's error; its message holds all of them."""
        raise_conflicts(self.problems(most=most))
        return self

    def changed(self, activity: str, **letters: str) -> Raci:
        """Return the matrix with these cells of one activity replaced; an empty text clears a cell.

        Raises `BadRaci` for no cells, or an activity or letters that are unknown, `UnknownRole`.
        """
        self.who(activity, "A")
        if not letters:
            remedy = "Name a role and its letters."
            raise BadRaci(f"no cells to change in {activity!r}", 'such as ml_engineer="R"', remedy)
        if strange := sorted(set(letters) - set(self.roles)):
            raise UnknownRole(f"the roles {', '.join(strange)}", f"some of {', '.join(self.roles)}", "Correct them.")
        cells = {role: text for role, text in (self.activities[activity] | letters).items() if text}
        return Raci(self.title, self.roles, {**self.activities, activity: cells})

    @property
    def table(self) -> pd.DataFrame:
        """The matrix: one row an activity, one column a role (by name), cells as letters."""
        import pandas as pd

        rows = [[cells.get(role, "") for role in self.roles] for cells in self.activities.values()]
        index = pd.Index(self.activities, name="activity")
        return pd.DataFrame(rows, index=index, columns=list(self.roles.values()))

    def to_dict(self) -> dict[str, Any]:
        """The matrix as JSON-able values, as `raci_from` reads them."""
        rows = {activity: dict(cells) for activity, cells in self.activities.items()}
        return {"title": self.title, "roles": dict(self.roles), "activities": rows}

    @property
    def digest(self) -> str:
        """SHA-256 of the matrix, 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_markdown(self) -> str:
        """The matrix as a Markdown table, without its problems."""
        head = ("activity", *self.roles.values())
        rows = [(name, *(cells.get(role, "") for role in self.roles)) for name, cells in self.activities.items()]
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"

    def _repr_html_(self) -> str:
        from mlops_helpers.collaboration.raci_html import to_html

        return to_html(self)


def raci_from(given: Mapping[str, Any]) -> Raci:
    """Return the matrix of a mapping with `title`, `roles` and `activities`. Raises `BadRaci`."""
    parts = given.get("roles"), given.get("activities")
    if not all(isinstance(part, Mapping) for part in parts):
        raise BadRaci(f"the entries {sorted(given)}", "tables named roles and activities", "Compare the standard one.")
    rows = {str(name): cells for name, cells in parts[1].items()}
    if wrong := [name for name, cells in rows.items() if not isinstance(cells, Mapping)]:
        raise BadRaci(f"no cells for {wrong[0]!r}", 'a table such as {"ml_engineer": "AR"}', "Write role and letters.")
    return Raci(str(given.get("title", "Responsibilities")), dict(parts[0]), rows)


def read_raci(path: str | Path) -> Raci:
    """Return the matrix of a JSON or TOML file. Raises `BadRaci` for what cannot be read, with the place."""
    place = Path(path)
    read = {".json": json.loads, ".toml": tomllib.loads}.get(place.suffix)
    if read is None:
        raise BadRaci(f"the file {place.name}", "one that ends in .json or .toml", "Save it as one of them.")
    try:
        given = read(place.read_text(encoding="utf-8"))
    except OSError as problem:
        found = f"{place}: {problem.strerror}"
        raise BadRaci(found, "a file that can be read", "Correct the path.") from None
    except ValueError as problem:  # what both readers raise for text that is not theirs
        raise BadRaci(f"{place.name}: {problem}", f"valid {place.suffix[1:].upper()}", "Correct that place.") from None
    if not isinstance(given, Mapping):
        raise BadRaci(f"{place.name} with a {type(given).__name__}", "a table", "Compare the standard one.")
    return raci_from(given)


def retraining_raci() -> Raci:
    """Return the matrix that comes with the course: seven activities, one for each stage of the protocol."""
    return read_raci(STANDARD).check()


def _check_cell(activity: str, role: str, letters: object) -> None:
    valid = isinstance(letters, str) and letters and len(set(letters)) == len(letters) and set(letters) <= set(LETTERS)
    if not valid:
        told = ", ".join(f"{letter} {name}" for letter, name in LETTERS.items())
        raise BadRaci(f"{letters!r} for {role} in {activity!r}", f"letters, each once: {told}", "Correct the cell.")
