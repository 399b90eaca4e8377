"""Small models on endpoints, for the tests of registry, rollout and batch prediction."""

import io
from datetime import UTC, datetime, timedelta

import joblib
import numpy as np
from google.cloud import aiplatform
from sklearn.linear_model import LinearRegression

IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, GRACE = "Ada@example.com", "grace@example.com"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, **by):
        self.now += timedelta(**by)


def artifact(bucket, factor=2.0):
    """y = factor * x0 + 3 * x1 + 1 as a pickled model in the bucket; gives its folder's address."""
    rows = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 3]], dtype=float)
    buffer = io.BytesIO()
    joblib.dump(LinearRegression().fit(rows, factor * rows[:, 0] + 3 * rows[:, 1] + 1), buffer)
    bucket.blob(f"models/{factor:g}/model.joblib").upload_from_string(buffer.getvalue())
    return f"gs://{bucket.name}/models/{factor:g}"


def uploaded(bucket, name, factor=2.0):
    """A model in Vertex AI's registry."""
    uri = artifact(bucket, factor)
    return aiplatform.Model.upload(display_name=name, artifact_uri=uri, serving_container_image_uri=IMAGE)


def approved(registry, bucket, factor=2.0):
    """A version that Grace approved; gives its number."""
    version = registry.register(artifact(bucket, factor), author=ADA, image=IMAGE)
    registry.request(version, by=ADA, why="better")
    registry.approve(version, by=GRACE, why="checked")
    return version


def endpoint_with(bucket, name, models=2):
    """An endpoint with models of which the first has all traffic; gives it and the ids, oldest first."""
    endpoint = aiplatform.Endpoint.create(display_name=name)
    ids = []
    for number in range(models):
        model = uploaded(bucket, f"{name}-{number}", factor=2.0 + number)
        model.deploy(endpoint, machine_type="n1-standard-2", traffic_percentage=0)
        ids += [found.id for found in endpoint.list_models() if found.id not in ids]
    return endpoint, ids
