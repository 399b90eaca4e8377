"""A matrix of responsibilities for a notebook: the last word in bold, conflicts below in words. No colour needed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_helpers.collaboration.raci import Raci


def to_html(raci: Raci) -> str:
    """Return a table with one row an activity, and the list of its conflicts if it has any."""
    conflicts = raci.problems()
    broken = {one.activity for one in conflicts}
    head = "".join(f"<th>{escape(name)}</th>" for name in raci.roles.values())
    rows = "".join(_row(raci, activity, activity in broken) for activity in raci.activities)
    legend = "<b>A</b> accountable, R responsible, C consulted, I informed, D deputy"
    table = f"<table><caption>{escape(raci.title)}</caption><thead><tr><th>activity</th>{head}</tr></thead>"
    listed = "".join(f"<li>{escape(str(one))}</li>" for one in conflicts)
    below = f"<ul>{listed}</ul>" if conflicts else ""
    return f"{table}<tbody>{rows}</tbody></table><p>{legend}</p>{below}"


def _row(raci: Raci, activity: str, broken: bool) -> str:
    cells = raci.activities[activity]
    shown = "".join(f"<td>{_cell(cells.get(role, ''))}</td>" for role in raci.roles)
    return f"<tr><th>{escape(activity)}{' ⚠' if broken else ''}</th>{shown}</tr>"


def _cell(letters: str) -> str:
    return "".join(f"<b>{letter}</b>" if letter == "A" else escape(letter) for letter in letters)
