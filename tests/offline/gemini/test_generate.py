"""generate_content through the real client: text, streaming, chats, limits, stop sequences, usage."""

import pytest
from google.genai import errors, types

FLASH = "gemini-3.8-flash"
ASKED = (
    "Classify the sentiment as positive, negative or neutral. Answer with only the label.\n\nReview: I love this phone!"
)


def test_a_label_for_a_review(client):
    answer = client.models.generate_content(model=FLASH, contents=ASKED)
    assert answer.text == "positive"
    assert answer.model_version == FLASH
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP


def test_usage_adds_up_and_agrees_with_count_tokens(client):
    usage = client.models.generate_content(model=FLASH, contents=ASKED).usage_metadata
    assert usage.prompt_token_count == client.models.count_tokens(model=FLASH, contents=ASKED).total_tokens
    parts = usage.prompt_token_count + usage.candidates_token_count + usage.thoughts_token_count
    assert usage.total_token_count == parts


def test_a_free_text_says_that_it_is_simulated(client):
    answer = client.models.generate_content(model=FLASH, contents="Why is the sky blue?")
    assert answer.text.startswith("[simulated]")


def test_several_parts_and_a_system_instruction(client):
    config = types.GenerateContentConfig(
        system_instruction="Label each message as one of: billing, delivery. Answer with only the label."
    )
    contents = ["Message:", "I was charged twice on my invoice"]
    assert client.models.generate_content(model=FLASH, contents=contents, config=config).text == "billing"


def test_a_stream_is_the_same_answer_in_pieces(client):
    asked = (
        "Summarize in two sentences: "
        + "The shop opened in May. The shop sells bread. It rains. Bread sells in the shop."
    )
    pieces = list(client.models.generate_content_stream(model=FLASH, contents=asked))
    whole = client.models.generate_content(model=FLASH, contents=asked)
    assert len(pieces) > 1
    assert "".join(piece.text for piece in pieces) == whole.text
    assert pieces[-1].usage_metadata.total_token_count == whole.usage_metadata.total_token_count


def test_a_chat_remembers_its_turns(client):
    chat = client.chats.create(model=FLASH)
    first = chat.send_message(
        "Label: one of spam, ham. Answer with only the label.\n\nMessage: click to claim your free prize"
    )
    second = chat.send_message("Message: a guaranteed prize, just click")
    assert (first.text, second.text) == ("spam", "spam")
    assert len(chat.get_history()) == 4


def test_a_streamed_chat(client):
    chat = client.chats.create(model=FLASH)
    assert "".join(piece.text for piece in chat.send_message_stream(ASKED)) == "positive"


def test_a_stop_sequence_ends_the_answer(client):
    asked = "Summarize in one sentence: The red shop sells bread. A red shop sells. It rains."
    stopped = client.models.generate_content(model=FLASH, contents=asked, config={"stop_sequences": ["sells"]})
    assert stopped.text == "A red shop "


def test_an_answer_beyond_the_limit_is_cut(client):
    config = {"max_output_tokens": 3, "thinking_config": {"thinking_budget": 0}}
    answer = client.models.generate_content(model=FLASH, contents="Why is the sky blue?", config=config)
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata.candidates_token_count == 3


def test_thinking_can_use_up_the_limit(client):
    answer = client.models.generate_content(model=FLASH, contents="Why?", config={"max_output_tokens": 5})
    assert answer.text is None
    assert answer.usage_metadata.thoughts_token_count == 5


def test_candidates(client):
    answer = client.models.generate_content(model=FLASH, contents=ASKED, config={"candidate_count": 3})
    assert [candidate.index for candidate in answer.candidates] == [0, 1, 2]


@pytest.mark.parametrize(("level", "more"), [("LOW", "MEDIUM"), ("MEDIUM", "HIGH")])
def test_a_higher_level_thinks_more(client, level, more):
    def thoughts(name):
        config = {"thinking_config": {"thinking_level": name}}
        return client.models.generate_content(
            model=FLASH, contents=ASKED, config=config
        ).usage_metadata.thoughts_token_count

    assert thoughts(level) < thoughts(more)


def test_thoughts_are_shown_when_asked_for(client):
    config = {"thinking_config": {"include_thoughts": True}}
    parts = client.models.generate_content(model=FLASH, contents=ASKED, config=config).candidates[0].content.parts
    assert parts[0].thought
    assert "prompt score" in parts[0].text


def test_equal_seeds_give_equal_answers(client):
    asked = "Is this positive or negative?\nText: it is what it is"
    config = {"seed": 7, "temperature": 2.0}
    answers = {client.models.generate_content(model=FLASH, contents=asked, config=config).text for _ in range(4)}
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"temperature": 3.0}, "temperature"),
        ({"candidate_count": 9}, "candidateCount"),
        ({"max_output_tokens": 70000}, "supported range"),
        ({"response_schema": {"type": "STRING"}}, "response_mime_type"),
    ],
)
def test_settings_out_of_range_are_refused(client, config, message):
    with pytest.raises(errors.ClientError, match=message) as refused:
        client.models.generate_content(model=FLASH, contents="hi", config=config)
    assert refused.value.code == 400


@pytest.mark.parametrize("config", [{"response_logprobs": True}, {"response_modalities": ["IMAGE"]}])
def test_what_is_not_offered_is_refused_by_name(client, config):
    with pytest.raises(errors.ServerError, match=r"not available in the offline Google Cloud") as refused:
        client.models.generate_content(model=FLASH, contents="hi", config=config)
    assert refused.value.code == 501


def test_search_as_a_tool_is_refused_by_name(client):
    tool = types.Tool(google_search=types.GoogleSearch())
    with pytest.raises(errors.ServerError, match="googleSearch"):
        client.models.generate_content(model=FLASH, contents="hi", config={"tools": [tool]})


def test_translation_is_politely_refused(client):
    answer = client.models.generate_content(model=FLASH, contents="Translate to French: good morning")
    assert "simulator" in answer.text
    assert "cannot translate" in answer.text


async def ask_async(client):
    return (await client.aio.models.generate_content(model=FLASH, contents=ASKED)).text


def test_the_asynchronous_client(client):
    import asyncio

    async def run():
        text = await ask_async(client)
        await client.aio.aclose()
        return text

    assert asyncio.run(run()) == "positive"
