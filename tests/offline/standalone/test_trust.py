"""Code that somebody uploads runs on a shared server only where whoever started it said so."""

import io
import tarfile

import joblib
import pytest
from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError
from google.cloud import aiplatform, storage
from sklearn.linear_model import LinearRegression
from skops import io as skops_io

IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-6:latest"
TRAINING_IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
TRAIN = """
import os
from google.cloud import storage
bucket, _, folder = os.environ["AIP_MODEL_DIR"].removeprefix("gs://").partition("/")
storage.Client().bucket(bucket).blob(folder + "result.txt").upload_from_string("trained")
"""


def pickled():
    file = io.BytesIO()
    joblib.dump(LinearRegression().fit([[0], [1]], [0, 2]), file)
    return {"model.joblib": file.getvalue()}


def without_code():
    return {"model.skops": skops_io.dumps(LinearRegression().fit([[0], [1]], [0, 2]))}


def deployed(files):
    bucket = storage.Client().create_bucket("models")
    for name, data in files.items():
        bucket.blob(f"m/{name}").upload_from_string(data)
    model = aiplatform.Model.upload(
        display_name="m", artifact_uri="gs://models/m", serving_container_image_uri=IMAGE, sync=True
    )
    return model.deploy(machine_type="n1-standard-2")


@pytest.fixture
def vertex(attach):
    """Attach to a server and name the project, as a lesson does."""

    def opener(server):
        session = attach(server)
        aiplatform.init(project=session.project, location=session.location, staging_bucket="gs://models")
        return session

    return opener


def test_a_pickled_model_is_refused_and_the_refusal_teaches_skops(start, vertex):
    vertex(start())
    with pytest.raises(GoogleAPICallError, match=r"(?s)skops\.io\.dump.*--trust-models") as refused:
        deployed(pickled()).predict([[2]])
    assert isinstance(refused.value, FailedPrecondition) or refused.value.code == 400


def test_a_model_without_code_needs_no_trust(start, vertex):
    vertex(start())
    assert deployed(without_code()).predict([[2]]).predictions == [pytest.approx(4)]


def test_trust_models_loads_it_also_after_a_restart(start, vertex, tmp_path):
    options = ("--trust-models", "--data", str(tmp_path / "d"))
    server = start(*options)
    assert "whoever may upload one may run code here" in server.banner
    with vertex(server):
        assert deployed(pickled()).predict([[2]]).predictions == [pytest.approx(4)]
    server.kill()
    with vertex(start(*options)):
        (endpoint,) = aiplatform.Endpoint.list()
        assert endpoint.predict([[3]]).predictions == [pytest.approx(6)]


def package():
    """A source distribution with one module."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in (("trainer-1/setup.py", ""), ("trainer-1/trainer/task.py", TRAIN)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return file.getvalue()


def test_what_training_code_wrote_is_kept_like_its_job(start, vertex, tmp_path):
    options = ("--trust-models", "--data", str(tmp_path / "d"))
    server = start(*options)
    with vertex(server):
        storage.Client().create_bucket("models").blob("trainer.tar.gz").upload_from_string(package())
        code = {"executor_image_uri": TRAINING_IMAGE, "python_module": "trainer.task"}
        code["package_uris"] = ["gs://models/trainer.tar.gz"]
        pool = {"machine_spec": {"machine_type": "n1-standard-4"}, "replica_count": 1, "python_package_spec": code}
        aiplatform.CustomJob(display_name="train", worker_pool_specs=[pool], base_output_dir="gs://models/out").run()
    server.kill()
    with vertex(start(*options)):
        assert storage.Client().bucket("models").blob("out/model/result.txt").download_as_text() == "trained"
        assert [job.state.name for job in aiplatform.CustomJob.list()] == ["JOB_STATE_SUCCEEDED"]
