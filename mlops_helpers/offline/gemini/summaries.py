"""Extractive summaries: the most central sentences of a text, word for word, in their order."""

from __future__ import annotations

from collections import Counter

from .words import content_words, sentences


def summarize(text: str, count: int = 2) -> str:
    """The `count` sentences that share most content words with the rest of the text."""
    parts = sentences(text)
    totals = Counter(word for part in parts for word in set(content_words(part)))
    worth = {}
    for place, part in enumerate(parts):
        found = set(content_words(part))
        worth[place] = sum(totals[word] - 1 for word in found) / (len(found) + 3)
    best = sorted(sorted(worth, key=lambda place: (-worth[place], place))[:count])
    return " ".join(parts[place] for place in best)


def best_sentence(question: str, text: str) -> str:
    """The sentence of a text that shares most with a question; the first one if none shares anything."""
    asked = set(content_words(question))
    parts = sentences(text) or [""]
    return max(parts, key=lambda part: (len(asked & set(content_words(part))), -parts.index(part)))


def keywords(text: str, count: int = 5) -> list[str]:
    """The commonest content words of a text, stems as first spelt."""
    totals = Counter(content_words(text))
    spelt = {}
    for word in text.lower().split():
        clean = word.strip(".,;:!?\"'()[]")
        for stemmed in content_words(clean):
            spelt.setdefault(stemmed, clean)
    return [spelt.get(word, word) for word, _ in totals.most_common(count)]
