"""Vertex AI jobs over a crash: what has ended is as it was, what was running has failed and says why."""

import time

import pytest
from google.cloud import aiplatform, storage
from google.cloud.aiplatform import hyperparameter_tuning as hpt
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from kfp import compiler, dsl
from kfp.dsl import Metrics, Model, Output

PLACE = "projects/offline-project/locations/us-central1"
IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
SERVING = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
COLLECTIONS = ("customJobs", "hyperparameterTuningJobs", "trainingPipelines", "pipelineJobs", "models")
NODES = ("artifacts", "executions", "contexts")
TRAIN = """
import os
import hypertune
from google.cloud import storage
bucket, _, folder = os.environ["AIP_MODEL_DIR"].removeprefix("gs://").partition("/")
storage.Client().bucket(bucket).blob(folder + "model.skops").upload_from_string(b"a model")
hypertune.HyperTune().report_hyperparameter_tuning_metric("score", 0.5, 1)
print("trained")
"""
WAIT = """
import os, time
server = os.getppid()
while os.getppid() == server:
    time.sleep(0.05)
"""


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def fit(rate: float, model: Output[Model], metrics: Output[Metrics]) -> float:
    with open(model.path, "w") as file:
        file.write(str(rate))
    metrics.log_metric("score", rate)
    return rate


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def wait() -> str:
    import os
    import time

    server = os.getppid()
    while os.getppid() == server:
        time.sleep(0.05)
    return ""


@dsl.pipeline(name="fitting")
def fitting(rate: float = 2.0):
    fit(rate=rate)


@dsl.pipeline(name="waiting")
def waiting():
    wait()


@pytest.fixture
def reopened(start, attach, tmp_path):
    """Start a server on the same folder and point the clients at it."""

    def opener():
        server = start("--data", str(tmp_path / "data"), "--trust-models")
        attach(server)
        aiplatform.init(project="offline-project", location="us-central1", staging_bucket="gs://staging")
        return server

    return opener


def local_script(tmp_path, text):
    path = tmp_path / "train.py"
    path.write_text(text)
    return {"script_path": str(path), "container_uri": IMAGE}


def custom_job(tmp_path, text):
    options = {"display_name": "job", "base_output_dir": "gs://staging/out"}
    return aiplatform.CustomJob.from_local_script(**options, **local_script(tmp_path, text))


def pipeline_job(tmp_path, pipeline, **options):
    path = str(tmp_path / "pipeline.yaml")
    compiler.Compiler().compile(pipeline, path)
    return aiplatform.PipelineJob(display_name="p", template_path=path, pipeline_root="gs://staging/root", **options)


def seen(server):
    """Everything that clients can see of the jobs and of what they made, by name."""
    place, found = f"/v1/{PLACE}", {}
    paths = [*COLLECTIONS, *(f"metadataStores/default/{kind}" for kind in NODES)]
    for path in paths:
        (listed,) = server.get(f"{place}/{path}").json().values()
        found |= {resource["name"]: resource for resource in listed}
    for context in [name for name in found if "/contexts/" in name]:
        found[f"{context} graph"] = server.get(f"/v1/{context}:queryContextLineageSubgraph").json()
    entries = LoggingServiceV2Client().list_log_entries(resource_names=["projects/offline-project"])
    found |= {entry.insert_id: (entry.timestamp, entry.text_payload) for entry in entries}
    blobs = storage.Client().bucket("staging").list_blobs()
    return found | {blob.name: (blob.generation, blob.md5_hash) for blob in blobs}


def run_all(tmp_path):
    """A tuning job, a training pipeline that registers a model, a custom job, and a pipeline, each to its end."""
    storage.Client().create_bucket("staging")
    tuning = aiplatform.HyperparameterTuningJob(
        display_name="tune",
        custom_job=custom_job(tmp_path, TRAIN),
        metric_spec={"score": "maximize"},
        parameter_spec={"rate": hpt.DoubleParameterSpec(min=0, max=1, scale="linear")},
        max_trial_count=1,
        parallel_trial_count=1,
    )
    training = aiplatform.CustomTrainingJob(
        display_name="train", model_serving_container_image_uri=SERVING, **local_script(tmp_path, TRAIN)
    )
    tuning.run(sync=False)
    training.run(model_display_name="m", base_output_dir="gs://staging/trained", sync=False)
    pipeline_job(tmp_path, fitting, enable_caching=True).run()
    custom_job(tmp_path, TRAIN).run()
    for job in (tuning, training):
        job.wait()


def run_on(tmp_path):
    """A job and a pipeline that run, and a job whose cancellation was acknowledged; none of them ends."""
    job, stopped, pipeline = custom_job(tmp_path, WAIT), custom_job(tmp_path, WAIT), pipeline_job(tmp_path, waiting)
    for one in (job, stopped, pipeline):
        one.submit()
    while "RUNNING" not in job.state.name or not any("RUN" in task.state.name for task in pipeline.task_details):
        time.sleep(0.02)
    stopped.cancel()
    return job.resource_name, stopped.resource_name, pipeline.resource_name


def test_jobs_over_a_crash(reopened, tmp_path):
    server = reopened()
    run_all(tmp_path)
    before = seen(server)
    kinds = [name.split("/")[4] for name in before if name.startswith("projects/") and before[name].get("name") == name]
    assert {*COLLECTIONS, "metadataStores"} <= set(kinds)
    job, stopped, pipeline = run_on(tmp_path)
    server.kill()

    server = reopened()
    after = seen(server)
    assert {name: after.get(name) for name in before} == before
    assert after[job]["state"] == "JOB_STATE_FAILED"
    assert "was stopped while this job ran" in after[job]["error"]["message"]
    assert after[stopped]["state"] == "JOB_STATE_CANCELLED"
    tasks = [task["state"] for task in after[pipeline]["jobDetail"]["taskDetails"]]
    assert (after[pipeline]["state"], tasks) == ("PIPELINE_STATE_FAILED", ["FAILED"])
    again = pipeline_job(tmp_path, fitting, enable_caching=True)
    again.run()
    assert [task.state.name for task in again.task_details] == ["SKIPPED"]
    last = seen(server)
    server.kill()

    assert seen(reopened()) == last
