"""`generateContent`: from a checked request to Google's answer, blocked or not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import invalid
from . import safety, tokens, usage
from .answers import Answer, answer
from .decoding import decode
from .registry import ModelRow, check_rules
from .requests import Ask, check, images_of

if TYPE_CHECKING:
    from .service import Gemini

Mind = Callable[[Ask, int], Answer]
BLOCKED = "The prompt was blocked because it contains harmful content. Change the prompt, or the safety settings."


def generate(
    gemini: Gemini, model: ModelRow, raw: dict[str, Any], place: str, *, mind: Mind = answer
) -> dict[str, Any]:
    """Answer a request body. `place` is its project and location, `mind` what makes the answers.

    Raises ApiError 400, 404 or 501.
    """
    ask = read(gemini, model, raw, place)
    blocking = safety.thresholds(ask.body.get("safetySettings", []))
    base = {
        "modelVersion": model.id,
        "createTime": rfc3339(gemini.cloud.clock.now()),
        "responseId": gemini.cloud.next_id("gemini response"),
    }
    found = safety.ratings(ask.everything, blocking)
    counts = prompt_tokens(ask)
    if safety.blocks_prompt(found):
        feedback = {"blockReason": "SAFETY", "blockReasonMessage": BLOCKED, "safetyRatings": found}
        total = sum(counts.values())
        spent = {"promptTokenCount": total, "totalTokenCount": total, "promptTokensDetails": tokens.details(counts)}
        return base | {"promptFeedback": feedback, "usageMetadata": spent}
    thoughts = usage.thoughts_for(ask, sum(counts.values()))
    drafts = [Draft(ask, mind(ask, place), thoughts) for place in range(ask.config.get("candidateCount", 1))]
    candidates = [draft.candidate(number, found) for number, draft in enumerate(drafts)]
    spent = usage.metadata(
        counts,
        answer=sum(draft.answer_tokens for draft in drafts),
        thoughts=sum(draft.thought_tokens for draft in drafts),
        cached=cached_tokens(gemini, ask, place, sum(counts.values())),
    )
    return base | {"candidates": candidates, "usageMetadata": spent}


def read(gemini: Gemini, model: ModelRow, raw: dict[str, Any], place: str) -> Ask:
    """The request as a value. Raises ApiError 400, 404 or 501 for one that this model does not take."""
    body = decode("GenerateContentRequest", raw)
    check(body)
    check_rules(model, body.get("generationConfig", {}))
    cached = gemini.caches.for_request(body, model, place) if "cachedContent" in body else {}
    turns = [*cached.get("contents", []), *body["contents"]]
    ask = Ask(model, body, images_of(gemini.cloud, turns), cached)
    limit = body.get("generationConfig", {}).get("maxOutputTokens", 1)
    if limit > model.output_limit:
        raise invalid(
            f"Unable to submit request because it has a maxOutputTokens value of {limit} but the supported range is"
            f" from 1 (inclusive) to {model.output_limit + 1} (exclusive). Update the value and try again."
        )
    total = sum(prompt_tokens(ask).values())
    if total > model.input_limit:
        raise invalid(
            f"The input token count ({total}) exceeds the maximum number of tokens allowed ({model.input_limit})."
            " Shorten the prompt."
        )
    return ask.again(gemini.repeats(place, model.id, json.dumps(body, sort_keys=True)))


def prompt_tokens(ask: Ask) -> dict[str, int]:
    """Tokens of the prompt by modality, cached content included."""
    counts = tokens.count_request(ask.body)
    for modality, number in tokens.count_request(ask.cached).items():
        counts[modality] += number
    return counts


def cached_tokens(gemini: Gemini, ask: Ask, place: str, total: int) -> int:
    """Tokens that came from an explicit cache, or that an earlier prompt began with."""
    if ask.cached:
        return sum(tokens.count_request(ask.cached).values())
    return gemini.implicit.cached_tokens(place, ask.model, ask.everything, total)


class Draft:
    """One answer on its way out: stop sequences, the limit on tokens, thoughts, safety."""

    def __init__(self, ask: Ask, found: Answer, thoughts: int) -> None:
        self.ask, self.how = ask, found.how
        limit = ask.config.get("maxOutputTokens")
        self.thought_tokens = thoughts if limit is None else min(thoughts, limit)
        self.parts, self.reason = found.parts, "STOP"
        if "text" in found.parts[0]:
            left = None if limit is None else limit - self.thought_tokens
            self.parts = [{"text": text}] if (text := self._cut(found.parts[0]["text"], left)) else []
        self.answer_tokens = sum(tokens.count_parts(self.parts).values())

    def _cut(self, text: str, left: int | None) -> str:
        for stop in self.ask.config.get("stopSequences", []):
            text = text.partition(stop)[0] if stop else text
        pieces = tokens.split(text)
        if left is not None and len(pieces) > left:
            self.reason = "MAX_TOKENS"
            return "".join(pieces[:left])
        return text

    def candidate(self, number: int, found: list[dict[str, Any]]) -> dict[str, Any]:
        """The draft as Google's candidate; withheld if the ratings block it."""
        if safety.blocks_answer(found):
            self.answer_tokens = 0
            return {"index": number, "finishReason": "SAFETY", "safetyRatings": found}
        parts = self.parts
        if self.ask.config.get("thinkingConfig", {}).get("includeThoughts") and self.thought_tokens:
            parts = [{"text": f"[simulated] {self.how}", "thought": True}, *parts]
        content = {"role": "model"} | ({"parts": parts} if parts else {})
        return {"index": number, "content": content, "finishReason": self.reason, "safetyRatings": found}
