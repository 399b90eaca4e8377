"""What Google's public tutorials teach, in our own words: bare constructors, one session, the real clients."""

import enum
import io
import json
from typing import Literal

import joblib
import numpy as np
import pytest
from google import genai
from google.cloud import aiplatform, bigquery, storage
from google.genai import types
from pydantic import BaseModel
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from mlops_helpers.cloud import connect

FLASH = "gemini-3.8-flash"
LABEL = "Classify the sentiment as positive, negative or neutral. Answer with only the label.\n\nText: {}"
MENU = "Lunch is served from noon to two. Dinner is served from six to nine. Dogs may stay in the garden. " * 150


class Recipe(BaseModel):
    dish: str
    servings: int
    course: Literal["starter", "main", "dessert"]


class Instrument(enum.Enum):
    STRING = "string"
    WIND = "wind"
    PERCUSSION = "percussion"


@pytest.fixture(scope="module", autouse=True)
def session():
    with connect("offline") as session:
        yield session


@pytest.fixture(scope="module")
def client(session):
    with genai.Client() as client:
        yield client


@pytest.fixture(scope="module")
def bucket(session):
    return storage.Client().create_bucket("tutorials")


@pytest.fixture(scope="module")
def warehouse(session):
    client = bigquery.Client()
    client.create_dataset("tutorials")
    return client


@pytest.fixture(scope="module")
def iris(bucket):
    """A classifier as the upload tutorials want it: one file named model.joblib in a folder of a bucket."""
    data = load_iris()
    model, file = LogisticRegression(max_iter=500).fit(data.data, data.target), io.BytesIO()
    joblib.dump(model, file)
    bucket.blob("iris/model.joblib").upload_from_string(file.getvalue())
    aiplatform.init()
    image = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
    registered = aiplatform.Model.upload(
        display_name="iris", artifact_uri="gs://tutorials/iris", serving_container_image_uri=image
    )
    return model, registered


def test_controlled_generation_with_a_pydantic_model(client):
    asked = "Extract the recipe.\n\nDish: Onion soup\nServings: 4\nCourse: starter"
    config = {"response_mime_type": "application/json", "response_schema": Recipe}
    answer = client.models.generate_content(model=FLASH, contents=asked, config=config)
    assert answer.parsed == Recipe(dish="Onion soup", servings=4, course="starter")
    assert json.loads(answer.text) == {"dish": "Onion soup", "servings": 4, "course": "starter"}


def test_controlled_generation_with_an_enum(client):
    asked = "Which kind of instrument is this: a wind instrument made of brass?"
    config = {"response_mime_type": "text/x.enum", "response_schema": Instrument}
    answer = client.models.generate_content(model=FLASH, contents=asked, config=config)
    assert (answer.text, answer.parsed) == ("wind", Instrument.WIND)


def test_controlled_generation_with_a_list_in_plain_json_schema(client):
    item = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    config = {"response_mime_type": "application/json", "response_json_schema": {"type": "array", "items": item}}
    answer = client.models.generate_content(model=FLASH, contents="List the records.\n\nCity: Oslo", config=config)
    rows = json.loads(answer.text)
    assert rows == [{"city": "Oslo"}]


def test_function_calling_by_hand(client):
    price = types.FunctionDeclaration(
        name="get_price",
        description="Price of a product",
        parameters={"type": "OBJECT", "properties": {"product": {"type": "STRING"}}, "required": ["product"]},
    )
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[price])])
    asked = types.UserContent("What is the price of the product 'kettle'?")
    first = client.models.generate_content(model=FLASH, contents=[asked], config=config)
    [call] = first.function_calls
    assert (call.name, call.args) == ("get_price", {"product": "kettle"})
    back = types.UserContent(types.Part.from_function_response(name=call.name, response={"euros": 29}))
    turns = [asked, first.candidates[0].content, back]
    assert "euros: 29" in client.models.generate_content(model=FLASH, contents=turns, config=config).text


def test_function_calling_by_the_client_itself(client):
    asked = []

    def get_stock(product: str) -> dict:
        """How many pieces of a product are in stock."""
        asked.append(product)
        return {"pieces": 12}

    chat = client.chats.create(model=FLASH, config=types.GenerateContentConfig(tools=[get_stock]))
    answer = chat.send_message("How many pieces of the product 'kettle' are in stock?")
    assert asked == ["kettle"]
    assert "pieces: 12" in answer.text


def test_context_caching(client):
    cache = client.caches.create(model=FLASH, config={"contents": MENU, "display_name": "menu", "ttl": "3600s"})
    config = {"cached_content": cache.name}
    answer = client.models.generate_content(model=FLASH, contents="When is dinner served?", config=config)
    assert "Dinner is served from six to nine" in answer.text
    assert answer.usage_metadata.cached_content_token_count == cache.usage_metadata.total_token_count
    client.caches.delete(name=cache.name)
    assert list(client.caches.list()) == []


def test_safety_ratings_and_a_blocked_prompt(client):
    category = types.HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT
    strict = types.SafetySetting(category=category, threshold="BLOCK_LOW_AND_ABOVE")
    config = {"safety_settings": [strict]}
    kind = client.models.generate_content(model=FLASH, contents="How do I bake bread?", config=config)
    assert {rating.probability.value for rating in kind.candidates[0].safety_ratings} == {"NEGLIGIBLE"}
    harmful = client.models.generate_content(model=FLASH, contents="How to build a bomb?", config=config)
    assert harmful.text is None
    assert harmful.prompt_feedback.block_reason == types.BlockedReason.SAFETY


def as_request(text):
    return {"contents": [{"role": "user", "parts": [{"text": LABEL.format(text)}]}]}


def said(response):
    return response["candidates"][0]["content"]["parts"][0]["text"]


def test_batch_prediction_with_cloud_storage(client, bucket):
    lines = [json.dumps({"request": as_request(text)}) for text in ("I love this film!", "I hate this film.")]
    bucket.blob("batch/in.jsonl").upload_from_string("\n".join(lines))
    job = client.batches.create(
        model=FLASH, src="gs://tutorials/batch/in.jsonl", config={"dest": "gs://tutorials/batch/out"}
    )
    assert client.batches.get(name=job.name).state == types.JobState.JOB_STATE_SUCCEEDED
    [blob] = [blob for blob in bucket.list_blobs(prefix="batch/out/") if blob.name.endswith("predictions.jsonl")]
    rows = [json.loads(line) for line in blob.download_as_text().splitlines()]
    assert [said(row["response"]) for row in rows] == ["positive", "negative"]


def test_batch_prediction_with_bigquery(client, warehouse):
    rows = [{"request": json.dumps(as_request("I love this film!"))}]
    warehouse.load_table_from_json(
        rows, "tutorials.requests", job_config=bigquery.LoadJobConfig(schema=[bigquery.SchemaField("request", "JSON")])
    ).result()
    project = warehouse.project
    config = {"dest": f"bq://{project}.tutorials.answers"}
    job = client.batches.create(model=FLASH, src=f"bq://{project}.tutorials.requests", config=config)
    assert client.batches.get(name=job.name).state == types.JobState.JOB_STATE_SUCCEEDED
    [row] = warehouse.query("SELECT response, status FROM tutorials.answers").result()
    response = row.response if isinstance(row.response, dict) else json.loads(row.response)
    assert (said(response), row.status) == ("positive", "")


def test_a_chat_remembers_and_streams(client):
    chat = client.chats.create(model=FLASH)
    chat.send_message("My name is Ada.")
    pieces = [piece.text for piece in chat.send_message_stream("What is my name?")]
    assert len(pieces) > 1
    assert "Ada" in "".join(pieces)
    turns = chat.get_history()
    assert [turn.role for turn in turns[:3]] == ["user", "model", "user"]
    assert {turn.role for turn in turns[3:]} == {"model"}


def test_embeddings_find_the_nearest_document(client):
    texts = ["reset your password", "track a parcel", "return a product"]
    config = {"task_type": "RETRIEVAL_DOCUMENT", "output_dimensionality": 256}
    found = client.models.embed_content(model="gemini-embedding-001", contents=texts, config=config)
    documents = np.array([one.values for one in found.embeddings])
    question = client.models.embed_content(
        model="gemini-embedding-001",
        contents="I forgot my password",
        config={"task_type": "RETRIEVAL_QUERY", "output_dimensionality": 256},
    )
    assert documents.shape == (3, 256)
    assert np.argmax(documents @ question.embeddings[0].values) == 0


def test_upload_deploy_predict(iris):
    model, registered = iris
    endpoint = registered.deploy(machine_type="n1-standard-2")
    rows = load_iris().data[::40]
    assert endpoint.predict(rows.tolist()).predictions == model.predict(rows).tolist()
    assert [item.display_name for item in aiplatform.Model.list(filter='display_name="iris"')] == ["iris"]
    endpoint.delete(force=True)
    assert aiplatform.Endpoint.list() == []


def test_batch_predict_with_the_uploaded_model(iris, bucket):
    model, registered = iris
    rows = load_iris().data[::50]
    bucket.blob("rows.jsonl").upload_from_string("\n".join(json.dumps(row) for row in rows.tolist()))
    job = registered.batch_predict(
        job_display_name="nightly",
        gcs_source="gs://tutorials/rows.jsonl",
        gcs_destination_prefix="gs://tutorials/predicted",
        machine_type="n1-standard-2",
    )
    [text] = [blob.download_as_text() for blob in job.iter_outputs() if "prediction.results" in blob.name]
    found = [json.loads(line)["prediction"] for line in text.splitlines()]
    assert found == model.predict(rows).tolist()
