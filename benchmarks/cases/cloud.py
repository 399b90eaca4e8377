"""The whole offline cloud through Google's clients: the first Vertex AI call, Gemini, predictions, memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module

CLIENTS = (
    "google.cloud.storage",
    "google.cloud.bigquery",
    "google.cloud.aiplatform",
    "google.genai",
    "sklearn.linear_model",
    "sklearn.datasets",
    "pandas",
)
PROMPTS = 150
PREDICTIONS = 50
LABELS = {"positive", "negative", "neutral"}
ASKED = (
    "Classify the sentiment as positive, negative or neutral. Answer with only the label.\n\nText: No. {}, I love it!"
)
IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"


def cases(what: str) -> dict[str, Callable[[], object]]:
    """Return the cases of one kind: "vertex" (first call), "gemini", "predict" or "memory"."""
    return {"vertex": _vertex, "gemini": _gemini, "predict": _predict, "memory": _memory}[what]()


def _vertex() -> dict[str, Callable[[], object]]:
    """The session is open and the client imported; what is timed is the service's own start and one answer."""
    from google.cloud import aiplatform

    _connect()
    aiplatform.init()

    def first() -> None:
        assert aiplatform.Model.list() == []

    return {"first": first}


def _gemini() -> dict[str, Callable[[], object]]:
    from google import genai

    _connect()
    client = genai.Client()
    model = _model()

    def prompts() -> None:
        for number in range(PROMPTS):
            answer = client.models.generate_content(model=model, contents=ASKED.format(number))
            assert answer.text in LABELS

    return {"prompts": prompts}


def _predict() -> dict[str, Callable[[], object]]:
    """One logistic regression on an endpoint; each case is one prediction of one row."""
    _connect()
    model, endpoint = _deployed()
    row = [[5.1, 3.5, 1.4, 0.2]]
    expected = model.predict(row).tolist()

    def predictions() -> None:
        for _ in range(PREDICTIONS):
            assert endpoint.predict(row).predictions == expected

    return {"one": lambda: endpoint.predict(row), "many": predictions}


def _memory() -> dict[str, Callable[[], object]]:
    """The clients and scikit-learn are imported first: what is measured is the cloud with every service in use."""
    for client in CLIENTS:
        import_module(client)
    return {"services": _use_every_service}


def _use_every_service() -> None:
    from google import genai
    from google.cloud import bigquery

    _connect()
    assert next(iter(bigquery.Client().query("SELECT 1 AS one").result())).one == 1
    client = genai.Client()  # a name, since a client without one is closed in the middle of its call
    assert client.models.generate_content(model=_model(), contents=ASKED.format(1)).text in LABELS
    _, endpoint = _deployed()
    assert len(endpoint.predict([[5.1, 3.5, 1.4, 0.2]]).predictions) == 1


def _connect() -> None:
    from mlops_helpers.cloud import connect

    connect("offline")


def _model() -> str:
    from mlops_helpers.cloud.models import choose

    return choose().id


def _deployed() -> tuple:
    import joblib
    from google.cloud import aiplatform, storage
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    data, file = load_iris(), io.BytesIO()
    model = LogisticRegression(max_iter=500).fit(data.data, data.target)
    joblib.dump(model, file)
    storage.Client().create_bucket("bench").blob("iris/model.joblib").upload_from_string(file.getvalue())
    aiplatform.init()
    registered = aiplatform.Model.upload(
        display_name="iris", artifact_uri="gs://bench/iris", serving_container_image_uri=IMAGE
    )
    return model, registered.deploy(machine_type="n1-standard-2")
