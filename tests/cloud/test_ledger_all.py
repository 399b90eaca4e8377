"""One session that uses everything, and leaves nothing; and one that is killed in the middle."""

import json
import os
import signal
import subprocess
import sys

import pytest
import redis
from google import genai
from google.cloud import bigquery, firestore, logging, monitoring_v3, storage
from google.genai import types

from mlops_helpers.cloud.__main__ import main

PROJECT = "projects/offline-project"
FLASH = "gemini-3.8-flash"
ASKED = {"contents": [{"role": "user", "parts": [{"text": "Sentiment of: lovely"}]}]}
EXAMPLE = {"contents": [*ASKED["contents"], {"role": "model", "parts": [{"text": "positive"}]}]}
TERMS = "These terms apply to every delivery. " * 800
pytestmark = pytest.mark.filterwarnings("ignore:The SDK's tuning implementation is experimental")


def use_storage_and_bigquery():
    bucket = storage.Client().create_bucket("mine")
    bucket.blob("in.jsonl").upload_from_string(json.dumps({"request": ASKED}))
    bucket.blob("train.jsonl").upload_from_string("\n".join([json.dumps(EXAMPLE)] * 4))
    client = bigquery.Client()
    client.create_dataset("mine")
    client.query("CREATE TABLE mine.numbers AS SELECT 1 AS x").result()
    assert [row.x for row in client.list_rows("mine.numbers")] == [1]


def use_gemini(dest):
    with genai.Client() as client:
        client.caches.create(model=FLASH, config={"contents": TERMS, "ttl": "600s"})
        job = client.batches.create(model=FLASH, src="gs://mine/in.jsonl", config={"dest": dest})
        assert client.batches.get(name=job.name).state == "JOB_STATE_SUCCEEDED"
        data = types.TuningDataset(gcs_uri="gs://mine/train.jsonl")
        job = client.tunings.tune(base_model=FLASH, training_dataset=data)
        assert client.tunings.get(name=job.name).tuned_model.endpoint


def use_vertex(session):
    from google.cloud import aiplatform

    aiplatform.init(project=session.project, location=session.location)
    aiplatform.TextDataset.create(display_name="texts")
    aiplatform.Endpoint.create(display_name="serves")


def use_rpc_services():
    firestore.Client().document("customers/eve").set({"plan": "free"})
    logging.Client().logger("mine").log_text("noise")
    point = monitoring_v3.Point(interval={"end_time": {"seconds": 1767603600}}, value={"double_value": 0.5})
    kind = {"type": "custom.googleapis.com/mine"}
    series = monitoring_v3.TimeSeries(metric=kind, resource={"type": "global"}, points=[point])
    monitoring_v3.MetricServiceClient().create_time_series(name=PROJECT, time_series=[series])


def what_is_left(session):
    from google.cloud import aiplatform

    metrics = monitoring_v3.MetricServiceClient().list_metric_descriptors(name=PROJECT)
    with genai.Client() as client:
        made = [*client.caches.list(), *client.batches.list(), *client.models.list(config={"query_base": False})]
    return [
        *made,
        *storage.Client().list_buckets(),
        *bigquery.Client().list_datasets(),
        *(*aiplatform.TextDataset.list(), *aiplatform.Endpoint.list()),
        *firestore.Client().collection("customers").stream(),
        *logging.Client().list_entries(filter_='log_id("mine")'),
        *(found.type for found in metrics if found.type.startswith("custom")),
    ]


def test_a_session_that_used_every_service_leaves_nothing(room):
    use_storage_and_bigquery()
    use_gemini("gs://mine/out")
    use_vertex(room)
    use_rpc_services()
    with redis.Redis(*room.redis_address) as cache:
        cache.set("answer", "42")  # a server of the session's own: it goes with the session
    assert what_is_left(room)
    kinds = set(room.ledger.table["kind"])
    result = room.clean_up()
    assert (result.left, set(result.table["outcome"])) == ([], {"deleted"})
    assert what_is_left(room) == []
    assert kinds == {"bucket", "dataset", "job", "vertex", "tuning job", "document", "log", "metric descriptor"}


def test_predictions_of_a_batch_in_a_bucket_of_others_go_too(room, shared):
    room_bucket = storage.Client().bucket("theirs")
    shared._patches.restore()  # somebody else's bucket
    room_bucket.create()
    record_again(shared)
    use_storage_and_bigquery()
    use_gemini("gs://theirs/out")
    assert list(room_bucket.list_blobs())
    assert set(shared.clean_up().table["outcome"]) == {"deleted"}
    assert list(room_bucket.list_blobs()) == []


def record_again(session):
    session._redirect()


KILLED = """
import os, signal
from google.cloud import firestore, storage
from mlops_helpers.cloud import connect
session = connect("offline")
storage.Client().create_bucket("doomed")
firestore.Client().document("customers/doomed").set({})
firestore.Client().document("customers/doomed/orders/1").set({})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_created_is_cleaned_up_by_the_command(room, course_home, capsys):
    environment = {**os.environ, "MLOPS_OFFLINE_URL": room.url, "MLOPS_COURSE_HOME": str(course_home)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(what_is_left(room)) == 2
    room.close = lambda: None  # the command opens a session of its own; the cloud stays
    assert main(["clean-up"]) == 0
    assert "3 deleted or gone, nothing left" in capsys.readouterr().out
    del room.close
