"""Keys of the response cache: equal for equal questions only, and silent about them."""

import enum

import pytest
from google.genai import types
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mlops_helpers import cost

SECRET = b"a secret that is long enough"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)


class Order(BaseModel):
    number: int


class Tone(enum.Enum):
    KIND = "kind"


def key(contents="Where is my order?", config=None, *, model="m", version="1", without=frozenset()):
    return cost.key_of(cost.Request(model, contents, config, prompt_version=version), secret=SECRET, without=without)


def test_each_part_of_a_request_is_part_of_the_key():
    different = [
        key(),
        key("Where is my phone?"),
        key(config={"temperature": 0}),
        key(model="n"),
        key(version="2"),
        key(config={"response_schema": Order}),
        key(config={"response_schema": {"type": "STRING"}}),
    ]
    assert len(set(different)) == len(different)


def test_a_config_means_the_same_as_mapping_and_as_object_in_any_order():
    typed = types.GenerateContentConfig(temperature=0.5, max_output_tokens=9, labels={"team": "support"})
    assert key(config=typed) == key(config={"max_output_tokens": 9, "temperature": 0.5})


def test_images_and_enumerations_are_compared_by_content():
    from PIL import Image

    red, other = Image.new("RGB", (2, 2), "red"), Image.new("RGB", (2, 2), "red")
    assert key([red, "what?"]) == key([other, "what?"]) != key([Image.new("RGB", (2, 2), "blue"), "what?"])
    assert key(config={"tone": Tone.KIND}) == key(config={"tone": "kind"})
    assert key([types.Part.from_bytes(data=b"1", mime_type="a/b")]) != key([b"1"])


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_the_order_of_names_does_not_matter(config):
    turned = dict(reversed(config.items()))
    assert key(config=config) == key(config=turned)


def test_a_key_says_nothing_about_the_prompt():
    found = key("Ada Lovelace, ada@example.com")
    assert "ada" not in found.lower().removeprefix("answer:")
    assert found != cost.key_of(
        cost.Request("m", "Ada Lovelace, ada@example.com", prompt_version="1"), secret=b"another secret of ours"
    )


def test_the_prompt_version_cannot_be_left_out():
    with pytest.raises(TypeError, match="prompt_version"):
        cost.Request("m", "text")
    with pytest.raises(cost.InvalidSetting, match="prompt_version=''"):
        cost.Request("m", "text", prompt_version="")


@pytest.mark.parametrize("config", [{"tools": [print]}, {"temperature": float("nan")}, {"x": object()}])
def test_what_is_not_data_has_no_key(config):
    with pytest.raises(cost.UnknownRequest, match="without the cache"):
        key(config=config)
