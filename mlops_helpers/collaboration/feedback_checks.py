"""What feedback may hold: refused by name before anything is written, personal data masked before it is kept.

Masking comes before cutting: half a card number at the end of a comment would not be recognised as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mlops_helpers.collaboration.errors import BadRating, InvalidSetting
from mlops_helpers.governance.pii import find_pii
from mlops_helpers.monitoring.errors import MonitoringError
from mlops_helpers.monitoring.genai_calls import check_label, excerpt

LOWEST, HIGHEST = 1, 5
LONGEST_COMMENT, LONGEST_PROMPT, LONGEST_VALUE = 1000, 1000, 4000
MOST_VARIABLES = 50
REQUEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # fits a Firestore document and the id of a golden example
TRACE = re.compile(r"(?:[0-9a-f]{32})?")
SHORTEST_CARD = 10**12  # whole numbers from here on are kept as texts: they may be card numbers


@dataclass(frozen=True)
class Served:
    """An answer as it was given to a user: which request, by which model, with which version of the prompt.

    `trace_id` (32 hexadecimal digits) leads to its steps, `variables` are what the template was filled with: with them
    the same question can be asked again.
    """

    request: str
    model_id: str
    prompt_version: str
    trace_id: str = ""
    prompt: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


def check_served(served: Served) -> Served:
    """Return what may be kept of an answer: labels checked, texts masked and cut. Raises `InvalidSetting`."""
    check_request(served.request)
    for name in ("model_id", "prompt_version"):
        try:
            check_label(getattr(served, name), name)
        except MonitoringError as error:
            raise InvalidSetting(error.found, error.expected, error.remedy) from error
    trace = str(served.trace_id).rpartition("/")[2].lower()
    if not TRACE.fullmatch(trace):
        found = f"the trace id {served.trace_id!r:.80}"
        raise InvalidSetting(found, "32 hexadecimal digits, or nothing", "Pass tracer.trace_id.")
    prompt = _text(served.prompt, "prompt", LONGEST_PROMPT)
    return replace(served, trace_id=trace, prompt=prompt, variables=_variables(served.variables))


def check_request(request: object) -> str:
    """Return the id of a request. Raises `InvalidSetting` for one that is no id, or that names a person."""
    if not isinstance(request, str) or not REQUEST.fullmatch(request):
        expected = "letters, digits, '.', '_' and '-', at most 100, a letter or digit first"
        raise InvalidSetting(f"the request {_shown(request)}", expected, "Pass the id under which it was served.")
    if found := find_pii(request):
        raise InvalidSetting(f"a request id with personal data ({found[0].kind})", "an id without", "Use a random id.")
    return request


def check_rating(rating: object) -> int:
    """Return a whole number of stars from 1 to 5. Raises `BadRating`: nothing is rounded, nothing is moved inside."""
    if isinstance(rating, bool) or not hasattr(rating, "__index__") or not LOWEST <= int(rating) <= HIGHEST:
        expected = f"a whole number from {LOWEST} (useless) to {HIGHEST} (just right)"
        raise BadRating(f"the rating {rating!r:.40}", expected, "Refuse it where the user gives it, too.")
    return int(rating)


def check_comment(comment: object) -> str:
    """Return a comment as it is kept: e-mails, phone and card numbers masked, at most 1,000 characters."""
    return _text(comment, "comment", LONGEST_COMMENT)


def check_moment(moment: datetime | None, name: str) -> datetime | None:
    """Return a time that has a zone, or None. Raises `InvalidSetting`: the server's clock knows nothing of yours."""
    if moment is not None and (not isinstance(moment, datetime) or moment.utcoffset() is None):
        found = f"{name}={moment!r:.60}, a time without a zone"
        raise InvalidSetting(found, "a datetime with a zone", "Use datetime(..., tzinfo=UTC).")
    return moment


def _text(value: object, name: str, longest: int) -> str:
    if not isinstance(value, str):
        raise InvalidSetting(f"a {name} of type {type(value).__name__}", "a text", "Pass '' for none.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidSetting(f"a {name} with half a character", "a text in Unicode", "Decode it anew.") from error
    return excerpt(value, longest)


def _variables(given: object) -> dict[str, Any]:
    """Return the variables, texts masked. Raises `InvalidSetting` for what a template or Firestore cannot hold."""
    if not isinstance(given, Mapping) or len(given) > MOST_VARIABLES:
        found = f"{len(given)} variables" if isinstance(given, Mapping) else f"variables {_shown(given)}"
        raise InvalidSetting(found, f"a mapping of at most {MOST_VARIABLES}", "Pass what the template was filled with.")
    return {_variable_name(name): _value(value, name) for name, value in given.items()}


def _variable_name(name: object) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise InvalidSetting(f"the variable {_shown(name)}", "a name as in a template", "Rename it.")
    return name


def _value(value: object, name: object) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= SHORTEST_CARD:
        value = str(value)
    if isinstance(value, str):
        return _text(value, f"variable {name}", LONGEST_VALUE)
    if value is None or isinstance(value, bool | int | float):
        return value
    found = f"the variable {name} of type {type(value).__name__}"
    raise InvalidSetting(found, "a text, a number, a boolean or None", "Pass it as text.")


def _shown(value: object) -> str:
    """A refused value as a message and a log may hold it: masked and short."""
    return excerpt(repr(value), 60)
