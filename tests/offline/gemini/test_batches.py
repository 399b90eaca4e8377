"""Batch jobs: from Cloud Storage and BigQuery to the same, half the price, bad rows kept apart."""

import json

import pytest
from google.genai import errors, types

FLASH = "gemini-3.8-flash"
PROMPT = "Classify the sentiment as positive, negative or neutral. Answer with only the label.\n\nText: {}"


def request(text):
    return {"contents": [{"role": "user", "parts": [{"text": PROMPT.format(text)}]}]}


def upload(bucket, rows):
    bucket.blob("in.jsonl").upload_from_string("".join(json.dumps(row) + "\n" for row in rows))
    return "gs://texts/in.jsonl"


def results(bucket):
    blobs = [blob for blob in bucket.list_blobs(prefix="out/") if blob.name.endswith("predictions.jsonl")]
    return [json.loads(line) for blob in blobs for line in blob.download_as_text().splitlines()]


def test_files_to_files(client, bucket):
    source = upload(bucket, [{"request": request("I love it!"), "id": 7}, {"request": request("I hate it.")}])
    job = client.batches.create(model=FLASH, src=source, config={"dest": "gs://texts/out", "display_name": "labels"})
    assert job.state == types.JobState.JOB_STATE_PENDING
    job = client.batches.get(name=job.name)
    assert job.state == types.JobState.JOB_STATE_SUCCEEDED
    rows = results(bucket)
    said = [row["response"]["candidates"][0]["content"]["parts"][0]["text"] for row in rows]
    assert (said, rows[0]["id"]) == (["positive", "negative"], 7)
    assert job.completion_stats.successful_count == 2


def test_a_bad_row_does_not_stop_the_others(client, bucket):
    source = upload(bucket, [{"request": {"contents": []}}, {"request": request("I love it!")}])
    job = client.batches.create(model=FLASH, src=source, config={"dest": "gs://texts/out"})
    job = client.batches.get(name=job.name)
    rows = results(bucket)
    assert "at least one contents field" in rows[0]["status"]
    assert (rows[1]["status"], job.completion_stats.failed_count) == ("", 1)


def test_a_table_to_a_table(client, warehouse):
    warehouse.query(
        "CREATE TABLE messages.inputs AS SELECT 1 AS id, '{}' AS request".format(
            json.dumps(request("I love it!")).replace("\\", "\\\\")
        )
    ).result()
    config = {"dest": "bq://offline-project.messages.labelled"}
    job = client.batches.create(model=FLASH, src="bq://offline-project.messages.inputs", config=config)
    assert client.batches.get(name=job.name).state == types.JobState.JOB_STATE_SUCCEEDED
    [row] = warehouse.query("SELECT id, response, status FROM messages.labelled").result()
    response = row.response if isinstance(row.response, dict) else json.loads(row.response)
    assert (row.id, row.status) == (1, "")
    assert response["candidates"][0]["content"]["parts"][0]["text"] == "positive"


def test_a_batch_is_billed_under_the_batch_price(client, bucket, pointed):
    source = upload(bucket, [{"request": request("I love it!")}])
    job = client.batches.create(model=FLASH, src=source, config={"dest": "gs://texts/out"})
    client.batches.get(name=job.name)
    assert pointed.usage[f"gemini.tokens.{FLASH}.batch_input"] > 0
    assert pointed.usage[f"gemini.tokens.{FLASH}.input"] == 0


def test_a_job_can_be_cancelled_listed_and_deleted(client, bucket):
    source = upload(bucket, [{"request": request("hi")}])
    job = client.batches.create(model=FLASH, src=source, config={"dest": "gs://texts/out"})
    client.batches.cancel(name=job.name)
    assert [one.state for one in client.batches.list()] == [types.JobState.JOB_STATE_CANCELLED]
    assert client.batches.delete(name=job.name).done
    assert list(client.batches.list()) == []
    assert results(bucket) == []


@pytest.mark.parametrize("line", ["no json", '{"question": "?"}'])
def test_a_file_that_holds_no_requests_fails_the_job(client, bucket, line):
    bucket.blob("in.jsonl").upload_from_string(line)
    job = client.batches.create(model=FLASH, src="gs://texts/in.jsonl", config={"dest": "gs://texts/out"})
    job = client.batches.get(name=job.name)
    assert job.state == types.JobState.JOB_STATE_FAILED
    assert job.error.message


def test_a_retired_model_is_refused_at_once(client):
    with pytest.raises(errors.ClientError, match="gemini-3.8-flash"):
        client.batches.create(model="gemini-2.5-flash", src="gs://texts/in.jsonl", config={"dest": "gs://texts/out"})


def test_a_job_that_does_not_exist(client):
    name = "projects/offline-project/locations/us-central1/batchPredictionJobs/77001"
    with pytest.raises(errors.ClientError, match="does not exist") as refused:
        client.batches.get(name=name)
    assert refused.value.code == 404
