"""What may come back from the model: blocked answers, ratings, schema, personal data, leaks, groundedness.

    check = check_output(response, OutputPolicy(schema=SCHEMA), sources=[note], private=[system_instruction])
    check.action          allow, review (a person decides) or block
    check.text            what may be shown: personal data masked, "" if blocked

The order is from what needs no doubt to what does: an answer that Gemini withheld, a harmful rating, JSON that does not
fit, a piece of the private prompt are blocked; a sentence without support is for a person to judge (`groundedness`
tells how often that check errs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.groundedness import THRESHOLD, check_groundedness
from mlops_helpers.ethics.injections import decoded, fold
from mlops_helpers.ethics.input_guard import ALLOW, BLOCK, REVIEW, mask_personal, strictest
from mlops_helpers.ethics.untrusted import visible
from mlops_helpers.monitoring.genai_calls import BLOCKING

RATINGS = ("NEGLIGIBLE", "LOW", "MEDIUM", "HIGH")
LEAKED_WORDS = 6  # so many words in a row, the same as in the private prompt, are no chance
CODE = re.compile(r"\b(?=\w*\d|[A-Z]+-)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+\b")


@dataclass(frozen=True)
class OutputPolicy:
    """What is allowed out.

    schema        JSON Schema that the answer has to fit; None: free text
    rating_at     harm probability from which on an answer is blocked: LOW, MEDIUM or HIGH
    grounded      whether sentences without support in the sources go to a person
    threshold     share of a sentence's words that its source must hold
    longest       characters of an answer
    disclaimers   phrases that claim nothing, and are not looked at for support

    Raises `InvalidSetting` for a rating that is none, a schema that is none, or limits outside their range.
    """

    schema: Mapping[str, Any] | None = None
    rating_at: str = "MEDIUM"
    grounded: bool = False
    threshold: float = THRESHOLD
    longest: int = 20_000
    disclaimers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rating_at not in RATINGS[1:] or not 0 < self.threshold <= 1 or self.longest < 1:
            found = f"rating_at {self.rating_at!r}, threshold {self.threshold}, longest {self.longest}"
            raise InvalidSetting(found, "LOW, MEDIUM or HIGH, a share above 0, 1 or more", "Correct the policy.")
        if self.schema is not None:
            _check_schema(self.schema)


@dataclass(frozen=True)
class OutputCheck:
    """The verdict on one answer: `action`, the `reasons` in words, and the `text` that may be shown ("" if blocked).

    Reasons quote nothing of the answer; `check_groundedness` tells which sentences have no support.
    """

    action: str
    reasons: tuple[str, ...]
    text: str


DEFAULT_OUTPUT = OutputPolicy()


def check_output(
    response: Any, policy: OutputPolicy = DEFAULT_OUTPUT, *, sources: Iterable[str] = (), private: Iterable[str] = ()
) -> OutputCheck:
    """Judge an answer: a `GenerateContentResponse` of google.genai, or a text.

    `sources` are the texts it may rely on, `private` those it must not repeat (the system instruction).
    """
    text, stopped = _read(response)
    if stopped:
        return OutputCheck(BLOCK, (stopped,), "")
    if not text.strip() or len(text) > policy.longest:
        return OutputCheck(BLOCK, ("empty" if not text.strip() else f"too long: {len(text):,} characters",), "")
    blocking = [*_rated(response, policy.rating_at), *_misfits(text, policy.schema), *leaks(text, private)]
    if blocking:
        return OutputCheck(BLOCK, tuple(blocking), "")
    action, reasons = ALLOW, []
    if policy.grounded:
        claims = text
        for phrase in policy.disclaimers:
            claims = claims.replace(phrase, "")
        said = [one for one in check_groundedness(claims, sources, threshold=policy.threshold) if not one.supported]
        reasons += [f"{len(said)} sentences not supported by a source"] if said else []
        action = strictest(action, REVIEW if said else ALLOW)
    masked, kinds = _masked(text, is_json=policy.schema is not None)
    reasons += [f"masked: {', '.join(kinds)}"] if kinds else []
    return OutputCheck(action, tuple(reasons), masked)


def leaks(text: str, private: Iterable[str]) -> list[str]:
    """Return what an answer tells of private texts: their codes, or six of their words in a row; never the words.

    Reads the answer folded, decoded from Base64, and backwards. A translation or a paraphrase passes.
    """
    folded = [fold(visible(text)), *(fold(piece) for piece in decoded(text))]
    said = [[re.findall(r"\w+", reading) for reading in folded], ["".join(re.findall(r"\w", one)) for one in folded]]
    runs = {tuple(words[place : place + LEAKED_WORDS]) for words in said[0] for place in range(len(words))}
    found = []
    for secret in private:
        words = re.findall(r"\w+", fold(visible(secret)))
        pieces = (tuple(words[place : place + LEAKED_WORDS]) for place in range(len(words) - LEAKED_WORDS + 1))
        if any(piece in runs for piece in pieces):
            found.append(f"leak: {LEAKED_WORDS} words in a row of a private text")
        codes = {"".join(re.findall(r"\w", code.casefold())) for code in CODE.findall(secret)}
        if any(code in one or code[::-1] in one for code in codes for one in said[1]):
            found.append("leak: a code of a private text")
    return found


def _read(response: Any) -> tuple[str, str]:
    """Return the text of an answer, and why there is none if Gemini withheld it."""
    if isinstance(response, str):
        return response, ""
    candidates = response.candidates or []
    if not candidates:
        reason = getattr(response.prompt_feedback, "block_reason", None)
        return "", f"prompt blocked: {getattr(reason, 'value', reason) or 'no candidate'}"
    stopped = getattr(candidates[0].finish_reason, "value", "") or ""
    return ("", f"answer withheld: {stopped}") if stopped in BLOCKING else (response.text or "", "")


def _rated(response: Any, limit: str) -> list[str]:
    """Return the categories of harm that are rated at the limit or above."""
    if isinstance(response, str):
        return []
    found = []
    for rating in response.candidates[0].safety_ratings or ():
        level = getattr(rating.probability, "value", "")
        if rating.blocked or (level in RATINGS and RATINGS.index(level) >= RATINGS.index(limit)):
            category = getattr(rating.category, "value", str(rating.category))
            found.append(f"{category.removeprefix('HARM_CATEGORY_').lower()}: {level}")
    return found


def _misfits(text: str, schema: Mapping[str, Any] | None) -> list[str]:
    """Return what does not fit the schema; the message names the place, not the value."""
    if schema is None:
        return []
    from jsonschema import Draft202012Validator

    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return ["no JSON"]
    errors = sorted(Draft202012Validator(dict(schema)).iter_errors(value), key=lambda error: error.json_path)
    return [f"schema: {error.json_path} breaks {error.validator}" for error in errors[:5]]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _masked(text: str, *, is_json: bool) -> tuple[str, tuple[str, ...]]:
    """Mask personal data; inside JSON only in its texts, so that it stays JSON and numbers stay numbers."""
    if not is_json:
        return mask_personal(visible(text))
    kinds: set[str] = set()

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(item) for name, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, str):
            return value
        masked, found = mask_personal(visible(value))
        kinds.update(found)
        return masked

    return json.dumps(walk(json.loads(text)), ensure_ascii=False), tuple(sorted(kinds))


def _check_schema(schema: Mapping[str, Any]) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        raise InvalidSetting(f"a schema that is none ({error.message[:100]})", "JSON Schema", "Correct it.") from error
