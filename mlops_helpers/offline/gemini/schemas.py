"""Filling a response schema from a text: every value validates, and as many as possible are true.

Each field is filled by the first rule that finds something: an enum is a label to choose; a field whose name or
description says e-mail, date, amount, name, city ... takes what `extraction` finds; otherwise what follows the field's
name in the text. What is not found is null where that is allowed, else empty, zero or false.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ..errors import unsupported
from . import extraction, sentiment
from .labels import choose_label
from .prompts import Prompt, list_items
from .requests import Ask
from .shapes import Shape, read_shape
from .summaries import keywords, summarize
from .words import content_words, sentences

SCALES = ("rating", "score", "stars", "sentiment", "satisfaction", "valence", "polarity")
CONFIDENCES = ("confidence", "probability", "certainty")
MONEY = ("amount", "price", "total", "cost", "sum", "charge", "fee", "value", "budget")
EXPLANATIONS = ("reason", "explanation", "rationale", "why", "justification", "evidence", "quote")
SUMMARIES = ("summary", "abstract", "gist", "headline", "title", "subject", "topic")
PLACES = ("id", "index", "item", "position", "row")
MIDDLE = 0.5


@dataclass
class Filler:
    """Fills one schema for one request. `confidence` is that of the last label chosen, `place` the current item's."""

    ask: Ask
    prompt: Prompt
    candidate: int = 0
    confidence: float = MIDDLE
    place: int | None = None

    def fill(self, schema: dict[str, Any]) -> Any:
        """A value for a whole schema. Raises ApiError 400 or 501 for one that cannot be filled."""
        return self.value(read_shape(schema), "", self.prompt.subject)

    def value(self, shape: Shape, name: str, text: str) -> Any:
        """A value of this shape, for a field of this name, out of this text."""
        if shape.enum:
            return self.choose(shape, text)
        return getattr(self, f"_{shape.type}")(shape, name, text)

    def choose(self, shape: Shape, text: str) -> Any:
        """One of an enum's values."""
        labels = tuple(str(value) for value in shape.enum)
        prompt = replace(self.prompt, labels=labels)
        choice = choose_label(self.ask, prompt, text, candidate=self.candidate)
        self.confidence = choice.confidence
        return shape.enum[labels.index(choice.label)]

    def _object(self, shape: Shape, name: str, text: str) -> dict[str, Any]:
        return {field: self.value(inner, field, text) for field, inner in shape.properties.items()}

    def _null(self, shape: Shape, name: str, text: str) -> None:
        return None

    def _array(self, shape: Shape, name: str, text: str) -> list[Any]:
        low, high = int(shape.limit("minItems") or 0), shape.limit("maxItems")
        inner = shape.items
        if inner.type == "object" or (inner.enum and list_items(text)):
            pieces = list_items(text) or ([text] if inner.enum else rows_of(text))
            found = [self._item(inner, name, piece, place) for place, piece in enumerate(pieces, start=1)]
        elif inner.enum:
            found = mentioned(inner.enum, text) or [self.choose(inner, text)]
        else:
            found = [fitted(inner, value) for value in self._many(inner, name, text)]
        found = found if high is None else found[: int(high)]
        while len(found) < low:
            found.append(self.value(inner, name, text))
        return found

    def _item(self, inner: Shape, name: str, piece: str, place: int) -> Any:
        self.place = place
        return self.value(inner, name, piece)

    def _many(self, inner: Shape, name: str, text: str) -> list[Any]:
        if inner.type in ("number", "integer"):
            money = [amount for amount, _ in extraction.amounts(text)]
            return money if money and words_of(name, inner) & set(MONEY) else extraction.numbers(text)
        if inner.type != "string":
            return []
        about = field_words(name, inner)
        return extraction.find(about, text) or list_items(text) or keywords(text)

    def _string(self, shape: Shape, name: str, text: str) -> str | None:
        found = self._found_text(shape, name, text)
        if found is None and shape.nullable:
            return None
        return fitted(shape, found or "")

    def _found_text(self, shape: Shape, name: str, text: str) -> str | None:
        about = field_words(name, shape)
        if pattern := shape.limits.get("pattern"):
            return first_match(pattern, text)
        if shape.limits.get("format") in ("date", "date-time"):
            return next(iter(extraction.dates(text)), None)
        if set(about) & {"sentiment", "label"} and self.prompt.labels:
            choice = choose_label(self.ask, self.prompt, text, candidate=self.candidate)
            self.confidence = choice.confidence
            return choice.label
        if set(about) & set(EXPLANATIONS):
            return f"[simulated] The wording decided: {summarize(text, 1)}"
        if set(about) & set(SUMMARIES):
            return summarize(text, 1)
        named = extraction.after_cue(text, name.replace("_", " ")) if name else None
        if named:
            return next(iter(extraction.find(about, named)), named)
        return next(iter(extraction.find(about, text)), None)

    def _number(self, shape: Shape, name: str, text: str) -> float | None:
        found = self._found_number(shape, words_of(name, shape), name, text)
        if found is None and shape.nullable:
            return None
        return within(shape, found or 0.0)

    def _integer(self, shape: Shape, name: str, text: str) -> int | None:
        found = self._number(shape, name, text)
        return None if found is None else round(found)

    def _found_number(self, shape: Shape, about: set[str], name: str, text: str) -> float | None:
        if self.place is not None and name in PLACES:
            return float(self.place)
        if about & set(CONFIDENCES):
            return round(self.confidence * (shape.limit("maximum") or 1.0), 3)
        if about & set(SCALES):
            low, high = shape.limit("minimum"), shape.limit("maximum")
            low, high = (-1.0 if high is None else 0.0) if low is None else low, 1.0 if high is None else high
            return round(low + (high - low) * (sentiment.valence(text) + 1) / 2, 3)
        if about & set(MONEY) and (money := extraction.amounts(text)):
            return money[0][0]
        if name and (said := extraction.after_cue(text, name.replace("_", " "))):
            return next(iter(extraction.numbers(said)), None)
        near = (
            re.search(rf"(-?\d[\d,.]*)\s+{re.escape(name.replace('_', ' ').rstrip('s'))}", text, re.I) if name else None
        )
        return extraction.to_number(near[1]) if near else next(iter(extraction.numbers(text)), None)

    def _boolean(self, shape: Shape, name: str, text: str) -> bool | None:
        meanings = {sentiment.meaning_of(word) for word in re.split(r"[_\s]", name)} - {None}
        if meanings:
            chances = sentiment.probabilities(text)
            return max(chances, key=chances.get) in meanings
        asked = set(content_words(name.replace("_", " "))) - {"ha"}
        return bool(asked & set(content_words(text)))


def field_words(name: str, shape: Shape) -> list[str]:
    """The words of a field's description and name, the name's last: it decides."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", f"{shape.description} {name}").replace("_", " ")
    return [word for word in re.findall(r"[a-z]+", spaced.lower()) if word]


def words_of(name: str, shape: Shape) -> set[str]:
    """The same, as a set."""
    return set(field_words(name, shape))


def rows_of(text: str) -> list[str]:
    """What a list of objects is made from: lines if there are several, else sentences."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if len(lines) > 1 else sentences(text)


def mentioned(values: tuple[Any, ...], text: str) -> list[Any]:
    """The values of an enum that a text names, in the enum's order."""
    said = text.lower()
    return [value for value in values if re.search(rf"\b{re.escape(str(value).lower())}\b", said)]


def first_match(pattern: str, text: str) -> str:
    """The first piece of the text that fits a pattern. Raises ApiError 501 if there is none to be had."""
    try:
        found = re.search(pattern.removeprefix("^").removesuffix("$"), text)
    except re.error:
        found = None
    if found is None:
        raise unsupported(f"Gemini: a value for the pattern {pattern!r}, which nothing in the text fits")
    return found[0]


def fitted(shape: Shape, value: Any) -> Any:
    """A text cut or padded to its limits, or a number put within its own; other values as they are."""
    if shape.type in ("number", "integer"):
        number = within(shape, float(value))
        return round(number) if shape.type == "integer" else number
    if shape.type != "string":
        return value
    low, high = int(shape.limit("minLength") or 0), shape.limit("maxLength")
    text = str(value) if high is None else str(value)[: int(high)]
    if not text and shape.limits.get("format") in ("date", "date-time"):
        text = "1970-01-01"
    if shape.limits.get("format") == "date-time" and "T" not in text:
        text += "T00:00:00Z"
    return text.ljust(low, ".")


def within(shape: Shape, number: float) -> float:
    """A number between the shape's minimum and maximum."""
    low, high = shape.limit("minimum"), shape.limit("maximum")
    number = number if low is None else max(low, number)
    return number if high is None else min(high, number)
