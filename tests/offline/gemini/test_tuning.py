"""Tuning jobs: examples in, a better endpoint out."""

import json

import pytest
from google.api_core import exceptions
from google.genai import errors, types
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.gemini.tuned import Learner
from mlops_helpers.offline.gemini.tuning import read_example

FLASH = "gemini-3.8-flash"
MEANT = {
    "Z1": ["the kettle whistles", "kettle on the stove", "a kettle boils water", "my kettle is hot"],
    "Q9": ["the bicycle is fast", "a bicycle in the rain", "ride the bicycle", "my bicycle has a bell"],
}
pytestmark = pytest.mark.filterwarnings("ignore:The SDK's tuning implementation is experimental")


def row(text, output):
    return {"contents": [{"role": "user", "parts": [{"text": text}]}, {"role": "model", "parts": [{"text": output}]}]}


def upload(bucket, rows, name="train.jsonl"):
    bucket.blob(name).upload_from_string("\n".join(json.dumps(one) for one in rows))
    return f"gs://texts/{name}"


@pytest.fixture
def examples(bucket):
    return upload(bucket, [row(text, label) for label, texts in MEANT.items() for text in texts])


def tune(client, uri, **config):
    config = types.CreateTuningJobConfig(tuned_model_display_name="things", epoch_count=2, **config)
    return client.tunings.tune(base_model=FLASH, training_dataset=types.TuningDataset(gcs_uri=uri), config=config)


def test_a_tuned_endpoint_has_learnt_its_examples(client, examples):
    job = tune(client, examples)
    assert job.state == types.JobState.JOB_STATE_PENDING
    job = client.tunings.get(name=job.name)
    assert job.state == types.JobState.JOB_STATE_SUCCEEDED
    asked = "An old kettle and hot water"
    assert client.models.generate_content(model=FLASH, contents=asked).text != "Z1"
    assert client.models.generate_content(model=job.tuned_model.endpoint, contents=asked).text == "Z1"
    assert client.models.generate_content(model=job.tuned_model.endpoint, contents="bicycle bell").text == "Q9"


def test_a_text_unlike_all_examples_is_answered_by_the_base_model(client, examples):
    job = client.tunings.get(name=tune(client, examples).name)
    answer = client.models.generate_content(model=job.tuned_model.endpoint, contents="Why?")
    assert answer.text.startswith("[simulated]")


def test_the_tuned_endpoint_streams_and_counts(client, examples):
    endpoint = client.tunings.get(name=tune(client, examples).name).tuned_model.endpoint
    pieces = client.models.generate_content_stream(model=endpoint, contents="kettle")
    assert "".join(piece.text for piece in pieces) == "Z1"
    assert client.models.count_tokens(model=endpoint, contents="kettle").total_tokens == 2


def test_statistics_and_validation(client, bucket, examples):
    held_out = upload(bucket, [row("kettle", "Z1"), row("bicycle", "Z1")], "valid.jsonl")
    job = tune(client, examples, validation_dataset=types.TuningValidationDataset(gcs_uri=held_out))
    job = client.tunings.get(name=job.name)
    stats = job.tuning_data_stats.supervised_tuning_data_stats
    assert (stats.tuning_dataset_example_count, stats.tuning_step_count) == (8, 2)
    model = client.models.get(model=job.tuned_model.model)
    assert model.labels["validation-accuracy-percent"] == "50"
    assert model.tuned_model_info.base_model == "gemini-3-8-flash"


def test_tuned_models_and_jobs_are_listed(client, examples):
    job = client.tunings.get(name=tune(client, examples).name)
    assert [one.name for one in client.tunings.list()] == [job.name]
    assert [one.display_name for one in client.models.list(config={"query_base": False})] == ["things"]


def test_a_deleted_tuned_model_is_gone_with_its_endpoint(client, examples):
    tuned = client.tunings.get(name=tune(client, examples).name).tuned_model
    client.models.delete(model=tuned.model.partition("@")[0])
    with pytest.raises(errors.ClientError, match="does not exist"):
        client.models.generate_content(model=tuned.endpoint, contents="kettle")


def test_bad_rows_fail_the_job_and_are_named(client, bucket):
    uri = upload(bucket, [row("kettle", "Z1"), {"text": "kettle"}, row("", "Z1")])
    job = client.tunings.get(name=tune(client, uri).name)
    assert job.state == types.JobState.JOB_STATE_FAILED
    assert "2 of 3 rows" in job.error.message
    assert "line 2" in job.error.message
    assert "line 3" in job.error.message


def test_a_file_that_is_missing_fails_the_job(client, bucket):
    job = client.tunings.get(name=tune(client, "gs://texts/none.jsonl").name)
    assert (job.state, job.error.code) == (types.JobState.JOB_STATE_FAILED, 5)


def test_a_job_can_be_cancelled(client, examples):
    job = tune(client, examples)
    client.tunings.cancel(name=job.name)
    assert client.tunings.get(name=job.name).state == types.JobState.JOB_STATE_CANCELLED


def test_other_ways_of_tuning_are_refused_by_name(client, examples):
    with pytest.raises(errors.ServerError, match="preferenceOptimizationSpec"):
        tune(client, examples, method="PREFERENCE_TUNING")


def test_a_retired_base_model_is_refused(client):
    with pytest.raises(errors.ClientError, match="gemini-3.8-flash"):
        client.tunings.tune(base_model="gemini-2.5-flash", training_dataset=types.TuningDataset(gcs_uri="gs://a/b"))


@pytest.mark.parametrize("line", ["[]", "{}", "nonsense", json.dumps({"contents": [{"role": "model"}]})])
def test_a_row_that_is_no_example(line):
    with pytest.raises(ValueError):
        read_example(line)


@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from("ab")), min_size=1, max_size=12), st.text(max_size=20))
def test_a_learner_says_only_what_it_was_taught(examples, text):
    assert Learner(examples).answer(text) in {None, *(output for _, output in examples)}


def test_a_tuned_endpoint_is_undeployed_and_deleted_like_any_other(client, examples):
    from google.cloud import aiplatform

    tuned = client.tunings.get(name=tune(client, examples).name).tuned_model
    aiplatform.init(project="offline-project", location=tuned.endpoint.split("/")[3])
    endpoint = aiplatform.Endpoint(tuned.endpoint)
    assert [one.model for one in endpoint.list_models()] == [tuned.model.partition("@")[0]]
    with pytest.raises(exceptions.BadRequest, match="undeploy it first"):
        endpoint.delete()
    endpoint.undeploy_all()
    with pytest.raises(errors.ClientError, match="has no deployed model"):
        client.models.generate_content(model=tuned.endpoint, contents="kettle")
    endpoint.delete()
    with pytest.raises(errors.ClientError, match="does not exist"):
        client.models.generate_content(model=tuned.endpoint, contents="kettle")
