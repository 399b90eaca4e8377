"""Which models answer, which have retired, and what the newest family refuses."""

from datetime import timedelta

import pytest
from google.genai import errors

from mlops_helpers.cloud import models
from mlops_helpers.offline.gemini.registry import rows


def refusal(client, model, **config):
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=model, contents="hi", config=config)
    return refused.value


def test_a_retired_model_is_not_found_and_its_replacement_named(client):
    refused = refusal(client, "gemini-2.5-flash")
    assert refused.code == 404
    assert "was not found or your project does not have access to it" in refused.message
    assert "Use `gemini-3.8-flash` instead" in refused.message


def test_a_model_that_never_was_is_not_found(client):
    refused = refusal(client, "gemini-9")
    assert (refused.code, refused.status) == (404, "NOT_FOUND")


def test_models_retire_as_the_clock_moves(client, pointed):
    assert client.models.generate_content(model="gemini-3.8-flash", contents="hi").text
    pointed.clock.advance(timedelta(days=700))
    assert "retired on 2027-09-02" in refusal(client, "gemini-3.8-flash").message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"thinking_config": {"thinking_budget": 100}}, "use thinking_level"),
        ({"frequency_penalty": 0.5}, "frequencyPenalty"),
        ({"presence_penalty": 0.5}, "presencePenalty"),
        ({"candidate_count": 2}, "only 1 is supported"),
    ],
)
def test_the_newest_family_refuses(client, config, message):
    refused = refusal(client, "gemini-4-argon", **config)
    assert refused.code == 400
    assert message in refused.message


def test_the_newest_family_takes_and_ignores_a_temperature(client):
    config = {"temperature": 2.0, "thinking_config": {"thinking_level": "LOW"}}
    assert client.models.generate_content(model="gemini-4-argon", contents="hi", config=config).text


def test_models_are_listed_without_the_retired(client):
    listed = {model.name.rpartition("/")[2] for model in client.models.list()}
    assert "gemini-3.8-flash" in listed
    assert "gemini-2.5-flash" not in listed


def test_a_list_comes_in_pages(client):
    pager = client.models.list(config={"page_size": 3})
    assert pager.page_size == 3
    assert len(list(pager)) == len(list(client.models.list()))


def test_one_model(client):
    assert client.models.get(model="gemini-3.8-flash").name == "publishers/google/models/gemini-3.8-flash"
    with pytest.raises(errors.ClientError, match="retired on 2026-06-01"):
        client.models.get(model="gemini-2.0-flash")


def test_both_readers_of_the_registry_agree():
    for id, row in rows().items():
        found = models.model(id)
        assert (row.id, row.retires, row.replacement, row.rules) == (
            found.id,
            found.retires,
            found.replacement,
            found.rules,
        )


def test_another_way_to_call_is_refused_by_name(client):
    path = "publishers/google/models/gemini-3.8-flash:predictLongRunning"
    with pytest.raises(errors.ServerError, match="predictLongRunning.*not available in the offline Google Cloud"):
        client._api_client.request("post", path, {})
