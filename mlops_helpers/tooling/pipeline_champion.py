"""The model's registry as the pipeline opens it, and the champion in it, ready to be compared with."""

from __future__ import annotations

import datetime as dt
from typing import Any

from mlops_helpers.tooling.pipeline_settings import PipelineRun
from mlops_helpers.tooling.pipeline_training import from_bytes
from mlops_helpers.tooling.registry import CHAMPION, ModelRegistry

FILE = "model.joblib"  # the name that Google's scikit-learn container looks for


def model_registry(run: PipelineRun) -> ModelRegistry:
    """The registry of this run's model; its clock is the cloud's."""
    from google.cloud import storage

    return ModelRegistry(run.settings.model, storage.Client().bucket(run.bucket), clock=now)


def now() -> dt.datetime:
    """The session's time (offline it can be repeated), the clock's where there is no session."""
    from mlops_helpers.cloud import Session

    return Session.current.now() if Session.current is not None else dt.datetime.now(dt.UTC)


def load_champion(run: PipelineRun) -> tuple[str, str, Any | None]:
    """The champion's version, its SHA-256 and the model itself; ("", "", None) if there is none.

    The SHA-256 is that of the folder it was registered with, and a version's folder never changes. Raises ModelChanged
    if the file in it is another one.
    """
    from google.cloud import storage

    registry = model_registry(run)
    version = registry.alias(CHAMPION)
    if version is None:
        return "", "", None
    folder = registry.get(version).uri.rstrip("/")
    blob = storage.Blob.from_uri(f"{folder}/{FILE}", client=registry.bucket.client)
    digest = folder.split("/")[-2]
    return version, digest, from_bytes(blob.download_as_bytes(), digest)
