"""Boil down what the offline Gemini checks at run time: the fields and types of its requests.

    python tools/gemini_contract.py            rewrites mlops_helpers/offline/contracts/gemini.json

The source, Vertex AI's discovery document, has thousands of types; only those that a Gemini request can hold are kept.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

if __package__:
    from .wire_contract import collect
else:
    from wire_contract import collect

TARGET = Path(__file__).resolve().parent.parent / "mlops_helpers" / "offline" / "contracts" / "gemini.json"
DOCUMENT = "aiplatform.v1beta1.json"
PREFIX = "GoogleCloudAiplatformV1beta1"
REQUESTS = (
    "GenerateContentRequest",
    "CountTokensRequest",
    "ComputeTokensRequest",
    "EmbedContentRequest",
    "CachedContent",
    "BatchPredictionJob",
    "TuningJob",
)
# Of no use to a Gemini request, or written by the service only; their trees are larger than all the rest together.
SKIPPED = ("explanationSpec", "modelMonitoringConfig", "modelMonitoringStatsAnomalies", "unmanagedContainerModel")
SKIPPED_TUNING = ("veoTuningSpec", "veoLoraTuningSpec", "distillationSpec", "evaluateDatasetRuns", "tuningDataStats")


def document() -> dict:
    """Vertex AI's discovery document, as shipped with google-api-python-client."""
    folder = resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((folder / DOCUMENT).read_text())


def boil_down() -> dict:
    """`{"methods": {}, "types": {type: {field: type}}}` in the notation of `wire_contract`, names without prefix."""
    schemas, types = document()["schemas"], {}
    for field in SKIPPED:
        schemas[f"{PREFIX}BatchPredictionJob"]["properties"][field] = {"type": "any"}
    for field in SKIPPED_TUNING:
        schemas[f"{PREFIX}TuningJob"]["properties"][field] = {"type": "any"}
    for name in REQUESTS:
        collect(PREFIX + name, schemas[PREFIX + name], schemas, types)
    return {"methods": {}, "types": json.loads(json.dumps(types).replace(PREFIX, ""))}


if __name__ == "__main__":
    TARGET.write_text(json.dumps(boil_down(), indent=1, sort_keys=True) + "\n")
