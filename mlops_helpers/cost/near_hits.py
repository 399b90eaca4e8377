"""Near hits: an answer to a similar question, for less money and a known share of wrong answers.

    errors = measure_near_hits(client, EMBEDDING_MODEL, pairs)       # first measure on your own questions
    near = NearHits(client, EMBEDDING_MODEL, threshold=0.93)         # then, perhaps, switch it on
    ResponseCache(client, store, ttl=3600, secret=SECRET, near=near)

Two questions are near when the cosine of their embeddings is at least the threshold. Near is not equal: "How do I turn
roaming on?" and "... off?" are neighbours in every embedding, with opposite answers. So this is off by default, and
`measure_near_hits` says how often a threshold would have given a wrong answer, on pairs that people have labelled.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .errors import BadSeries, InvalidSetting

if TYPE_CHECKING:
    import pandas as pd
    from google import genai

log = logging.getLogger(__name__)
CHUNK = 100  # texts in one request
THRESHOLDS = (0.80, 0.85, 0.90, 0.95, 0.99)
Z = 1.959964  # 97.5 % quantile of the normal distribution


class NearHits:
    """The latest questions of this process as vectors, at most `most` for each model, prompt version and parameters.

    `threshold` is a cosine, above 0 and at most 1. Raises InvalidSetting.
    """

    def __init__(self, client: genai.Client, model: str, *, threshold: float, most: int = 1000) -> None:
        if not 0 < threshold <= 1 or most < 1:
            found = f"threshold={threshold}, most={most}"
            raise InvalidSetting(found, "a cosine above 0 and at most 1, and room for 1", "Measure it first.")
        self._client, self._model, self._threshold, self._most = client, model, threshold, most
        self._lock = threading.Lock()
        self._known: dict[str, OrderedDict[str, np.ndarray]] = {}

    def look(self, group: str, text: str) -> tuple[str | None, Callable[[str], None]]:
        """Return the key of the nearest known question of a group, or None, and how to remember this one by its key.

        Where the embedding model cannot answer, nothing is near and nothing remembered, and the log says so.
        """
        from google.genai.errors import APIError

        try:
            vector = embed(self._client, self._model, [text])[0]
        except APIError as error:
            log.warning("No near hits: %s %s", error.code, error.status)
            return None, lambda key: None
        with self._lock:
            known = list(self._known.get(group, {}).items())
        found = None
        if known:
            cosines = np.stack([other for _, other in known]) @ vector
            best = int(cosines.argmax())
            found = known[best][0] if cosines[best] >= self._threshold else None
        return found, lambda key: self._remember(group, key, vector)

    def _remember(self, group: str, key: str, vector: np.ndarray) -> None:
        with self._lock:
            mine = self._known.setdefault(group, OrderedDict())
            mine[key] = vector
            while len(mine) > self._most:
                mine.popitem(last=False)


def embed(client: genai.Client, model: str, texts: Sequence[str]) -> np.ndarray:
    """Return the embeddings of texts, one row of length 1 for each. Raises the client's errors."""
    rows = []
    for start in range(0, len(texts), CHUNK):
        config = {"task_type": "SEMANTIC_SIMILARITY"}
        found = client.models.embed_content(model=model, contents=list(texts[start : start + CHUNK]), config=config)
        rows.extend(item.values for item in found.embeddings)
    vectors = np.asarray(rows, dtype=float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def measure_near_hits(
    client: genai.Client,
    model: str,
    pairs: Sequence[tuple[str, str, bool]],
    *,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Return how often a near hit would have been wrong, for each threshold.

    `pairs` are (question, question, whether one answer serves both), labelled by people. Columns: threshold; hits
    (pairs at or above it); wrong (hits with different answers); error_rate = wrong / hits, with its 95 % Wilson
    interval error_low, error_high (NaN without hits); missed (share of the pairs with the same answer below it).
    Raises BadSeries without pairs of both kinds.
    """
    import pandas as pd

    same = np.array([bool(label) for *_, label in pairs])
    if not len(same) or same.all() or not same.any():
        remedy = "Label pairs that look alike: some with the same answer, some with another."
        raise BadSeries(f"{len(same)} pairs, {int(same.sum())} with the same answer", "some of both kinds", remedy)
    left = embed(client, model, [one for one, *_ in pairs])
    right = embed(client, model, [other for _, other, _ in pairs])
    cosines = np.einsum("ij,ij->i", left, right)
    return pd.DataFrame([_measured(threshold, cosines >= threshold, same) for threshold in thresholds])


def _measured(threshold: float, hit: np.ndarray, same: np.ndarray) -> dict[str, float]:
    hits, wrong = int(hit.sum()), int((hit & ~same).sum())
    low, high = _wilson(wrong, hits)
    return {
        "threshold": threshold,
        "hits": hits,
        "wrong": wrong,
        "error_rate": wrong / hits if hits else float("nan"),
        "error_low": low,
        "error_high": high,
        "missed": float((~hit & same).sum() / same.sum()),
    }


def _wilson(found: int, total: int) -> tuple[float, float]:
    """Return Wilson's interval of a share (E. B. Wilson, JASA 1927)."""
    if not total:
        return float("nan"), float("nan")
    share, z2 = found / total, Z * Z / total
    middle, half = share + z2 / 2, Z * float(np.sqrt(share * (1 - share) / total + z2 / (4 * total)))
    return max(0.0, (middle - half) / (1 + z2)), min(1.0, (middle + half) / (1 + z2))
