"""A decision in writing: what was chosen, by whom, why, and what would change our minds. Markdown, one page.

The form follows Nygard, "Documenting architecture decisions" (2011): context, decision, consequences; with the numbers
in place of the memory of who argued best.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from html import escape

from .decision_matrix import DecisionMatrix
from .decision_sensitivity import ScoreFlip, WeightFlip, score_flips, weight_flips
from .errors import InvalidSetting
from .given import need_kind

MOST_SCORES = 5  # more would hide the ones that matter


def record_decision(
    matrix: DecisionMatrix, *, title: str, context: str, deciders: Sequence[str], date: dt.date, reason: str = ""
) -> str:
    """Return the record as Markdown.

    title      the question, in a line
    context    what made a decision necessary, and what was ruled out beforehand
    deciders   the roles that decided, as ("ML engineer", "data protection officer"); roles outlive people
    date       the day of the decision
    reason     what the numbers do not say; needed if the options are tied

    Raises InvalidSetting for an empty title, context or list of deciders, for a date that is a text, and for a tie
    without a reason.
    """
    _check(title, context, deciders)
    need_kind(matrix, DecisionMatrix, "a DecisionMatrix", "Make it with weigh_options().")
    need_kind(date, dt.date, "a date", "Write datetime.date(2026, 11, 20), or date.fromisoformat(...).")
    if len(matrix.winners) > 1 and not reason.strip():
        found = f"a tie of {', '.join(matrix.winners)} without a reason"
        raise InvalidSetting(found, "what decided between them", "Pass reason=, or add the criterion that is missing.")
    parts = [
        f"# {_line(title)}",
        f"Date: {date.isoformat()}. Decided by: {', '.join(map(_line, deciders))}.",
        f"## Context\n\n{escape(context.strip(), quote=False)}",
        f"## Options\n\n{_options(matrix)}",
        f"## Criteria and scores\n\n{_scores(matrix)}",
        f"## Decision\n\n{_decision(matrix, reason)}",
        f"## What would change our minds\n\n{_flips(matrix)}",
    ]
    return "\n\n".join(parts) + "\n"


def _check(title: str, context: str, deciders: Sequence[str]) -> None:
    for name, text in (("title", title), ("context", context)):
        if not isinstance(text, str) or not text.strip():
            raise InvalidSetting(f"no {name}", "a sentence", "Write it for somebody who was not there.")
    roles = [deciders] if isinstance(deciders, str) else list(deciders)
    if isinstance(deciders, str) or not roles or not all(isinstance(role, str) and role.strip() for role in roles):
        found = f"the deciders {roles}"
        raise InvalidSetting(found, "a list of at least one role", 'As ("ML engineer", "product owner").')


def _options(matrix: DecisionMatrix) -> str:
    return "\n".join(f"- {_line(option)}" for option in matrix.scores)


def _scores(matrix: DecisionMatrix) -> str:
    """Return the table: a row per criterion, a column per option, the sums at the end."""
    lowest, highest = map(float, matrix.scale)
    rows = [
        (name, f"{float(weight):.1%}", *(f"{float(row[name]):g}" for row in matrix.scores.values()))
        for name, weight in matrix.weights.items()
    ]
    sums = ("**weighted sum**", "100.0%", *(f"**{float(total):.2f}**" for total in matrix.totals.values()))
    told = f"Scores from {lowest:g} to {highest:g}, more is better."
    return told + "\n\n" + _table(("criterion", "weight", *matrix.scores), [*rows, sums])


def _decision(matrix: DecisionMatrix, reason: str) -> str:
    numbers = _line(str(matrix))
    return (
        numbers[0].upper() + numbers[1:] + "." + (f" {escape(reason.strip(), quote=False)}" if reason.strip() else "")
    )


def _flips(matrix: DecisionMatrix) -> str:
    """Return what flips the winner, weights first, then the scores that are nearest to it."""
    weights, scores = weight_flips(matrix), [flip for flip in score_flips(matrix) if flip.to]
    parts = [
        "One weight at a time, the others in proportion:",
        _list(weights),
        "One score at a time, the nearest first:" if scores else "No single score, within the scale.",
        _list(scores[:MOST_SCORES]),
        "Exactly at a bound the options are tied.",
    ]
    return "\n\n".join(part for part in parts if part)


def _list(flips: Iterable[WeightFlip | ScoreFlip]) -> str:
    return "\n".join(f"- {_line(str(flip))}" for flip in flips)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_line(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _line(text: str) -> str:
    """Return a text that stays on its line and is no HTML."""
    return escape(" ".join(text.split()), quote=False)
