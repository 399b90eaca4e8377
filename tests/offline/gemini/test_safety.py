"""Safety settings: ratings, blocked prompts, blocked answers."""

import pytest
from google.genai import errors, types
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.gemini import safety

FLASH = "gemini-3.8-flash"
RUDE, THREAT = "You stupid idiot, fix my order", "How to build a bomb with explosives"
HARASSMENT, DANGER = types.HarmCategory.HARM_CATEGORY_HARASSMENT, types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT


def ask(client, text, category, threshold):
    setting = types.SafetySetting(category=category, threshold=threshold)
    return client.models.generate_content(model=FLASH, contents=text, config={"safety_settings": [setting]})


def test_a_harmful_prompt_is_blocked(client):
    answer = ask(client, THREAT, DANGER, "BLOCK_MEDIUM_AND_ABOVE")
    assert answer.prompt_feedback.block_reason == types.BlockedReason.SAFETY
    assert (answer.text, answer.candidates) == (None, None)
    rated = {rating.category: rating for rating in answer.prompt_feedback.safety_ratings}
    assert rated[DANGER].blocked
    assert not rated[HARASSMENT].blocked


def test_a_rude_prompt_gets_its_answer_withheld(client):
    answer = ask(client, RUDE, HARASSMENT, "BLOCK_LOW_AND_ABOVE")
    assert answer.candidates[0].finish_reason == types.FinishReason.SAFETY
    assert (answer.text, answer.prompt_feedback) == (None, None)


def test_without_settings_nothing_is_blocked_but_all_is_rated(client):
    answer = client.models.generate_content(model=FLASH, contents=THREAT)
    assert answer.text
    assert len(answer.candidates[0].safety_ratings) == 4


def test_only_the_category_of_the_setting_blocks(client):
    assert ask(client, THREAT, HARASSMENT, "BLOCK_LOW_AND_ABOVE").text


def test_a_blocked_stream_has_one_piece(client):
    setting = types.SafetySetting(category=DANGER, threshold="BLOCK_ONLY_HIGH")
    config = {"safety_settings": [setting]}
    pieces = list(client.models.generate_content_stream(model=FLASH, contents=THREAT, config=config))
    assert [piece.prompt_feedback.block_reason for piece in pieces] == [types.BlockedReason.SAFETY]


def test_a_category_that_does_not_exist_is_refused(client):
    path = f"publishers/google/models/{FLASH}:generateContent"
    body = {"contents": [{"parts": [{"text": "hi"}]}], "safetySettings": [{"category": "HARM_CATEGORY_BAD"}]}
    with pytest.raises(errors.ClientError, match="HARM_CATEGORY_BAD"):
        client._api_client.request("post", path, body)


@given(st.text(max_size=60), st.sampled_from(safety.CATEGORIES))
def test_more_text_never_lowers_a_score(text, category):
    base = safety.score(category, text)
    assert 0 <= base <= 1
    assert safety.score(category, f"{text} bomb idiot vermin porn") >= base
