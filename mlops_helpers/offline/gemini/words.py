"""From text to words: the small tools that every part of the simulator shares."""

from __future__ import annotations

import re
from itertools import pairwise

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+(?:[.,]\d+)*|[:;=]-?[()DPp/\\|]|<3|[!?]")
LETTERS = re.compile(r"[^\W\d_]{2,}|\d+")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\s])|\n+")
NEGATIONS = frozenset(("not", "no", "never", "none", "without", "hardly", "nor", "cannot", "nobody", "nothing"))
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "get",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "just",
        "me",
        "my",
        "of",
        "on",
        "one",
        "or",
        "our",
        "please",
        "she",
        "should",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)


def words(text: str) -> list[str]:
    """Lower-case words, numbers, smileys, and the marks ! and ?."""
    return [token.lower() for token in WORD.findall(text.replace("’", "'").replace("&amp;", "and"))]


def content_words(text: str) -> list[str]:
    """The words that carry meaning, each cut to its stem."""
    return [stem(word) for word in LETTERS.findall(text.lower()) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its commonest English endings.

    >>> stem("refunded"), stem("refunds"), stem("deliveries"), stem("delivery")
    ('refund', 'refund', 'deliveri', 'deliveri')
    """
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def sentences(text: str) -> list[str]:
    """The sentences (or lines) of a text, in order."""
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def is_negation(word: str) -> bool:
    """Whether a word turns around what follows it."""
    return word in NEGATIONS or word.endswith("n't")


def sentiment_features(text: str) -> list[str]:
    """What the reader of sentiment looks at: words and pairs; up to three words after a negation carry `not_`."""
    tokens, marked, left = words(text), [], 0
    for token in tokens:
        if is_negation(token):
            left = 3
        elif left and token[0].isalpha():
            marked.append(f"not_{token}")
            left -= 1
            continue
        elif not token[0].isalpha():
            left = 0
        marked.append(token)
    pairs = [f"{first} {second}" for first, second in pairwise(marked)]
    return marked + pairs
