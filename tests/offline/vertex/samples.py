"""Small models and their uploads, shared by the tests of everything that serves models."""

import io

import joblib
import numpy as np
from google.cloud import aiplatform, storage
from sklearn.linear_model import LinearRegression, LogisticRegression

SKLEARN_IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
BUCKET = "model-bucket"


def linear(factor=2.0):
    """y = factor * x0 + 3 * x1 + 1."""
    rows = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 3]], dtype=float)
    return LinearRegression().fit(rows, factor * rows[:, 0] + 3 * rows[:, 1] + 1)


def classifier():
    """Two classes, told apart by the sum of both features."""
    rows = np.array([[0, 0], [1, 0], [0, 1], [3, 3], [4, 3], [3, 4]], dtype=float)
    return LogisticRegression().fit(rows, ["low", "low", "low", "high", "high", "high"])


def store(path, data):
    """Bytes as an object of the test's bucket; gives the address of its folder."""
    client = storage.Client()
    bucket = client.lookup_bucket(BUCKET) or client.create_bucket(BUCKET)
    bucket.blob(path).upload_from_string(data)
    client.close()
    return f"gs://{BUCKET}/{path.rpartition('/')[0]}"


def store_model(model, folder="churn", file="model.joblib"):
    """A pickled model, as `joblib.dump` writes it, in the test's bucket; gives the artifact's address."""
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return store(f"{folder}/{file}", buffer.getvalue())


def upload(model=None, folder="churn", **options):
    """A model in the registry."""
    artifact = store_model(linear() if model is None else model, folder)
    options = {"display_name": folder, "serving_container_image_uri": SKLEARN_IMAGE} | options
    return aiplatform.Model.upload(artifact_uri=artifact, **options)


def deploy(model, endpoint=None, **options):
    """The model on an endpoint (a new one by default)."""
    return model.deploy(endpoint=endpoint, machine_type="n1-standard-2", **options)
