"""Tokens are read off real responses, priced by hand-worked sums, and refused when they cannot be."""

from datetime import date

import pytest
from google import genai
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.cost import BadUsage, Money, PriceNotValid, UnknownSku, Usage, read_usage, usage_cost

TODAY, NEW_YEAR = date(2026, 11, 21), date(2027, 1, 1)
FLASH = "gemini-3.8-flash"
counts = st.integers(min_value=0, max_value=180_000)


def response(**said):
    usage = types.GenerateContentResponseUsageMetadata(**said)
    return types.GenerateContentResponse(usage_metadata=usage)


def test_every_count_of_a_response_is_read():
    said = {"prompt_token_count": 100, "cached_content_token_count": 40, "candidates_token_count": 7}
    said |= {"thoughts_token_count": 5, "tool_use_prompt_token_count": 3}
    assert read_usage(response(**said)) == Usage(prompt=100, cached=40, candidates=7, thoughts=5, tool_use=3)
    assert read_usage(response(prompt_token_count=9)) == Usage(prompt=9)


def test_a_call_is_priced_by_hand():
    usage = Usage(prompt=1_000_000, cached=400_000, candidates=100_000, thoughts=300_000, tool_use=200_000)
    by_hand = Money("0.75") * 600_000 / 1_000_000  # fresh tokens; the rest follows
    by_hand += Money("0.75") * 200_000 / 1_000_000 + Money("0.075") * 400_000 / 1_000_000
    by_hand += Money("3.75") * 400_000 / 1_000_000
    assert usage_cost(FLASH, usage, at=TODAY) == by_hand
    assert usage_cost(FLASH, usage, at=NEW_YEAR) == by_hand * 2
    assert usage_cost(FLASH, usage, at=TODAY, batch=True) == by_hand / 2


@given(st.lists(st.builds(Usage, prompt=counts, candidates=counts, thoughts=counts), max_size=8))
@settings(max_examples=50)
def test_the_cost_of_many_calls_is_the_cost_of_their_sum(calls):
    summed = Usage(*(sum(getattr(call, name) for call in calls) for name in vars(Usage())))
    one_by_one = sum((usage_cost(FLASH, call, at=TODAY) for call in calls), start=Money(0))
    assert usage_cost(FLASH, summed, at=TODAY, long=False) == one_by_one


def test_a_long_prompt_puts_the_whole_call_into_the_dearer_tier():
    short, long = Usage(prompt=200_000, candidates=1_000), Usage(prompt=200_001, candidates=1_000)
    pro = "gemini-3.1-pro-preview"
    assert usage_cost(pro, short, at=TODAY) == Money("0.412")
    assert usage_cost(pro, long, at=TODAY) == Money("0.818004")
    assert usage_cost(FLASH, long, at=TODAY) == Money("0.15375075")  # one tier only


@pytest.mark.parametrize(
    "wrong",
    [{"prompt": -1}, {"candidates": -5}, {"prompt": 3, "cached": 4}, {"thoughts": 1.5}, {"prompt": None},
     {"prompt": True}, {"tool_use": "9"}],
)  # fmt: skip
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(BadUsage, match="whole numbers from 0 on"):
        Usage(**wrong)


@pytest.mark.parametrize("what", [None, "text", types.GenerateContentResponse()])
def test_a_response_without_usage_is_never_free(what):
    with pytest.raises(BadUsage, match="without usage_metadata"):
        read_usage(what)


def test_nothing_is_free_because_its_price_is_missing():
    with pytest.raises(UnknownSku, match=r"gemini-9\.input"):
        usage_cost("gemini-9", Usage(), at=TODAY)
    with pytest.raises(PriceNotValid, match="from 2026-09-02"):
        usage_cost(FLASH, Usage(prompt=1), at=date(2026, 8, 1))


def test_a_real_client_reports_what_is_counted(session):
    client = genai.Client(enterprise=True, project=session.project, location="global")
    answer = client.models.generate_content(model=FLASH, contents="Is roaming free in Spain?")
    usage = read_usage(answer)
    assert usage.prompt + usage.output + usage.tool_use == answer.usage_metadata.total_token_count
    assert usage_cost(FLASH, usage, at=TODAY) > Money(0)
