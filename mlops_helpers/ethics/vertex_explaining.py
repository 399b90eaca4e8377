"""Explanations from Vertex Explainable AI, by the endpoint that serves the predictions.

    parameters, metadata = explanation_settings(["age", "hours"], [38, 40])
    model = aiplatform.Model.upload(..., explanation_parameters=parameters, explanation_metadata=metadata)
    found = explain_on_vertex(model.deploy(...), rows)

An attribution says how far a feature moved this prediction away from that of the baseline: they sum to the difference
of both. Sampled Shapley values (Castro et al., 2009) have an approximation error; more paths make it smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.checks import require_between, require_columns, require_equal, require_rows
from mlops_helpers.ethics.errors import InvalidSetting

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform

INPUT, OUTPUT = "features", "prediction"
AT_ONCE = 100  # instances in one request


@dataclass(frozen=True)
class Explanations:
    """What the endpoint answered.

    attributions   one row per instance, one column per feature: how far it moved the output
    outputs        one row per instance: baseline, output, error (approximation error), output_name (the class)
    predictions    what the endpoint predicted, in the order of the rows
    """

    attributions: pd.DataFrame
    outputs: pd.DataFrame
    predictions: tuple[Any, ...]

    @property
    def importance(self) -> pd.Series:
        """Mean size of each feature's attributions, the largest first."""
        return self.attributions.abs().mean().sort_values(ascending=False, kind="stable").rename("importance")


def explanation_settings(
    features: Sequence[str], baseline: Sequence[float], *, paths: int = 25
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return parameters and metadata for `aiplatform.Model.upload`, for a model that takes rows of numbers.

    features   their names, in the order of the model's columns; baseline   one value each, such as the median
    paths      orders in which features are added, 1 to 50: the error falls with its square root
    Raises UnequalLengths, InvalidSetting.
    """
    from google.protobuf.struct_pb2 import ListValue, Value

    require_equal({"features": len(features), "baseline values": len(baseline)})
    require_between(paths, 1, 50, name="paths")
    if len(set(features)) < len(features) or not features:
        raise InvalidSetting(f"features={list(features)}", "different names, at least one", "Name each column once.")
    row = Value(list_value=ListValue(values=[Value(number_value=float(value)) for value in baseline]))
    inputs = {"input_baselines": [row], "encoding": "BAG_OF_FEATURES", "index_feature_mapping": list(features)}
    parameters = {"sampled_shapley_attribution": {"path_count": paths}}
    return parameters, {"inputs": {INPUT: inputs}, "outputs": {OUTPUT: {}}}


def explain_on_vertex(
    endpoint: aiplatform.Endpoint, rows: pd.DataFrame, *, features: Sequence[str] | None = None
) -> Explanations:
    """Ask an endpoint to explain its predictions for `rows`, all numbers; `features` are all columns by default.

    Rows are sent a hundred at a time. Raises MissingColumn, EmptyData, and what the client raises: FailedPrecondition
    or BadRequest where the model was deployed without explanation settings.
    """
    import pandas as pd

    names = list(features) if features is not None else [str(name) for name in rows.columns]
    require_columns(rows.columns, names)
    require_rows(rows)
    instances = [[float(value) for value in row] for row in rows[names].to_numpy().tolist()]
    attributions, outputs, predictions = [], [], []
    for start in range(0, len(instances), AT_ONCE):
        answer = endpoint.explain(instances[start : start + AT_ONCE])
        predictions += answer.predictions
        for explanation in answer.explanations:
            (found,) = explanation.attributions
            attributions.append(dict(found.feature_attributions))
            outputs.append(_output(found))
    table = pd.DataFrame(attributions, index=rows.index)[names]
    return Explanations(table, pd.DataFrame(outputs, index=rows.index), tuple(predictions))


def _output(attribution: Any) -> dict[str, Any]:
    """Return what an attribution says about the output."""
    return {
        "baseline": attribution.baseline_output_value,
        "output": attribution.instance_output_value,
        "error": attribution.approximation_error,
        "output_name": attribution.output_display_name,
    }
