"""The committed file runs whole: with KFP's local runner and on the offline Vertex AI."""

import json
import os

import pandas as pd
import pytest
from google.cloud import aiplatform, bigquery, storage

from mlops_helpers.monitoring.handover import hand_over, pipeline_submitter
from mlops_helpers.monitoring.retraining import ModelState, RetrainingTrigger
from mlops_helpers.tooling import compiled_pipeline, run_locally
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
    with pytest.raises(RuntimeError):
        run_locally(
            "churn_training", {**told, "train_until": moment(900), "reason": "test"}, root=tmp_path, url=session.url
        )
    [report] = reports(told)
    assert (report["state"], staging_tables(told)) == ("FAILED", [])
    assert len(report["dropped"]) == 1
    assert "QualityGateFailed" in (tmp_path / "output.log").read_text()


def retraining(told, days_old, minutes=900):
    """Start a run as a retraining decision does, and wait for it."""
    trigger = RetrainingTrigger(schedule_days=30, parameters=told)
    now = START + pd.Timedelta(minutes=minutes)
    decision = trigger.decide(ModelState(trained_at=now - pd.Timedelta(days=days_old), model="churn"), now=now)
    path = str(compiled_pipeline("churn_training"))
    handed = hand_over(decision, pipeline_submitter(path, pipeline_root=f"gs://{told['bucket']}/root"))
    handed.result.wait()
    return handed.result, {task.task_name: task.state.name for task in handed.result.task_details}


def test_on_vertex_ai_a_decision_starts_it_and_what_only_computes_comes_from_the_cache(session, told):
    """No model answers in a microsecond: nothing is deployed, which `deploy` running locally makes up for."""
    told["settings"]["max_milliseconds"] = 0.001
    job, first = retraining(told, 31)
    _, again = retraining(told, 32)
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert (first["register"], first["condition-2"]) == ("SUCCEEDED", "NOT_TRIGGERED")
    assert {task for task, state in again.items() if state == "SKIPPED"} == {
        "ingest-and-validate",
        "build-features",
        "train",
    }
    found = versions(session, told)
    assert (list(found["state"]), len(reports(told))) == (["rejected"], 2)
    [model] = [item for item in aiplatform.Artifact.list() if item.uri == model_uri(job)]
    assert model.metadata["framework"] == "scikit-learn"


def model_uri(job):
    [train] = [task for task in job.task_details if task.task_name == "train"]
    return train.outputs["model"].artifacts[0].uri
