"""Training as a job of Vertex AI gives the very file that training in the step gives."""

import json
from types import SimpleNamespace

import pytest
from google.cloud import aiplatform, storage

from mlops_helpers.tooling import InvalidSetting, PipelineSettings, StepFailed, pipeline_task
from mlops_helpers.tooling.pipeline_jobs import best_trial, train
from mlops_helpers.tooling.pipeline_training import METRIC, strengths
from tests.tooling.pipeline_samples import rows, run_of


def trained(session, bucket, frame, **settings):
    return train(frame, run_of(session, bucket, f"{session.project}.crm.customers", **settings))


def test_a_custom_job_trains_the_same_model(session, bucket):
    frame = rows(300)
    here, found = trained(session, bucket, frame)
    there, told = trained(session, bucket, frame, train_on="custom-job", machine="n1-highmem-2")
    assert (there, told) == (here, found)
    [job] = aiplatform.CustomJob.list(order_by="create_time desc")[:1]
    pool = job.gca_resource.job_spec.worker_pool_specs[0]
    assert (pool.machine_spec.machine_type, pool.container_spec.image_uri) == ("n1-highmem-2", "python:3.11")


def test_a_tuning_job_finds_the_same_model(session, bucket):
    frame = rows(300)
    here, found = trained(session, bucket, frame, trials=2)
    there, told = trained(session, bucket, frame, train_on="tuning", trials=2)
    assert (there, told) == (here, found)
    [job] = aiplatform.HyperparameterTuningJob.list()
    tried = {trial.parameters[0].value: trial.final_measurement.metrics[0].value for trial in job.trials}
    assert list(tried) == strengths(PipelineSettings(trials=2))
    assert max(tried.values()) == pytest.approx(told[METRIC])


def test_a_job_that_fails_is_told_in_its_own_words(session, bucket):
    with pytest.raises(StepFailed, match=r"NothingToLearn: Found 40 rows, all with churned=\[1\];.*Cloud Logging"):
        trained(session, bucket, rows(40).assign(churned=1), train_on="custom-job")


def trial(number, *values):
    metrics = [SimpleNamespace(metric_id=METRIC, value=value) for value in values]
    return SimpleNamespace(id=str(number), final_measurement=SimpleNamespace(metrics=metrics))


def test_the_best_trial_is_the_first_of_the_highest_and_one_that_failed_does_not_count():
    assert best_trial([trial(1), trial(2, 0.7), trial(10, 0.8), trial(9, 0.8)]) == "9"
    with pytest.raises(StepFailed, match="2 trials, none with a cross_validated_auc"):
        best_trial([trial(1), trial(2)])


def test_a_trial_reports_its_metric_as_a_line_of_json(tmp_path):
    file = tmp_path / "hypertune" / "output.metrics"
    environment = {"CLOUD_ML_HP_METRIC_FILE": str(file), "CLOUD_ML_TRIAL_ID": "4"}
    pipeline_task.report(0.75, environment)
    pipeline_task.report(0.5, environment)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["trial"], float(line[METRIC])) for line in lines] == [("4", 0.75), ("4", 0.5)]


def test_the_task_alone_says_what_it_needs(bucket):
    with pytest.raises(InvalidSetting, match=r"AIP_MODEL_DIR=''.*job of Vertex AI"):
        pipeline_task.main(["--inputs=gs://nowhere"], environment={})
    assert list(storage.Client().list_blobs(bucket)) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train_on": "gpu"}, "train_on='gpu'.*here, custom-job, tuning"),
        ({"train_on": "tuning", "trials": 1}, "a tuning job with trials=1"),
        ({"image": "python 3.11\n"}, "the image"),
        ({"machine": "big"}, "the machine 'big'"),
    ],
)
def test_places_that_cannot_be_are_refused(settings, message):
    with pytest.raises(InvalidSetting, match=message):
        PipelineSettings.from_dict(settings)
