"""What a session creates on Vertex AI is in the ledger, and goes with the clean-up."""

import logging

import joblib
import pytest
from google.cloud import storage
from sklearn.dummy import DummyClassifier

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.recorder import vertex_name

P = "projects/p/locations/l"


@pytest.fixture
def session():
    with connect("offline") as session:
        yield session


@pytest.fixture
def aiplatform(session):
    from google.cloud import aiplatform

    logging.getLogger("google.cloud.aiplatform").setLevel("WARNING")
    aiplatform.init(project=session.project, location=session.location)
    return aiplatform


def test_vertex_resources_are_recorded_and_deleted(session, aiplatform):
    created = aiplatform.TextDataset.create(display_name="one"), aiplatform.Endpoint.create(display_name="two")
    names = [f"vertex://{resource.resource_name}" for resource in created]
    assert [entry.name for entry in session.ledger.entries] == names
    outcomes = session.clean_up().table.set_index("name")["outcome"].to_dict()
    assert outcomes == dict.fromkeys(names, "deleted")
    assert aiplatform.TextDataset.list() == aiplatform.Endpoint.list() == []


def test_what_was_deleted_already_is_reported_as_such(session, aiplatform):
    aiplatform.TextDataset.create(display_name="short-lived").delete()
    assert session.clean_up().table["outcome"].tolist() == ["already gone"]


def test_an_endpoint_that_serves_two_models_goes_before_them(session, aiplatform, tmp_path):
    bucket = storage.Client(project=session.project).create_bucket("two-models")
    joblib.dump(DummyClassifier().fit([[0], [1]], [0, 1]), tmp_path / "model.joblib")
    bucket.blob("m/model.joblib").upload_from_filename(tmp_path / "model.joblib")
    endpoint = aiplatform.Endpoint.create("rollout")
    image = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
    for name, share in (("champion", 100), ("challenger", 10)):
        model = aiplatform.Model.upload(image, artifact_uri="gs://two-models/m", display_name=name)
        model.deploy(endpoint, traffic_percentage=share, machine_type="n1-standard-2")
    assert session.clean_up().left == []
    assert aiplatform.Endpoint.list() == aiplatform.Model.list() == []


def test_a_tensorboard_goes_with_its_runs(session, aiplatform):
    board = aiplatform.Tensorboard.create(display_name="curves")
    experiment = aiplatform.TensorboardExperiment.create("e-1", board.resource_name)
    aiplatform.TensorboardRun.create("r-1", experiment.resource_name)
    assert session.clean_up().left == []
    assert aiplatform.Tensorboard.list() == []


@pytest.mark.parametrize(
    ("path", "answer", "name"),
    [
        (
            f"/v1/{P}/endpoints",
            {"name": f"{P}/endpoints/1/operations/2"},
            "endpoints/1",
        ),
        (
            f"/v1/{P}/models:upload",
            {"name": f"{P}/models/m/operations/2"},
            "models/m",
        ),
        (f"/v1beta1/{P}/customJobs", {"name": f"{P}/customJobs/3"}, "customJobs/3"),
        (f"/v1/{P}/endpoints/1:predict", {"name": f"{P}/endpoints/1"}, None),
        (
            f"/v1/{P}/datasets/1:import",
            {"name": f"{P}/datasets/1/operations/2"},
            None,
        ),
        (f"/v1/{P}/datasets", {}, None),
    ],
)
def test_only_creations_are_recorded(path, answer, name):
    expected = name and f"{P}/{name}"
    assert vertex_name(path, answer) == expected


def test_the_real_vertex_is_spoken_to_over_rest_so_that_the_ledger_sees_it(google_credentials):
    from google.cloud.aiplatform import initializer

    before = initializer.global_config._api_transport
    with connect("google", project="my-project"):
        assert initializer.global_config._api_transport == "rest"
    assert initializer.global_config._api_transport == before
