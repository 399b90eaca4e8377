"""What a scikit-learn container does: instances in, predictions out, computed by the uploaded model.

An instance is a row (a list, in the order of the training columns), a mapping from column to value, or a plain value
(a text for a text pipeline). The answer is `model.predict(instances)`; like the prebuilt container it ignores
`parameters`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import invalid
from .artifacts import Artifacts
from .errors import bad_field, missing
from .prediction_counts import PredictionCounts
from .store import Resource
from .traffic import Draws

if TYPE_CHECKING:
    from .service import Vertex

LARGEST_REQUEST = 1_500_000  # bytes, the published limit of an online prediction


def predict(vertex: Vertex, endpoint: Resource, instances: Sequence[Any]) -> dict[str, Any]:
    """Predictions of the deployed model that the traffic split draws, as a PredictResponse. Raises ApiError 400."""
    number = vertex.part(Draws).pick(endpoint["name"], endpoint.get("trafficSplit", {}))
    deployed = deployed_model(endpoint, number)
    predictions = run(model_of(vertex, deployed), instances)
    vertex.part(PredictionCounts).add(endpoint["name"], number, len(instances))
    return {
        "predictions": predictions,
        "deployedModelId": number,
        "model": deployed["model"],
        "modelDisplayName": deployed["displayName"],
        "modelVersionId": deployed["modelVersionId"],
    }


def deployed_model(endpoint: Resource, number: str) -> Resource:
    """A deployed model by its id. Raises ApiError 404."""
    for model in endpoint.get("deployedModels", []):
        if model["id"] == number:
            return model
    raise missing(f"{endpoint['name']}/deployedModels/{number}")


def model_of(vertex: Vertex, deployed: Resource) -> Any:
    """The estimator behind a deployed model."""
    return vertex.part(Artifacts).load(f"{deployed['model']}@{deployed['modelVersionId']}")


def run(model: Any, instances: Sequence[Any]) -> list[Any]:
    """`model.predict` over the instances, as JSON. Raises ApiError 400 with the model's own words if it fails."""
    if not instances:
        raise bad_field("instances", [], "at least one instance")
    table = tabular(model, instances)
    try:
        return as_json(model.predict(table))
    except Exception as problem:
        raise failed(problem) from problem


def tabular(model: Any, instances: Sequence[Any]) -> Any:
    """The instances in the form that the model was trained on.

    Mappings, and rows for a model that knows its columns, become a DataFrame; other rows an array; texts a list.
    Raises ApiError 400 for instances of different kinds or lengths.
    """
    columns = list(getattr(model, "feature_names_in_", []))
    first = instances[0]
    if not all(isinstance(instance, type(first)) for instance in instances):
        raise bad_field("instances", "instances of different kinds", "all lists, all objects or all plain values")
    if isinstance(first, dict):
        return _frame_of_mappings(instances, columns)
    if not isinstance(first, (list, tuple)):
        return list(instances)
    if any(len(instance) != len(first) for instance in instances):
        raise bad_field("instances", "rows of different lengths", "rows of one length")
    if columns and len(columns) == len(first):
        import pandas as pd

        return pd.DataFrame([list(instance) for instance in instances], columns=columns)
    import numpy as np

    return np.asarray(instances)


def _frame_of_mappings(instances: Sequence[dict[str, Any]], columns: list[str]) -> Any:
    import pandas as pd

    frame = pd.DataFrame(list(instances))
    if lost := [column for column in columns if column not in frame.columns]:
        raise bad_field("instances", f"no value for {', '.join(lost)}", f"the columns {', '.join(columns)}")
    return frame[columns] if columns else frame


def as_json(values: Any) -> Any:
    """A NumPy array (or anything with `tolist`) as JSON; what is no number becomes null."""
    found = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(found, (list, tuple)):
        return [as_json(item) for item in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def failed(problem: Exception) -> Exception:
    """400: what the container answers when the model raises."""
    detail = json.dumps({"error": f"Prediction failed: Exception during sklearn prediction: {problem}"})
    return invalid(detail, reason="predictionFailed")
