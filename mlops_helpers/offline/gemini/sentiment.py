"""The sentiment of a text: a small classifier, trained on texts that people rated (`tools/sentiment_weights.py`)."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources

from .words import sentiment_features

SYNONYMS = {
    "positive": ("positive", "pos", "good", "happy", "satisfied", "favorable", "favourable", "praise", "promoter"),
    "negative": (
        "negative",
        "neg",
        "bad",
        "unhappy",
        "dissatisfied",
        "unfavorable",
        "unfavourable",
        "complaint",
        "detractor",
    ),
    "neutral": ("neutral", "mixed", "neither", "other", "passive", "unclear"),
}


def probabilities(text: str) -> dict[str, float]:
    """The probability of `negative`, `neutral` and `positive`; they sum to 1."""
    model = _model()
    scores = list(model["bias"])
    for feature in set(sentiment_features(text)):
        for place, weight in enumerate(model["weights"].get(feature, ())):
            scores[place] += weight
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return {label: power / sum(powers) for label, power in zip(model["labels"], powers, strict=True)}


def valence(text: str) -> float:
    """From -1 (negative) to 1 (positive)."""
    found = probabilities(text)
    return found["positive"] - found["negative"]


def meaning_of(label: str) -> str | None:
    """Which of the three sentiments a label stands for; None if for none of them.

    >>> meaning_of("Positive"), meaning_of("POS"), meaning_of("billing")
    ('positive', 'positive', None)
    """
    for sentiment, names in SYNONYMS.items():
        if label.strip().lower() in names:
            return sentiment
    return None


@cache
def _model() -> dict:
    return json.loads((resources.files(__package__) / "sentiment.json").read_text(encoding="utf-8"))
