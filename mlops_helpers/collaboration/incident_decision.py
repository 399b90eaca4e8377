"""The decision record of an incident: the options that were weighed, with the context and the deciders from the log.

matrix = weigh_options(...)                         lesson 5's decision matrix: retrain, wait, a rule by hand
text = record_incident_decision(incident.entries, matrix, title="What to do about the gift cards")
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_helpers.collaboration import log_entries as kinds
from mlops_helpers.collaboration.blameless import require_blameless
from mlops_helpers.collaboration.errors import SignOffMissing
from mlops_helpers.collaboration.incident_state import state_of
from mlops_helpers.collaboration.log_entries import Entry
from mlops_helpers.collaboration.post_mortem import by_roles, people_of
from mlops_helpers.collaboration.protocol_steps import DECISION, step_named

if TYPE_CHECKING:
    from mlops_helpers.tooling.decision_matrix import DecisionMatrix


def record_incident_decision(entries: Sequence[Entry], matrix: DecisionMatrix, *, title: str, reason: str = "") -> str:
    """Return the record of the first decision of an incident as Markdown, one page.

    Context is what was seen until then, the decider the role that signed, the date the signature's. Raises
    `SignOffMissing` if nothing was decided yet, `BlamingText` for a title or reason that looks for somebody, and
    tooling's `InvalidSetting` for a tie without reason.
    """
    from mlops_helpers.tooling.decision_record import record_decision

    state = state_of(entries)
    signed = [one for one in entries if one.kind == kinds.SIGNED and step_named(one.content["step"]).source == DECISION]
    if not signed:
        found = f"no decision in {state.incident}"
        raise SignOffMissing(found, "one that was signed", "Take the step 'retrain' or 'leave it' first.")
    names = people_of(entries, state)
    for text in (title, reason):
        require_blameless(text, names=names)
    first = signed[0]
    return record_decision(
        matrix,
        title=title,
        context=by_roles(_context(entries[: first.number], state.incident), names),
        deciders=[state.charter.raci.roles[first.content["role"]]],
        date=first.time.date(),
        reason=reason,
    )


def _context(entries: Sequence[Entry], incident: str) -> str:
    """The alert, and what each piece of evidence said."""
    seen = [one.content["message"] for one in entries if one.kind in (kinds.OPENED, kinds.SHOWN)]
    return f"Incident {incident}. " + ". ".join(text.strip().rstrip(".") for text in seen) + "."
