"""One call of a model, as it may be written down: numbers, names, and texts in which personal data are masked.

Masking comes before truncation: half a card number at the end of an excerpt would not be recognised as one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_helpers.governance.pii import find_pii, redact_text
from mlops_helpers.monitoring import genai_names as names
from mlops_helpers.monitoring.errors import BadValue, InvalidSetting

# Why a candidate ends early for reasons of safety or rights (google.genai.types.FinishReason).
BLOCKING = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    }
)
TRIGGERED = ("MEDIUM", "HIGH")
LONGEST_LABEL = 64


@dataclass(frozen=True)
class CallRecord:
    """What is kept of a call. `latency` is in seconds, `tokens` by type, the texts are masked and short."""

    time: dt.datetime
    model: str
    prompt_version: str
    latency: float
    outcome: str
    error_type: str = ""
    error: str = ""
    prompt: str = ""
    answer: str = ""
    answered_by: str = ""
    finish_reasons: tuple[str, ...] = ()
    safety: tuple[str, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)
    quality: float | None = None

    def payload(self) -> dict[str, Any]:
        """The record as a structured log entry, under the names of `genai_names`; empty values are left out."""
        count = self.tokens.get
        entry = {
            names.OPERATION: names.GENERATE,
            names.PROVIDER: names.VERTEX,
            names.REQUEST_MODEL: self.model,
            names.RESPONSE_MODEL: self.answered_by,
            names.FINISH_REASONS: list(self.finish_reasons),
            names.DURATION: self.latency,
            names.INPUT_TOKENS: count("prompt"),
            names.CACHED_TOKENS: count("cached"),
            names.OUTPUT_TOKENS: count("candidates", 0) + count("thoughts", 0) if self.tokens else None,
            names.THOUGHT_TOKENS: count("thoughts"),
            names.PROMPT_VERSION: self.prompt_version,
            names.OUTCOME: self.outcome,
            names.ERROR_TYPE: self.error_type,
            names.ERROR: self.error,
            names.QUALITY: self.quality,
            names.SAFETY: list(self.safety),
            names.PROMPT: self.prompt,
            names.ANSWER: self.answer,
        }
        return {name: value for name, value in entry.items() if value not in (None, "", [])}


def about_response(response: Any, excerpt_length: int) -> dict[str, Any]:
    """What a record keeps of a `GenerateContentResponse` (of a stream: its last piece), as fields of `CallRecord`."""
    candidates = getattr(response, "candidates", None) or ()
    feedback = getattr(response, "prompt_feedback", None)
    reason = _word(getattr(feedback, "block_reason", None))
    reasons = tuple(word for candidate in candidates if (word := _word(candidate.finish_reason)))
    blocked = reason != "" or (reasons != () and BLOCKING.issuperset(reasons))
    return {
        "outcome": names.BLOCKED if blocked else names.OK,
        "answered_by": getattr(response, "model_version", None) or "",
        "finish_reasons": reasons or ((reason,) if reason else ()),
        "safety": tuple(sorted(set(_triggered(feedback, *candidates)))),
        "tokens": _tokens(getattr(response, "usage_metadata", None)),
        "answer": excerpt(" ".join(texts([candidate.content for candidate in candidates])), excerpt_length),
    }


def about_error(error: BaseException, excerpt_length: int) -> dict[str, Any]:
    """What a record keeps of an error: the HTTP status if there is one, else the class; the message, masked."""
    code = getattr(error, "code", None)
    kind = str(code) if isinstance(code, int) else type(error).__name__
    return {"outcome": names.FAILED, "error_type": kind, "error": excerpt(str(error), excerpt_length)}


def excerpt(text: str, length: int) -> str:
    """The beginning of a text after personal data were masked, such as `[EMAIL]`; at most `length` characters."""
    masked = redact_text(text)
    return masked if len(masked) <= length else masked[: length - 1] + "…"


def texts(contents: Any) -> Iterator[str]:
    """The texts in what a model is sent or answers: a string, parts, contents, dicts, or lists of them.

    Anything else (a picture, a file, a function call) is told by its kind, such as `[Image]`.
    """
    if isinstance(contents, str):
        yield contents
    elif isinstance(contents, Mapping):
        yield from texts(contents.get("parts") or contents.get("text") or f"[{', '.join(map(str, contents))}]")
    elif isinstance(contents, (list, tuple)):
        for item in contents:
            yield from texts(item)
    elif hasattr(contents, "parts"):
        yield from texts(contents.parts or [])
    elif contents is not None:
        yield getattr(contents, "text", None) or f"[{type(contents).__name__}]"


def check_label(value: str, name: str) -> str:
    """The value, if it may label a metric: short, in words, and no personal data. Raises InvalidSetting.

    A label with many values makes many series, and what is in a label cannot be masked later.
    """
    remedy = "Use the name of a version, such as 'summary-v3'."
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_LABEL or not value.isprintable():
        raise InvalidSetting(f"{name}={value!r}", f"a text of 1 to {LONGEST_LABEL} characters", remedy)
    if found := find_pii(value):
        raise InvalidSetting(f"personal data ({found[0].kind}) in {name}", "a label without any", remedy)
    return value


def check_quality(value: float | None) -> float | None:
    """The value, if it is a score from 0 to 1 or None. Raises BadValue."""
    if value is not None and not 0 <= value <= 1:
        raise BadValue(f"a quality of {value}", "a score from 0 to 1", "Scale it, or leave it out.")
    return None if value is None else float(value)


def _tokens(usage: Any) -> dict[str, int]:
    if usage is None:
        return {}
    fields = {"prompt": "prompt", "cached": "cached_content", "thoughts": "thoughts", "candidates": "candidates"}
    return {name: getattr(usage, f"{stem}_token_count", None) or 0 for name, stem in fields.items()}


def _triggered(*rated: Any) -> Iterator[str]:
    """Categories that blocked, or were rated MEDIUM or HIGH."""
    for rating in (rating for item in rated for rating in getattr(item, "safety_ratings", None) or ()):
        if rating.blocked or _word(rating.probability) in TRIGGERED:
            yield _word(rating.category).removeprefix("HARM_CATEGORY_").lower()


def _word(value: Any) -> str:
    """The word of an enumeration's member, "" for none and for an unspecified one."""
    word = str(getattr(value, "value", value) or "")
    return "" if word.endswith("_UNSPECIFIED") else word
