"""Embeddings with real neighbourhoods: texts that share words, word pieces or topics lie close together.

Features (stems, their pieces of three letters, topics of `labels.TOPICS`, sentiment) are weighted, each is given a
random direction that depends on nothing but the feature, and the sum is scaled to length 1. Task types shift the
weights: CLASSIFICATION and CLUSTERING stress topics, SEMANTIC_SIMILARITY the words.

`gemini-embedding-001` is scaled to length 1 only at its full 3,072 dimensions, as Google's is: scale shorter ones
yourself.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from . import sentiment
from .labels import TOPICS
from .registry import ModelRow
from .requests import wrong
from .words import content_words

if TYPE_CHECKING:
    import numpy as np

TASKS = {
    "RETRIEVAL_QUERY": 1.0, "RETRIEVAL_DOCUMENT": 1.0, "SEMANTIC_SIMILARITY": 0.7, "CLASSIFICATION": 2.0,
    "CLUSTERING": 2.0,
    "QUESTION_ANSWERING": 1.0, "FACT_VERIFICATION": 1.0, "CODE_RETRIEVAL_QUERY": 1.0, "TASK_TYPE_UNSPECIFIED": 1.0,
}  # fmt: skip
FULL = 3072
PIECE_WEIGHT, TOPIC_WEIGHT, SENTIMENT_WEIGHT = 0.3, 1.2, 0.8
KEPT_DIRECTIONS = 4096


def embed(
    model: ModelRow, text: str, *, task: str = "SEMANTIC_SIMILARITY", dimensions: int | None = None
) -> list[float]:
    """The embedding of a text. Raises ApiError 400 for an unknown task type or too many dimensions."""
    import numpy as np

    if task not in TASKS:
        raise wrong("task_type", task, f"one of {', '.join(TASKS)}")
    wanted = dimensions or model.dimensions
    if not 1 <= wanted <= model.dimensions:
        raise wrong("output_dimensionality", dimensions, f"from 1 to {model.dimensions}")
    total = np.zeros(FULL)
    for feature, weight in features(text, TASKS[task]).items():
        total += weight * direction(feature)
    if model.id == "gemini-embedding-001":
        total /= np.linalg.norm(total)
        return total[:wanted].round(8).tolist()
    cut = total[:wanted]
    return (cut / np.linalg.norm(cut)).round(8).tolist()


def features(text: str, topic_weight: float) -> dict[str, float]:
    """What a text consists of, with weights; a text without any word is one feature of its own."""
    found = Counter(content_words(text))
    weighted = {f"word {word}": 1 + math.log(count) for word, count in found.items()}
    for word in found:
        for start in range(max(1, len(word) - 2)):
            piece = f"piece {word[start : start + 3]}"
            weighted[piece] = weighted.get(piece, 0) + PIECE_WEIGHT / math.sqrt(len(word))
    for topic, stems in _topics().items():
        if shared := len(stems & set(found)):
            weighted[f"topic {topic}"] = TOPIC_WEIGHT * topic_weight * math.sqrt(shared)
    if found:
        weighted["sentiment"] = SENTIMENT_WEIGHT * sentiment.valence(text)
    return weighted or {f"empty {text}": 1.0}


@lru_cache(maxsize=KEPT_DIRECTIONS)
def direction(feature: str) -> np.ndarray:
    """The random direction of a feature: the same in every process."""
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(feature.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(FULL, dtype=np.float32)


@lru_cache(maxsize=1)
def _topics() -> dict[str, frozenset[str]]:
    return {topic: frozenset(content_words(words)) for topic, words in TOPICS.items()}
