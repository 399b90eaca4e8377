"""The same models through the other door: Vertex AI's own client, which is generated from the API's description."""

import json

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, aiplatform_v1, aiplatform_v1beta1

PLACE = "projects/offline-project/locations/us-central1"
FLASH, EMBEDDING = (f"{PLACE}/publishers/google/models/{name}" for name in ("gemini-3.8-flash", "text-embedding-005"))
QUESTION = "Sentiment of: a lovely day. Answer positive or negative, one word."
STRICT = {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_LOW_AND_ABOVE"}


def turn(text):
    return aiplatform_v1.Content(role="user", parts=[aiplatform_v1.Part(text=text)])


def at(server, kind):
    return kind(transport="rest", client_options={"api_endpoint": server.url})


@pytest.fixture
def prediction(pointed, server):
    return at(server, aiplatform_v1.PredictionServiceClient)


@pytest.fixture
def utility(pointed, server):
    return at(server, aiplatform_v1.LlmUtilityServiceClient)


def test_both_doors_lead_to_the_same_answer(prediction, client):
    config = {"temperature": 0, "max_output_tokens": 100}
    request = {"model": FLASH, "contents": [turn(QUESTION)], "generation_config": config, "safety_settings": [STRICT]}
    answer = prediction.generate_content(request=request).candidates[0]
    other = client.models.generate_content(model="gemini-3.8-flash", contents=QUESTION, config=config)
    assert (answer.content.parts[0].text, answer.finish_reason) == (
        other.text,
        aiplatform_v1.Candidate.FinishReason.STOP,
    )


def test_a_stream_of_messages(prediction):
    pieces = list(prediction.stream_generate_content(model=FLASH, contents=[turn("Tell me about rivers and seas.")]))
    assert len(pieces) > 1
    assert "".join(piece.candidates[0].content.parts[0].text for piece in pieces).startswith("[simulated]")
    assert pieces[-1].usage_metadata.candidates_token_count > 0


def test_the_beta_client_works_as_well(pointed, server):
    client = at(server, aiplatform_v1beta1.PredictionServiceClient)
    content = {"role": "user", "parts": [{"text": QUESTION}]}
    schema = {"type_": "STRING", "enum": ["positive", "negative"]}
    config = {"response_mime_type": "text/x.enum", "response_schema": schema}
    request = {"model": FLASH, "contents": [content], "generation_config": config}
    assert "positive" in client.generate_content(request=request).candidates[0].content.parts[0].text


def test_tokens_are_counted_and_shown(utility, client):
    count = utility.count_tokens(request={"endpoint": FLASH, "contents": [turn(QUESTION)]})
    assert count.total_tokens == client.models.count_tokens(model="gemini-3.8-flash", contents=QUESTION).total_tokens
    shown = utility.compute_tokens(request={"endpoint": FLASH, "contents": [turn(QUESTION)]}).tokens_info[0]
    assert b"".join(shown.tokens).decode() == QUESTION


def test_embeddings_by_predict(prediction, client):
    (found,) = prediction.predict(endpoint=EMBEDDING, instances=[{"content": "a river"}]).predictions
    config = {"task_type": "RETRIEVAL_QUERY"}
    other = client.models.embed_content(model="text-embedding-005", contents="a river", config=config)
    assert list(found["embeddings"]["values"]) == pytest.approx(other.embeddings[0].values)


def test_predict_of_a_model_that_writes_is_refused(prediction):
    with pytest.raises(exceptions.BadRequest, match="does not embed"):
        prediction.predict(endpoint=FLASH, instances=[{"content": "a river"}])


def test_an_unknown_enum_is_refused(prediction):
    with pytest.raises(exceptions.BadRequest, match="category"):
        prediction.generate_content(
            request={"model": FLASH, "contents": [turn("hi")], "safety_settings": [{"category": 99, "threshold": 1}]}
        )


def test_a_batch_prediction_job_with_a_publishers_model(pointed, bucket):
    aiplatform.init(project="offline-project", location="us-central1")
    contents = [{"role": "user", "parts": [{"text": QUESTION}]}]
    bucket.blob("in.jsonl").upload_from_string(json.dumps({"request": {"contents": contents}}))
    job = aiplatform.BatchPredictionJob.submit(
        model_name="publishers/google/models/gemini-3.8-flash",
        job_display_name="labels",
        gcs_source="gs://texts/in.jsonl",
        gcs_destination_prefix="gs://texts/out",
    )
    job.wait_for_completion()
    assert (job.state.name, job.completion_stats.successful_count) == ("JOB_STATE_SUCCEEDED", 1)
    (written,) = bucket.list_blobs(prefix="out/")
    assert (
        "positive" in json.loads(written.download_as_text())["response"]["candidates"][0]["content"]["parts"][0]["text"]
    )
    job.delete()
    with pytest.raises(exceptions.NotFound, match="does not exist"):
        aiplatform.BatchPredictionJob(job.resource_name)
