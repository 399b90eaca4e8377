"""Embeddings: the same every time, of the right length, and near where the words are near."""

import numpy as np
import pytest
from google.genai import errors, types

CASES = ("gemini-embedding-001", "gemini-embedding-2", "text-embedding-005")


def embed(client, texts, model="gemini-embedding-001", **config):
    return np.array(
        [one.values for one in client.models.embed_content(model=model, contents=texts, config=config).embeddings]
    )


@pytest.mark.parametrize("model", CASES)
def test_length_one_and_the_same_again(client, model):
    first, again = embed(client, "a broken screen", model), embed(client, "a broken screen", model)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-4)
    assert (first == again).all()


def test_neighbours_share_words_or_topics(client):
    texts = [
        "my parcel arrived late",
        "the courier lost the package",
        "the invoice charged me twice",
        "a refund for the bill",
    ]
    near = (
        embed(client, texts, task_type="SEMANTIC_SIMILARITY") @ embed(client, texts, task_type="SEMANTIC_SIMILARITY").T
    )
    assert near[0, 1] > near[0, 2]
    assert near[2, 3] > near[1, 3]


def test_fewer_dimensions_are_the_beginning_of_all(client):
    whole, short = embed(client, "hello there"), embed(client, "hello there", output_dimensionality=768)
    assert (whole[0, :768] == short[0]).all()
    assert np.linalg.norm(short) < 1


def test_the_second_model_scales_short_ones(client):
    short = embed(client, "hello there", "gemini-embedding-2", output_dimensionality=256)
    assert np.linalg.norm(short) == pytest.approx(1, abs=1e-4)


def test_task_types_differ(client):
    texts = ["the invoice is wrong"]
    assert not np.allclose(
        embed(client, texts, task_type="CLUSTERING"), embed(client, texts, task_type="SEMANTIC_SIMILARITY")
    )


def test_statistics(client):
    found = client.models.embed_content(model="gemini-embedding-001", contents=["one two three"]).embeddings[0]
    assert (found.statistics.token_count, found.statistics.truncated) == (3, False)


@pytest.mark.parametrize(
    ("config", "message"),
    [({"output_dimensionality": 9999}, "from 1 to 3072"), ({"task_type": "POETRY"}, "RETRIEVAL_QUERY")],
)
def test_what_is_out_of_range_is_refused(client, config, message):
    with pytest.raises(errors.ClientError, match=message):
        embed(client, "hi", **config)


def test_a_long_text_is_cut_unless_forbidden(client):
    long = "word " * 3000
    cut = client.models.embed_content(model="gemini-embedding-001", contents=long).embeddings[0]
    assert cut.statistics.truncated
    with pytest.raises(errors.ClientError, match="supports up to 2048"):
        embed(client, long, auto_truncate=False)


def test_a_text_model_does_not_embed_and_an_embedding_model_does_not_write(client):
    with pytest.raises(errors.ClientError, match="does not support generateContent"):
        client.models.generate_content(model="gemini-embedding-001", contents="hi")
    config = types.EmbedContentConfig()
    with pytest.raises(errors.ClientError, match="does not embed"):
        client.models.embed_content(model="gemini-3.8-flash", contents="hi", config=config)
