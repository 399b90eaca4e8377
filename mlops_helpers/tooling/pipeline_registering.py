"""From a trained model to a version in the registry, so that running again after any crash registers nothing twice.

Files go to a folder named after the model's SHA-256, each written on condition that it is not there. The version
carries that digest as a label. Whoever starts again looks for both, and goes on where the other one stopped:

    gs://bucket/models/churn/3f2a…/model/model.joblib      what the registry serves; the container wants it alone
    gs://bucket/models/churn/3f2a…/about/evaluation.json   why it was deployed or kept
    gs://bucket/models/churn/3f2a…/about/reference.csv     what monitoring compares with
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.tooling.approval import REQUESTED
from mlops_helpers.tooling.pipeline_champion import FILE, model_registry
from mlops_helpers.tooling.pipeline_evaluation import Evaluation
from mlops_helpers.tooling.pipeline_settings import PipelineRun
from mlops_helpers.tooling.pipeline_training import digest_of
from mlops_helpers.tooling.registry import ModelRegistry

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import storage

IMAGE = "us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest"
AUTHOR = "training-pipeline"
DIGEST_LABEL, LABEL_CHARACTERS = "sha256", 63  # a label has one character less than a SHA-256


@dataclass(frozen=True)
class Registered:
    """A version of the registry, its SHA-256, and whether this call made it."""

    model: str
    version: str
    digest: str
    first: bool

    def about(self, bucket: str, name: str) -> str:
        """The address of a file beside the model."""
        return f"gs://{bucket}/{_folder(self.model, self.digest)}/about/{name}"


def register(
    content: bytes, training: pd.DataFrame, evaluation: Evaluation, run: PipelineRun, *, reason: str
) -> Registered:
    """Store a model's files, register it as a version and ask for its approval; what is done already is left as it is.

    `content` is the model's file, `training` the rows it was trained on, `reason` why it was trained. The version's
    lineage (table, moment, reason) is in its labels and its description.
    """
    registry, digest = model_registry(run), digest_of(content)
    address = store_files(registry.bucket, content, training, evaluation, run)
    version = registered_version(run.settings.model, digest)
    first = version is None
    if version is None:
        version = registry.register(
            address,
            author=AUTHOR,
            image=IMAGE,
            description=f"{evaluation}; trained for {reason} on {run.table} until {run.train_until}",
            labels={DIGEST_LABEL: digest[:LABEL_CHARACTERS]},
        )
    if not registry.approval(version).steps:
        registry.request(version, by=AUTHOR, why=f"{reason}: {evaluation}")
    return Registered(run.settings.model, version, digest, first)


def store_files(
    bucket: storage.Bucket, content: bytes, training: pd.DataFrame, evaluation: Evaluation, run: PipelineRun
) -> str:
    """Write the files of a model under its SHA-256, those that are not there yet; gives the folder to register."""
    folder = _folder(run.settings.model, digest_of(content))
    reference = training[run.settings.features].to_csv(index=False)
    _write_once(bucket, f"{folder}/about/evaluation.json", json.dumps(evaluation.to_dict(), sort_keys=True).encode())
    _write_once(bucket, f"{folder}/about/reference.csv", reference.encode())
    _write_once(bucket, f"{folder}/model/{FILE}", content)
    return f"gs://{bucket.name}/{folder}/model"


def registered_version(model: str, digest: str) -> str | None:
    """The version with this SHA-256, None if there is none."""
    from google.api_core.exceptions import NotFound
    from google.cloud.aiplatform.models import ModelRegistry as Google

    google = Google(model)
    try:
        for found in google.client.list_model_versions(name=google.model_resource_name):
            if found.labels.get(DIGEST_LABEL) == digest[:LABEL_CHARACTERS]:
                return found.version_id
    except NotFound:
        return None
    return None


def is_waiting(registry: ModelRegistry, version: str) -> bool:
    """Whether a version waits for a decision."""
    return registry.approval(version).state == REQUESTED


def _folder(model: str, digest: str) -> str:
    return f"models/{model}/{digest}"


def _write_once(bucket: storage.Bucket, name: str, content: bytes) -> None:
    """Write an object that is not there; what is there already was written under the same digest, and stays."""
    from google.api_core.exceptions import PreconditionFailed

    try:
        bucket.blob(name).upload_from_string(content, if_generation_match=0)
    except PreconditionFailed:
        return
