"""The committed file runs whole: with KFP's local runner and on the offline Vertex AI."""

import contextlib
import json
import os

import pandas as pd
import pytest
from google.cloud import bigquery, storage

from mlops_helpers.monitoring.handover import hand_over, pipeline_submitter
from mlops_helpers.monitoring.retraining import ModelState, RetrainingTrigger
from mlops_helpers.tooling import StepFailed, compiled_pipeline, run_locally
from mlops_helpers.tooling.registry import ModelRegistry
from tests.tooling.pipeline_samples import START, load, moment, rows


@pytest.fixture
def told(session, bucket, name):
    """The parameters of a run, without the two that a decision adds."""
    settings = {"time_column": "recorded_at", "model": f"m{name[-8:]}"}
    table = load(session, name, rows())
    return {"bucket": bucket.name, "table": table, "settings": settings}


def versions(session, told):
    bucket = storage.Client().bucket(told["bucket"])
    return ModelRegistry(told["settings"]["model"], bucket, clock=session.now).versions()


def reports(told):
    bucket = storage.Client().bucket(told["bucket"])
    return [json.loads(blob.download_as_text()) for blob in bucket.list_blobs(prefix="pipelines/")]


def staging_tables(told):
    dataset = told["table"].rpartition(".")[0]
    return [table.table_id for table in bigquery.Client().list_tables(dataset) if "staging" in table.table_id]


def test_the_committed_file_runs_locally_and_deploys_a_champion(session, told, tmp_path):
    log = run_locally(
        "churn_training", {**told, "train_until": moment(900), "reason": "test"}, root=tmp_path, url=session.url
    )
    found = versions(session, told).iloc[0]
    assert (found["version"], found["aliases"], found["state"]) == ("1", "champion", "approved")
    assert [report["state"] for report in reports(told)] == ["SUCCEEDED"]
    assert "configure-monitoring" in log.read_text()
    assert "MLOPS_OFFLINE_URL" not in os.environ


def test_a_gate_that_stops_locally_still_cleans_up_and_reports(session, told, name, tmp_path):
    load(session, name, rows().assign(churned=7))
    with pytest.raises(StepFailed, match=r"QualityGateFailed: .*in_set\(churned\) failed 901 of 901"):
        run_locally(
            "churn_training", {**told, "train_until": moment(900), "reason": "test"}, root=tmp_path, url=session.url
        )
    [report] = reports(told)
    assert (report["state"], staging_tables(told)) == ("FAILED", [])
    assert len(report["dropped"]) == 1
    assert "QualityGateFailed" in (tmp_path / "output.log").read_text()


def retraining(told, days_old):
    """Start a run as a retraining decision does, and wait for it."""
    trigger = RetrainingTrigger(schedule_days=30, parameters=told)
    now = START + pd.Timedelta(minutes=900)
    decision = trigger.decide(ModelState(trained_at=now - pd.Timedelta(days=days_old), model="churn"), now=now)
    path = str(compiled_pipeline("churn_training"))
    job = hand_over(decision, pipeline_submitter(path, pipeline_root=f"gs://{told['bucket']}/root")).result
    with contextlib.suppress(RuntimeError):  # what Google's client raises for a run that failed
        job.wait()
    return job, {task.task_name: task.state.name for task in job.task_details}


def test_on_vertex_ai_a_run_that_died_between_upload_and_registry_is_continued_from_the_cache(session, told):
    """No model answers in a microsecond: nothing is deployed, which the local run makes up for."""
    told["settings"]["max_milliseconds"] = 0.001
    with session.faults.inject("permission_denied", operation="vertex.ModelService.UploadModel"):
        job, first = retraining(told, 31)
    assert (job.state.name, first["register"]) == ("PIPELINE_STATE_FAILED", "FAILED")
    assert (first["clean-up-and-report"], len(versions(session, told))) == ("SUCCEEDED", 0)
    job, again = retraining(told, 32)
    skipped = {task for task, state in again.items() if state == "SKIPPED"}
    assert skipped == {"ingest-and-validate", "build-features", "train"}
    assert (job.state.name, again["register"]) == ("PIPELINE_STATE_SUCCEEDED", "SUCCEEDED")
    assert again["condition-2"] == "NOT_TRIGGERED"
    assert list(versions(session, told)["state"]) == ["rejected"]
    assert sorted(report["state"] for report in reports(told)) == ["FAILED", "SUCCEEDED"]
