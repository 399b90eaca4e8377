"""Experiments and their runs, as a learner logs and reads them."""

import pandas as pd
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform
from sklearn.linear_model import LinearRegression

from tests.offline.vertex.conftest import LOCATION, PROJECT


@pytest.fixture
def experiment(vertex):
    aiplatform.init(project=PROJECT, location=LOCATION, experiment="churn", experiment_tensorboard=False)
    return aiplatform.Experiment("churn")


def logged(name, **metrics):
    with aiplatform.start_run(name) as run:
        aiplatform.log_params({"depth": len(name), "kind": "tree"})
        aiplatform.log_metrics(metrics)
    return run


def test_runs_become_rows(experiment):
    logged("one", accuracy=0.5, loss=1.0)
    logged("three", accuracy=0.75, loss=0.25)
    table = aiplatform.get_experiment_df("churn").sort_values("run_name").reset_index(drop=True)
    expected = pd.DataFrame({"run_name": ["one", "three"], "param.depth": [3.0, 5.0], "metric.accuracy": [0.5, 0.75]})
    pd.testing.assert_frame_equal(table[list(expected)], expected)
    assert set(table["state"]) == {"COMPLETE"}


def test_a_metric_that_is_logged_again_replaces_the_old_one(experiment):
    with aiplatform.start_run("one") as run:
        aiplatform.log_metrics({"accuracy": 0.5})
        aiplatform.log_metrics({"accuracy": 0.6, "recall": 0.4})
    assert run.get_metrics() == {"accuracy": 0.6, "recall": 0.4}


def test_a_run_is_resumed(experiment):
    logged("one", accuracy=0.5)
    with aiplatform.start_run("one", resume=True) as run:
        assert run.state == aiplatform.gapic.Execution.State.RUNNING
        aiplatform.log_metrics({"recall": 0.4})
    again = aiplatform.ExperimentRun("one", experiment="churn")
    assert again.get_metrics() == {"accuracy": 0.5, "recall": 0.4}
    assert again.get_params() == {"depth": 3, "kind": "tree"}


def test_a_run_that_is_not_resumed_must_be_new(experiment):
    logged("one", accuracy=0.5)
    with pytest.raises(exceptions.Conflict, match="already exists"):
        aiplatform.start_run("one")


def test_a_run_remembers_how_it_ended(experiment):
    with pytest.raises(ZeroDivisionError), aiplatform.start_run("one"):
        aiplatform.log_params({"rate": 1 / 0})
    aiplatform.start_run("two")
    aiplatform.end_run(state=aiplatform.gapic.Execution.State.CANCELLED)
    states = {run.name: run.state.name for run in aiplatform.ExperimentRun.list(experiment="churn")}
    assert states == {"one": "FAILED", "two": "CANCELLED"}


def test_classification_metrics_come_back(experiment):
    with aiplatform.start_run("one") as run:
        aiplatform.log_classification_metrics(
            labels=["stays", "leaves"],
            matrix=[[8, 2], [1, 9]],
            fpr=[0.0, 0.5, 1.0],
            tpr=[0.0, 0.9, 1.0],
            threshold=[0.9, 0.5, 0.1],
            display_name="holdout",
        )
    (found,) = run.get_classification_metrics()
    assert found["labels"] == ["stays", "leaves"]
    assert found["matrix"] == [[8.0, 2.0], [1.0, 9.0]]
    assert found["tpr"] == [0.0, 0.9, 1.0]


def test_time_series_need_a_tensorboard_and_keep_every_step(vertex):
    board = aiplatform.Tensorboard.create(display_name="board")
    aiplatform.init(project=PROJECT, location=LOCATION, experiment="churn", experiment_tensorboard=board)
    with aiplatform.start_run("one") as run:
        for step in range(1, 6):
            aiplatform.log_time_series_metrics({"loss": 1 / step}, step=step)
        aiplatform.log_time_series_metrics({"loss": 0.125})
    table = run.get_time_series_data_frame()
    assert table["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table["loss"].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 0.125])
    assert aiplatform.get_experiment_df("churn")["time_series_metric.loss"].tolist() == [0.125]


def test_without_a_tensorboard_the_default_one_is_made(vertex):
    aiplatform.init(project=PROJECT, location=LOCATION, experiment="churn")
    with aiplatform.start_run("one"):
        aiplatform.log_time_series_metrics({"loss": 0.5})
    (board,) = aiplatform.Tensorboard.list(filter="is_default=true")
    assert aiplatform.Experiment("churn").backing_tensorboard_resource_name == board.resource_name


def test_a_run_is_deleted_with_its_backing_tensorboard_run(vertex):
    board = aiplatform.Tensorboard.create(display_name="board")
    aiplatform.init(project=PROJECT, location=LOCATION, experiment="churn", experiment_tensorboard=board)
    with aiplatform.start_run("one") as run:
        aiplatform.log_time_series_metrics({"loss": 0.5})
    assert len(aiplatform.TensorboardRun.list("churn", tensorboard_id=board.name)) == 1
    run.delete(delete_backing_tensorboard_run=True)
    assert aiplatform.ExperimentRun.list(experiment="churn") == []
    assert aiplatform.TensorboardRun.list("churn", tensorboard_id=board.name) == []


def test_an_experiment_is_deleted_with_its_runs(experiment):
    logged("one", accuracy=0.5)
    experiment.delete()
    assert aiplatform.Experiment.list() == []
    with pytest.raises((exceptions.NotFound, ValueError)):
        aiplatform.get_experiment_df("churn")


def test_inputs_and_outputs_of_a_run(experiment):
    table = aiplatform.Artifact.create("system.Dataset", display_name="customers", uri="gs://b/customers.csv")
    with (
        aiplatform.start_run("one"),
        aiplatform.start_execution(schema_title="system.ContainerExecution", display_name="fit") as step,
    ):
        step.assign_input_artifacts([table])
        model = aiplatform.Artifact.create("system.Model", display_name="tree")
        step.assign_output_artifacts([model])
    run = aiplatform.ExperimentRun("one", experiment="churn")
    (found,) = [one for one in run.get_executions() if one.display_name == "fit"]
    assert [one.display_name for one in found.get_input_artifacts()] == ["customers"]
    assert {one.display_name for one in run.get_artifacts()} == {"customers", "tree"}


def test_a_model_that_is_logged_is_loaded_and_registered(vertex, storage_client):
    storage_client.create_bucket("staging")
    options = {"experiment_tensorboard": False, "staging_bucket": "gs://staging"}
    aiplatform.init(project=PROJECT, location=LOCATION, experiment="churn", **options)
    with aiplatform.start_run("one") as run:
        aiplatform.log_model(LinearRegression().fit([[0], [1]], [0, 1]), "line")
    (logged_model,) = run.get_experiment_models()
    assert logged_model.load_model().predict([[2]]).tolist() == pytest.approx([2])
    image = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
    registered = logged_model.register_model(display_name="line", serving_container_image_uri=image)
    assert registered.uri == logged_model.uri


def test_a_tensorboard_can_be_given_to_a_run_later(experiment):
    logged("one", accuracy=0.5)
    with aiplatform.start_run("one", resume=True) as run:
        run.assign_backing_tensorboard(aiplatform.Tensorboard.create(display_name="board"))
        run.log_time_series_metrics({"loss": 0.5})
    assert run.get_time_series_data_frame()["loss"].tolist() == [0.5]
