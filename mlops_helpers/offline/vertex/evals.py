"""`:evaluateInstances`: metrics that the service computes, one request for each case that is evaluated.

    text          exactMatch, bleu, rouge                                                           evals_text
    tools         toolCallValid, toolNameMatch, trajectory*                                         evals_tools
    judged        pointwise metrics, and metrics with a prompt of their own, by the offline Gemini  evals_judge

Refused by name: pairwise judges (compare candidates by their pointwise scores: `evaluate` reports win rates), Google's
predefined rubrics, code that would run on the server, the older metrics whose prompts are Google's, and
toolParameter*: how partly right parameters score is published nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, unsupported
from . import evals_text, evals_tools
from .behaviours import Call, behaviour
from .errors import bad_field
from .evals_judge import Judge, rate

if TYPE_CHECKING:
    from .service import Vertex

Json = Mapping[str, Any]
PAIRS: dict[str, Callable[[str, str, Json], float]] = {
    "exactMatch": lambda said, wanted, spec: evals_text.exact_match(said, wanted),
    "bleu": lambda said, wanted, spec: evals_text.bleu(
        said, wanted, effective_order=spec.get("useEffectiveOrder", False)
    ),
    "rouge": lambda said, wanted, spec: _rouge(said, wanted, spec),
    "toolCallValid": lambda said, wanted, spec: evals_tools.tool_call_valid(said, wanted),
    "toolNameMatch": lambda said, wanted, spec: evals_tools.tool_name_match(said, wanted),
}
TRAJECTORIES: dict[str, Callable[[evals_tools.Trajectory, evals_tools.Trajectory], float]] = {
    "trajectoryExactMatch": evals_tools.exact,
    "trajectoryInOrderMatch": evals_tools.in_order,
    "trajectoryAnyOrderMatch": evals_tools.any_order,
    "trajectoryPrecision": evals_tools.precision,
    "trajectoryRecall": evals_tools.recall,
}
SPECS = {"exactMatchSpec": "exactMatch", "bleuSpec": "bleu", "rougeSpec": "rouge"}
COMPUTED = {"EXACT_MATCH": "exactMatch", "BLEU": "bleu", "ROUGE": "rouge"}

MOST_PAIRS = 4_000_000  # of words: a longest common subsequence takes a table of that size


@behaviour("EvaluationService.EvaluateInstances")
def evaluate_instances(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Score instances by one metric input, or one instance by a list of metrics."""
    sent, place = call.json, call.request.location
    if sent.get("metrics"):
        return {"metricResults": [_metric(vertex, place, metric, sent) for metric in sent["metrics"]]}
    name = next((key.removesuffix("Input") for key in sent if key.endswith("Input")), "")
    if name == "pointwiseMetric":
        return {"pointwiseMetricResult": _pointwise(vertex, place, sent["pointwiseMetricInput"], sent)}
    scores = _scores(name, sent.get(f"{name}Input", {}))
    return {f"{name}Results": {f"{name}MetricValues": [{"score": score} for score in scores]}}


def _scores(name: str, given: Json) -> list[float]:
    """The scores of all instances of a metric input. Raises ApiError 400 without instances, 501 for other metrics."""
    spec, instances = given.get("metricSpec", {}), given.get("instances", [])
    if name not in (*PAIRS, *TRAJECTORIES, "trajectorySingleToolUse"):
        raise unsupported(f"Vertex AI: EvaluateInstances with {name or 'no metric'}")
    if not instances:
        raise bad_field(f"{name}_input.instances", [], "at least one instance")
    if name in PAIRS:
        return [PAIRS[name](each.get("prediction", ""), each.get("reference", ""), spec) for each in instances]
    said = [evals_tools.trajectory(each.get("predictedTrajectory", {})) for each in instances]
    if name == "trajectorySingleToolUse":
        return [evals_tools.uses_tool(calls, spec.get("toolName", "")) for calls in said]
    wanted = [evals_tools.trajectory(each.get("referenceTrajectory", {})) for each in instances]
    return [TRAJECTORIES[name](*both) for both in zip(said, wanted, strict=True)]


def _rouge(said: str, wanted: str, spec: Json) -> float:
    """ROUGE with the options of a spec. Raises ApiError 400, 501 for an option that is not offered."""
    if len(evals_text.words(said)) * len(evals_text.words(wanted)) > MOST_PAIRS:
        raise bad_field("rouge_input.instances", "longer texts", "about 2,000 words each, so that memory stays bounded")
    if spec.get("useStemmer") or spec.get("splitSummaries"):
        raise unsupported("Vertex AI: ROUGE with use_stemmer or split_summaries")
    try:
        return evals_text.rouge(said, wanted, spec.get("rougeType", ""))
    except ValueError as problem:
        raise bad_field(
            "rouge_spec.rouge_type", spec.get("rougeType", ""), str(problem).partition("expected ")[2]
        ) from None


def _metric(vertex: Vertex, place: str, metric: Json, sent: Json) -> dict[str, Any]:
    """One metric of the list, for the request's one instance."""
    kind = next((key for key in metric if key.endswith("Spec")), "")
    spec, texts = metric.get(kind, {}), instance_texts(sent.get("instance", {}))
    if kind == "computationBasedMetricSpec":
        kind, spec = spec.get("type", ""), spec.get("parameters", {})
    name = SPECS.get(kind) or COMPUTED.get(kind)
    if name:
        return {"score": PAIRS[name](texts.get("response", ""), texts.get("reference", ""), spec)}
    if kind in ("llmBasedMetricSpec", "pointwiseMetricSpec"):
        return _judged(vertex, place, spec, texts, sent)
    named = spec.get("metricSpecName", "")
    raise unsupported(f"Vertex AI: EvaluateInstances with {kind or 'no metric'} {named}".rstrip())


def _judged(vertex: Vertex, place: str, spec: Json, texts: Mapping[str, str], sent: Json) -> dict[str, Any]:
    others = {"metricPromptTemplate", "systemInstruction", "judgeAutoraterConfig"}
    if refused := sorted(set(spec) - others):
        raise unsupported(f"Vertex AI: a judged metric with {', '.join(refused)}")
    judge = Judge.of(
        spec.get("judgeAutoraterConfig") or sent.get("autoraterConfig", {}), spec.get("systemInstruction", "")
    )
    return rate(vertex, place, spec.get("metricPromptTemplate", ""), texts, judge)


def _pointwise(vertex: Vertex, place: str, given: Json, sent: Json) -> dict[str, Any]:
    """The older form of a judged metric: the instance's fields are a JSON text, or a map of contents."""
    instance = given.get("instance", {})
    if "contentMapInstance" in instance:
        raise unsupported("Vertex AI: a pointwise metric with content_map_instance (json_instance is understood)")
    try:
        texts = {key: str(value) for key, value in json.loads(instance.get("jsonInstance", "")).items()}
    except (ValueError, AttributeError):
        raise bad_field("instance.json_instance", instance.get("jsonInstance", ""), "a JSON object as text") from None
    return _judged(vertex, place, given.get("metricSpec", {}), texts, sent)


def instance_texts(instance: Json) -> dict[str, str]:
    """The texts of an instance by the name that a prompt gives them: prompt, response, reference, and others."""
    others = instance.get("otherData", {}).get("mapInstance", {})
    named = {key: instance[key] for key in ("prompt", "response", "reference") if key in instance} | others
    return {key: _text(key, value) for key, value in named.items()}


def _text(name: str, data: Json) -> str:
    if "text" in data:
        return data["text"]
    parts = [part for content in data.get("contents", {}).get("contents", []) for part in content.get("parts", [])]
    if any("text" not in part for part in parts):
        raise refused_part(name)
    return "\n".join(part["text"] for part in parts)


def refused_part(name: str) -> ApiError:
    """501: something else than text is to be evaluated."""
    return unsupported(f"Vertex AI: EvaluateInstances with a {name} that is not text")
