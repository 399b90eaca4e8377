"""The committed file runs whole: with KFP's local runner and on the offline Vertex AI.

Four runs, made once for all tests. One on Vertex AI and one here go on at the same time: they share nothing but the
cloud.
"""

import contextlib
import json
import os
from types import SimpleNamespace

import pandas as pd
import pytest
from google.cloud import aiplatform, bigquery, storage

from mlops_helpers.monitoring.handover import hand_over, pipeline_submitter
from mlops_helpers.monitoring.retraining import ModelState, RetrainingTrigger
from mlops_helpers.tooling import StepFailed, compiled_pipeline, run_locally
from mlops_helpers.tooling.registry import ModelRegistry
from tests.tooling.pipeline_samples import START, load, moment, rows


class Place:
    """A bucket, a table and a model of its own, and what a run left there."""

    def __init__(self, session, name, frame, **settings):
        self.session, self.bucket = session, storage.Client().create_bucket(f"runs-{name}")
        told = {"time_column": "recorded_at", "model": name, **settings}
        self.told = {"bucket": self.bucket.name, "table": load(session, name, frame), "settings": told}

    @property
    def versions(self):
        return ModelRegistry(self.told["settings"]["model"], self.bucket, clock=self.session.now).versions()

    @property
    def reports(self):
        return [json.loads(blob.download_as_text()) for blob in self.bucket.list_blobs(prefix="pipelines/")]

    @property
    def staging_tables(self):
        dataset = self.told["table"].rpartition(".")[0]
        return [table.table_id for table in bigquery.Client().list_tables(dataset) if "staging" in table.table_id]

    def run_here(self, root):
        """The file of all that the steps printed; the error instead, if one failed."""
        told = {**self.told, "train_until": moment(900), "reason": "test"}
        try:
            return run_locally("churn_training", told, root=root, url=self.session.url)
        except StepFailed as problem:
            return problem

    def submit(self, days_old):
        """Start a run on Vertex AI as a retraining decision does; nobody waits for it."""
        trigger = RetrainingTrigger(schedule_days=30, parameters=self.told)
        now = START + pd.Timedelta(minutes=900)
        decision = trigger.decide(ModelState(trained_at=now - pd.Timedelta(days=days_old), model="churn"), now=now)
        path = str(compiled_pipeline("churn_training"))
        return hand_over(decision, pipeline_submitter(path, pipeline_root=f"gs://{self.bucket.name}/root")).result


def ended(job):
    """How a run on Vertex AI ended, and each of its steps."""
    with contextlib.suppress(RuntimeError):  # what Google's client raises for a run that failed
        job.wait()
    return job.state.name, {task.task_name: task.state.name for task in job.task_details}


@pytest.fixture(scope="module")
def runs(session, tmp_path_factory):
    """`vertex` dies between upload and registry and is started again; `gated` and `whole` run here meanwhile.

    On Vertex AI the training is a custom job. No model answers in a microsecond, so nothing is deployed there: the
    whole run makes up for it.
    """
    roots = {name: tmp_path_factory.mktemp(name) for name in ("gated", "whole")}
    vertex = Place(session, "vertex", rows(), max_milliseconds=0.001, train_on="custom-job")
    gated = Place(session, "gated", rows().assign(churned=7))
    whole = Place(session, "whole", rows())
    with session.faults.inject("permission_denied", operation="vertex.ModelService.UploadModel"):
        job = vertex.submit(31)
        stopped = gated.run_here(roots["gated"])
        first, registered = ended(job), len(vertex.versions)
    job = vertex.submit(32)
    log = whole.run_here(roots["whole"])
    return SimpleNamespace(
        vertex=vertex,
        gated=gated,
        whole=whole,
        first=first,
        again=ended(job),
        registered=registered,
        stopped=stopped,
        log=log,
        roots=roots,
    )


def test_the_committed_file_runs_locally_and_deploys_a_champion(runs):
    found = runs.whole.versions.iloc[0]
    assert (found["version"], found["aliases"], found["state"]) == ("1", "champion", "approved")
    assert [report["state"] for report in runs.whole.reports] == ["SUCCEEDED"]
    assert "configure-monitoring" in runs.log.read_text()
    assert "MLOPS_OFFLINE_URL" not in os.environ


def test_a_gate_that_stops_locally_still_cleans_up_and_reports(runs):
    assert isinstance(runs.stopped, StepFailed)
    assert "QualityGateFailed: " in str(runs.stopped)
    assert "in_set(churned) failed 901 of 901" in str(runs.stopped)
    [report] = runs.gated.reports
    assert (report["state"], runs.gated.staging_tables) == ("FAILED", [])
    assert len(report["dropped"]) == 1
    assert "QualityGateFailed" in (runs.roots["gated"] / "output.log").read_text()


def test_on_vertex_ai_a_step_that_dies_ends_the_run_and_the_exit_handler_reports(runs):
    state, steps = runs.first
    assert (state, steps["register"]) == ("PIPELINE_STATE_FAILED", "FAILED")
    assert (steps["clean-up-and-report"], runs.registered) == ("SUCCEEDED", 0)


def test_on_vertex_ai_a_run_that_died_between_upload_and_registry_is_continued_from_the_cache(runs):
    state, steps = runs.again
    skipped = {task for task, found in steps.items() if found == "SKIPPED"}
    assert skipped == {"ingest-and-validate", "build-features", "train"}
    assert (state, steps["register"]) == ("PIPELINE_STATE_SUCCEEDED", "SUCCEEDED")
    assert steps["condition-2"] == "NOT_TRIGGERED"
    assert list(runs.vertex.versions["state"]) == ["rejected"]
    assert sorted(report["state"] for report in runs.vertex.reports) == ["FAILED", "SUCCEEDED"]


def test_the_pipeline_had_its_training_done_by_one_custom_job(runs):
    """One, though the pipeline ran twice: the second time its model came from the cache."""
    assert [job.state.name for job in aiplatform.CustomJob.list()] == ["JOB_STATE_SUCCEEDED"]
    assert runs.vertex.told["settings"]["train_on"] == "custom-job"
