"""Context caches: create, use, list, change, expire, delete."""

from datetime import timedelta

import pytest
from google.genai import errors, types

FLASH = "gemini-3.8-flash"
TERMS = "Returns are free within thirty days of delivery. The shop sells bread. " * 200


@pytest.fixture
def cache(client):
    config = types.CreateCachedContentConfig(
        contents=TERMS, system_instruction="Be brief.", display_name="terms", ttl="600s"
    )
    return client.caches.create(model=FLASH, config=config)


def test_a_cache_knows_its_size_and_when_it_ends(cache):
    assert cache.usage_metadata.total_token_count > 2048
    assert (cache.expire_time - cache.create_time) == timedelta(seconds=600)
    assert cache.model.endswith(f"/publishers/google/models/{FLASH}")


def test_an_answer_from_a_cache_counts_its_tokens_as_cached(client, cache):
    answer = client.models.generate_content(
        model=FLASH, contents="Are returns free?", config={"cached_content": cache.name}
    )
    usage = answer.usage_metadata
    assert "Returns are free" in answer.text
    assert usage.cached_content_token_count == cache.usage_metadata.total_token_count
    assert usage.prompt_token_count > usage.cached_content_token_count


def test_caches_are_got_and_listed(client, cache):
    assert client.caches.get(name=cache.name).display_name == "terms"
    assert [one.name for one in client.caches.list()] == [cache.name]


def test_a_cache_can_live_longer(client, cache):
    after = client.caches.update(name=cache.name, config=types.UpdateCachedContentConfig(ttl="7200s"))
    assert after.expire_time - cache.expire_time > timedelta(hours=1)
    assert after.display_name == "terms"


def test_an_expired_cache_is_gone(client, cache, pointed):
    pointed.clock.advance(timedelta(seconds=601))
    assert list(client.caches.list()) == []
    with pytest.raises(errors.ClientError, match="Not found: cached content metadata") as refused:
        client.models.generate_content(model=FLASH, contents="hi", config={"cached_content": cache.name})
    assert refused.value.code == 404


def test_a_deleted_cache_is_gone(client, cache):
    client.caches.delete(name=cache.name)
    with pytest.raises(errors.ClientError, match="Not found"):
        client.caches.get(name=cache.name)


@pytest.mark.parametrize(
    ("model", "contents", "message"),
    [
        (FLASH, "too short", r"The cached content is of 2 tokens\. The minimum token count to start caching is 2048"),
        ("gemini-4-argon", TERMS, "explicit context caching is not supported"),
        ("gemini-9", TERMS, "was not found"),
    ],
)
def test_what_cannot_be_cached_is_refused(client, model, contents, message):
    with pytest.raises(errors.ClientError, match=message):
        client.caches.create(model=model, config={"contents": contents})


def test_a_malformed_ttl_is_refused(client):
    with pytest.raises(errors.ClientError, match="a positive duration"):
        client.caches.create(model=FLASH, config={"contents": TERMS, "ttl": "ten minutes"})


def test_a_system_instruction_belongs_into_the_cache(client, cache):
    config = {"cached_content": cache.name, "system_instruction": "Be long."}
    with pytest.raises(errors.ClientError, match="move those values to CachedContent"):
        client.models.generate_content(model=FLASH, contents="hi", config=config)


def test_a_cache_belongs_to_its_model(client, cache):
    with pytest.raises(errors.ClientError, match="has to be the same"):
        client.models.generate_content(model="gemini-3.5-flash", contents="hi", config={"cached_content": cache.name})
