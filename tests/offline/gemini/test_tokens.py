"""Tokens: counts, the tokens themselves, implicit caching."""

import pytest
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.gemini import tokens

FLASH = "gemini-3.8-flash"
LONG = "All customers may return every product within thirty days. " * 300


@given(st.text())
def test_tokens_joined_are_the_text(text):
    assert "".join(tokens.split(text)) == text


def test_about_four_characters_a_token():
    assert 3.5 < len(LONG) / tokens.count(LONG) < 5.5


def test_counting(client):
    found = client.models.count_tokens(model=FLASH, contents="Hello, world")
    assert found.total_tokens == 3


def test_the_system_instruction_counts(client):
    config = {"system_instruction": "Be brief, please"}
    found = client.models.count_tokens(model=FLASH, contents="Hello, world", config=config)
    assert found.total_tokens == 3 + 5


def test_computing(client):
    info = client.models.compute_tokens(model=FLASH, contents="one one").tokens_info[0]
    assert info.tokens == [b"one", b" one"]
    assert len(info.token_ids) == 2


def test_a_repeated_long_beginning_is_cached(client):
    first = client.models.generate_content(model=FLASH, contents=LONG + "What may they return?").usage_metadata
    second = client.models.generate_content(model=FLASH, contents=LONG + "When?").usage_metadata
    assert first.cached_content_token_count is None
    assert 0 < second.cached_content_token_count < second.prompt_token_count


def test_a_short_beginning_is_not_cached(client):
    for _ in range(2):
        usage = client.models.generate_content(model=FLASH, contents="Hello again").usage_metadata
    assert usage.cached_content_token_count is None


def test_nothing_to_count_is_refused(client):
    with pytest.raises(errors.ClientError, match="at least one contents field"):
        client._api_client.request("post", f"publishers/google/models/{FLASH}:countTokens", {})


def test_the_receipt_counts_tokens_under_the_items_of_the_price_list(client, pointed):
    usage = client.models.generate_content(model=FLASH, contents="Hello").usage_metadata
    assert pointed.usage[f"gemini.tokens.{FLASH}.input"] == usage.prompt_token_count
    spent = usage.candidates_token_count + usage.thoughts_token_count
    assert pointed.usage[f"gemini.tokens.{FLASH}.output"] == spent
