"""Training as a job of Vertex AI runs it: one process, rows from the bucket, the model to the bucket.

    python pipeline_task.py --inputs=gs://bucket/training/churn/3f2a… [--strength=0.1]

Vertex AI says by `AIP_MODEL_DIR` where results go; a tuning job adds `--strength` and reads the metric from a file.
Sent to Vertex AI by `pipeline_jobs` as it is, to a container in which this package is installed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.pipeline_settings import PipelineSettings
from mlops_helpers.tooling.pipeline_training import METRIC, fit, to_bytes

ROWS, SETTINGS = "rows.parquet", "settings.json"
MODEL, FOUND = "model.joblib", "found.json"
OUTPUTS, METRICS, TRIAL = "AIP_MODEL_DIR", "CLOUD_ML_HP_METRIC_FILE", "CLOUD_ML_TRIAL_ID"


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Train, report, store. Raises InvalidSetting without a place for the results, NothingToLearn for one class."""
    import pandas as pd
    from google.cloud import storage

    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--strength", type=float)
    told = parser.parse_args(arguments)
    folder = _results(environment)
    client = storage.Client()
    rows, settings = (
        storage.Blob.from_uri(f"{told.inputs}/{name}", client=client).download_as_bytes() for name in (ROWS, SETTINGS)
    )
    known = PipelineSettings.from_dict(json.loads(settings))
    model, found = fit(pd.read_parquet(io.BytesIO(rows)), known, strength=told.strength)
    for name, content in ((MODEL, to_bytes(model)), (FOUND, json.dumps(found).encode())):
        storage.Blob.from_uri(f"{folder}/{name}", client=client).upload_from_string(content)
    if told.strength is not None:
        report(found[METRIC], environment)


def report(value: float, environment: Mapping[str, str]) -> None:
    """Tell a tuning job the metric of this trial: a line of JSON, as Google's package cloudml-hypertune writes it."""
    path = Path(environment.get(METRICS) or Path(tempfile.gettempdir()) / "hypertune" / "output.metrics")
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"trial": environment.get(TRIAL, "0"), METRIC: str(value), "global_step": "0"}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _results(environment: Mapping[str, str]) -> str:
    """The folder for results, without its last slash."""
    found = environment.get(OUTPUTS, "")
    if not found.startswith("gs://"):
        remedy = "Start it as a job of Vertex AI with a base output directory."
        raise InvalidSetting(f"{OUTPUTS}={found!r}", "a folder of Cloud Storage", remedy)
    return found.rstrip("/")


if __name__ == "__main__":
    main()
