"""Rows of a table become people: one row per person and skill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .catalogue_checks import check_level
from .errors import BadTeam, LevelOutOfRange
from .people import Person

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("person", "role", "hours_per_week", "skill", "claimed", "shown", "evidence")


def read_table(source: str | Path) -> pd.DataFrame:
    """A CSV file, its empty cells as empty text. Raises BadTeam for a file that is not there or no CSV."""
    import pandas as pd

    try:
        return pd.read_csv(source, keep_default_na=False)
    except FileNotFoundError:
        raise BadTeam(f"no file {source}", "a CSV file of the team", "Mend the path.") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise BadTeam(
            f"{source}, which is no CSV file", "a CSV file of the team", "Read it yourself; pass the DataFrame."
        ) from None


def people_from(table: pd.DataFrame) -> tuple[Person, ...]:
    """The people of a table in the order in which they first appear. Raises BadTeam and LevelOutOfRange."""
    twice = table[table.duplicated(["person", "skill"])]
    if len(twice):
        person, skill = twice.iloc[0][["person", "skill"]]
        raise BadTeam(f"two rows for {person} and {skill}", "one row per person and skill", "Keep the later judgement.")
    return tuple(_person(str(label), rows) for label, rows in table.groupby("person", sort=False))


def _person(label: str, rows: pd.DataFrame) -> Person:
    constants = {}
    for column in ("role", "hours_per_week"):
        values = rows[column].unique()
        if len(values) != 1:
            raise BadTeam(f"{label} with {column} {', '.join(map(str, values))}", "one value", "Correct the rows.")
        constants[column] = values[0]
    levels = {word: _levels(label, rows, word) for word in ("claimed", "shown")}
    witnesses = {skill: str(text).strip() for skill, text in zip(rows["skill"], rows["evidence"], strict=True)}
    for skill, level in levels["shown"].items():
        if level and witnesses[skill] in ("", "nan"):
            raise BadTeam(
                f"{label}: {skill} shown on level {level}, by nothing",
                "what showed it",
                "Fill evidence, or shown with 0.",
            )
    witnesses = {skill: text for skill, text in witnesses.items() if text not in ("", "nan")}
    hours = whole(constants["hours_per_week"], f"{label}: hours_per_week")
    return Person(label, str(constants["role"]), hours, **levels, witnesses=witnesses)


def _levels(label: str, rows: pd.DataFrame, word: str) -> dict[str, int]:
    found = {}
    for skill, value in zip(rows["skill"], rows[word], strict=True):
        where = f"{label}: {skill} {word}"
        found[str(skill)] = check_level(whole(value, where), where)
    return found


def whole(value: Any, where: str) -> int:
    """A cell of a table as a whole number. Raises LevelOutOfRange for text, blanks and fractions."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not number.is_integer():
        raise LevelOutOfRange(f"{where}: {value!r}", "a whole number", "Fill the cell; 0 is a number too.")
    return int(number)
