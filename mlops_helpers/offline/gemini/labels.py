"""Choosing a label for a text.

Labels that stand for sentiments are chosen by the trained classifier (`sentiment`). Any others are scored by the words
that the text shares with the label, with what the prompt says it means, with the prompt's examples of it, and with a
few topics every service desk knows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from . import sentiment
from .prompts import Prompt
from .quality import prompt_score, slips
from .requests import Ask
from .sampling import draw
from .words import content_words, stem

TOPICS = {
    "billing": "bill invoice charge charged refund payment pay price paid credit card fee money overcharged receipt",
    "delivery": "delivery deliver arrive arrived parcel package shipping ship late courier tracking post lost address",
    "product": "product quality broken defect works work battery screen stopped faulty size material design item",
    "technical": "error crash bug login password app website install update connection wifi internet slow network",
    "account": "account login password profile email username sign register subscription cancel contract",
    "support": "support agent service staff helpful rude call waiting wait answered reply customer help hotline",
    "urgent": "urgent immediately asap now emergency danger today deadline",
    "spam": "winner free prize click claim offer cash bonus lottery viagra investment guaranteed",
    "sports": "match team goal player league coach game season score football tennis",
    "politics": "government election minister parliament vote president party law policy",
    "business": "company market shares profit bank stock sales investor economy",
    "technology": "software computer phone chip data internet device startup app digital",
}
DEFINED, EXEMPLIFIED, KNOWN, NAMED = 1.0, 1.5, 0.8, 2.0


@dataclass(frozen=True)
class Choice:
    """A chosen label, the probability the simulator gives it, and the score of the prompt that asked."""

    label: str
    confidence: float
    score: float


def choose_label(ask: Ask, prompt: Prompt, text: str, *, candidate: int = 0) -> Choice:
    """The label of a text, subject to the slip that prompt, model and temperature earn."""
    chances = label_chances(prompt, text)
    ranked = sorted(chances, key=lambda label: (-chances[label], prompt.labels.index(label)))
    score = prompt_score(prompt, has_schema=ask.schema is not None)
    place = 1 if len(ranked) > 1 and slips(ask, score, text, candidate) else 0
    return Choice(ranked[place], round(chances[ranked[place]], 3), score)


def label_chances(prompt: Prompt, text: str) -> dict[str, float]:
    """A probability for each of the prompt's labels."""
    meanings = {label: sentiment.meaning_of(label) for label in prompt.labels}
    if len(set(meanings.values()) - {None}) > 1 and None not in meanings.values():
        found = sentiment.probabilities(text)
        raw = {label: found[meaning] for label, meaning in meanings.items()}
    else:
        raw = {label: 0.05 + points for label, points in topic_points(prompt, text).items()}
    total = sum(raw.values())
    return {label: value / total for label, value in raw.items()}


def topic_points(prompt: Prompt, text: str) -> dict[str, float]:
    """Points for each label from shared words. A text that shares none gets a small, steady preference."""
    said = Counter(content_words(text))
    found = {}
    for label in prompt.labels:
        names = content_words(label.replace("_", " "))
        topics = [words for topic, words in TOPICS.items() if stem(topic) in names]
        points = NAMED * shared(said, names) + KNOWN * sum(shared(said, content_words(words)) for words in topics)
        points += DEFINED * shared(said, content_words(prompt.definitions.get(label, "")))
        examples = [example for example, given in prompt.examples if given == label]
        points += EXEMPLIFIED * sum(shared(said, content_words(example)) for example in examples)
        found[label] = points + 0.01 * draw("preference", label, text)
    return found


def shared(said: Counter[str], words: list[str]) -> int:
    """How many different words of a list were said."""
    return sum(1 for word in set(words) if word in said)
