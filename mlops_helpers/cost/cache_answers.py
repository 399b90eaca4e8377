"""Which answers of Gemini may be kept, and how they are written down: a line of ours, then Google's own JSON.

An answer is kept if it is whole and was not blocked: each candidate ended with STOP and has content. Not one that the
token limit cut off (MAX_TOKENS), that a filter stopped (SAFETY, RECITATION, ...) or whose prompt was refused: the next
attempt may fare better, and a cache would repeat the failure for hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.genai.types import Candidate, GenerateContentResponse

HEAD = b"mlops-answer 1\n"
NOT_KEPT = ("sdk_http_response", "automatic_function_calling_history", "parsed")
LATELY, SMALL = 256, 32_000  # so many answers, of at most so many bytes each, are remembered as they were read
LONG_PROMPT = 200_000  # tokens; above, some models bill the whole request at a dearer price


def why_not(answer: GenerateContentResponse) -> str:
    """Return why an answer must not be kept: "blocked", "empty" or how it ended; an empty text if it may be."""
    feedback = answer.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        return "blocked"
    for candidate in answer.candidates or ():
        reason = candidate.finish_reason
        if reason is None or reason.value != "STOP":
            return reason.value if reason else "unfinished"
        if candidate.content is None or not candidate.content.parts:
            return "empty"
    return "" if answer.candidates else "empty"


def pack(answer: GenerateContentResponse) -> bytes:
    """Return an answer as bytes."""
    return HEAD + answer.model_dump_json(exclude_none=True, exclude=set(NOT_KEPT)).encode()


def unpack(value: bytes | None) -> GenerateContentResponse | None:
    """Return an answer read back, None for what is missing, broken, from elsewhere or must not be kept."""
    from google.genai.types import GenerateContentResponse

    if value is None or not value.startswith(HEAD):
        return None
    try:
        found = GenerateContentResponse.model_validate_json(value[len(HEAD) :])
    except ValueError:  # Pydantic's error is one
        return None
    return None if why_not(found) else found


class Reader:
    """Reads answers; one that was read lately is copied, which takes a tenth of the time of reading it again."""

    def __init__(self) -> None:
        self._read = lru_cache(maxsize=LATELY)(unpack)

    def __call__(self, value: bytes | None) -> GenerateContentResponse | None:
        """Return an answer that is the caller's own, or None (see `unpack`)."""
        if value is None or len(value) > SMALL:
            return unpack(value)
        found = self._read(value)
        return None if found is None else copied(found)


def copied(answer: GenerateContentResponse) -> GenerateContentResponse:
    """Return an answer with candidates, contents and parts of its own: who changes a text changes nobody else's.

    What nobody changes (token counts, safety ratings) is shared. A copy down to the last number would take longer than
    all the rest of a hit.
    """
    candidates = [_candidate(candidate) for candidate in answer.candidates or ()]
    return answer.model_copy(update={"candidates": candidates}) if candidates else answer.model_copy()


def _candidate(candidate: Candidate) -> Candidate:
    content = candidate.content
    if content is None:
        return candidate.model_copy()
    parts = [part.model_copy() for part in content.parts or ()]
    return candidate.model_copy(update={"content": content.model_copy(update={"parts": parts})})


def billed_tokens(model: str, answer: GenerateContentResponse) -> Mapping[str, int]:
    """Return what an answer was billed for: tokens by item of the price table (thinking is billed as output)."""
    usage = answer.usage_metadata
    if usage is None:
        return {}
    prompt = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
    cached = usage.cached_content_token_count or 0
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    tier = ".over_200k" if prompt > LONG_PROMPT else ""
    amounts = {"input": prompt - cached, "cached_input": cached, "output": output}
    return {f"gemini.tokens.{model}.{kind}{tier}": amount for kind, amount in amounts.items() if amount}
