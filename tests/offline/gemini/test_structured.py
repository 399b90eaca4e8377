"""JSON mode and response schemas: the answer always validates, and says what stands in the text."""

import enum
import json

import jsonschema
import pytest
from google.genai import errors
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from mlops_helpers.offline.gemini.extraction import iso_date, to_number
from mlops_helpers.offline.gemini.prompts import Prompt
from mlops_helpers.offline.gemini.registry import rows
from mlops_helpers.offline.gemini.requests import Ask
from mlops_helpers.offline.gemini.schemas import Filler

FLASH = "gemini-3.8-flash"
INVOICE = """Extract the invoice.

Invoice number: A-1047
Date: 3 March 2026
Dear Ada Lovelace, please pay $1,249.50 for 3 licences. Questions? Write to billing@example.com."""


class Sentiment(enum.Enum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL = "neutral"


class Invoice(BaseModel):
    invoice_number: str
    date: str
    customer_name: str
    amount: float
    currency: str
    licences: int
    email: str
    phone: str | None = None


class Review(BaseModel):
    text: str
    sentiment: Sentiment
    stars: int = Field(ge=1, le=5)


def ask(client, contents, schema, **config):
    options = {"response_mime_type": "application/json", "response_schema": schema, "temperature": 0, **config}
    return client.models.generate_content(model=FLASH, contents=contents, config=options)


def test_a_pydantic_model_is_filled_from_the_text(client):
    found = ask(client, INVOICE, Invoice).parsed
    assert (found.invoice_number, found.date, found.customer_name) == ("A-1047", "2026-03-03", "Ada Lovelace")
    assert (found.amount, found.currency, found.licences) == (1249.5, "USD", 3)
    assert (found.email, found.phone) == ("billing@example.com", None)


def test_an_enum_is_a_label(client):
    answer = ask(client, "Review: I hate it, it broke at once", Sentiment, response_mime_type="text/x.enum")
    assert answer.text == "negative"
    assert answer.parsed is Sentiment.NEGATIVE


def test_a_list_of_models_from_a_numbered_list(client):
    asked = "Rate each review.\n\nReviews:\n1. I love it, great!\n2. Awful. It is terrible and I hate it.\n"
    found = ask(client, asked, list[Review]).parsed
    assert [review.sentiment for review in found] == [Sentiment.POSITIVE, Sentiment.NEGATIVE]
    assert found[0].stars > found[1].stars


def test_items_are_numbered(client):
    schema = {"type": "ARRAY", "items": {"type": "OBJECT", "properties": {"id": {"type": "INTEGER"}}}}
    assert json.loads(ask(client, "Number these.\n\n1. bread\n2. milk\n3. tea", schema).text) == [
        {"id": 1},
        {"id": 2},
        {"id": 3},
    ]


def test_a_dict_schema_keeps_its_order(client):
    schema = {
        "type": "OBJECT",
        "properties": {"a": {"type": "STRING"}, "b": {"type": "BOOLEAN"}, "c": {"type": "NUMBER", "nullable": True}},
        "required": ["a", "b"],
        "property_ordering": ["c", "b", "a"],
    }
    assert list(json.loads(ask(client, "nothing to see", schema).text)) == ["c", "b", "a"]


def test_a_json_schema_with_references(client):
    schema = {
        "$defs": {"mail": {"type": "string", "description": "an e-mail address"}},
        "type": "object",
        "properties": {"sender_email": {"$ref": "#/$defs/mail"}, "phone": {"type": ["string", "null"]}},
        "required": ["sender_email"],
    }
    options = {"response_mime_type": "application/json", "response_json_schema": schema}
    answer = client.models.generate_content(model=FLASH, contents="Write to me: ada@example.org", config=options)
    assert json.loads(answer.text) == {"sender_email": "ada@example.org", "phone": None}


def test_json_mode_without_a_schema_takes_the_keys_from_the_prompt(client):
    asked = 'Answer as JSON {"email": "...", "date": "..."}.\n\nText: ada@example.org wrote on 2026-05-01'
    answer = client.models.generate_content(
        model=FLASH, contents=asked, config={"response_mime_type": "application/json"}
    )
    assert json.loads(answer.text) == {"email": "ada@example.org", "date": "2026-05-01"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "ARRAY"}, "every array must say what it holds"),
        ({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["b"]}, "found 'b'"),
        ({"type": "OBJECT", "properties": {"a": {"type": "STRING", "typo": 1}}}, "typo"),
    ],
)
def test_a_malformed_schema_is_refused(client, schema, message):

    path = f"publishers/google/models/{FLASH}:generateContent"
    body = {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": schema},
    }
    with pytest.raises(errors.ClientError, match=message):
        client._api_client.request("post", path, body)


def test_names_are_taken_in_snake_case_too_and_unknown_ones_refused(client):
    path = f"publishers/google/models/{FLASH}:generateContent"
    body = {
        "contents": [{"role": "user", "parts": [{"text": "ada@example.org"}]}],
        "generation_config": {
            "response_mime_type": "application/json",
            "response_schema": {"type": "OBJECT", "properties": {"my_email": {"type": "STRING"}}},
        },
    }
    answer = json.loads(client._api_client.request("post", path, body).body)
    assert json.loads(answer["candidates"][0]["content"]["parts"][0]["text"]) == {"my_email": "ada@example.org"}
    with pytest.raises(errors.ClientError, match="Unknown name 'contentz'"):
        client._api_client.request("post", path, {"contentz": []})


LEAVES = st.one_of(
    st.just({"type": "string"}),
    st.builds(lambda n: {"type": "string", "maxLength": n}, st.integers(1, 20)),
    st.builds(lambda a, b: {"type": "integer", "minimum": a, "maximum": a + b}, st.integers(-9, 9), st.integers(0, 9)),
    st.builds(lambda a, b: {"type": "number", "minimum": a, "maximum": a + b}, st.integers(-9, 9), st.integers(0, 9)),
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.builds(
        lambda values: {"enum": values}, st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4, unique=True)
    ),
)
NAMES = st.sampled_from(
    ["email", "score", "date", "is_positive", "items", "name", "price", "confidence", "reason", "x"]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda one, n: {"type": "array", "items": one, "minItems": n, "maxItems": n + 2}, inner, st.integers(0, 3)
        ),
        st.builds(
            lambda fields: {"type": "object", "properties": fields, "required": list(fields)},
            st.dictionaries(NAMES, inner, max_size=4),
        ),
    ),
    max_leaves=8,
)


@given(SCHEMAS, st.text(max_size=80) | st.just(INVOICE))
def test_every_schema_is_filled_with_a_value_that_validates(schema, text):
    asked = Ask(
        rows()[FLASH], {"contents": [{"parts": [{"text": text}]}], "generationConfig": {"responseSchema": schema}}
    )
    value = Filler(asked, Prompt(text, marked=False)).fill(schema)
    jsonschema.validate(json.loads(json.dumps(value)), schema)


@given(st.dates())
def test_every_date_is_found_in_iso_form(day):
    from mlops_helpers.offline.gemini.extraction import dates

    assert dates(f"on {day.isoformat()} it rained") == [day.isoformat()]
    assert iso_date(str(day.year), "13", "1") is None


def test_numbers_with_thousands():
    assert to_number("1,249.50") == 1249.5
