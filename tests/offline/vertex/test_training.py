"""Training code really runs: custom jobs, training pipelines, hyperparameter tuning."""

import json
import textwrap

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, storage
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.logging_v2.types import ListLogEntriesRequest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.logging.entries import list_entries
from mlops_helpers.offline.vertex.packages import read_program
from mlops_helpers.offline.vertex.running import Runs
from mlops_helpers.offline.vertex.search_space import check, place, suggestions
from mlops_helpers.offline.vertex.tuning import final, measurements
from tests.offline.vertex.samples import BUCKET, SKLEARN_IMAGE, deploy, store

IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"

TRAIN = """
import argparse, os, joblib
from google.cloud import storage
from sklearn.linear_model import LinearRegression

parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=float, default=2)
factor = parser.parse_args().factor
joblib.dump(LinearRegression().fit([[0], [1]], [0, factor]), "model.joblib")
bucket, _, folder = os.environ["AIP_MODEL_DIR"].removeprefix("gs://").partition("/")
storage.Client().bucket(bucket).blob(folder + "model.joblib").upload_from_filename("model.joblib")
print("trained with", factor, "in", os.environ["CLOUD_ML_REGION"])
"""
TUNE = """
import argparse, hypertune
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--kind")
options = parser.parse_args()
if options.kind == "broken":
    raise ValueError("no such kind")
hypertune.HyperTune().report_hyperparameter_tuning_metric("score", 10 - (options.depth - 3) ** 2, 1)
"""


def script(tmp_path, text):
    path = tmp_path / "train.py"
    path.write_text(textwrap.dedent(text))
    store("staging/readme.txt", b"x")
    return str(path)


def job_of(tmp_path, text, **options):
    return aiplatform.CustomJob.from_local_script(
        display_name="train",
        script_path=script(tmp_path, text),
        container_uri=options.pop("container_uri", IMAGE),
        staging_bucket=f"gs://{BUCKET}",
        **options,
    )


def test_a_local_script_runs_and_its_output_is_kept(vertex, tmp_path):
    job = job_of(tmp_path, TRAIN, args=["--factor", "5"], base_output_dir=f"gs://{BUCKET}/run")
    job.run()
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    assert storage.Client().bucket(BUCKET).blob("run/model/model.joblib").exists()
    output = vertex.service("vertex").part(Runs).output(job.resource_name)
    assert "trained with 5.0 in us-central1" in output
    assert job.end_time > job.start_time


def test_what_a_job_prints_can_be_read_in_cloud_logging(vertex, tmp_path):
    job = job_of(tmp_path, "print('epoch 1'); print('epoch 2'); raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="non-zero status of 3"):
        job.run()
    service = vertex.service("logging")
    request = ListLogEntriesRequest(
        resource_names=["projects/offline-project"],
        filter=f'resource.type="ml_job" resource.labels.job_id="{job.name}"',
    )
    found = list_entries(service, ListLogEntriesRequest.pb(request)).entries
    assert [entry.text_payload for entry in found] == ["epoch 1", "epoch 2", "Job failed: exit status 3"]


def test_waiting_never_sleeps_longer_than_50_ms(vertex, tmp_path, monkeypatch):
    import time

    slept, sleep = [], time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: (slept.append(seconds), sleep(seconds)))
    job_of(tmp_path, "print(1)").run()
    assert slept
    assert max(slept) <= 0.05


def test_a_script_in_a_container_of_ones_own_runs_too(vertex, tmp_path):
    job = job_of(tmp_path, "import sys; print(sys.argv[1:])", args=["--x", "y z"], container_uri="python:3.11")
    job.run()
    assert "['--x', 'y', 'z']" in vertex.service("vertex").part(Runs).output(job.resource_name)


def test_code_that_fails_says_why(vertex, tmp_path):
    job = job_of(tmp_path, "raise ValueError('the data is empty')")
    with pytest.raises(RuntimeError, match="the data is empty"):
        job.run()
    assert job.state.name == "JOB_STATE_FAILED"
    assert "exited with a non-zero status of 1" in job.error.message


def test_no_secret_of_this_process_reaches_the_code(vertex, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "hunter2")
    job = job_of(tmp_path, "import os; print(sorted(os.environ))", environment_variables={"GIVEN": "1"})
    job.run()
    output = vertex.service("vertex").part(Runs).output(job.resource_name)
    assert "MY_SECRET" not in output
    assert "'GIVEN'" in output


def test_a_job_can_be_cancelled_and_then_deleted(vertex, tmp_path):
    job = job_of(tmp_path, "import time; time.sleep(60)")
    job.submit()
    with pytest.raises(exceptions.BadRequest, match="Cancel it first"):
        job.api_client.delete_custom_job(name=job.resource_name)
    job.cancel()
    with pytest.raises(RuntimeError, match="cancelled"):
        job.wait_for_completion()
    assert job.state.name == "JOB_STATE_CANCELLED"
    job.delete()
    assert aiplatform.CustomJob.list() == []


def test_a_server_for_many_runs_no_packages(vertex, tmp_path):
    vertex.trust.enabled = False
    with pytest.raises(RuntimeError, match="was not uploaded to this offline cloud by this session"):
        job_of(tmp_path, "print(1)").run()


def test_a_training_job_registers_the_model_it_left_behind(vertex, tmp_path):
    job = aiplatform.CustomTrainingJob(
        display_name="churn",
        script_path=script(tmp_path, TRAIN),
        container_uri=IMAGE,
        model_serving_container_image_uri=SKLEARN_IMAGE,
        staging_bucket=f"gs://{BUCKET}",
    )
    model = job.run(args=["--factor", "4"], model_display_name="churn-model")
    assert model.display_name == "churn-model"
    assert deploy(model).predict([[2]]).predictions == [pytest.approx(8)]
    assert [found.display_name for found in aiplatform.CustomTrainingJob.list()] == ["churn"]


def test_training_that_leaves_no_model_fails(vertex, tmp_path):
    job = aiplatform.CustomTrainingJob(
        display_name="churn",
        script_path=script(tmp_path, "print('nothing to see')"),
        container_uri=IMAGE,
        model_serving_container_image_uri=SKLEARN_IMAGE,
        staging_bucket=f"gs://{BUCKET}",
    )
    with pytest.raises(RuntimeError, match="There are no files under"):
        job.run()
    assert aiplatform.Model.list() == []


def test_automl_is_refused_by_name(vertex):
    store("tables/rows.csv", b"a,b\n1,2\n")
    dataset = aiplatform.TabularDataset.create(display_name="rows", gcs_source=f"gs://{BUCKET}/tables/rows.csv")
    job = aiplatform.AutoMLTabularTrainingJob(
        display_name="auto", optimization_prediction_type="regression", column_specs={"a": "numeric"}
    )
    with pytest.raises(exceptions.MethodNotImplemented, match="automl_tabular"):
        job.run(dataset=dataset, target_column="b")


def test_tuning_runs_every_trial(vertex, tmp_path):
    job = aiplatform.HyperparameterTuningJob(
        display_name="tune",
        custom_job=job_of(tmp_path, TUNE),
        metric_spec={"score": "maximize"},
        parameter_spec={
            "depth": hpt.IntegerParameterSpec(min=2, max=3, scale="linear"),
            "kind": hpt.CategoricalParameterSpec(values=["fine", "broken"]),
        },
        max_trial_count=4,
        parallel_trial_count=1,
        search_algorithm="grid",
    )
    job.run()
    scores = {
        tuple(parameter.value for parameter in trial.parameters): [m.value for m in trial.final_measurement.metrics]
        for trial in job.trials
    }
    assert scores == {(2, "fine"): [9], (2, "broken"): [], (3, "fine"): [10], (3, "broken"): []}
    assert "no such kind" in job.trials[1].infeasible_reason


def test_tuning_fails_when_every_trial_does(vertex, tmp_path):
    job = aiplatform.HyperparameterTuningJob(
        display_name="tune",
        custom_job=job_of(tmp_path, "print('no metric')"),
        metric_spec={"score": "minimize"},
        parameter_spec={"rate": hpt.DoubleParameterSpec(min=0.1, max=1, scale="log")},
        max_trial_count=2,
        parallel_trial_count=1,
        max_failed_trial_count=1,
    )
    with pytest.raises(RuntimeError, match="The trial reported no value of score"):
        job.run()


def test_containers_and_replicas_are_refused_by_name():
    with pytest.raises(ApiError, match="training in the container mine:1"):
        read_program({"workerPoolSpecs": [{"containerSpec": {"imageUri": "mine:1", "command": ["./train"]}}]})
    with pytest.raises(ApiError, match="more than one replica"):
        read_program({"workerPoolSpecs": [{"replicaCount": "2"}]})


NUMERIC = st.tuples(st.integers(1, 50), st.integers(0, 50))
SCALES = st.sampled_from(["UNIT_LINEAR_SCALE", "UNIT_LOG_SCALE", "UNIT_REVERSE_LOG_SCALE"])


@given(st.sampled_from(["doubleValueSpec", "integerValueSpec"]), NUMERIC, SCALES, st.floats(0, 1))
def test_values_stay_in_their_range_and_grow_with_the_share(kind, limits, scale, share):
    low, high = limits[0], limits[0] + limits[1]
    parameter = {"parameterId": "p", kind: {"minValue": low, "maxValue": high}, "scaleType": scale}
    check(parameter)
    value = place(parameter, share)
    assert low - 1e-9 <= value <= high + 1e-9
    assert place(parameter, 0) <= value + 1e-9


def test_a_grid_is_every_combination_and_random_points_repeat():
    study = {
        "algorithm": "GRID_SEARCH",
        "parameters": [
            {"parameterId": "a", "integerValueSpec": {"minValue": 1, "maxValue": 2}},
            {"parameterId": "b", "discreteValueSpec": {"values": [0.5, 1.5]}},
        ],
    }
    rows = [tuple(row.values()) for row in suggestions(study, 10)]
    assert rows == [(1, 0.5), (1, 1.5), (2, 0.5), (2, 1.5)]
    drawn = suggestions({**study, "algorithm": "RANDOM_SEARCH"}, 5)
    assert drawn == suggestions({**study, "algorithm": "RANDOM_SEARCH"}, 5)
    assert len({json.dumps(row) for row in drawn}) > 1


@pytest.mark.parametrize(
    "parameter",
    [
        {"parameterId": "p", "doubleValueSpec": {"minValue": 2, "maxValue": 1}},
        {"parameterId": "p", "doubleValueSpec": {"minValue": 0, "maxValue": 1}, "scaleType": "UNIT_LOG_SCALE"},
        {"parameterId": "p", "categoricalValueSpec": {}},
        {"parameterId": "p"},
    ],
)
def test_parameters_without_values_are_refused(parameter):
    with pytest.raises(ApiError, match="p"):
        check(parameter)


def test_the_last_measurement_counts_unless_the_best_is_asked_for():
    study = {"metrics": [{"metricId": "loss", "goal": "MINIMIZE"}]}
    lines = "\n".join(json.dumps({"loss": loss, "global_step": step}) for step, loss in enumerate((3, 1, 2)))
    found = measurements(study, lines)
    assert [measurement["metrics"][0]["value"] for measurement in found] == [3, 1, 2]
    assert final(study, found)["stepCount"] == "2"
    assert final({**study, "measurementSelectionType": "BEST_MEASUREMENT"}, found)["stepCount"] == "1"
