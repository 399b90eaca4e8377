"""A badly rated answer becomes a test: a person says what would have been right, and every later prompt is asked again.

    accepted = AcceptedAnswer("req-17", "The price is 39 dollars.", by="support lead")
    add_accepted(golden, "assistant", accepted, feedback=feedback)      the next version of a golden set
    case_from_feedback("cases.toml", accepted, feedback=feedback)       or one more case in a file of prompt tests

A model's own answer is never taken over: what a model said yesterday is not the truth of tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_helpers.collaboration.errors import AnswerDiffers, InvalidSetting
from mlops_helpers.debugging.errors import UnknownPrompt
from mlops_helpers.debugging.golden_sets import Example, GoldenSet, GoldenSets
from mlops_helpers.debugging.incident_cases import add_case_from_incident
from mlops_helpers.governance.pii import redact_text

if TYPE_CHECKING:
    from mlops_helpers.collaboration.feedback import FeedbackStore
    from mlops_helpers.debugging.case_reading import PromptCase

ATTEMPTS = 5


@dataclass(frozen=True)
class AcceptedAnswer:
    """What a person (`by`, a role) accepts as the answer to a request. Raises `InvalidSetting` if one of them lacks."""

    request: str
    answer: str
    by: str

    def __post_init__(self) -> None:
        for name, what in (("answer", "an answer"), ("by", "a person who accepts it")):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise InvalidSetting(f"{name}={value!r:.40}", what, "Only people put answers into a golden set.")


def example_of(accepted: AcceptedAnswer, *, feedback: FeedbackStore) -> Example:
    """Return the example: the variables that were served (masked), the accepted answer (masked), rating and role.

    Raises `NotRated`, `UnknownRequest`, and `InvalidSetting` if the request was served without its variables.
    """
    rated, served = feedback.rating(accepted.request), feedback.served(accepted.request)
    if not served.variables:
        found = f"the request {served.request} without variables"
        raise InvalidSetting(found, "what its template was filled with", "Register it with Served(..., variables=...).")
    source = f"feedback: {rated.model_id}, prompt {rated.prompt_version}, rated {rated.rating}; by {accepted.by}"
    return Example(accepted.request, dict(served.variables), redact_text(accepted.answer), source)


def add_accepted(sets: GoldenSets, name: str, accepted: AcceptedAnswer, *, feedback: FeedbackStore) -> GoldenSet:
    """Add an accepted answer to the latest version of a golden set (the first if there is none); return the new one.

    The same answer again makes no new version. Somebody who adds at the same moment is not lost: their examples are
    taken over. Raises `AnswerDiffers` if another answer was accepted for the request, and what `example_of` raises.
    """
    example = example_of(accepted, feedback=feedback)
    first, saved = _latest(sets, name), None
    for _ in range(ATTEMPTS):
        latest = _latest(sets, name)
        known = {one.id: one for number in range(max(first, 1), latest + 1) for one in sets.load(name, number).examples}
        before = known.get(example.id, example)
        if before.expected != example.expected:
            raise _differs(before)
        wanted = tuple((known | {example.id: before}).values())
        saved = sets.save(name, wanted, author=accepted.by, description=f"feedback on {example.id}")
        if saved.reused or saved.version == latest + 1:
            return saved
    raise InvalidSetting(f"{ATTEMPTS} others who changed {name!r}", "a moment of quiet", "Add it again later.")


def case_from_feedback(path: Path | str, accepted: AcceptedAnswer, *, feedback: FeedbackStore) -> PromptCase:
    """Append the accepted answer as a case to a file of prompt tests, and return it.

    Raises debugging's `BadCase` if the file has this request already, and what `example_of` raises.
    """
    example = example_of(accepted, feedback=feedback)
    check = {"equals": example.expected}
    return add_case_from_incident(path, example.id, variables=example.variables, check=check, source=example.source)


def _latest(sets: GoldenSets, name: str) -> int:
    try:
        return int(sets.versions(name)["version"].max())
    except UnknownPrompt:
        return 0


def _differs(before: Example) -> AnswerDiffers:
    found = f"another answer to {before.id} than {before.expected!r:.80} ({before.source})"
    return AnswerDiffers(found, "one accepted answer per request", "Agree on one, and save a version with it.")
