"""The simulator's decision: which kind of work a request asks for, and its answer. The order is the table's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from . import extraction, functions, images, sentiment
from .labels import choose_label
from .prompts import Prompt, read_prompt
from .quality import prompt_score
from .requests import Ask
from .schemas import Filler
from .summaries import best_sentence, summarize

SIMULATED = "[simulated]"
SUMMARIZE = re.compile(r"\bsummar|\btl;?dr\b|\bin short\b|\bkey points?\b", re.IGNORECASE)
SENTENCES = re.compile(r"\b(one|two|three|four|five|\d+)[ -]sentences?\b", re.IGNORECASE)
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
TRANSLATE = re.compile(r"\btranslat", re.IGNORECASE)
EXTRACT = re.compile(r"\bextract\b|\blist (?:all|the|every)\b|\bfind (?:all|the|every)\b", re.IGNORECASE)
DIGIT = re.compile(r"\bdigits?\b|\bnumber\b|\bnumeral\b|\bhandwritten\b", re.IGNORECASE)
KEYS = re.compile(r"[\"'`](\w+)[\"'`]\s*:")
NAMED_KEYS = re.compile(r"\b(?:keys?|fields?)\b:?\s+((?:[\"'`]?\w+[\"'`]?(?:,\s*|\s+and\s+)?)+)", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """The parts of an answer, and in words how it came about: the summary of the thoughts."""

    parts: list[dict[str, Any]]
    how: str

    @classmethod
    def of_text(cls, text: str, how: str) -> Answer:
        """An answer that is one text."""
        return cls([{"text": text}], how)


def answer(ask: Ask, candidate: int = 0) -> Answer:
    """The answer to a request. Raises ApiError 400 or 501 for what cannot be answered."""
    if calls := functions.plan_calls(ask):
        if any(call.missing for call in calls):
            return Answer.of_text(functions.ask_for(calls), "A required argument of a function is missing.")
        names = ", ".join(call.name for call in calls)
        return Answer([call.part() for call in calls], f"The question shares most words with {names}.")
    if functions.has_results(ask) and ask.schema is None:
        return Answer.of_text(functions.retell(ask), "The functions returned what was asked for.")
    prompt = read_prompt(ask.everything, ask.question)
    if ask.config.get("responseMimeType") in ("application/json", "text/x.enum"):
        return structured(ask, prompt, candidate)
    if ask.images:
        return Answer.of_text(seen(ask), "The image was measured and compared with typical digits.")
    return written(ask, prompt, candidate)


def structured(ask: Ask, prompt: Prompt, candidate: int) -> Answer:
    """A JSON answer, or the bare label for `text/x.enum`."""
    filler = Filler(ask, prompt, candidate)
    schema = ask.schema or schema_from(ask.everything)
    value = digits_into(ask, schema) if ask.images else None
    value = filler.fill(schema) if value is None else value
    how = f"Every field of the schema was looked for in the text. Prompt score {prompt_score(prompt, has_schema=True)}."
    if ask.config["responseMimeType"] == "text/x.enum":
        return Answer.of_text(str(value), how)
    return Answer.of_text(json.dumps(value, ensure_ascii=False), how)


def schema_from(text: str) -> dict[str, Any]:
    """JSON mode without a schema: the keys that the prompt names, as texts; else a single `answer`."""
    named = NAMED_KEYS.search(text)
    keys = KEYS.findall(text) or (re.findall(r"\w+", named[1].replace(" and ", ",")) if named else [])
    return {"type": "object", "properties": {key: {"type": "string"} for key in dict.fromkeys(keys) or ["answer"]}}


def digits_into(ask: Ask, schema: dict[str, Any]) -> Any:
    """What an image says into a schema: digit, colour, sides, brightness. None if no field asks for any of it."""
    found = images.look(ask.images[-1])
    facts = {
        "digit": found.digit, "number": found.digit, "label": found.digit, "confidence": found.confidence,
        "width": found.width, "height": found.height, "brightness": round(found.brightness, 3),
        "colour": found.colour, "color": found.colour, "dominant_colour": found.colour, "dominant_color": found.colour,
        "description": found.sentence(), "caption": found.sentence(),
    }  # fmt: skip
    properties = schema.get("properties")
    if not properties:
        return _typed(schema, found.digit)
    known = {name: _typed(properties[name], facts[name]) for name in properties if name in facts}
    return known if len(known) == len(properties) else None


def _typed(schema: dict[str, Any], value: Any) -> Any:
    kind = str(schema.get("type", "string")).lower()
    named = schema.get("enum") or []
    if named:
        return next((option for option in named if str(option) == str(value)), named[0])
    kinds = {"string": str, "integer": int, "number": float}
    return kinds[kind](value) if kind in kinds and not (kind != "string" and isinstance(value, str)) else None


def seen(ask: Ask) -> str:
    """What is to be said of the images."""
    found = [images.look(image) for image in ask.images]
    if DIGIT.search(ask.everything):
        return ", ".join(str(one.digit) for one in found)
    return "\n".join(f"{one.sentence()} {SIMULATED} Nothing else in it was recognised." for one in found)


def written(ask: Ask, prompt: Prompt, candidate: int) -> Answer:
    """An answer in words."""
    for pattern, work in TASKS:
        if pattern.search(ask.everything.replace(prompt.subject, " ") if prompt.marked else ask.everything):
            return work(ask, prompt)
    if prompt.labels or prompt.about_sentiment:
        return labelled(ask, prompt, candidate)
    fitting = best_sentence(ask.question, ask.everything)
    text = f"{SIMULATED} This is no language model. The sentence of the prompt that fits best: {fitting}"
    return Answer.of_text(text, "No task was recognised.")


def labelled(ask: Ask, prompt: Prompt, candidate: int) -> Answer:
    """A label: alone if the prompt states a format or gives examples, in a sentence if not."""
    named = prompt.labels or ("positive", "negative")
    choice = choose_label(ask, prompt_with(prompt, named), prompt.subject, candidate=candidate)
    score = prompt_score(prompt)
    how = f"Labels {', '.join(named)}; prompt score {score}; probability {choice.confidence}."
    if prompt.states_format or len(prompt.examples) > 1:
        return Answer.of_text(choice.label, how)
    if prompt.labels:
        return Answer.of_text(f"The text is best described as {choice.label}.", how)
    strength = "clearly" if abs(sentiment.valence(prompt.subject)) > 0.5 else "rather"
    return Answer.of_text(f"The sentiment of this text seems {strength} {choice.label}.", how)


def prompt_with(prompt: Prompt, labels: tuple[str, ...]) -> Prompt:
    """The prompt as if it had named these labels; its score stays what it earned."""
    return prompt if prompt.labels else replace(prompt, labels=labels, unnamed=True)


def summary(ask: Ask, prompt: Prompt) -> Answer:
    """The most central sentences: two, or as many as the prompt says."""
    said = SENTENCES.search(ask.everything)
    count = (COUNTS.get(said[1].lower()) or int(said[1])) if said else 2
    return Answer.of_text(summarize(prompt.subject, count), "The sentences that share most words with the others.")


def refusal(ask: Ask, prompt: Prompt) -> Answer:
    """Translation is beyond rules."""
    text = (
        f"{SIMULATED} I am a simulator without a language model and cannot translate. Use connect('google') for that."
    )
    return Answer.of_text(text, "A translation was asked for.")


def extracted(ask: Ask, prompt: Prompt) -> Answer:
    """Facts of the kinds that the prompt names, one line for each kind."""
    asked = ask.everything.replace(prompt.subject, " ") if prompt.marked else ask.everything
    lines = []
    for word in dict.fromkeys(re.findall(r"[a-z]+", asked.lower())):
        if (word in extraction.KINDS or word.rstrip("s") in extraction.KINDS) and word not in ("customer", "number"):
            lines.append(f"{word}: {', '.join(map(str, extraction.find([word], prompt.subject))) or 'none'}")
        elif word.rstrip("s") in ("amount", "price"):
            money = [f"{amount:g} {currency}" for amount, currency in extraction.amounts(prompt.subject)]
            lines.append(f"{word}: {', '.join(money) or 'none'}")
    text = (
        "\n".join(lines)
        or f"{SIMULATED} I can extract e-mails, dates, amounts, names, places, phones, codes and links."
    )
    return Answer.of_text(text, "Patterns were looked for.")


TASKS: tuple[tuple[re.Pattern[str], Callable[[Ask, Prompt], Answer]], ...] = (
    (SUMMARIZE, summary),
    (TRANSLATE, refusal),
    (EXTRACT, extracted),
)
