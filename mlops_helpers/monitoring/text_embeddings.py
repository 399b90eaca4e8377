"""From texts to embeddings with Gemini, and drift of texts by their embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.embeddings import EmbeddingDrift, embedding_drift
from mlops_helpers.monitoring.errors import BadValue

if TYPE_CHECKING:
    import numpy as np
    from google import genai

    from mlops_helpers.monitoring.points import Embeddings

ONE_A_REQUEST = "gemini-embedding"  # Google's models of this name take one text a request
MOST_TEXTS = 250  # a request to the other models takes, and 20,000 tokens in all
MOST_CHARACTERS = 20_000  # so many cannot be more tokens than that


def text_drift(
    reference: Sequence[str],
    production: Sequence[str],
    embed: Callable[[Sequence[str]], Embeddings],
    **options: float,
) -> EmbeddingDrift:
    """Embed both sets of texts with any function and compare them; options as in `embedding_drift`.

    A text without words has no meaning to compare: leave empty ones out. Raises BadValue where `embed` does not return
    one vector a text, and whatever `embedding_drift` raises.
    """
    windows = []
    for name, texts in (("reference", list(reference)), ("production", list(production))):
        _require_texts(texts, name)
        vectors = embed(texts) if texts else []
        if len(vectors) != len(texts):
            raise BadValue(
                f"{len(vectors)} embeddings of {len(texts)} {name} texts", "one vector a text", "Correct `embed`."
            )
        windows.append(vectors)
    return embedding_drift(*windows, **options)


def embed_texts(
    client: genai.Client,
    texts: Sequence[str],
    *,
    model: str | None = None,
    dimensions: int | None = None,
    task: str = "SEMANTIC_SIMILARITY",
) -> np.ndarray:
    """Return the embeddings of texts as a matrix (texts, dimensions) of float32 with rows of length 1.

    `model` is an id of the model registry, by default the course's embedding model; `dimensions` shortens the vectors.
    Shortened ones come back at other lengths, which is why every row is scaled to length 1 here.

    Raises BadValue for an empty text or something that is no text, before anything is sent; UnknownModel for a model
    the registry does not know; whatever the client raises.
    """
    import numpy as np

    from mlops_helpers.cloud import models

    chosen = models.model(model).id if model else models.choose("embedding").id
    _require_texts(list(texts), "given")
    config = {"task_type": task, **({"output_dimensionality": dimensions} if dimensions else {})}
    rows = []
    for batch in _batches(texts, most=1 if chosen.startswith(ONE_A_REQUEST) else MOST_TEXTS):
        answer = client.models.embed_content(model=chosen, contents=batch, config=config)
        rows += [embedding.values for embedding in answer.embeddings]
    vectors = np.asarray(rows, dtype=np.float32).reshape(len(rows), -1 if rows else 0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=vectors, where=lengths > 0)


def _batches(texts: Sequence[str], *, most: int) -> Iterator[list[str]]:
    """Yield the texts in order, so many together as one request may hold."""
    batch: list[str] = []
    for text in texts:
        if batch and (len(batch) == most or sum(map(len, batch)) + len(text) > MOST_CHARACTERS):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _require_texts(texts: Sequence[object], name: str) -> None:
    """Refuse what cannot be embedded. Raises BadValue with the place of the first."""
    for place, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            raise BadValue(f"{text!r} as {name} text {place}", "a text with words in it", "Leave it out.")
