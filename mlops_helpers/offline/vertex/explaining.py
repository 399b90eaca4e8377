"""Explanations of predictions, configured as Vertex AI wants it: an explanation spec on the model or the deployment.

What is explained: a regressor's prediction, or the probability of the class that a classifier predicts. For a model
that is linear in its features the attributions are exact; for any other they are Shapley values, sampled along
`path_count` paths in an order that is the same every time. `approximationError` is their largest standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .errors import bad_field, precondition
from .serving import as_json, failed, model_of, run, tabular
from .shapley import Row, additive, sampled
from .store import Resource

if TYPE_CHECKING:
    from .service import Vertex

METHODS = ("integratedGradientsAttribution", "xraiAttribution", "examples")
SCALERS = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}
MOST_PATHS = 50


@dataclass(frozen=True)
class Spec:
    """How to explain: the number of sampled paths, and per input its baseline and feature names."""

    paths: int
    inputs: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Features:
    """The features of one instance: names, values, what they are compared with, and how to write them again."""

    names: list[str]
    values: Row
    baseline: Row
    rebuild: Callable[[Row], Any]


def explain(
    vertex: Vertex, deployed: Resource, instances: Sequence[Any], override: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[Any]]:
    """An explanation for each instance, and the predictions. Raises ApiError 400, or 501 for another method."""
    spec, model = read_spec(deployed, override), model_of(vertex, deployed)
    predictions = run(model, instances)
    return [{"attributions": [attribution(model, instance, spec)]} for instance in instances], predictions


def read_spec(deployed: Resource, override: dict[str, Any]) -> Spec:
    """The deployment's explanation spec with the request's changes. Raises ApiError 400 or 501."""
    spec = deployed.get("explanationSpec", {})
    parameters = override.get("parameters") or spec.get("parameters") or {}
    for method in METHODS:
        if method in parameters:
            raise unsupported(f"Vertex AI: explanations by {method} (sampledShapleyAttribution is)")
    if "sampledShapleyAttribution" not in parameters or deployed.get("disableExplanations"):
        raise precondition(
            f"The deployed model {deployed['id']} has no explanation spec. Upload the model, or deploy it, with "
            "explanation_parameters={'sampled_shapley_attribution': {'path_count': 10}} and explanation_metadata."
        )
    paths = parameters["sampledShapleyAttribution"].get("pathCount", 0)
    if not 1 <= paths <= MOST_PATHS:
        raise bad_field("sampled_shapley_attribution.path_count", paths, f"a number from 1 to {MOST_PATHS}")
    inputs = spec.get("metadata", {}).get("inputs", {})
    return Spec(paths, {**inputs, **override.get("metadata", {}).get("inputs", {})})


def attribution(model: Any, instance: Any, spec: Spec) -> dict[str, Any]:
    """One Attribution, as JSON."""
    found = features_of(model, instance, spec)
    output, described = _output(model, instance)
    score = _scores(model, output, found)
    start, end = (float(value) for value in score([found.baseline, found.values]))
    if is_linear(model):
        shares, error = additive(score, found.values, found.baseline), 0.0
    else:
        shares, error = sampled(score, found.values, found.baseline, paths=spec.paths)
    return {
        "baselineOutputValue": start,
        "instanceOutputValue": end,
        "featureAttributions": dict(zip(found.names, shares, strict=True)),
        "approximationError": error,
        **described,
    }


def features_of(model: Any, instance: Any, spec: Spec) -> Features:
    """Names, values and baseline of an instance; a feature without a baseline is compared with zero.

    Raises ApiError 400 for texts and other single values: they have no features to share the prediction among.
    """
    if isinstance(instance, dict):
        names = list(instance)
        baseline = [spec.inputs.get(name, {}).get("inputBaselines", [0])[0] for name in names]
        return Features(names, list(instance.values()), baseline, lambda row: dict(zip(names, row, strict=True)))
    if not isinstance(instance, list):
        raise bad_field("instances", type(instance).__name__, "a row (list) or an object with one value per feature")
    given = next(iter(spec.inputs.values()), {})
    known = given.get("indexFeatureMapping") or getattr(model, "feature_names_in_", [])
    names = [str(name) for name in known] if len(known) == len(instance) else _numbered(len(instance))
    baseline = list(given.get("inputBaselines", [[0] * len(instance)])[0])
    if len(baseline) != len(instance):
        raise bad_field("input_baselines", f"{len(baseline)} values", f"one for each of {len(instance)} features")
    return Features(names, instance, baseline, list)


def is_linear(model: Any) -> bool:
    """Whether the prediction is a sum of one term per feature: a linear regressor, behind scalers at most."""
    steps = [step for _, step in getattr(model, "steps", [("model", model)])]
    scaled = all(type(step).__name__ in SCALERS for step in steps[:-1])
    return scaled and hasattr(steps[-1], "coef_") and not hasattr(steps[-1], "classes_")


def _output(model: Any, instance: Any) -> tuple[int | None, dict[str, Any]]:
    """Which column of the probabilities is explained (None: the prediction itself), and how the answer names it."""
    if not hasattr(model, "classes_"):
        return None, {}
    if not hasattr(model, "predict_proba"):
        raise precondition(f"{type(model).__name__} gives no probabilities, so its classes cannot be explained.")
    index = int(model.predict_proba(tabular(model, [instance]))[0].argmax())
    return index, {"outputIndex": [index], "outputDisplayName": str(as_json(model.classes_)[index])}


def _scores(model: Any, output: int | None, found: Features) -> Callable[[list[Row]], Any]:
    def score(rows: list[Row]) -> Any:
        table = tabular(model, [found.rebuild(row) for row in rows])
        try:
            return model.predict(table) if output is None else model.predict_proba(table)[:, output]
        except Exception as problem:
            raise failed(problem) from problem

    return score


def _numbered(length: int) -> list[str]:
    return [f"feature_{number}" for number in range(length)]
