"""Prompts that are kept, in versions, through `agentplatform.Client().prompts`."""

import asyncio
import time

import pytest
from google.genai import types as genai_types
from google.genai.errors import ClientError

from tests.offline.vertex.platforms import agentplatform, types

MODEL = "gemini-3.5-flash"


@pytest.fixture
def prompts(vertex):
    return agentplatform.Client().prompts


def prompt(text, **variables):
    content = {"role": "user", "parts": [{"text": text}]}
    given = [{name: genai_types.Part(text=value) for name, value in variables.items()}] if variables else None
    return types.Prompt(prompt_data={"contents": [content], "model": MODEL, "variables": given})


def versioned(prompts, text, name="v1", **variables):
    config = {"prompt_display_name": "labels", "version_display_name": name}
    return prompts.create_version(prompt=prompt(text, **variables), config=config)


def text_of(found):
    return found.prompt_data.contents[0].parts[0].text


def version_of(found):
    return found.dataset_version.name.rpartition("/")[2]


def test_a_prompt_comes_back_with_its_variables(prompts):
    made = prompts.create(prompt=prompt("Label: {review}", review="great"), config={"prompt_display_name": "labels"})
    found = prompts.get(prompt_id=made.prompt_id)
    assert text_of(found) == "Label: {review}"
    assert found.prompt_data.variables[0]["review"].text == "great"
    assert (found.prompt_data.model, found.dataset.display_name) == (MODEL, "labels")


def test_every_update_is_a_version(prompts):
    made = versioned(prompts, "first")
    changed = prompts.update(prompt_id=made.prompt_id, prompt=prompt("second"), config={"version_display_name": "v2"})
    assert text_of(prompts.get(prompt_id=made.prompt_id)) == "second"
    versions = [ref.version_id for ref in prompts.list_versions(prompt_id=made.prompt_id)]
    assert versions == [version_of(made), version_of(changed)]


def test_an_old_version_is_restored(prompts):
    made = versioned(prompts, "first")
    prompts.update(prompt_id=made.prompt_id, prompt=prompt("second"))
    first = version_of(made)
    assert text_of(prompts.restore_version(prompt_id=made.prompt_id, version_id=first)) == "first"
    assert text_of(prompts.get(prompt_id=made.prompt_id)) == "first"


def test_prompts_are_listed_with_their_model(prompts):
    made = [versioned(prompts, text).prompt_id for text in ("one", "two")]
    assert [(ref.prompt_id, ref.model) for ref in prompts.list()] == [(name, MODEL) for name in made]


def test_a_version_and_then_the_prompt_are_deleted(prompts):
    made = versioned(prompts, "first")
    prompts.delete_version(prompt_id=made.prompt_id, version_id=version_of(made))
    assert list(prompts.list_versions(prompt_id=made.prompt_id)) == []
    prompts.delete(prompt_id=made.prompt_id)
    with pytest.raises(ClientError, match="was not found"):
        prompts.get(prompt_id=made.prompt_id)


def test_a_prompt_that_is_not_there_is_not_found(prompts):
    with pytest.raises(ClientError, match="datasets/7"):
        prompts.get_version(prompt_id="7", version_id="1")


def test_the_asynchronous_client_does_not_wait_for_long_either(vertex):
    started = time.monotonic()
    made = asyncio.run(agentplatform.Client().aio.prompts.create_version(prompt=prompt("first")))
    assert text_of(agentplatform.Client().prompts.get(prompt_id=made.prompt_id)) == "first"
    assert time.monotonic() - started < 4  # Google's client would sleep for 10 seconds


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_client_of_vertexai_keeps_prompts_in_the_same_place(prompts, monkeypatch):
    import vertexai

    monkeypatch.setattr("vertexai._genai.client._CLIENT_WARNING_SHOWN", True)  # it is said once in a process
    content = {"role": "user", "parts": [{"text": "first"}]}
    made = vertexai.Client().prompts.create(prompt={"prompt_data": {"contents": [content], "model": MODEL}})
    assert text_of(prompts.get(prompt_id=made.prompt_id)) == "first"
