"""The compiled pipeline really runs: order, conditions, loops, cache, failures, metadata."""

from typing import NamedTuple

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, storage
from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Metrics, Model, Output

from tests.offline.vertex.samples import BUCKET, store

component = dsl.component(base_image="python:3.11", install_kfp_package=False)


@component
def make(rows: int, data: Output[Dataset]) -> int:
    with open(data.path, "w") as file:
        file.write("\n".join(str(row) for row in range(rows)))
    data.metadata["rows"] = rows
    return rows


@component
def fit(data: Input[Dataset], rate: float, model: Output[Model], metrics: Output[Metrics]) -> float:
    with open(data.path) as file:
        total = sum(int(line) for line in file)
    with open(model.path, "w") as file:
        file.write(str(total * rate))
    metrics.log_metric("score", total * rate)
    return total * rate


@component
def say(text: str) -> str:
    return text


@component
def add(numbers: list) -> float:
    return sum(numbers)


@component
def broken() -> str:
    raise ValueError("the data is empty")


@component
def flaky(flag: str) -> str:
    from google.cloud import storage

    blob = storage.Client().bucket(flag.split("/")[0]).blob("tried")
    if not blob.exists():
        blob.upload_from_string(b"once")
        raise ConnectionError("gone for a moment")
    return "now it works"


@component
def wrap_up(status: dsl.PipelineTaskFinalStatus):
    assert status.state == "FAILED"


@dsl.pipeline(name="training")
def training(rows: int = 4, rate: float = 0.5):
    data = make(rows=rows)
    fit(data=data.outputs["data"], rate=rate)


def job_of(pipeline, tmp_path, job_id="run-1", **options):
    path = str(tmp_path / "pipeline.yaml")
    compiler.Compiler().compile(pipeline, path)
    store("readme.txt", b"x")
    return aiplatform.PipelineJob(
        display_name="test", template_path=path, job_id=job_id, pipeline_root=f"gs://{BUCKET}/root", **options
    )


def states(job):
    return {task.task_name: task.state.name for task in job.task_details}


def outputs(job):
    found = {}
    for task in job.task_details:
        metadata = task.execution.metadata or {}
        if "output:Output" in metadata:
            found[task.task_name] = metadata["output:Output"]
    return found


def test_tasks_run_in_order_and_hand_on_files(vertex, tmp_path):
    job = job_of(training, tmp_path, parameter_values={"rows": 5})
    job.run()
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert states(job) == {"make": "SUCCEEDED", "fit": "SUCCEEDED"}
    (details,) = [task for task in job.task_details if task.task_name == "fit"]
    model = details.outputs["model"].artifacts[0]
    assert model.schema_title == "system.Model"
    assert storage.Blob.from_uri(model.uri, storage.Client()).download_as_text() == "5.0"
    assert details.inputs["data"].artifacts[0].metadata["rows"] == 5


def test_the_same_step_with_the_same_inputs_comes_from_the_cache(vertex, tmp_path):
    job_of(training, tmp_path).run()
    again = job_of(training, tmp_path, job_id="run-2")
    again.run()
    assert states(again) == {"make": "SKIPPED", "fit": "SKIPPED"}
    other = job_of(training, tmp_path, job_id="run-3", parameter_values={"rate": 2.0})
    other.run()
    assert states(other) == {"make": "SKIPPED", "fit": "SUCCEEDED"}
    assert outputs(other)["fit"] == 12.0


def test_the_experiment_shows_parameters_and_metrics(vertex, tmp_path):
    aiplatform.init(experiment="churn")
    job = job_of(training, tmp_path, enable_caching=False)
    job.submit(experiment="churn")
    job.wait()
    (row,) = aiplatform.get_experiment_df("churn").to_dict("records")
    assert (row["param.rows"], row["param.rate"], row["metric.score"]) == (4, 0.5, 3.0)
    assert (row["run_type"], row["state"]) == ("system.PipelineRun", "COMPLETE")


@dsl.pipeline(name="branches")
def branches(mode: str = "b", uri: str = f"gs://{BUCKET}/readme.txt") -> str:
    dsl.importer(artifact_uri=uri, artifact_class=Dataset, metadata={"mode": mode})
    with dsl.If(mode == "a"):
        first = say(text="A")
    with dsl.Elif(mode == "b"):
        second = say(text="B")
    with dsl.Else():
        third = say(text="C")
    chosen = dsl.OneOf(first.output, second.output, third.output)
    return say(text=chosen).output


def test_one_branch_runs_and_its_output_is_chosen(vertex, tmp_path):
    job = job_of(branches, tmp_path)
    job.run()
    found = states(job)
    assert (found["condition-2"], found["condition-3"], found["condition-4"]) == (
        "NOT_TRIGGERED",
        "SUCCEEDED",
        "NOT_TRIGGERED",
    )
    assert outputs(job) == {"say-2": "B", "say-4": "B"}
    (imported,) = [task for task in job.task_details if task.task_name == "importer"]
    artifact = imported.outputs["artifact"].artifacts[0]
    assert (artifact.uri, artifact.metadata["mode"]) == (f"gs://{BUCKET}/readme.txt", "b")


@dsl.pipeline(name="one-fit")
def one_fit(data: Input[Dataset], rate: float) -> NamedTuple("Fitted", [("score", float), ("model", Model)]):
    fitted = fit(data=data, rate=rate)
    return NamedTuple("Fitted", [("score", float), ("model", Model)])(
        score=fitted.outputs["Output"], model=fitted.outputs["model"]
    )


@dsl.pipeline(name="loops")
def loops():
    data = make(rows=3)
    with dsl.ParallelFor([1.0, 2.0], parallelism=2) as rate:
        fitted = one_fit(data=data.outputs["data"], rate=rate)
    add(numbers=dsl.Collected(fitted.outputs["score"]))


def test_a_loop_runs_a_nested_pipeline_for_each_item_and_collects(vertex, tmp_path):
    job = job_of(loops, tmp_path)
    job.run()
    assert outputs(job)["add"] == 9.0
    names = [task.task_unique_name for task in job.task_details]
    assert "for-loop-2.for-loop-2-0.one-fit.fit" in names


@dsl.pipeline(name="failing")
def failing(flag: str):
    with dsl.ExitHandler(wrap_up()):
        say(text="fine")
        bad = broken()
        say(text=bad.output)
    flaky(flag=flag).set_retry(num_retries=1).set_caching_options(False)


def test_a_failure_skips_what_depends_on_it_and_the_exit_handler_still_runs(vertex, tmp_path):
    job = job_of(failing, tmp_path, parameter_values={"flag": f"{BUCKET}/x"})
    with pytest.raises(RuntimeError, match=r"The failed tasks are: \[exit-handler-1\]"):
        job.run()
    found = states(job)
    assert job.state.name == "PIPELINE_STATE_FAILED"
    assert (found["broken"], found["say"], found["say-2"]) == ("FAILED", "SUCCEEDED", "NOT_TRIGGERED")
    assert (found["exit-handler-1"], found["wrap-up"]) == ("FAILED", "SUCCEEDED")
    errors = {task.task_name: task.error.message for task in job.task_details}
    assert "ValueError: the data is empty" in errors["broken"]
    (retried,) = [task for task in job.task_details if task.task_name == "flaky"]
    assert [status.state.name for status in retried.pipeline_task_status] == [
        "PENDING",
        "RUNNING",
        "PENDING",
        "RUNNING",
        "SUCCEEDED",
    ]
    assert outputs(job)["flaky"] == "now it works"


@component
def wait_long():
    import time

    time.sleep(60)


@dsl.pipeline(name="slow")
def slow():
    wait_long()


def test_a_run_can_be_cancelled_listed_and_deleted(vertex, tmp_path):
    job = job_of(slow, tmp_path)
    job.submit()
    with pytest.raises(exceptions.BadRequest, match="Cancel it first"):
        job.api_client.delete_pipeline_job(name=job.resource_name)
    job.cancel()
    job.wait()
    assert job.state.name == "PIPELINE_STATE_CANCELLED"
    assert [found.name for found in aiplatform.PipelineJob.list(filter='display_name="test"')] == ["run-1"]
    job.delete()
    assert aiplatform.PipelineJob.list() == []


@dsl.container_component
def shell():
    return dsl.ContainerSpec(image="alpine:3", command=["echo", "hello"])


@dsl.pipeline(name="container")
def container():
    shell()


def test_what_cannot_run_is_refused_before_anything_starts(vertex, tmp_path):
    with pytest.raises(exceptions.MethodNotImplemented, match="in the container alpine:3"):
        job_of(container, tmp_path).submit()
    with pytest.raises(exceptions.BadRequest, match="a value for flag"):
        job_of(failing, tmp_path).submit()
    assert aiplatform.PipelineJob.list() == []


def test_a_server_for_many_runs_no_components(vertex, tmp_path):
    vertex.trust.enabled = False
    with pytest.raises(RuntimeError):
        job_of(training, tmp_path).run()
    make_task = aiplatform.PipelineJob.get("run-1").task_details[0]
    assert "This server is shared" in make_task.error.message


@component
def register(name: str, model: Input[Model]) -> str:
    from google.cloud import aiplatform

    image = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
    made = aiplatform.Model.upload(
        display_name=name, artifact_uri=model.uri.rpartition("/")[0], serving_container_image_uri=image
    )
    return made.resource_name


@dsl.pipeline(name="registering")
def registering(name: str = "churn"):
    data = make(rows=3)
    fitted = fit(data=data.outputs["data"], rate=1.0)
    register(name=name, model=fitted.outputs["model"])


def test_a_step_may_call_vertex_ai_itself(vertex, tmp_path):
    job = job_of(registering, tmp_path)
    job.run()
    (model,) = aiplatform.Model.list()
    assert outputs(job)["register"] == model.resource_name
    assert model.display_name == "churn"


def test_what_a_step_made_is_found_by_lineage(vertex, tmp_path):
    job = job_of(training, tmp_path)
    job.run()
    (model,) = aiplatform.Artifact.list(filter='schema_title="system.Model"')
    (execution,) = [step for step in aiplatform.Execution.list() if step.display_name == "fit"]
    assert {found.schema_title for found in execution.get_input_artifacts()} == {"system.Dataset"}
    assert model.resource_name in {found.resource_name for found in execution.get_output_artifacts()}
